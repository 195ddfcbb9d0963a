"""Loading: what is right becomes settings, and everything that is wrong becomes one exact line."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from config.load import load, problems
from config.problem import ConfigError, Problem
from config.settings import Channel, Folder, Http, Schedule, Serve, Settings, Site, Source, Storage

AUTHOR = '[site]\nauthor = "Ann"\n'  # two lines that keep the warning about a missing author out of the way


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "backissue.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def lines(path: Path, environ: dict[str, str] | None = None) -> list[str]:
    return [str(problem).replace(f"{path.parent}/", "") for problem in problems(path, environ or {})]


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load(write(tmp_path, ""), {}) == Settings(root=str(tmp_path))


def test_a_full_file_gives_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    path = write(
        tmp_path,
        """\ufeff[site]
title = "Käse"
base_url = "https://example.org/feeds"
author = "Ann"
[storage]
archive = "/var/lib/backissue.sqlite"
[http]
timeout = 5
[schedule]
interval = 30
[serve]
port = 0
[[sources]]
url = "https://example.org/feed.xml"
interval = 20
tags = ["a", "b"]
[[folders]]
path = "articles"
source = "Home"
[[channels]]
name = "news"
title = "News"
feeds = ["HTTPS://example.ORG/feed.xml", " home"]
formats = ["atom"]
""",
    )
    assert problems(path, {}) == []
    settings = load(path, {})
    assert settings == Settings(
        site=Site(title="Käse", base_url="https://example.org/feeds/", author="Ann"),
        storage=Storage(archive="/var/lib/backissue.sqlite"),
        http=Http(timeout=5.0),
        schedule=Schedule(interval=30),
        serve=Serve(port=0),
        sources=(Source(url="https://example.org/feed.xml", interval=20, tags=("a", "b")),),
        folders=(Folder(path="articles", source="Home"),),
        channels=(
            Channel(name="news", title="News", feeds=("HTTPS://example.ORG/feed.xml", " home"), formats=("atom",)),
        ),
        root=str(tmp_path),
    )
    assert isinstance(settings.http.timeout, float)
    assert settings.public_path == tmp_path / "public"


WRONG_VALUES = [
    (
        "entries = 'ten'",
        '[0].entries: expected a whole number, got "ten"; write it in digits and without quotes, as in entries = 50',
    ),
    ("entries = '10'", '[0].entries: expected a whole number, got "10"; write it without quotes'),
    ("entries = 0", "[0].entries: expected a whole number of at least 1, got 0; write for example entries = 50"),
    ("entries = 1.5", "[0].entries: expected a whole number, got 1.5; write for example entries = 50"),
    ("entries = true", "[0].entries: expected a whole number, got true; write for example entries = 50"),
    ("entries = []", "[0].entries: expected a whole number, got a list; write for example entries = 50"),
    ("entries = nan", "[0].entries: expected a whole number, got nan; write for example entries = 50"),
    (f"name = 0x{'f' * 5000}", "[0].name: expected text, got a very long number; put it in quotes"),
    ("description = 5", "[0].description: expected text, got 5; put it in quotes"),
    ("description = 2026-01-01", "[0].description: expected text, got a date; put it in quotes"),
    ("description = 10:00:00", "[0].description: expected text, got a time; put it in quotes"),
    ("description = ['a']", '[0].description: expected text, got a list; write for example description = "some text"'),
    ("description.x = 1", '[0].description: expected text, got a table; write for example description = "some text"'),
    ('description = "C:\\feeds"', "[0].description: holds the character U+000C, which no feed may hold; take it out"),
    (r'description = "a\u0000b"', "[0].description: holds the character U+0000, which no feed may hold; take it out"),
    (
        "language = 'english'",
        '[0].language: expected a language tag (RFC 5646), got "english"; write for example "en" or "pt-BR"',
    ),
    (
        'language = "en\\n"',
        '[0].language: expected a language tag (RFC 5646), got "en\\u000a"; write for example "en" or "pt-BR"',
    ),
    (
        "languages = ['en', 'german']",
        '[0].languages[1]: expected a language tag (RFC 5646), got "german"; write for example "en" or "pt-BR"',
    ),
    ("tags = 'a'", '[0].tags: expected a list, got "a"; put it in brackets, as in tags = ["some text"]'),
    ("tags = ['a', 5]", "[0].tags[1]: expected text, got 5; put it in quotes"),
    ("formats = ['rrs']", '[0].formats[0]: expected "atom", "json" or "rss", got "rrs"; did you mean rss?'),
    ("formats = [1]", '[0].formats[0]: expected "atom", "json" or "rss", got 1; write one of them'),
    (
        "formats = 'rss'",
        '[0].formats: expected a list, got "rss"; put it in brackets, as in formats = ["rss", "atom", "json"]',
    ),
    ("entires = 5", "[0].entires: is not a setting; did you mean entries?"),
    ("pages = 'some'", '[0].pages: expected true or false, got "some"; write one of the two, without quotes'),
    ("max-bytes = 5", "[0].max-bytes: is not a setting; did you mean max_bytes?"),
    (
        '"a b" = 5',
        '[0]."a b": is not a setting; take it out, or use one of name, title, description, kind, feeds, '
        "tags, authors, languages, words, search, entries, max_bytes, pages, link, image, podcast, explicit, drip, "
        "drip_starts, media, formats, language, token, user, password",
    ),
]


@pytest.mark.parametrize(("line", "expected"), WRONG_VALUES, ids=[line[:30] for line, _ in WRONG_VALUES])
def test_a_wrong_value_in_a_channel(tmp_path: Path, line: str, expected: str) -> None:
    needed = "\n".join(each for each in ("name = 'a'", "title = 'A'") if each.split()[0] != line.split()[0])
    path = write(tmp_path, f"{AUTHOR}[[channels]]\n# here:\n{line}\n\n{needed}\n")
    assert lines(path) == [f"backissue.toml:5: channels{expected}"]


BROKEN = [
    (
        "[http]\ntimeout = 0",
        ["2: http.timeout: expected a number above 0 and up to 86400, got 0; write for example timeout = 30"],
    ),
    (
        "[http]\ntimeout = inf",
        ["2: http.timeout: expected a number above 0 and up to 86400, got inf; write for example timeout = 30"],
    ),
    (
        "[http]\ntimeout = '10s'",
        ['2: http.timeout: expected a number, got "10s"; write it in digits and without quotes, as in timeout = 30'],
    ),
    (
        "[http]\nallow_private = ['10.0.0.0/8', '10.0.0.0/99', '10.0', 'http://a/']",
        [
            "2: http.allow_private[3]: expected a host, an IP address or a network (CIDR), got "
            '"http://a/"; write for example "intranet.example" or "10.0.0.0/8"',
        ],
    ),
    (
        "[http]\nallow_private = ['10.0.0.5/8', '::1', 'nas', '10.0.0.0/99', '10.0']",
        [
            '2: http.allow_private[3]: is no network: "10.0.0.0/99"; write for example "10.0.0.0/8"',
            '2: http.allow_private[4]: is no network: "10.0"; write for example "10.0.0.0/8"',
        ],
    ),
    (
        "[http]\nallow_private_addresses = 'yes'",
        ['2: http.allow_private_addresses: expected true or false, got "yes"; write one of the two, without quotes'],
    ),
    ("http = 5", ["1: http: expected a table, got a number; begin it with a line [http] and write its settings below"]),
    (
        "[[http]]\ntimeout = 5",
        ["1: http: expected a table, got a list; begin it with a line [http] and write its settings below"],
    ),
    (
        "[channels]\nname = 'a'",
        ["1: channels: expected a list of tables, got a table; begin each table with a line [[channels]]"],
    ),
    (
        "channels = ['a', {name = 'a', title = 'A'}]",
        ["1: channels[0]: expected a list of tables, got text; begin each table with a line [[channels]]"],
    ),
    (
        "[[channels]]\nname = 'a'\n[[channels]]\ntitle = 'A'",
        [
            '1: channels[0].title: is missing; add a line such as title = "some text"',
            '3: channels[1].name: is missing; add a line such as name = "news"',
        ],
    ),
    (
        "[[channels]]\nname = 'A b'\ntitle = ''",
        [
            "2: channels[0].name: expected 1 to 64 lower-case letters (a to z), digits and hyphens, "
            'got "A b"; write for example "news"',
            '3: channels[0].title: is empty; write for example title = "some text"',
        ],
    ),
    (
        "channels = [\n  { name = 'a', title = 'A' },\n  { name = 'b', title = 'B', entries = 0 },\n]",
        ["3: channels[1].entries: expected a whole number of at least 1, got 0; write for example entries = 50"],
    ),
    ("[[folders]]", ['1: folders[0].path: is missing; add a line such as path = "some text"']),
    ("[[chanels]]\nname = 'a'", ["1: chanels: is not a setting; did you mean channels?"]),
    (
        "root = '/'",
        [
            "1: root: is not a setting; take it out, or use one of "
            "site, storage, http, limits, schedule, backfill, serve, push, media, sources, folders, channels"
        ],
    ),
    ("port = 80", ["1: port: is not a setting here; move it below [serve]"]),
    ("[http]\ninterval = 80", ["2: http.interval: is not a setting here; move it below [schedule]"]),
    (
        "http.timeuot = 1\nserve . 'prot' = 2",
        [
            "1: http.timeuot: is not a setting; did you mean timeout?",
            "2: serve.prot: is not a setting; did you mean port?",
        ],
    ),
]

CROSS = [
    (
        "[[channels]]\nname = 'a'\ntitle = 'A'\n[[channels]]\ntitle = 'B'\nname = 'a'",
        ["6: channels[1].name: repeats the name of channels[0]; change or remove one of the two"],
    ),
    (
        "[[channels]]\nname = 'a'\n[[channels]]\ntitle = 'B'\nname = 'b'\n[[channels]]\ntitle = 'C'\nname = 'b'",
        [
            '1: channels[0].title: is missing; add a line such as title = "some text"',
            "8: channels[2].name: repeats the name of channels[1]; change or remove one of the two",
        ],
    ),
    (
        "[[sources]]\nurl = 'http://a.example'\n[[sources]]\nurl = 'http://A.example:80/'",
        ["4: sources[1].url: repeats the address of sources[0]; change or remove one of the two"],
    ),
    (
        "[[sources]]\nurl = 'http://a.example:port/'",
        ['2: sources[0].url: is no usable address: "http://a.example:port/"; check its host and port'],
    ),
    (
        "[[sources]]\nurl = 'feed.xml'",
        [
            "2: sources[0].url: expected an address that starts with http:// or https:// and holds no spaces, "
            'got "feed.xml"; write for example "https://example.org/"'
        ],
    ),
    (
        "[[folders]]\npath = '.'\n[[folders]]\npath = 'x/..'",
        ["4: folders[1].path: repeats the folder of folders[0]; change or remove one of the two"],
    ),
    (
        "[[folders]]\npath = '/no/such'",
        ['2: warning: folders[0].path: there is no folder "/no/such"; make it, or correct the path'],
    ),
    (
        f"[[folders]]\npath = '/{'x' * 300}'",
        [f'2: warning: folders[0].path: there is no folder "/{"x" * 58}…"; make it, or correct the path'],
    ),
    (
        "[[folders]]\npath = 'public/x'",
        [
            "2: folders[0].path: lies in the folder storage.public, "
            "so what is published would be taken in again; name the folder that the articles are written in"
        ],
    ),
    (
        "[storage]\npublic = '.'",
        [
            "2: storage.public: holds the configuration itself, which would be published with it; "
            'name a folder of its own, such as "public"'
        ],
    ),
    (
        "[storage]\nmirror = 'www'",
        [
            '2: storage.mirror: is no address of a place: "www"; '
            'write for example "s3://bucket/path" or "file:///srv/www"'
        ],
    ),
    (
        "[[sources]]\nurl = 'https://a.example/'\nmedia = 'films'",
        ['3: sources[0].media: expected "all", "images" or "no", got "films"; write one of them'],
    ),
    (
        "[storage]\narchive = 'public/a.sqlite'",
        [
            "2: storage.archive: lies in the folder storage.public, "
            'where everybody could download it; move it out of there, such as to "backissue.sqlite"'
        ],
    ),
    (
        "[schedule]\ninterval = 10",
        ["2: schedule.interval: minimum is 15 minutes, but interval only 10; keep to minimum <= interval <= maximum"],
    ),
    (
        "[schedule]\nminimum = 90",
        ["2: schedule.minimum: minimum is 90 minutes, but interval only 60; keep to minimum <= interval <= maximum"],
    ),
    (
        "[schedule]\nmaximum = 30",
        ["2: schedule.maximum: interval is 60 minutes, but maximum only 30; keep to minimum <= interval <= maximum"],
    ),
    (
        "[site]\nemail = 'Ann <ann@a.example>'",
        [
            "2: warning: site.email: is no mail address, so feeds will leave it out: "
            '"Ann <ann@a.example>"; write for example email = "ann@example.org"'
        ],
    ),
    (
        "site.base_url = 'https://ann:pw@a.example/'",
        ["1: site.base_url: holds a user name, which every feed would make public; take out all up to the @"],
    ),
    (
        "site.base_url = 'https://a.example/?a=b'",
        ["1: site.base_url: goes on after the path, so no address can be built on it; end it before the ? or #"],
    ),
    (
        "site.base_url = 'ftp://a.example/'",
        [
            "1: site.base_url: expected an address that starts with http:// or https:// "
            'and holds no spaces, got "ftp://a.example/"; write for example "https://example.org/"'
        ],
    ),
    (
        "[[sources]]\nurl = 'http://a.example/'\ntitle = 'Alpha'\n"
        "[[channels]]\nname = 'a'\ntitle = 'A'\nfeeds = [\n'Alpha',\n'Alhpa', 'x']",
        [
            '9: warning: channels[0].feeds[1]: names no source or folder of this file: "Alhpa"; did you mean "Alpha"?',
            '9: warning: channels[0].feeds[2]: names no source or folder of this file: "x"; '
            "correct it, or add the source",
        ],
    ),
]


@pytest.mark.parametrize(("text", "expected"), BROKEN + CROSS, ids=[text[:40] for text, _ in BROKEN + CROSS])
def test_what_is_wrong_is_told_in_one_line_each(tmp_path: Path, text: str, expected: list[str]) -> None:
    found = lines(write(tmp_path, text), {"BACKISSUE_SITE__AUTHOR": "Ann"})
    assert found == [f"backissue.toml:{line}" for line in expected]


SYNTAX = [
    ("title = My blog", '1: column 9: no value that TOML knows; put text in quotes, as in title = "My site"'),
    (
        "[http]\ntimeout = 10s",
        "2: column 13: more than one setting on a line; write one to a line, and put text in quotes",
    ),
    ("[http]\ntimeout", '2: the end of the file: a key without a value; write it as in title = "My site"'),
    ("= 5", '1: column 1: no key; write key = "value", [table] or # comment'),
    (
        "[site]\ntitle = 'a'\ntitle = 'b'",
        "3: the end of the file: this key or table is there already; keep one of the two",
    ),
    ("[site]\n[site]", "2: column 6: this key or table is there already; keep one of the two"),
    ('title = "My blog\n', "1: column 17: a text without its end; close it with the quotes that it began with"),
    ("title = 'My blog\nb = 'c'", "1: column 17: a text without its end; close it with the quotes that it began with"),
    ("title = 'My blog\nb = 1", "1: column 9: a text without its end; close it with the quotes that it began with"),
    ("a = 1\nb = '''it's\n\n", "2: column 5: a text without its end; close it with the quotes that it began with"),
    ('b = """a', "1: the end of the file: a text without its end; close it with the quotes that it began with"),
    ("tags = ['a' 'b']", "1: column 13: a list without its end; put commas between its elements and ] behind the last"),
    (
        "a = {b = 1",
        "1: the end of the file: a table without its end; put commas between its settings and } behind the last",
    ),
    ("[site", "1: the end of the file: the name of a table without its end; write [table] or [[list]]"),
    (
        'path = "C:\\articles"\n',
        "1: column 13: a backslash in a text; write it twice, or put the text in single quotes, as in 'C:\\feeds'",
    ),
    ('a = "\\uzzzz"', "1: column 8: a broken \\u in a text; write four hexadecimal digits behind it"),
    ('a = "\\ud800"', "1: column 12: a \\u in a text that means no character; write the character itself"),
    ("a = 2026-02-30", "1: column 5: a date that no calendar has; correct it, or put it in quotes"),
    ('a = "\x00"', "1: column 6: a control character; take it out"),
    (f"a = {'9' * 5000}", " holds a number that is too long; take it out"),
    (f"a = {'[' * 5000}", " holds lists or tables that lie too deep in each other; take it out"),
]


@pytest.mark.parametrize(("text", "expected"), SYNTAX, ids=[text[:30] for text, _ in SYNTAX])
def test_what_is_no_toml(tmp_path: Path, text: str, expected: str) -> None:
    assert lines(write(tmp_path, text)) == [f"backissue.toml:{expected}"]


def test_load_raises_all_errors_and_no_warning(tmp_path: Path) -> None:
    path = write(tmp_path, "[http]\ntimeout = 0\n[serve]\nport = 70000\n[[folders]]\npath = 'nowhere'\n")
    with pytest.raises(ConfigError) as caught:
        load(path, {"BACKISSUE_HTTP__PER_HOST": "x"})
    assert [problem.key for problem in caught.value.problems] == [
        "http.timeout",
        "serve.port",
        "BACKISSUE_HTTP__PER_HOST",
    ]
    assert str(caught.value) == "\n".join(str(problem) for problem in caught.value.problems)
    severities = [problem.severity for problem in problems(path, {"BACKISSUE_HTTP__PER_HOST": "x"})]
    assert sorted(severities) == ["error"] * 3 + ["warning"] * 2


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])
def test_a_config_error_can_be_copied(copied: object) -> None:
    error = ConfigError([Problem(file="a.toml", line=3, key="http", reason="is odd", remedy="mend it")])
    assert callable(copied)
    assert str(copied(error)) == "a.toml:3: http: is odd; mend it"
    assert (error.subject, error.reason, error.remedy) == ("a.toml", "is odd", "mend it")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[site]\ntitle = 'K\xe4se'\n", "backissue.toml:2: is not UTF-8 text (byte 0xe4); save the file as UTF-8"),
        ("title = 1".encode("utf-16"), "backissue.toml:1: is not UTF-8 text (byte 0xff); save the file as UTF-8"),
    ],
)
def test_what_is_no_utf8(tmp_path: Path, content: bytes, expected: str) -> None:
    assert lines(write(tmp_path, content)) == [expected]


def test_what_is_no_file(tmp_path: Path) -> None:
    init = "run 'backissue init' to write one"
    missing, loop = tmp_path / "none.toml", tmp_path / "loop.toml"
    loop.symlink_to(loop)
    below = write(tmp_path, "") / "a.toml"
    cases = {
        missing: f"{missing}: does not exist; {init}",
        below: f"{below}: does not exist; {init}",
        loop: f"{loop}: cannot be read; name another file, or {init}",
        tmp_path: f"{tmp_path}: is a folder; name the file in it, such as {tmp_path}/backissue.toml",
    }
    for path, expected in cases.items():
        with pytest.raises(ConfigError) as caught:
            load(path, {})
        assert str(caught.value) == expected


def test_the_file_is_looked_for_upwards(tmp_path: Path) -> None:
    start = tmp_path / "a" / "b"
    start.mkdir(parents=True)
    with pytest.raises(ConfigError) as caught:
        load(environ={}, start=start)
    assert str(caught.value) == (
        f"backissue.toml: is neither in {start} nor in a folder above it; "
        "run 'backissue init' to write one, or name one in BACKISSUE_CONFIG"
    )
    write(tmp_path, "")
    assert load(environ={}, start=start).root == str(tmp_path)
    assert load(environ={}, start=start / ".." / "b").root == str(tmp_path)
    write(tmp_path / "a", "")
    assert load(environ={}, start=start).root == str(tmp_path / "a")


def test_a_variable_names_the_file(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[site]\ntitle = 'Other'\n")
    write(tmp_path, "[site]\ntitle = 'Here'\n")
    environ = {"BACKISSUE_CONFIG": str(other)}
    assert load(environ=environ, start=tmp_path).site.title == "Other"
    assert load(tmp_path / "backissue.toml", environ).site.title == "Here"
    assert load(environ={"BACKISSUE_CONFIG": ""}, start=tmp_path).site.title == "Here"


def test_root_is_absolute_for_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "")
    monkeypatch.chdir(tmp_path)
    assert load(Path("backissue.toml"), {}).root == str(tmp_path)
    assert str(problems(environ={})[0]).startswith("backissue.toml: warning: site.author: is empty")


def test_the_home_folder_is_filled_in(tmp_path: Path) -> None:
    path = write(tmp_path, "storage.archive = '~/a.sqlite'\n[[folders]]\npath = '~/texts'\n[[folders]]\npath = '~x'")
    settings = load(path, {"HOME": "/home/ann"})
    assert settings.storage.archive == "/home/ann/a.sqlite"
    assert [folder.path for folder in settings.folders] == ["/home/ann/texts", "~x"]


@pytest.mark.parametrize(
    ("given", "loaded"),
    [
        ("https://a.example", "https://a.example/"),
        ("https://a.example/x//", "https://a.example/x/"),
        ("https://été.example:8443/ü/%41", "https://xn--t-9fab.example:8443/%C3%BC/%41/"),
        (f"https://{'é' * 70}/", f"https://{'é' * 70}/"),
    ],
)
def test_the_base_url_ends_with_a_slash_and_goes_over_the_wire(tmp_path: Path, given: str, loaded: str) -> None:
    assert load(write(tmp_path, f"site.base_url = '{given}'"), {}).site.base_url == loaded
