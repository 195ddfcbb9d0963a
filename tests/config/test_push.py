"""The table [push]: where hubs can reach us, and where they cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.load import FILE_NAME, read
from config.settings import Push, Settings, Site

OWN = "is an address of this machine or network, which hubs cannot reach"
PUBLIC = '[site]\nauthor = "A"\nbase_url = "https://b.example/feeds/"\n'


def told(text: str) -> list[str]:
    """All that is wrong, or may be, with a configuration."""
    problems = read(text, FILE_NAME, Path("/srv/b"), {}).problems
    return [problem.reason for problem in problems]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("[push]\nenabled = true", []),
        ("[push]\naddress = 'http://127.0.0.1/'", []),
        ("[push]\nenabled = true\naddress = 'https://hooks.example.org'", []),
        ("[push]\nenabled = true\naddress = 'https://93.184.216.34/'", []),
        *[
            (f"[push]\nenabled = true\naddress = '{url}'", [OWN])
            for url in ("http://127.0.0.1:8080", "http://localhost/", "http://nas/", "http://[::1]/", "http://10.1.2.3")
        ],
        ("[push]\nenabled = true\naddress = 'http://127.0.0.1/'\n[http]\nallow_private_addresses = true", []),
        ("[push]\naddress = 'https://a.example/?b'", ["goes on after the path, so no address can be built on it"]),
        ("[push]\naddress = 'https://a.example:0/'", ['is no usable address: "https://a.example:0/"']),
    ],
)
def test_what_is_said_about_the_address(text: str, expected: list[str]) -> None:
    assert told(PUBLIC + text) == expected


def test_the_site_is_the_address_unless_another_is_given() -> None:
    site = Site(base_url="https://b.example/feeds/")
    assert Settings(site=site).push_address == "https://b.example/feeds/"
    assert Settings(site=site, push=Push(address="https://a.example")).push_address == "https://a.example/"
