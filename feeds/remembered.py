"""Remembering what was made of texts, within bounds: strangers choose how many there are, and how long each is."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

Text = TypeVar("Text", bound="str | None")
Made = TypeVar("Made")

_MOST = 4096
_LONGEST = 300  # characters; what is longer hardly comes twice


def remembered(make: Callable[[Text], Made]) -> Callable[[Text], Made]:
    """The same function, which remembers what it made of texts that are short. What it gives must never change."""
    remember = lru_cache(_MOST)(make)
    return lambda text: make(text) if isinstance(text, str) and len(text) > _LONGEST else remember(text)
