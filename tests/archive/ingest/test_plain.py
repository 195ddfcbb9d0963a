"""Plain text: the layouts people write in, and that no word gets lost in any text at all."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from archive.ingest import IngestError, ingest
from feeds.html import clean_text, to_text

DATA = Path(__file__).parents[2] / "data" / "articles"


class Layout(Struct, frozen=True, kw_only=True):
    """What is expected of a text; `blocks` counts its paragraphs, list items and quotes."""

    file: str
    title: str
    summary: str | None
    sections: tuple[tuple[int, str], ...] = ()
    blocks: int
    language: str
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    tags: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    origins: dict[str, str] = {}


LAYOUTS = [
    Layout(
        file="fr_label",
        title="La fabrique de cloches rallume son four après dix ans de silence dans la vallée",
        summary="La dernière fonderie de cloches de la région a coulé jeudi une pièce de « trois cents kilos »,",
        sections=(
            (2, "Un four éteint depuis une décennie"),
            (2, "Une coulée sous surveillance"),
            (2, "Et la suite de l’histoire"),
        ),
        blocks=6,
        language="fr",
        left_out=("Sommaire",),
        origins={"title": "derived", "summary": "derived", "sections": "derived", "language": "inferred"},
    ),
    Layout(
        file="fr_news_credits",
        title="« Nous ne planterons plus de vignes ici », disent les derniers vignerons du plateau",
        summary="Sur les hauteurs, la sécheresse a vidé les citernes",
        sections=((2, "Une citerne pour trois villages"), (2, "« Et maintenant ? »"), (2, "Retour à la friche")),
        blocks=4,
        language="fr",
        authors=("Jeanne Martin", "Luc Petit"),
        published=datetime(2024, 3, 12, 8, 30, tzinfo=UTC),
        updated=datetime(2024, 3, 13, 9, 5, tzinfo=UTC),
        tags=("Planète / Climat",),
        left_out=(
            "Partager",
            "Lire aussi : Dans le Larzac, les bergers font leurs comptes",
            "Publicité",
            "Planète / Climat",
            "Par Jeanne Martin et Luc Petit, à Millau",
            "Publié le 12 mars 2024 à 08h30, mis à jour le 13 mars 2024 à 9h05",
        ),
        origins={"published": "declared", "updated": "declared", "authors": "declared", "categories": "derived"},
    ),
    Layout(
        file="fr_interview",
        title="« Je n’ai jamais voulu être chef », confie la cuisinière des cols",
        summary="Elle tient depuis trente ans l’auberge la plus haute de la vallée",
        blocks=6,
        language="fr",
    ),
    Layout(
        file="fr_single_paragraph",
        title="Le facteur du village a pris sa retraite lundi, après quarante ans de tournées",
        summary=None,
        blocks=1,
        language="fr",
        origins={"title": "inferred"},
    ),
    Layout(
        file="en_wrapped",
        title="The Lighthouse Keepers of Gull Island",
        summary="For sixty years the lamp on Gull Island was lit by hand, every evening, by one of two brothers",
        sections=((2, "A lamp nobody understood"), (2, "What comes next")),
        blocks=8,
        language="en",
        authors=("Martha Quill",),
        published=datetime(2021, 3, 3, tzinfo=UTC),
        left_out=("By Martha Quill", "March 3, 2021"),
        origins={"title": "derived", "published": "declared"},
    ),
    Layout(
        file="en_indented",
        title="The Orchard at the End of the Line",
        summary="The railway stops where the apples begin, because the farmer of 1870 would not sell,",
        blocks=3,
        language="en",
    ),
    Layout(
        file="en_poem",
        title="Evening at the Ferry",
        summary=None,
        blocks=2,
        language="en",
    ),
    Layout(
        file="en_no_headings",
        title="The Baker Who Counted Rain",
        summary="Every morning before he lit the oven, the baker wrote down how much rain had fallen in the night.",
        blocks=4,
        language="en",
    ),
    Layout(
        file="en_roman",
        title="A Short History of the Village Clock",
        summary="The clock in the tower has been wrong since 1911,",
        sections=(
            (2, "I. How it came"),
            (3, "A) The first repair"),
            (3, "B) The second repair"),
            (2, "II. How it stayed"),
        ),
        blocks=5,
        language="en",
    ),
    Layout(
        file="en_letter",
        title="An Open Letter About the Footpath",
        summary="To whom it may concern: the footpath behind the mill",
        blocks=4,
        language="en",
        published=datetime(2019, 11, 4, tzinfo=UTC),
        left_out=("Ashford, 4 November 2019",),
    ),
    Layout(
        file="de_wrapped_dense",
        title="Warum die Moore brennen",
        summary="Im Norden des Landes schwelt der Boden seit drei Wochen, und niemand weiß genau, wie tief",
        sections=((2, "Ein Erbe der Entwässerung"), (2, "Was helfen würde")),
        blocks=3,
        language="de",
        authors=("Anna Weber",),
        published=datetime(2023, 4, 3, tzinfo=UTC),
        left_out=("Von Anna Weber", "Berlin, 3. April 2023"),
    ),
    Layout(
        file="de_two_line_title",
        title="Als der Fluss die Brücke nahm und niemand es sah",
        summary="In der Nacht zum Sonntag fiel der mittlere Bogen ins Wasser.",
        blocks=2,
        language="de",
        authors=("Ursula von der Heide",),
        left_out=("Von Ursula von der Heide",),
    ),
    Layout(
        file="de_colons",
        title="Der Bahnhof, der niemandem gehört",
        summary="Seit die Bahn das Gebäude verkauft hat,",
        sections=((2, "Die Ausgangslage:"), (2, "Kommt jetzt der Abriss?")),
        blocks=7,
        language="de",
    ),
    Layout(
        file="es_contents",
        title="El Tajo ya no llega a su cita",
        summary="El río que durante siglos movió los molinos",
        sections=((2, "1. Un río sin agua"), (2, "2. Las cuentas del regadío"), (2, "3. ¿Quién decide?")),
        blocks=4,
        language="es",
        authors=("Ana Belén Ortega",),
        published=datetime(2022, 5, 5, tzinfo=UTC),
        left_out=(
            "Sumario",
            "1. Un río sin agua .......... 2",
            "2. Las cuentas del regadío .......... 3",
            "3. ¿Quién decide? .......... 5",
            "Ana Belén Ortega",
            "5 de mayo de 2022",
        ),
    ),
    Layout(
        file="es_dashes",
        title="La vuelta del afilador",
        summary="El silbato sonó otra vez en la calle Mayor",
        blocks=6,
        language="es",
    ),
    Layout(
        file="pt_headers",
        title="O comboio noturno volta a partir",
        summary="Depois de doze anos de intervalo,",
        blocks=3,
        language="pt-PT",
        authors=("Inês Duarte", "Rui Lopes"),
        published=datetime(2024, 2, 9, tzinfo=UTC),
        tags=("transportes", "ferrovia"),
        left_out=(
            "Título: O comboio noturno volta a partir",
            "Autor: Inês Duarte; Rui Lopes",
            "Data: 2024-02-09",
            "Etiquetas: transportes, ferrovia",
            "Idioma: pt-PT",
            "Fonte: Gazeta do Sul",
            "URL: https://gazeta.example/comboio",
        ),
        origins={"title": "declared", "language": "declared", "source": "declared", "link": "declared"},
    ),
    Layout(
        file="pt_list",
        title="Como sobreviver a uma feira de aldeia",
        summary="Quem vai pela primeira vez costuma cometer os mesmos erros,",
        sections=((2, "Antes de sair"), (2, "À chegada")),
        blocks=5,
        language="pt",
    ),
    Layout(
        file="it_caps",
        title="Il mercato del pesce cambia casa dopo un secolo",
        summary="Le bancarelle di marmo resteranno al loro posto,",
        sections=((2, "UN TRASLOCO DISCUSSO"), (2, "LE VOCI DEL QUARTIERE")),
        blocks=3,
        language="it",
        authors=("Mario Rossi",),
        tags=("CRONACA",),
        left_out=("CRONACA", "di Mario Rossi"),
    ),
    Layout(
        file="ru_plain",
        title="Последний трамвай старого города",
        summary="В воскресенье вечером красный вагон",
        sections=((2, "Зачем убирают рельсы"), (2, "Память под асфальтом")),
        blocks=3,
        language="ru",
        published=datetime(2022, 5, 5, tzinfo=UTC),
        left_out=("Москва, 5 мая 2022 года",),
    ),
    Layout(
        file="ar_plain",
        title="سوق الكتب القديمة يعود إلى ضفة النهر",
        summary="بعد سنوات من الإغلاق فتح باعة الكتب",
        sections=((2, "حكاية الأكشاك الخضراء"), (2, "من يشتري اليوم؟")),
        blocks=3,
        language="ar",
        published=datetime(2024, 3, 12, tzinfo=UTC),
        left_out=("المحتويات", "القاهرة، 12 مارس 2024"),
    ),
    Layout(
        file="ja_plain",
        title="最後の渡し船が川を渡る",
        summary="三月の朝、村に残った最後の渡し船が",
        sections=((2, "橋が架かる前"), (2, "これからの川")),
        blocks=3,
        language="ja",
        authors=("山田花子",),
        published=datetime(2024, 3, 12, tzinfo=UTC),
        left_out=("目次", "2024年3月12日", "作者：山田花子"),
    ),
    Layout(
        file="th_plain",
        title="ร้านหนังสือริมคลองกลับมาเปิดอีกครั้ง",
        summary="หลังจากปิดไปนานสามปี",
        sections=((2, "ชั้นหนังสือที่ลอยน้ำได้"), (2, "ใครยังอ่านอยู่")),
        blocks=3,
        language="th",
    ),
    Layout(
        file="hi_plain",
        title="आख़िरी घड़ीसाज़ ने दुकान फिर खोली",
        summary="चालीस साल से बाज़ार की घड़ियाँ ठीक करने वाले",
        sections=((2, "पुरानी घड़ियों का अस्पताल"), (2, "आगे क्या होगा?")),
        blocks=3,
        language="hi",
    ),
    Layout(
        file="fr_dateline",
        title="Le bac du fleuve reprend la mer",
        summary="NANTES, 3 mars 2024 – Le vieux bac",
        sections=((2, "Deux hivers à quai"),),
        blocks=3,
        language="fr",
        authors=("Jean Dupont",),
        published=datetime(2024, 3, 3, tzinfo=UTC),
        left_out=("Par Jean Dupont",),
        origins={"published": "declared", "authors": "declared"},
    ),
    Layout(
        file="zh_numbered",
        title="老城区的最后一家照相馆",
        summary="王小明的照相馆开了四十年，",
        sections=((2, "一、从黑白到彩色"), (2, "二、手机的时代")),
        blocks=3,
        language="zh",
    ),
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.file)
def test_layouts(layout: Layout) -> None:
    entry = ingest((DATA / f"{layout.file}.txt").read_bytes(), f"{layout.file}.txt")
    assert entry.content is not None
    html = entry.content.value
    assert entry.title == layout.title
    assert (entry.summary.value if entry.summary else None) == layout.summary or (
        layout.summary and entry.summary and entry.summary.value.startswith(layout.summary)
    )
    assert tuple((section.level, section.heading) for section in entry.sections) == layout.sections
    assert html.count("<p>") + html.count("<li>") == layout.blocks
    assert entry.language == layout.language
    assert tuple(person.name for person in entry.authors) == layout.authors
    assert (entry.published, entry.updated) == (layout.published, layout.updated)
    assert tuple(category.term for category in entry.categories) == layout.tags
    assert tuple(entry.extra.get("left_out", "").splitlines()) == layout.left_out
    assert {field: entry.origins.get(field) for field in layout.origins} == layout.origins
    assert ("published" in entry.origins) == (entry.published is not None)
    for section in entry.sections:
        assert html.count(f'<h{section.level} id="{section.anchor}">') == 1


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.file)
@pytest.mark.parametrize(
    "changed",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.replace("\n", " \t \n"),
        lambda text: "\n\n" + text + "\n\n \n",
    ],
    ids=["CRLF", "CR", "trailing blanks", "blank lines around"],
)
def test_line_ends_and_blanks_around_make_no_difference(layout: Layout, changed) -> None:  # type: ignore[no-untyped-def]
    text = (DATA / f"{layout.file}.txt").read_text(encoding="utf-8")
    assert ingest(changed(text).encode(), "a.txt") == ingest(text.encode(), "a.txt")


LONG = "The harbour was quiet that morning, and the fishermen stood about and spoke of nothing but the wind. " * 2


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        (f"Title of it\n\n{LONG}\n\nA short line\n\n{LONG}", ["A short line"]),
        (f"Title of it\n\n{LONG}\n\nA short sentence.\n\n{LONG}", []),
        (f"Title of it\n\n{LONG}\n\nunfinished in small letters\n\n{LONG}", []),
        (f"Title of it\n\n{LONG}\n\nA line that breaks off,\n\n{LONG}", []),
        (f"Title of it\n\n{LONG}\n\nPhoto: John Roe/AFP\n\n{LONG}", []),
        (f"Title of it\n\n{LONG}\n\nWho knows?\n\n{LONG}", ["Who knows?"]),
        (f"Title of it\n\n{LONG}\n\nNobody knows!\n\n{LONG}", ["Nobody knows!"]),
        (f"Title of it\n\n{LONG}\n\nThe background:\n\n{LONG}", ["The background:"]),
        (f"Title of it\n\n{LONG}\n\nThe things we need:\n\n- a boat\n- a rope\n\n{LONG}", []),
        (f"Title of it\n\n{LONG}\n\nThe things we need\n\n- a boat\n- a rope\n\n{LONG}", ["The things we need"]),
        (f"Title of it\n\n{LONG}\n\nThe last line", []),
        (f"Title of it\n\n{LONG}\n\nPART ONE\n\nThe boat\n\n{LONG}", ["PART ONE", "The boat"]),
        (f"Title of it\n\n{LONG}\n\n1. First\n\n{LONG}\n\n2. Second\n\n{LONG}", ["1. First", "2. Second"]),
        (f"Title of it\n\n{LONG}\n\n1.1 First\n\n{LONG}", ["1.1 First"]),
        (f"Title of it\n\n{LONG}\n\n1. one\n2. two\n3. three\n\n{LONG}", []),
        (f"Title of it\n\n{LONG}\n\nA.\n\n{LONG}", []),
        (f"Title of it\n\n# Marked\n{LONG}\n\n## Below\n{LONG}", ["Marked", "Below"]),
        (f"Title of it\n\n{LONG}\n\n----------\nOver and under\n----------\n{LONG}", ["Over and under"]),
        (f"Title of it\n\n{LONG}\n\n* * *\n\n{LONG}", []),
        (f"Title of it\n{LONG}\nNAME\n{LONG}\nName:\n{LONG}\nName:\n{LONG}\nName:\n{LONG}", ["NAME"]),
        (f"Contents\nThe end.\n\nTitle of it\n\n{LONG}\n\nThe end.\n\n{LONG}", ["The end."]),
    ],
)
def test_headings(text: str, headings: list[str]) -> None:
    entry = ingest(text.encode(), "a.txt")
    assert entry.title == "Title of it"
    assert [section.heading for section in entry.sections] == headings


@pytest.mark.parametrize(
    ("text", "title", "origin"),
    [
        ("Hello world", "Hello world", "inferred"),
        ("word " * 2000, "word " * 19 + "word…", "inferred"),
        (LONG * 20, LONG.partition(".")[0], "inferred"),
        ("It rained. Nobody minded.\n\nNot even we.", "It rained", "inferred"),
        ("M. Martin est parti. Il pleuvait.", "M. Martin est parti", "inferred"),
        ("It rained...\n\n" + LONG, "It rained...", "derived"),
        ("What now?\n\n" + LONG, "What now?", "derived"),
        ("WORLD\nA harbour falls silent in the night\n" + LONG, "A harbour falls silent in the night", "derived"),
        ("Title: As said\n\nA heading\n\n" + LONG, "As said", "declared"),
        ("the sea is high\nthe boat is low\nand nobody knows\n\nthe sea is deep\nthe boat is gone\nand nobody sleeps",
         "the sea is high", "inferred"),
        ("\ufeffWith a mark\n\n" + LONG, "With a mark", "derived"),
        ("*****\nOn top\n*****\n" + LONG, "On top", "derived"),
        ("今日は雨が降った。誰も気にしなかった。", "今日は雨が降った", "inferred"),
        ("https://a.example/1\nhttps://a.example/2\n", "https://a.example/1", "inferred"),
    ],
)  # fmt: skip
def test_titles(text: str, title: str, origin: str) -> None:
    entry = ingest(text.encode(), "a.txt")
    assert (entry.title, entry.origins["title"]) == (title, origin)


def test_a_dateline_within_the_first_paragraph_dates_the_text_and_stays() -> None:
    entry = ingest(f"The bridge opens\n\nPARIS, 3 March 2024 – {LONG}\n\n{LONG}".encode(), "a.txt")
    assert entry.published == datetime(2024, 3, 3, tzinfo=UTC)
    assert entry.origins["published"] == "declared"
    assert entry.summary
    assert entry.summary.value.startswith("PARIS, 3 March 2024 – The harbour")


@pytest.mark.parametrize("label", ["Summary", "Résumé", "Zusammenfassung", "概要"])
def test_a_label_above_the_headline_is_no_tag(label: str) -> None:
    entry = ingest(f"{label}\n\nThe harbour falls silent in the night\n\n{LONG}\n\n{LONG}".encode(), "a.txt")
    assert (entry.title, entry.categories) == ("The harbour falls silent in the night", ())
    assert entry.extra["left_out"] == label


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("Title\n\n- one\n- two\n", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
        ("Title\n\n3. one\n4. two\n", '<ol start="3">\n<li>one</li>\n<li>two</li>\n</ol>'),
        ("Title\n\n- Who?\n- Me.\n", "<p>- Who?</p>\n<p>- Me.</p>"),
        ("Title\n\n— Moi.\n— Toi.\n", "<p>— Moi.</p>\n<p>— Toi.</p>"),
        ("Title\n\n> one\n> two\n\nThree.", "<blockquote><p>one two</p></blockquote>\n<p>Three.</p>"),
        ("Title\n\nA <b> & \"c\" 'd'.", "<p>A &lt;b&gt; &amp; \"c\" 'd'.</p>"),
        ("Title\n\nOne.\n\n* * *\n\nTwo.", "<p>One.</p>\n<hr>\n<p>Two.</p>"),
        (
            "Title\n\n« Voilà\u00a0! » dit-elle, l’été\u202f: fin.",
            "<p>« Voilà\u00a0! » dit-elle, l’été\u202f: fin.</p>",
        ),
    ],
)
def test_blocks(text: str, html: str) -> None:
    content = ingest(text.encode(), "a.txt").content
    assert content is not None
    assert content.value == html


def test_hyphens_at_line_ends_stay_and_soft_ones_go() -> None:
    text = (
        "Nord und Süd\n\nDie Strecke zwischen den beiden Städten ist seit dem Umbau im Nord-\n"
        "westen gesperrt, und die Reisenden fahren mit dem Bus über die Dör\u00ad\nfer, bis das Gleis wieder liegt, "
        "was noch lange\ndauern kann."
    )
    content = ingest(text.encode(), "a.txt").content
    assert content is not None
    assert "Nord-westen" in content.value
    assert "Dörfer" in content.value


def letters(text: str) -> Counter[str]:
    """The letters of a text, each with how often it comes, without those that XML cannot hold."""
    return Counter(char for char in clean_text(text) if char.isalpha())


LINES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.sampled_from(
        ["", "", "Sommaire", "Contents:", "Share", "Par Jeanne Martin", "March 3, 2021", "=====", "-----", "- item",
         "1. one", "2. two", "— Oui ?", "> quoted", "A heading", "HEADING", "Title: x", "Date: y", "I. Rome", "A) b",
         "# hash", "***", "Paris, le 12 mars 2024", "Lire aussi : encore", LONG, "    indented and", "small letters",
         "目次", "終わり。"]
    ),
)  # fmt: skip


@settings(deadline=None)  # The first guess of a language loads the model.
@given(st.lists(LINES, max_size=25).map("\n".join))
def test_any_text_keeps_its_words_or_is_refused(text: str) -> None:
    try:
        entry = ingest(text.encode(), "a.txt", kind="text")
    except IngestError as error:
        assert "\n" not in str(error)
        return
    assert entry.title
    assert entry.content is not None
    title = entry.title if entry.origins["title"] == "derived" else ""
    kept = "\n".join([title, to_text(entry.content.value), entry.extra.get("left_out", "")])
    assert letters(kept) == letters(text)
