"""Bylines, datelines and dates: read when they are beyond doubt, and left alone when not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.ingest.credits import Credits, credits, is_name, opening
from archive.ingest.dateline import dates, spelled


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("12 mars 2024", at(2024, 3, 12)),
        ("1er février 2020 à 9h", at(2020, 2, 1, 9)),
        ("12 mars 2024 à 08h30", at(2024, 3, 12, 8, 30)),
        ("March 3, 2021", at(2021, 3, 3)),
        ("March 3rd, 2021 at 5:30 pm EST", at(2021, 3, 3, 22, 30)),
        ("Wednesday, 3 March 2021", at(2021, 3, 3)),
        ("Sept. 9, 2019, 12:05 a.m.", at(2019, 9, 9, 0, 5)),
        ("3. April 2023, 14:05 Uhr", at(2023, 4, 3, 14, 5)),
        ("03.04.2023", at(2023, 4, 3)),
        ("5 de mayo de 2022", at(2022, 5, 5)),
        ("9 de fevereiro de 2024 às 18h", at(2024, 2, 9, 18)),
        ("1º gennaio 2020", at(2020, 1, 1)),
        ("5 мая 2022", at(2022, 5, 5)),
        ("12 مارس 2024", at(2024, 3, 12)),
        ("١٢ مارس 2024", at(2024, 3, 12)),
        ("2024年3月12日", at(2024, 3, 12)),
        ("2024년 3월 12일", at(2024, 3, 12)),
        ("2021-03-03", at(2021, 3, 3)),
        ("2024/03/12", at(2024, 3, 12)),
        ("2024-03-12T08:30:00+02:00", at(2024, 3, 12, 6, 30)),
        ("25/12/2020", at(2020, 12, 25)),
        ("12/25/2020", at(2020, 12, 25)),
        ("05/05/2020", at(2020, 5, 5)),
        ("03/04/2021", None),
        ("31 February 2020", None),
        ("12 mars", None),
        ("mars 2024", None),
        ("2021-13-03", None),
        ("from 3 March 2021 to 4 March 2021", None),
        ("the battle that began on 3 March 1821", None),
        ("", None),
    ],
)
def test_spelled(text: str, when: datetime | None) -> None:
    assert spelled(text) == when


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Par Jeanne Martin", Credits(("Jeanne Martin",))),
        ("PAR JEANNE MARTIN", Credits(("JEANNE MARTIN",))),
        ("Par Jeanne Martin et Luc Petit, à Moscou", Credits(("Jeanne Martin", "Luc Petit"))),
        ("By John Smith, Anne O’Neill and Mary-Ann Roe", Credits(("John Smith", "Anne O’Neill", "Mary-Ann Roe"))),
        ("By John Smith in Paris", Credits(("John Smith",))),
        ("By AFP", Credits(("AFP",))),
        ("Von Ursula von der Leyen", Credits(("Ursula von der Leyen",))),
        ("Por Ana García", Credits(("Ana García",))),
        ("di Mario Rossi e Anna Bianchi", Credits(("Mario Rossi", "Anna Bianchi"))),
        ("Автор: Иван Петров", Credits(("Иван Петров",))),
        ("بقلم أحمد علي", Credits(("أحمد علي",))),
        ("作者：王小明", Credits(("王小明",))),
        ("Paris, le 12 mars 2024", Credits((), at(2024, 3, 12))),
        ("Berlin, 3. April 2023", Credits((), at(2023, 4, 3))),
        ("(Madrid) 5 de mayo de 2022", Credits((), at(2022, 5, 5))),
        ("Москва, 5 мая 2022 года", Credits((), at(2022, 5, 5))),
        ("القاهرة، 12 مارس 2024", Credits((), at(2024, 3, 12))),
        ("北京，2024年3月12日", Credits((), at(2024, 3, 12))),
        ("Publié le 12 mars 2024 à 08h30", Credits((), at(2024, 3, 12, 8, 30))),
        ("Publié le 12 mars 2024 par Jeanne Martin", Credits(("Jeanne Martin",), at(2024, 3, 12))),
        ("Mis à jour le 13 mars 2024", Credits((), None, at(2024, 3, 13))),
        ("Published March 3, 2021 | Updated March 4, 2021", Credits((), at(2021, 3, 3), at(2021, 3, 4))),
        ("By John Smith | March 3, 2021", Credits(("John Smith",), at(2021, 3, 3))),
        ("Par hasard", None),
        ("Par ici la sortie", None),
        ("Von der Leyen in Kiew", None),
        ("By the river we sat down", None),
        ("Di Maio si dimette", None),
        ("Le 12 mars 2024, la France a changé de visage", None),
        ("What happened on March 3, 2021", None),
        ("03/04/2021", None),
        ("A heading", None),
        ("", None),
    ],
)
def test_credits(line: str, told: Credits | None) -> None:
    assert credits(line) == told


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("PARIS, 3 mars 2024 – La passerelle rouvre.", at(2024, 3, 3)),
        ("PARIS, le 3 mars 2024 (AFP) - La passerelle rouvre.", at(2024, 3, 3)),
        ("Oslo, 3 March 2024 (NTB) — The bridge opens.", at(2024, 3, 3)),
        ("SAINT-MALO, 3 mars 2024 -- La passerelle rouvre.", at(2024, 3, 3)),
        ("МОСКВА, 5 мая 2022 года — Мост открыт.", at(2022, 5, 5)),
        ("LONDON, March 3 (NTB) — The bridge opens.", None),
        ("PARIS – Le 3 mars 2024, la passerelle rouvre.", None),
        ("Paris, 14 juillet 1789 – La Bastille tombe.", None),
        ("14 juillet 1789 – La Bastille tombe.", None),
        ("PARIS, 03/04/2024 – La passerelle rouvre.", None),
        ("A bridge – of 3 March 2024 – opens.", None),
        ("", None),
    ],
)
def test_openings(text: str, when: datetime | None) -> None:
    assert opening(text) == when


@pytest.mark.parametrize(
    ("text", "single", "answer"),
    [
        ("Jeanne Martin", False, True),
        ("J. K. Rowling", False, True),
        ("Jeanne", False, False),
        ("Jeanne", True, True),
        ("de Gaulle", False, False),
        ("Climate change", False, False),
        ("Agent 007", False, False),
        ("One Two Three Four Five Six", False, False),
    ],
)
def test_names(text: str, single: bool, answer: bool) -> None:
    assert is_name(text, single=single) is answer


@given(st.text(max_size=200))
def test_any_line_is_read_without_an_error(line: str) -> None:
    credits(line)
    opening(line)
    for found in dates(line):
        assert found.when.tzinfo is UTC
        assert 0 <= found.start < found.stop <= len(line)
