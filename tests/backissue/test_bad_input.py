"""Bad input: one line with the input, the place and the remedy, an exit code other than 0, and nothing lost."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.home import ARTICLE, Home, rss
from tests.support.server import FeedServer

PLAIN_PAGE = "<!doctype html><title>No feed</title><p>Hello</p>"


@pytest.fixture
def kept(home: Home, feed_server: FeedServer) -> Home:
    """A home with an archive of an article and a feed."""
    feed_server.put("/source", rss("La Source", "one", "two"))
    home.write("ferry.txt", ARTICLE)
    home("ingest", "ferry.txt")
    home("add", feed_server.url("/source"))
    return home


def refused(home: Home, *words: str | Path, code: int = 1, input: str | bytes | None = None) -> str:
    """The one line that a command is refused with; the archive must be as it was."""
    before = home.contents()
    result = home(*words, code=code, input=input)
    assert home.contents() == before
    (line,) = [line for line in result.stderr.splitlines() if line]
    return line


@pytest.mark.parametrize(
    "words, said",
    [
        (("ingest", "nope.txt"), "nope.txt: does not exist; check the spelling; a web address starts with https://"),
        (("ingest", "x" * 300), f"{'x' * 300}: does not exist; check the spelling"),
        (("ingest", "bare"), "bare: holds no articles; put files there that end in .txt, .text, .md"),
        (("ingest", "empty.txt"), "empty.txt: is empty; put the article's text into it"),
        (("ingest", "blank.txt"), "blank.txt: holds only white space; put the article's text into it"),
        (("ingest", "binary.txt"), "binary.txt: is a binary file (NUL byte at offset 4); give a .txt"),
        (("ingest", "feed.xml"), "feed.xml: is a feed"),
        (("ingest", "htp://x.example/a"), '"htp://x.example/a": starts with htp:, which is no web address; start it'),
        (("ingest", "https//x.example"), '"https//x.example": is no web address; write it like https://'),
        (("ingest", "--language", "french", "x"), "--language french: is no language tag; write for example fr"),
        (("import", "nope.opml"), "nope.opml: does not exist; name an OPML file, or - for standard input"),
        (("import", "bare"), "bare: is a folder; name an OPML file, or - for standard input"),
        (("import", "ferry.txt"), "ferry.txt: is no OPML"),
        (("import", "empty.txt"), "empty.txt: is empty; export the subscriptions from your feed reader as OPML"),
        (("import", "binary.txt"), "binary.txt: is no OPML"),
        (("export", "bare"), "bare: is a folder; name a file that you may write to"),
        (("export", "no/list.opml"), "no/list.opml: lies in a folder that does not exist; name a file"),
        (("init",), "backissue.toml: is there already; edit it, or name another folder"),
        (("init", "ferry.txt"), "ferry.txt: is no folder; name a folder, or one to be made"),
        (("init", "ferry.txt/a"), "ferry.txt/a: is no folder; name a folder, or one to be made"),
        (("init", "a", "--base-url", "ftp://x"), "site.base_url: expected an address that starts with http://"),
        (("list", "99"), "99: is no feed of this archive; 'backissue list' shows them"),
        (("list", "--before", "99"), "99: is no entry of this archive; "),
        (("show", "99"), "99: is neither an entry nor a feed of this archive; 'backissue list', "),
        (("show", "feed:99"), "99: is no feed of this archive; 'backissue list' shows them"),
        (("show", "1", "--version", "7"), "version 7: is none of entry 1; it has 1 to 1"),
        (("history", "99"), "99: is no entry of this archive; "),
        (("history", "1", "--as-of", "2999-01-01"), None),
        (("merge", "1", "99"), "99: is no entry of this archive; "),
        (("merge", "1", "1"), None),
        (("merge", "1", "2"), None),
        (("split", "1", "nope"), None),
        (("split", "2", "guid:two"), "guid:two: is the only key of entry 2; there is nothing to part"),
        (("split", "99", "nope"), "99: is no entry of this archive; "),
        (("withdraw", "99"), "99: is no entry of this archive; "),
        (("withdraw", "1", "--undo"), "entry 1: is not withdrawn; there is nothing to undo"),
        (("withdraw", "1", "--undo", "--reason", "x"), None),
        (("replay", "nope", "https://x.example/"), "nope: "),
        (("replay", "bare", "https://x.example/"), "bare: "),
        (("replay", "odd", "https://x.example/"), "odd: holds no copies whose names tell a time; name them such as"),
        (("replay", "odd", "htp://x.example/"), '"htp://x.example/": starts with htp:, which is no web address'),
        (("publish", "--as-of", "2024-05-01"), "--as-of: would put the past in the place of the present; name a"),
        (("search", ""), '"": holds no word to look for; give one or more words'),
        (("search", "((*"), '"((*": holds no word to look for; give one or more words'),
        (("search", "x", "--feed", "nope"), "nope: is no feed of this archive; 'backissue list' shows them"),
        (("remove", "nope"), "nope: is no feed of this archive; 'backissue list' shows them"),
        (("remove", "1"), "1: holds articles, which are kept; to stop watching a folder, take it out of"),
        (("publish", "nope"), "nope: is no channel of this configuration; its channels are: all"),
        (("archive", "nope"), "nope: is neither a feed of this archive nor a web address; 'backissue list' shows"),
        (("archive", "99"), "99: is no feed of this archive; 'backissue list' shows them"),
        (("archive", "1"), "1: holds articles, not a feed that is asked; 'backissue archive' takes folders in"),
        (("serve", "--host", "no such host"), "no such host:8080: the host is not known; give a name or address"),
    ],
)
def test_what_is_not_there_or_makes_no_sense(words: tuple[str, ...], said: str | None, kept: Home) -> None:
    kept.write("empty.txt", "")
    kept.write("blank.txt", " \n\t\n")
    kept.write("binary.txt", b"abcd\0\1\2" * 100)
    kept.write("feed.xml", rss("A feed", "one"))
    (kept.folder / "bare").mkdir()
    kept.write("odd/undated.xml", rss("A feed", "one"))
    line = refused(kept, *words, code=2 if {"2999-01-01", "--reason"} & set(words) else 1)
    assert line.startswith(f"Error: {said or ''}") and "; " in line, line


@pytest.mark.parametrize(
    "typed, said",
    [
        ("", '"": is empty; write it like https://example.org/feed'),
        ("htp://x.example", '"htp://x.example": starts with htp:, which is no web address; start it with https://'),
        ("http:/x.example", '"http:/x.example": lacks the two slashes after http:; write it like'),
        ("https//x.example", '"https//x.example": is no web address; write it like https://example.org/feed'),
        ("www.nowhere.invalid", "https://www.nowhere.invalid/: no such host; check the address"),
        ("  https://nowhere.invalid/feed \t", "https://nowhere.invalid/feed: no such host; check the address"),
        ("ann@x.example", '"ann@x.example": looks like an e-mail address; start it with https:// if it is'),
        ("./feed.xml", '"./feed.xml": looks like a file; write it like https://example.org/feed'),
        ("ferry", '"ferry": is no web address; write it like https://example.org/feed'),
        ("https://", '"https://": has no proper host name; write it like https://example.org/feed'),
        ("{closed}", "{closed}: the server refused the connection; check the address and its port, or try again"),
        ("{server}/404", "{server}/404: the server answered 404 (Not Found); check the address, or try again later"),
        ("{server}/500", "{server}/500: the server answered 500 (Internal Server Error); check the address"),
        ("{server}/page", "{server}/page: is a web page that names no feed, and none is in the usual places; look"),
        ("{server}/empty", "{server}/empty: is empty; give the address of an RSS, Atom or JSON feed"),
        ("{server}/binary", "{server}/binary: is binary data, not a feed; give the address of an RSS, Atom or JSON"),
        ("{server}/text", "{server}/text: is plain text, not a feed; give the address of an RSS, Atom or JSON feed"),
        ("{server}/json", "{server}/json: is JSON, but not JSON Feed; give the address of an RSS, Atom or JSON feed"),
        ("{server}/xml", "{server}/xml: is XML, but no feed: its root is <html5>; give the address of an RSS"),
        ("{server}/loop", "{server}/loop: redirects in a circle, back to {server}/loop; check the address"),
        ("{server}/noise", "{server}/noise: what came back is no proper HTTP answer; check the address and its port"),
        ("{server}/mute", "{server}/mute: the server closed the connection without an answer; try again later"),
        ("{server}/slow", "{server}/slow: took longer than 0.5 s; try again later, or raise http.timeout"),
    ],
)
def test_addresses_that_give_no_feed(
    typed: str, said: str, kept: Home, feed_server: FeedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKISSUE_HTTP__TIMEOUT", "0.5" if "slow" in typed else "5")
    feed_server.put("/page", PLAIN_PAGE, content_type="text/html")
    feed_server.put("/empty", b"")
    feed_server.put("/binary", b"\0\1\2" * 100)
    feed_server.put("/text", "hello", content_type="text/plain")
    feed_server.put("/json", '{"a": 1}', content_type="application/json")
    feed_server.put("/xml", "<html5/>", content_type="text/xml")
    feed_server.error("/500", 500)
    feed_server.redirect("/loop", "/loop")
    feed_server.raw("/noise", b"noise\r\n\r\n")
    feed_server.raw("/mute", b"")
    feed_server.hang("/slow")
    with FeedServer() as gone:
        closed = gone.url("/")
    places = {"server": feed_server.url("").rstrip("/"), "closed": closed}
    line = refused(kept, "add", typed.format(**places))
    assert line.startswith(f"Error: {said.format(**places)}"), line


def test_an_address_of_this_machine_needs_leave_where_content_names_it(kept: Home, feed_server: FeedServer) -> None:
    kept.configure("[site]\nauthor = 'Ann'\n")
    feed_server.redirect("/feed", f"http://127.0.0.2:{feed_server.port}/other")
    line = refused(kept, "add", feed_server.url("/feed"))
    reason = "127.0.0.2 is not on the public internet"
    assert line.endswith(f'{reason}; add "127.0.0.2" to http.allow_private if you trust it')
    feed_server.put("/other", "<rss version='2.0'><channel><title>News</title></channel></rss>")
    kept("add", feed_server.url("/other"))


@pytest.mark.parametrize("scheme", ["file", "ftp", "gopher", "data", "javascript"])
def test_what_is_no_web_address_is_refused(scheme: str, kept: Home) -> None:
    line = refused(kept, "add", f"{scheme}:///etc/passwd")
    said = f'"{scheme}:///etc/passwd": starts with {scheme}:, which is no web address; start it with https://'
    assert line == f"Error: {said}"


def test_secrets_are_not_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKISSUE_HTTP__TOKEN", "tangerine")
    for words in (("check",), ("check", "--json"), ("-vv", "archive"), ("add", "http://ann:tangerine@127.0.0.1:9/x")):
        result = home(*words, code=1 if words[0] == "add" else 0)
        assert "tangerine" not in result.output


@pytest.mark.parametrize("words", [("list", "a\nb"), ("show", "a\r\nb"), ("ingest", "a\nb"), ("publish", "a\nb")])
def test_a_line_break_that_was_typed_makes_no_second_line(words: tuple[str, ...], kept: Home) -> None:
    assert refused(kept, *words).startswith("Error: a b: ")


def test_names_that_are_no_text(kept: Home) -> None:
    name = os.fsdecode(b"caf\xe9.txt")
    for words in (("list", name), ("show", name), ("remove", name), ("history", name), ("search", "--feed", name, "x")):
        assert refused(kept, *words) == "Error: the line: holds bytes that are no UTF-8 text; type them anew"
    assert "does not exist" in refused(kept, "ingest", name)
    (kept.folder / name).write_text(ARTICLE.replace("ferry", "barge"))
    assert kept.json("ingest", name)["articles"][0]["name"] == "caf\\xe9.txt"
    assert kept.json("ingest", name)["articles"][0]["outcome"] == "unchanged"
    assert "The barge is back" in kept("list", "1").stdout


def test_the_standard_input_is_named(kept: Home) -> None:
    assert refused(kept, "ingest", "-", input="") == "Error: standard input: is empty; put the article's text into it"


def test_of_several_inputs_the_good_ones_are_taken(home: Home, feed_server: FeedServer) -> None:
    page = f"<html><body><article><h1>A page</h1>{'<p>Words of it.</p>' * 20}</article></body></html>"
    feed_server.put("/page", page, content_type="text/html")
    home.write("ferry.txt", ARTICLE)
    home.write("latin.txt", "Un été à Paris\n\nLe café était fermé, hélas, et nous avons marché.\n".encode("cp1252"))
    home.write("empty.txt", "")
    inputs = ("nope", "ferry.txt", "empty.txt", feed_server.url("/page"), "latin.txt", "-")
    result = home("ingest", *inputs, code=1, input="By pipe\n\nIt came in by the pipe.\n")
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["Error", "Error"]
    assert "4 new, 0 changed, 0 unchanged, 2 failed" in result.stdout
    titles = {one["entry"]["title"] for one in home.json("list", "--entries")["entries"]}
    assert titles == {"The ferry is back", "A page", "Un été à Paris", "By pipe"}


def as_nobody(home: Home, *words: str) -> subprocess.CompletedProcess[str]:
    """A command run without the right to pass over rights, as an ordinary user has none."""
    command = [sys.executable, "-m", "backissue", *words]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root may do all, and there is no setpriv to take that away")
        drop = "-dac_override,-dac_read_search,-fowner"
        command = ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}", *command]
    done = subprocess.run(command, cwd=home.folder, capture_output=True, text=True)
    if done.stderr.startswith("setpriv:"):
        pytest.skip(done.stderr)
    return done


@pytest.mark.parametrize(
    "shut, words, said",
    [
        ("backissue.sqlite", ("ingest", "other.txt"), "backissue.sqlite: cannot be written; check the rights of"),
        (".", ("ingest", "other.txt"), "backissue.sqlite: cannot be"),
        ("public", ("publish",), "public"),
        ("public", ("archive",), "public"),
        ("backissue.toml", ("list",), "backissue.toml: may not be read by this user; give the user the right"),
        ("other.txt", ("ingest", "other.txt"), "other.txt: cannot be read (permission denied); check its rights"),
        ("other.txt", ("import", "other.txt"), "other.txt: is not open to this user; name an OPML file"),
        (
            "bare",
            ("export", "bare/list.opml"),
            "bare/list.opml: is not open to this user; name a file that you may write to",
        ),
        (".", ("init", "new"), "new: is not open to this user; name a folder that you may write to"),
    ],
)
def test_what_this_user_may_not_touch(shut: str, words: tuple[str, ...], said: str, kept: Home) -> None:
    kept.write("other.txt", ARTICLE.replace("ferry", "barge"))
    (kept.folder / "public").mkdir()
    (kept.folder / "bare").mkdir()
    path, before = kept.folder / shut, kept.contents()
    sidecars = [kept.folder / f"backissue.sqlite{end}" for end in ("-wal", "-shm")]
    mode = path.stat().st_mode
    path.chmod({"backissue.sqlite": 0o444}.get(shut, 0o555 if path.is_dir() else 0o000))
    try:
        done = as_nobody(kept, *words)
    finally:
        path.chmod(mode)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1 and said in line and line.startswith(("Error: ", "Failed: ")), done
    if words[0] not in ("publish", "archive"):
        assert kept.contents() == before
    assert not any(sidecar.exists() for sidecar in sidecars)
    kept("list")


def test_a_locked_archive(kept: Home) -> None:
    kept.write("other.txt", ARTICLE.replace("ferry", "barge"))
    before = kept.contents()
    with closing(sqlite3.connect(kept.folder / "backissue.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = kept("ingest", "other.txt", code=1)
        kept("list")  # who reads waits for nobody
        other.execute("ROLLBACK")
    (line,) = result.stderr.splitlines()
    assert line.endswith("backissue.sqlite: is locked by another program; wait until it has ended and try again")
    assert kept.contents() == before


@pytest.mark.parametrize("name", ["list", "archive", "search x", "publish", "export", "run", "show 1"])
@pytest.mark.parametrize(
    "body, said",
    [
        (b"This is no database.\n" * 100, "is not an archive; name Backissue's own file, or a new one"),
        ("sql", "is an SQLite file, but not one of Backissue's; name another file for the archive"),
        ("folder", "is a folder; name the archive's file"),
    ],
)
def test_a_file_that_is_no_archive(name: str, body: bytes | str, said: str, home: Home) -> None:
    path = home.folder / "backissue.sqlite"
    if body == "folder":
        path.mkdir()
    elif body == "sql":
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("CREATE TABLE mine (a)")
    else:
        path.write_bytes(bytes(body, "ascii") if isinstance(body, str) else body)
    before = path.read_bytes() if path.is_file() else None
    (line,) = home(*name.split(), code=1).stderr.splitlines()
    assert line == f"Error: {path}: {said}"
    assert before == (path.read_bytes() if path.is_file() else None)
    assert said.partition(";")[0] in home("check", code=1).output


@pytest.mark.parametrize("name", ["list", "publish", "export", "search x", "show 1", "history 1", "remove x"])
def test_where_there_is_no_archive_yet_none_is_made(name: str, home: Home) -> None:
    (line,) = home(*name.split(), code=1).stderr.splitlines()
    assert "there is no archive here; " in line
    assert not (home.folder / "backissue.sqlite").exists()


@pytest.mark.skipif(os.name != "posix", reason="rights are told otherwise here")
def test_check_warns_of_an_archive_that_others_may_read(kept: Home) -> None:
    warning = "warning: others on this machine may read it"
    assert warning not in kept("check").stdout

    (kept.folder / "backissue.sqlite").chmod(0o644)

    assert warning in kept("check").stdout
    assert [one["severity"] for one in kept.json("check")["problems"]].count("warning") >= 1


def test_check_finds_damage_and_says_what_to_do(kept: Home) -> None:
    assert "The archive is whole: 3 entries in 3 versions" in kept("check").stdout
    path = kept.folder / "backissue.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TRIGGER blob_kept")
        db.execute("UPDATE blob SET data = x'00' WHERE id = 1")
    result = kept("check", code=1)
    assert "blob 1" in result.stdout and "The archive is damaged: keep this file, and restore a backup" in result.stdout
    assert kept.json("check", code=1)["damage"]
    body = bytearray(path.read_bytes())
    body[4096:12288] = b"\xff" * 8192
    path.write_bytes(body)
    for words in (("check",), ("list",), ("archive",), ("search", "ferry")):
        result = kept(*words, code=1)
        assert "fault of Backissue" not in result.output, words


def test_all_errors_of_a_configuration_are_told_with_line_key_and_remedy(home: Home) -> None:
    wrong = (
        'titel = "x"',
        'author = "Ann"',
        "[http]",
        'timeout = "soon"',
        "[[channels]]",
        'name = "News!"',
        'title = "N"',
    )
    home.configure("\n".join(("[site]", *wrong, 'formats = ["rs"]')))
    lines = home("check", code=1).stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines[:-1]] == [f"backissue.toml:{n}" for n in (2, 5, 7, 9)]
    assert "did you mean title?" in lines[0] and "did you mean rss?" in lines[3]
    assert [one["line"] for one in home.json("check", code=1)["problems"]] == [2, 5, 7, 9]
    assert len(home("list", code=1).stderr.splitlines()) == 4
