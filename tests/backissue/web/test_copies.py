"""Copies of what entries show, as they are served: whoever opens one runs nothing."""

from __future__ import annotations

from pathlib import Path

from backissue.web import app, running
from tests.backissue.web.conftest import Site, fill

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def test_copies_are_inert(tmp_path: Path) -> None:
    fill(tmp_path)
    name = "0" * 64
    (tmp_path / "all/media/00").mkdir(parents=True)
    for suffix, data in ((".svg", SVG), (".png", b"\x89PNG"), (".pdf", b"%PDF-")):
        (tmp_path / f"all/media/00/{name}{suffix}").write_bytes(data)
    with running(app(tmp_path), "127.0.0.1", 0) as address:
        site = Site(tmp_path, address)
        for suffix, saved in ((".svg", True), (".png", False), (".pdf", True)):
            answer = site.ask(f"/all/media/00/{name}{suffix}")
            assert answer.status == 200
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "sandbox" in answer.headers["content-security-policy"]
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert (answer.headers.get("content-disposition") == "attachment") is saved
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert site.ask(f"/all/media/00/{name}.png", range="bytes=0-1").status == 206
