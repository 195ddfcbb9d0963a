"""Markdown: front matter in all its spellings, and what it says when it is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.ingest import IngestError, ingest
from feeds.model import Category, Entry, Person, Section, Source, Text

YAML = """---
title: "L’été : un bilan"
description: Ce qui reste.
date: 2024-03-12
lastmod: 2024-03-13T08:30:00+02:00
authors:
  - Jeanne Martin
  - name: Luc Petit
    email: luc@example.org
    url: https://example.org/luc
  - Ana Roe <ana@example.org>
tags: [été, eau]
categories: Monde, Climat
lang: fr
slug: bilan
canonical: https://example.org/bilan
source: {title: La Gazette, url: https://example.org/}
image: https://example.org/a.png
draft: false
---

# L’été : un bilan

Le **premier** paragraphe mène [plus loin](#suite).

## Suite

- un
- deux

### Détail

```python
x = 1 < 2
```

## Suite

Fin<script>alert(1)</script>.
"""


def read(text: str) -> Entry:
    return ingest(text.encode(), "a.md")


def test_front_matter_and_body() -> None:
    entry = read(YAML)
    assert entry.title == "L’été : un bilan"
    assert entry.summary == Text("Ce qui reste.", "text")
    assert entry.published == datetime(2024, 3, 12, tzinfo=UTC)
    assert entry.updated == datetime(2024, 3, 13, 6, 30, tzinfo=UTC)
    assert entry.authors == (
        Person("Jeanne Martin"),
        Person("Luc Petit", "luc@example.org", "https://example.org/luc"),
        Person("Ana Roe", "ana@example.org"),
    )
    assert entry.categories == tuple(map(Category, ["été", "eau", "Monde", "Climat"]))
    assert (entry.language, entry.id, entry.link) == ("fr", "bilan", "https://example.org/bilan")
    assert entry.source == Source(title="La Gazette", link="https://example.org/")
    assert entry.image == "https://example.org/a.png"
    assert entry.sections == (
        Section("Suite", "suite"),
        Section("Détail", "détail", 3),
        Section("Suite", "suite-2"),
    )
    assert {field for field, origin in entry.origins.items() if origin == "declared"} == {
        "title", "summary", "published", "updated", "authors", "categories", "language", "id", "link", "source",
        "image",
    }  # fmt: skip
    assert entry.content is not None
    html = entry.content.value
    assert html.startswith('<p>Le <strong>premier</strong> paragraphe mène <a href="#suite"')
    assert '<pre><code class="language-python">x = 1 &lt; 2\n</code></pre>' in html
    assert "<h1" not in html
    assert "script" not in html


@pytest.mark.parametrize(
    ("front", "field", "value"),
    [
        ("author: Jeanne Martin", "authors", (Person("Jeanne Martin"),)),
        ("author: {name: Jeanne Martin}", "authors", (Person("Jeanne Martin"),)),
        ("authors: [A B, C D]", "authors", (Person("A B"), Person("C D"))),
        ("subtitle: So it is", "summary", Text("So it is", "text")),
        ("date: 12 mars 2024 à 08h30", "published", datetime(2024, 3, 12, 8, 30, tzinfo=UTC)),
        ("published: 2024-03-12 08:30:00", "published", datetime(2024, 3, 12, 8, 30, tzinfo=UTC)),
        ("modified: 2024-03-12T08:30:00Z", "updated", datetime(2024, 3, 12, 8, 30, tzinfo=UTC)),
        ("keywords: a, b", "categories", (Category("a"), Category("b"))),
        ("tags: 2024", "categories", (Category("2024"),)),
        ("language: pt_BR", "language", "pt-BR"),
        ("guid: 'urn:x:1'", "id", "urn:x:1"),
        ("permalink: /a/b/", "link", None),
        ("url: /a\nlink: https://example.org/a", "link", "https://example.org/a"),
        ("source: https://example.org/", "source", Source(link="https://example.org/")),
        ("cover: {url: https://example.org/b.png}", "image", "https://example.org/b.png"),
        ("cover: b.png", "image", None),
        ("Title: With a capital key", "title", "With a capital key"),
        ("title: 1984", "title", "1984"),
    ],
)
def test_spellings(front: str, field: str, value: Any) -> None:
    entry = read(f"---\n{front}\n---\n\nA paragraph.\n\nAnd one more.\n")
    assert getattr(entry, field) == value
    assert (entry.origins.get(field) == "declared") is (value is not None)


def test_toml() -> None:
    entry = read(
        '+++\ntitle = "T"\ndate = 2024-03-12T08:30:00Z\nauthors = ["A B"]\n[taxonomies]\ntags = ["x"]\n+++\nHello.\n'
    )
    assert (entry.title, entry.published) == ("T", datetime(2024, 3, 12, 8, 30, tzinfo=UTC))
    assert (entry.authors, entry.categories) == ((Person("A B"),), (Category("x"),))


@pytest.mark.parametrize(
    ("text", "title", "origin", "sections"),
    [
        ("# One\n\nText.\n\n## Two\n\nMore.", "One", "derived", ["Two"]),
        ("# One\n\nText.\n\n# Two\n\nMore.", "One", "derived", ["Two"]),
        ("Text of it. More.\n\n# Two\n\nMore.", "Two", "derived", []),
        ("Text of it. More.", "Text of it", "inferred", []),
        ("---\n\nAfter a rule.\n\n---\n\nAnd so on.", "After a rule", "inferred", []),
        ("---\ntitle: Said\n---\n# Other\n\nText.", "Said", "declared", ["Other"]),
        ("---\n---\nText.", "Text", "inferred", []),
        ("```\n\n---\nText.\n```", "Text", "inferred", []),
        ("```\n---\n```", "---", "inferred", []),
        ("\ufeff---\ntitle: Marked\n---\nText.", "Marked", "declared", []),
        ("---\r\ntitle: Windows\r\n---\r\nText.", "Windows", "declared", []),
    ],
)
def test_titles(text: str, title: str, origin: str, sections: list[str]) -> None:
    entry = read(text)
    assert (entry.title, entry.origins["title"]) == (title, origin)
    assert [section.heading for section in entry.sections] == sections


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("---\ntitle: [a\n---\nx", 3, "the YAML is wrong"),
        ("---\nlang: fr\ntitle: a: b\n---\nx", 3, "mapping values are not allowed here"),
        ("---\ntitle: a\n\nx", 1, "the front matter that '---' opens is never closed"),
        ("---\nlang: fr\ndate: 2024-02-31\n---\nx", 3, "the YAML is wrong: day is out of range for month"),
        ("---\nlang: fr\ndate: soon\n---\nx", 3, "'date' is no date: 'soon'"),
        ("---\ndate: [1]\n---\nx", 2, "'date' is no date: [1]"),
        ("---\ntitle: {a: 1}\n---\nx", 2, "'title' is not a text"),
        ("---\nauthor: {email: ''}\n---\nx", 2, "'author' has a person without a name"),
        ("---\nlang: French language\n---\nx", 2, "'lang' is no language: 'French language'"),
        ("+++\nlang = 'fr'\ntitle = a\n+++\nx", 3, "the TOML is wrong: Invalid value"),
        ("---\nlang: fr\ndate: !!timestamp soon\n---\nx", 3, "the YAML is wrong: a value is not what it is marked as"),
        ("---\nlang: fr\ndraft: !!bool soon\n---\nx", 3, "the YAML is wrong: a value is not what it is marked as"),
        (f"---\nlang: fr\ntitle: 0x{'f' * 5000}\n---\nx", 3, "'title' is too long a number"),
        (f"---\nauthor: {{name: 0x{'f' * 5000}}}\n---\nx", 2, "'author' is too long a number"),
        ("---\na: !!python/object/apply:os.system [ls]\n---\nx", 2, "the YAML is wrong"),
    ],
)
def test_wrong_front_matter_names_file_line_and_remedy(text: str, line: int, reason: str) -> None:
    with pytest.raises(IngestError) as caught:
        read(text)
    assert caught.value.subject == f"a.md, line {line}"
    assert reason in caught.value.reason
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_front_matter_without_text() -> None:
    with pytest.raises(IngestError, match="has front matter but no text"):
        read("---\ntitle: a\n---\n\n")


@settings(deadline=None)  # The first guess of a language loads the model.
@given(
    st.lists(
        st.one_of(
            st.text(st.characters(codec="utf-8"), max_size=20),
            st.sampled_from(
                ["---", "+++", "title: a", "date: 2024-01-01", "tags: [a", "# H", "<div>", "- a", "x = 1", "..."]
            ),
        ),
        max_size=12,
    ).map("\n".join)
)
def test_any_markdown_is_read_or_refused(text: str) -> None:
    try:
        entry = read(text)
    except IngestError as error:
        assert "\n" not in str(error)
    else:
        assert entry.title
        assert entry.content
