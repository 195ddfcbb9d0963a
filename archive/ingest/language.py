"""What language a text is in: a guess that says nothing where it is not sure."""

from __future__ import annotations

from functools import cache
from typing import Any

_ENOUGH_LETTERS = 40
_ENOUGH_IDEOGRAPHS = 10
_SURE = 0.9
_READ = 8000
_NONE = frozenset({"zxx", "und", "mul"})


def guess_language(text: str) -> str | None:
    """The text's language as a BCP 47 tag such as "fr"; None for too short a text or an unsure guess."""
    text = text[:_READ]
    letters = [char for char in text if char.isalpha()]
    ideographs = sum(char >= "\u2e80" for char in letters)
    if len(letters) < _ENOUGH_LETTERS and ideographs < _ENOUGH_IDEOGRAPHS:
        return None
    label, confidence = _identifier().classify(text)
    return label if confidence >= _SURE and label not in _NONE else None


@cache
def _identifier() -> Any:
    # Imported here because the model takes most of a second to load, and commands that read no article need none.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
