"""Colours that everybody can read: WCAG 2.2, criteria 1.4.3 (text) and 1.4.11 (what can be used), level AA."""

from __future__ import annotations

import re
from itertools import product

import pytest

from feeds.write.stylesheet import FEED_STYLESHEET, PAGE_STYLESHEET, stylesheet

TEXT, USED = 4.5, 3.0
TEXTS = ("text", "quiet", "accent")
BACKS = ("back", "box")


def schemes(name: str) -> dict[str, dict[str, str]]:
    """The colours by day, by night and on paper."""
    css = stylesheet(name).decode()
    found = {"day": css.split("@media")[0], "night": css.partition("prefers-color-scheme: dark")[2].split("}")[0]}
    if "@media print" in css:
        found["paper"] = css.partition("@media print")[2].split("}")[0]
    return {key: dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6});", part)) for key, part in found.items()}


def luminance(colour: str) -> float:
    """Relative luminance (https://www.w3.org/TR/WCAG22/#dfn-relative-luminance)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", [PAGE_STYLESHEET, FEED_STYLESHEET])
def test_text_stands_out_by_day_and_by_night(name: str) -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    for scheme, colours in schemes(name).items():
        assert {*TEXTS, *BACKS, "line"} <= colours.keys()
        for text, back in product(TEXTS, BACKS):
            assert contrast(colours[text], colours[back]) >= TEXT, (scheme, text, back)
        assert contrast(colours["accent"], colours["back"]) >= USED  # what is focused


@pytest.mark.parametrize("name", [PAGE_STYLESHEET, FEED_STYLESHEET])
def test_no_colour_is_named_elsewhere(name: str) -> None:
    css = re.sub(r"/\*.*?\*/", "", stylesheet(name).decode(), flags=re.DOTALL)
    rules = re.sub(r":root \{[^}]*\}", "", css)

    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(|opacity", rules) == []


@pytest.mark.parametrize("name", [PAGE_STYLESHEET, FEED_STYLESHEET])
def test_stylesheets_load_nothing_and_are_laid_out_by_logical_sides(name: str) -> None:
    css = re.sub(r'@namespace \w+ url\("[^"]*"\);', "", stylesheet(name).decode())

    assert not re.search(r"url\(|@import|@font-face", css)
    assert not re.search(
        r"(?:margin|padding|border)-(?:left|right)|text-align: (?:left|right)|[^-]\b(?:left|right):", css
    )
    assert css.count("{") == css.count("}")
