"""Uploading: to a local S3 server, memory and folders; only what changed, in an order that breaks no link."""

from __future__ import annotations

import errno
import ftplib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import fsspec
import pytest

from backissue import mirror as module
from backissue.faults import PlaceError, explained
from backissue.mirror import Mirrored, mirror
from backissue.place import fields_of, place
from feeds.files import PublishError
from tests.support.home import Home, wait_for

LIVE = "public, max-age=900"
FOREVER = "public, max-age=31536000, immutable"
CLOSED = b"<rss><channel><fh:archive/><item/></channel></rss>"
SITE = {
    "index.html": b"<p>home</p>",
    "page.css": b"p {}",
    "news/index.html": b"<p>news</p>",
    "news/feed.atom": b"<feed/>",
    "news/feed.json": b"{}",
    "news/archive/000001.rss": CLOSED,
    "news/archive/000002.rss": b"<rss/>",
    "news/entries/a.html": b"<p>a</p>",
    "news/feed.atom.gz": b"\x1f\x8b",
    "news/.state": b"secret",
    "secret/feed.rss": b"<rss/>",
}
SHOWN = sorted(path for path in SITE if path not in ("news/feed.atom.gz", "news/.state", "secret/feed.rss"))
_numbers = count()


class Watched:
    """A place that remembers what was done there, and breaks after so many files."""

    def __init__(self, target: str, most: int | None = None) -> None:
        self._place = place(target)
        self._most = most
        self.log: list[tuple[str, str, str, str]] = []

    def sizes(self) -> dict[str, int]:
        return self._place.sizes()

    def put(self, files: Mapping[str, bytes], type: str, cache: str) -> None:
        for path, data in files.items():
            if self._most is not None and len(self.log) >= self._most:
                raise PlaceError("place", "broke")
            self._place.put({path: data}, type, cache)
            self.log.append(("put", path, type, cache))

    def put_file(self, path: str, source: Path, type: str, cache: str) -> None:
        self.put({path: source.read_bytes()}, type, cache)

    def remove(self, paths: Iterable[str]) -> None:
        found = list(paths)
        self._place.remove(found)
        self.log += [("remove", path, "", "") for path in found]


@pytest.fixture
def public(tmp_path: Path) -> Path:
    for path, data in SITE.items():
        put(tmp_path / "public", path, data)
    return tmp_path / "public"


def put(public: Path, path: str, data: bytes) -> None:
    (public / path).parent.mkdir(parents=True, exist_ok=True)
    temporary = public / f".{next(_numbers)}.new"
    temporary.write_bytes(data)
    temporary.replace(public / path)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a bucket of a local S3 server; the environment tells where that is."""
    boto3 = pytest.importorskip("boto3")
    from moto.server import ThreadedMotoServer

    fsspec.get_filesystem_class("s3").clear_instance_cache()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{os.getpid()}-{next(_numbers)}"
    boto3.client("s3").create_bucket(Bucket=name)
    yield f"s3://{name}/feeds"
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    server.stop()


@pytest.fixture(params=["memory", "file", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    match request.param:
        case "memory":
            return f"memory://mirror-{next(_numbers)}/feeds"
        case "file":
            return f"file://{tmp_path}/there"
        case _:
            return str(request.getfixturevalue("bucket"))


def held(target: str) -> dict[str, bytes]:
    """What lies at a place."""
    system, root = fsspec.core.url_to_fs(target)
    system.invalidate_cache()
    paths = system.find(root)
    return {path[len(root.rstrip("/")) + 1 :]: system.cat_file(path) for path in paths}


def up(public: Path, target: str, **options: Any) -> Mirrored:
    return mirror(public, target, **{"fresh": 900, "left_out": ["secret"], **options})


def done(found: Mirrored) -> tuple[int, int, int, int]:
    return found.uploaded, found.unchanged, found.removed, found.left


def test_only_what_changed_is_uploaded(public: Path, target: str) -> None:
    assert done(up(public, target)) == (8, 0, 0, 0)
    assert held(target) == {path: SITE[path] for path in SHOWN}
    assert done(up(public, target)) == (0, 8, 0, 0)
    put(public, "news/feed.atom", b"<feed>2</feed>")
    put(public, "page.css", SITE["page.css"])  # written anew with the same bytes
    assert done(up(public, target)) == (1, 7, 0, 0)
    (public / "news/entries/a.html").unlink()
    assert done(up(public, target, keep=True)) == (0, 7, 0, 1)
    assert "news/entries/a.html" in held(target)
    assert done(up(public, target)) == (0, 7, 1, 0)
    assert "news/entries/a.html" not in held(target)


def test_what_stands_at_s3_has_its_type_and_its_caching(public: Path, bucket: str) -> None:
    import boto3

    up(public, bucket)
    name, _, prefix = bucket.removeprefix("s3://").partition("/")
    client = boto3.client("s3")
    heads = {path: client.head_object(Bucket=name, Key=f"{prefix}/{path}") for path in SHOWN}
    assert {path: head["CacheControl"] for path, head in heads.items()} == {
        path: FOREVER if path == "news/archive/000001.rss" else LIVE for path in SHOWN
    }
    assert heads["news/feed.atom"]["ContentType"] == "application/atom+xml; charset=utf-8"
    assert heads["news/feed.json"]["ContentType"] == "application/feed+json; charset=utf-8"
    assert heads["page.css"]["ContentType"] == "text/css; charset=utf-8"
    up(public, bucket, fresh=60)
    assert client.head_object(Bucket=name, Key=f"{prefix}/page.css")["CacheControl"] == "public, max-age=60"


def test_live_documents_come_last_and_removals_after_them(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(f"file://{tmp_path}/there")
    monkeypatch.setattr(module, "place", lambda target: watched)
    up(public, "x")
    order = [path for _, path, _, _ in watched.log]
    assert order[:2] == ["page.css", "news/archive/000001.rss"]
    assert order.index("news/entries/a.html") < order.index("news/archive/000002.rss") < order.index("news/feed.atom")
    assert order[-1] == "index.html"
    (public / "news/entries/a.html").unlink()
    put(public, "news/feed.atom", b"<feed>without</feed>")
    up(public, "x")
    assert [one[:2] for one in watched.log[len(order) :]] == [
        ("put", "news/feed.atom"),
        ("remove", "news/entries/a.html"),
    ]


@pytest.mark.parametrize("most", range(9))
def test_broken_off_anywhere_it_goes_on_there(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    target = f"file://{tmp_path}/there"
    first, second = Watched(target, most), Watched(target)
    monkeypatch.setattr(module, "_TOGETHER", 1)
    monkeypatch.setattr(module, "place", lambda target: first)
    if most < 8:
        with pytest.raises(PlaceError, match="broke"):
            up(public, target)
    else:
        up(public, target)
    monkeypatch.setattr(module, "place", lambda target: second)
    up(public, target)
    assert len(first.log) == min(most, 8)
    assert len(first.log) + len(second.log) == 8
    assert held(target) == {path: SITE[path] for path in SHOWN}


def test_a_record_that_is_lost_or_cut_is_made_again_and_what_is_not_ours_stays(public: Path, target: str) -> None:
    up(public, target)
    system, root = fsspec.core.url_to_fs(target)
    system.pipe_file(f"{root.rstrip('/')}/theirs.txt", b"mine")
    (record,) = (public / ".mirrors").glob("*.jsonl")
    record.write_bytes(record.read_bytes()[:-20])
    assert done(up(public, target)) == (1, 7, 0, 0)
    record.unlink()
    assert done(up(public, target)) == (8, 0, 0, 0)
    assert held(target) == {**{path: SITE[path] for path in SHOWN}, "theirs.txt": b"mine"}


def test_large_files_go_in_a_stream(public: Path, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BYTES", 2000)
    sound = bytes(range(256)) * 30
    put(public, "news/media/ab/sound.mp3", sound)
    assert done(up(public, target)) == (9, 0, 0, 0)
    assert held(target)["news/media/ab/sound.mp3"] == sound
    assert done(up(public, target)) == (0, 9, 0, 0)


def test_what_a_place_lost_is_uploaded_again(public: Path, target: str) -> None:
    up(public, target)
    system, root = fsspec.core.url_to_fs(target)
    system.rm_file(f"{root.rstrip('/')}/news/archive/000001.rss")
    system.pipe_file(f"{root.rstrip('/')}/page.css", b"half")
    put(public, "page.css", b"p { color: red }")
    assert done(up(public, target)) == (2, 6, 0, 0)
    assert held(target)["news/archive/000001.rss"] == CLOSED


def test_what_is_for_few_is_not_uploaded_and_goes_where_it_was(public: Path, tmp_path: Path) -> None:
    target = f"file://{tmp_path}/there"
    assert up(public, target, left_out=[]).uploaded == 9
    assert up(public, target).removed == 1
    assert "secret/feed.rss" not in held(target)


def test_stopped_it_removes_nothing_and_goes_on(public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target, heard = f"file://{tmp_path}/there", list[str]()
    monkeypatch.setattr(module, "_TOGETHER", 1)
    found = up(public, target, done=heard.append, stop=lambda: len(heard) >= 3)
    assert found.uploaded == len(heard) == 3
    assert done(up(public, target)) == (5, 3, 0, 0)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("xyz://place", "is no place that is known"),
        ("sftp://place/x", r"needs a package that is not installed; pip install 'paramiko'"),
        ("file:///dev/null/x", r"cannot be written \(not a directory\)"),
        ("s3://", "names no bucket; write s3://bucket/path"),
        ("gs:///x", "names no bucket; write gs://bucket/path"),
        ("ftp:///x", "names no host; write ftp://host/folder"),
        ("ssh://", "names no host; write ssh://host/folder"),
        ("https://host.example/", "can only be read; name a place that takes files"),
        (
            "ftp://ann:pw@127.0.0.1:1/x",
            r"^ftp://\*\*\*@127.0.0.1:1/x: cannot be reached \(connection refused\); check its",
        ),
        ("ftp://host.invalid/", "cannot be reached"),
    ],
)
def test_what_is_no_place_is_told_in_a_line(public: Path, target: str, reason: str) -> None:
    with pytest.raises(PublishError, match=reason) as caught:
        up(public, target)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "there is no bucket of that name; make the bucket"),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            "credentials are missing or wrong; set or correct AWS_AC",
        ),
        ({"AWS_PROFILE": "nobody"}, "credentials are missing or wrong"),
        ({"AWS_DEFAULT_REGION": "no region"}, "the region is none; set AWS_DEFAULT_REGION"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}, "cannot be reached .*AWS_ENDPOINT_URL"),
    ],
)
def test_what_s3_refuses_is_told_with_its_remedy(
    public: Path, bucket: str, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], said: str
) -> None:
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(PlaceError, match=said) as caught:
        up(public, "s3://nobody-made-this/x")
    assert str(caught.value).startswith("s3://nobody-made-this/x: ")


class _AnswerError(Exception):
    """As botocore raises it."""

    def __init__(self, code: str) -> None:
        super().__init__(f"An error occurred ({code}) when calling the PutObject operation")
        self.response = {"Error": {"Code": code}}


@pytest.mark.parametrize(
    ("target", "error", "said"),
    [
        (
            "s3://b/x",
            _AnswerError("AccessDenied"),
            "may not be written to with these credentials; give them the right to list",
        ),
        ("s3://b/x", _AnswerError("SignatureDoesNotMatch"), "does not know who asks.*AWS_ACCESS_KEY_ID"),
        ("s3://b/x", _AnswerError("PermanentRedirect"), "is in another region.*AWS_DEFAULT_REGION"),
        ("s3://b/x", _AnswerError("RequestTimeTooSkewed"), "clock is wrong"),
        ("s3://b/x", _AnswerError("SlowDown"), "cannot be reached"),
        ("gs://b/x", PermissionError("Forbidden"), "GOOGLE_APPLICATION_CREDENTIALS"),
        ("ftp://h/x", ftplib.error_perm("530 Login incorrect."), "ftp://user:password@host/folder"),
        ("ftp://h/x", ftplib.error_perm("550 Permission denied."), "may not be written to"),
        (
            "file:///x",
            OSError(errno.ENOSPC, "No space left on device"),
            r"cannot be written \(no space left on device\)",
        ),
        (
            "xyz://u:pw@h/",
            ValueError("odd\nxyz://u:pw@h/"),
            r"^xyz://\*\*\*@h/: cannot be written \(odd xyz://\*\*\*@h/\)",
        ),
        ("xyz://h/", KeyError(), r"cannot be written \(KeyError\)"),
    ],
)
def test_what_libraries_say_is_told_in_a_line(target: str, error: Exception, said: str) -> None:
    with pytest.raises(PlaceError, match=said), explained(target):
        raise error


@pytest.mark.parametrize(
    ("protocols", "fields"),
    [
        (("s3", "s3a"), {"ContentType": "text/css", "CacheControl": LIVE}),
        (("gs", "gcs"), {"content_type": "text/css", "fixed_key_metadata": {"cache_control": LIVE}}),
        (("abfs", "az", "abfss"), {"content_settings": {"content_type": "text/css", "cache_control": LIVE}}),
        (("sftp", "ssh"), {}),
    ],
)
def test_header_fields_are_said_as_each_library_takes_them(protocols: tuple[str, ...], fields: dict[str, str]) -> None:
    assert fields_of(protocols, "text/css", LIVE) == fields


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("", "names nothing"),
        (".", "would be published with it"),
        ("..", "would be published with it"),
        ("s3://", "names no bucket"),
        ("https://host.example/", "can only be read"),
    ],
)
def test_nothing_is_published_for_the_sake_of_a_place_that_is_none(home: Home, to: str, said: str) -> None:
    assert said in home("publish", "--to", to, code=1).stderr
    assert not (home.folder / "public").exists()
    assert not (home.folder / "index.html").exists()


def test_without_s3fs_one_line_says_what_to_install(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"].__dict__["_registry"], "s3", raising=False)
    with pytest.raises(PlaceError, match=r"pip install 'backissue\[s3\]'"):
        up(public, "s3://bucket/x")


def test_an_empty_folder_takes_nothing_away(public: Path, tmp_path: Path) -> None:
    target = f"file://{tmp_path}/there"
    up(public, target)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(PublishError, match="holds nothing that is published"):
        up(empty, target)


def test_the_command_is_killed_in_the_middle_and_continued(home: Home, bucket: str) -> None:
    for index in range(120):
        home.write(f"articles/{index}.txt", f"Title {index}\n\nA sentence of article {index}, which is long enough.\n")
    home("ingest", "articles")
    home("publish")
    (folder,) = [home.folder / "public"]
    process = home.start("publish", "--to", bucket)
    wait_for(lambda: any(one.stat().st_size > 3000 for one in folder.glob(".mirrors/*.jsonl")), 60)
    process.kill()
    process.communicate(timeout=60)
    before = len(held(bucket))
    again = home.json("publish", "--to", bucket)["mirrored"]
    shown = {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("[!.]*") if one.is_file()}
    shown = {path: data for path, data in shown.items() if "/." not in f"/{path}"}
    assert held(bucket) == shown
    assert 0 < before <= len(shown)
    assert again["unchanged"] > 0 and again["uploaded"] + again["unchanged"] == len(shown)
    assert home("publish", "--to", bucket).stdout.splitlines()[-1].endswith(f"{len(shown)} there already, 0 removed")


def test_copies_of_files_come_before_what_shows_them_and_may_be_kept(
    public: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = f"news/media/ab/{'0' * 64}.png"
    put(public, copy, b"\x89PNG")
    watched = Watched(str(tmp_path / "there"))
    monkeypatch.setattr(module, "place", lambda target: watched)
    up(public, str(tmp_path / "there"))
    caches = {path: cache for _, path, _, cache in watched.log}
    order = list(caches)
    assert caches[copy] == FOREVER
    assert order.index(copy) < order.index("news/entries/a.html") < order.index("news/feed.atom")
