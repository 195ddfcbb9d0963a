from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.clean import clean
from feeds.count import word_count
from feeds.html import clean_text, escape, excerpt, excerpt_of, paragraphs, to_text

BASE = "https://example.org/blog/2024/post"
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
VOID = {"br", "col", "hr", "img", "source", "track", "wbr"}
DANGEROUS = {
    "script",
    "style",
    "iframe",
    "frame",
    "object",
    "embed",
    "applet",
    "form",
    "input",
    "button",
    "base",
    "meta",
}
DANGEROUS |= {"link", "svg", "math", "template", "noscript", "textarea", "select", "plaintext", "xmp", "portal"}
URLS = {"href", "src", "poster", "cite"}


class Outline(HTMLParser):
    """What a second, unrelated parser sees: tags, attributes, and whether every tag is closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.opened: list[str] = []
        self.balanced = True
        self.feed(html)
        self.close()
        self.balanced = self.balanced and not self.opened

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.balanced = self.balanced and bool(self.opened) and self.opened.pop() == tag

    def urls(self) -> list[str]:
        plain = [value for name, value in self.attributes if name in URLS]
        sets = [value for name, value in self.attributes if name == "srcset"]
        return plain + [candidate.split()[0] for value in sets for candidate in value.split(", ")]


def assert_safe(html: str) -> None:
    seen = Outline(html)
    assert not DANGEROUS & set(seen.tags)
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in {"style", "srcdoc", "target"}]
    schemes = {
        url.partition(":")[0].lower() for url in seen.urls() if re.match(r"[\s\x00-\x20]*[A-Za-z][\w+.-]*:", url)
    }
    assert schemes <= {"http", "https", "mailto", "tel", "magnet"}
    assert seen.balanced
    assert not FORBIDDEN.search(html)


VECTORS = {
    "script": "<script>steal()</script>hello",
    "script in capitals": "<ScRiPt SRC=//evil.example/x.js></sCrIpT>hello",
    "script with junk in its name": "<script/x/y=1 src=//evil.example/x></script>hello",
    "script split by itself": "<scr<script>ipt>steal()</scr</script>ipt>hello",
    "script without an end": "hello<script>steal()",
    "script in a broken tag": '<p"><script>steal()</script>">hello',
    "script with a slash for a space": "<img/src=x/onerror=steal()>hello",
    "script hidden in a title attribute": '<p title="</p><script>steal()</script>">hello</p>',
    "script in a comment that ends early": "<!--><script>steal()</script>-->hello",
    "script after an odd comment end": "<!-- --!><script>steal()</script>hello",
    "conditional comment": "<!--[if gte IE 4]><script>steal()</script><![endif]-->hello",
    "CDATA section": "<![CDATA[<script>steal()</script>]]>hello",
    "processing instruction": "<?php echo 1 ?><?xml-stylesheet href='javascript:steal()'?>hello",
    "doctype": "<!DOCTYPE html [<!ENTITY x 'y'>]>hello",
    "handler": "<p onclick=steal()>hello</p>",
    "handler in capitals": "<p ONMOUSEOVER='steal()'>hello</p>",
    "handler after a null": "<p on\x00click=steal()>hello</p>",
    "handler after a form feed": "<p\x0conclick=steal()>hello</p>",
    "handler in a closing tag": "hello</p onclick=steal()>",
    "handler on an image that fails": "<img src=x onerror=steal()>hello",
    "handler on a video": "<video onloadstart=steal()><source onerror=steal()></video>hello",
    "handler on details": "<details open ontoggle=steal()>hello</details>",
    "handler on the body": "<body onload=steal()>hello",
    "handler behind an unclosed quote": "<img alt=\"x' onerror=steal() x='\">hello",
    "handler behind a backquote": "<img src=`x` alt=`a onerror=steal()`>hello",
    "javascript": "<a href=javascript:steal()>hello</a>",
    "javascript in mixed case": "<a href=jAvAsCrIpT:steal()>hello</a>",
    "javascript with a tab": "<a href='java\tscript:steal()'>hello</a>",
    "javascript with an escaped line break": "<a href='java&#10;script:steal()'>hello</a>",
    "javascript with an escaped control": "<a href='java&#1;script:steal()'>hello</a>",
    "javascript after controls and spaces": "<a href=' \x01\x1f javascript:steal()'>hello</a>",
    "javascript in decimal references": "<a href='&#106;&#97;&#118;&#97;script&#58;steal()'>hello</a>",
    "javascript in long references without an end": "<a href='&#0000106avascript:steal()'>hello</a>",
    "javascript in hexadecimal references": "<a href='&#x6A;avascript&colon;steal()'>hello</a>",
    "javascript with a named tab": "<a href='java&Tab;script:steal()'>hello</a>",
    "javascript through a base": "<base href='javascript:steal()//'><a href=x>hello</a>",
    "javascript as an image": "<img src=javascript:steal()>hello",
    "javascript as an old image source": "<img dynsrc=javascript:steal() lowsrc=javascript:steal()>hello",
    "javascript in a source set": "<img srcset='javascript:steal() 1x, data:text/html,x 2x'>hello",
    "javascript as a poster": "<video poster=javascript:steal()></video>hello",
    "javascript as a citation": "<blockquote cite=javascript:steal()>hello</blockquote>",
    "javascript as a background": "<table background=javascript:steal()><tr><td>hello</table>",
    "javascript as an action": "<form action=javascript:steal()><button formaction=javascript:steal()>hello</form>",
    "javascript in an image map": "<map><area href=javascript:steal()></map>hello",
    "visual basic": "<a href='vbscript:steal()'>hello</a>",
    "data address": "<a href='data:text/html;base64,PHNjcmlwdD4='>hello</a>",
    "data image": "<img src='data:image/svg+xml,<svg onload=steal()>'>hello",
    "file address": "<a href='file:///etc/passwd'>hello</a>",
    "blob address": "<a href='blob:https://example.org/1'>hello</a>",
    "view-source address": "<a href='view-source:javascript:steal()'>hello</a>",
    "style": "<style>p { background: url(javascript:steal()) }</style>hello",
    "style import": "<style>@import '//evil.example/x.css';</style>hello",
    "style attribute": "<p style='background: url(javascript:steal()); position: fixed'>hello</p>",
    "style expression": "<p style='width: expr/**/ession(steal())'>hello</p>",
    "style sheet": "<link rel=stylesheet href=//evil.example/x.css>hello",
    "refresh": "<meta http-equiv=refresh content='0;url=javascript:steal()'>hello",
    "frame": "<iframe src=//evil.example></iframe>hello",
    "frame with its document": "<iframe srcdoc='<script>steal()</script>'></iframe>hello",
    "frame set": "<frameset><frame src=javascript:steal()></frameset>hello",
    "object": "<object data='data:text/html,x' type=text/html></object>hello",
    "embed": "<embed src=//evil.example/x.swf>hello",
    "applet": "<applet code=Evil.class></applet>hello",
    "svg with a handler": "<svg onload=steal()><circle r=9 /></svg>hello",
    "svg with a script": "<svg><script>steal()</script></svg>hello",
    "svg link": "<svg><a xlink:href='javascript:steal()'><text>x</text></a></svg>hello",
    "svg animation": "<svg><animate attributeName=href values=javascript:steal() /></svg>hello",
    "svg with HTML inside": "<svg><foreignObject><iframe srcdoc=x></iframe></foreignObject></svg>hello",
    "svg style that turns to HTML": "<svg></p><style><a id='</style><img src=1 onerror=steal()>'>hello</svg>hello",
    "math link": "<math href='javascript:steal()'><mtext>hello</mtext></math>",
    "math that changes its namespace": (
        "<form><math><mtext></form><form><mglyph><style></math><img src onerror=steal()></style>hello"
    ),
    "math with a table": (
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=steal()&gt;'>"
        "</table></math>hello"
    ),
    "noscript ended in an attribute": "<noscript><p title='</noscript><img src=x onerror=steal()>'></noscript>hello",
    "textarea ended in an attribute": "<textarea><p title='</textarea><img src=x onerror=steal()>'></textarea>hello",
    "template": "<template><img src=x onerror=steal()></template>hello",
    "select": "<select><option><style></option></select><img src=x onerror=steal()></style></select>hello",
    "table that throws its content out": "<table><img src=x onerror=steal()><tr><td>hello</table>",
    "xmp": "<xmp><p title='</xmp><img src=x onerror=steal()>'>hello</xmp>hello",
    "title": "<title><p title='</title><img src=x onerror=steal()>'></title>hello",
    "plaintext": "hello<plaintext><script>steal()</script>",
    "element nobody knows": "<x-evil onclick=steal() contenteditable onblur=steal()>hello</x-evil>",
    "name that clobbers the page": "<a name=getElementById id=cookie href=x>hello</a>",
    "tag without an end": "hello<img src=x onerror=steal() ",
    "tag in fullwidth signs": "\uff1cscript\uff1esteal()\uff1c/script\uff1ehello",
    "seven-bit trick": "+ADw-script+AD4-steal()+ADw-/script+AD4-hello",
}


@pytest.mark.parametrize("markup", VECTORS.values(), ids=VECTORS.keys())
@pytest.mark.parametrize("base", [None, BASE], ids=["without base", "with base"])
def test_nothing_dangerous_passes(markup: str, base: str | None) -> None:
    cleaned = clean(markup, base)
    assert_safe(cleaned)
    assert clean(cleaned, base) == cleaned
    assert "hello" in to_text(cleaned) or "hello" not in to_text(markup)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("plain", "plain"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("a > b", "a &gt; b"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<p>x&nbsp;y\u00a0z\u202f!", "<p>x\u00a0y\u00a0z\u202f!</p>"),
        ("<p>&copy; &eacute; &#8217; &#146;", "<p>© é ’ ’</p>"),
        ("<p>&amp;nbsp;", "<p>&amp;nbsp;</p>"),
        ("<b>a\x07b\x7fc\x9bd\x85e</b>", "<b>abcd\x85e</b>"),
        ("<b>a&#7;b&#xFFFF;c&#xD800;</b>", "<b>abc\ufffd</b>"),
        ("<b>a\r\nb\rc&#13;d</b>", "<b>a\nb\nc\nd</b>"),
        ("\ufeff<b>a</b>", "<b>a</b>"),
        ("<pre>\n\n  a\n</pre>", "<pre>\n\n  a\n</pre>"),
        ("<pre>\na</pre>", "<pre>a</pre>"),
        ("<h2 id=top class=x lang=fr dir=RTL>t</h2>", '<h2 id="top" lang="fr" dir="rtl">t</h2>'),
        ("<p id=x class=y lang=ar dir=sideways>t</p>", '<p lang="ar">t</p>'),
        ('<code class="hl language-python">x</code>', '<code class="language-python">x</code>'),
        ("<math><mi>x</mi><mo>=</mo><annotation>TeX</annotation></math>", "x="),
        ("<img src=data:, ><noscript><img src=/a.png></noscript>", '<img src="/a.png">'),
        ("<img src=blank.gif data-src=/a.png loading=lazy>", '<img src="/a.png">'),
        (
            "<img src='data:image/gif;base64,x' data-srcset='/a.png 1x, /b.png 2x'>",
            '<img src="/a.png" srcset="/a.png 1x, /b.png 2x">',
        ),
        ("<img data-lazy-src=/a.png data-srcset='/b.png 2x'>", '<img src="/a.png" srcset="/b.png 2x">'),
        ("<img src=/a.png data-src=true>", '<img src="/a.png">'),
        ("<img src=/a.png data-src='javascript:x()'>", '<img src="/a.png">'),
        ("<img data-src=/a.png width=1 height=1>", ""),
        ('<img data-src="/a.png?w=1">\n<noscript><img src="/a.png" alt="A"></noscript>', '<img src="/a.png" alt="A">'),
        ("<img data-src=/a.png><noscript><img src=/b.png></noscript>", '<img src="/a.png"><img src="/b.png">'),
        ("<img src=/a.png><img src=/a.png>", '<img src="/a.png"><img src="/a.png">'),
        (
            "<picture><source data-srcset='/a.webp 2x'><img data-original=/a.png></picture>",
            '<picture><source srcset="/a.webp 2x"><img src="/a.png"></picture>',
        ),
        ("<p data-src=/a.png>a</p>", "<p>a</p>"),
        ("<iframe src=//v.example/1 />after", "after"),
        ("copy <path> to <set>, then <none>", "copy  to , then "),
        ("<o:p>a</o:p><text>b</text><my-tag>c", "abc"),
        ("<p>a<img src=//t.example/p.gif width=1 height='1'>b</p>", "<p>ab</p>"),
        ("<img src=/rule.png width=1 height=40>", '<img src="/rule.png" width="1" height="40">'),
        ("<video src=/v.mp4 autoplay></video>", '<video src="/v.mp4" controls=""></video>'),
        ("<a href=/x rel='NoFollow noopener opener x nofollow'>t</a>", '<a href="/x" rel="nofollow noopener">t</a>'),
        ("<a href=/x target=_blank>t</a>", '<a href="/x">t</a>'),
        ("<ruby>漢<rt>かん</rt></ruby>", "<ruby>漢<rt>かん</rt></ruby>"),
        ("<details open><summary>s</summary>t</details>", '<details open=""><summary>s</summary>t</details>'),
        ("<a href='mailto:a@b.example'>m</a>", '<a href="mailto:a@b.example">m</a>'),
        ("<a href='tel:+33 1'>m</a>", '<a href="tel:+33%201">m</a>'),
        ("<a href='magnet:?xt=urn:x'>m</a>", '<a href="magnet:?xt=urn:x">m</a>'),
        ("<a href='http://[x'>m</a>", "<a>m</a>"),
        ("", ""),
    ],
)
def test_clean_gives(markup: str, expected: str) -> None:
    assert clean(markup) == expected
    assert clean(expected) == expected


TYPOGRAPHY = (
    "«\u00a0L’été\u202f: qu’est-ce que c’est\u202f?\u00a0» — 1\u202f000\u00a0€… œuvre, Ÿ, ½, “x”\u200b, e\u0301, 👩‍👩‍👧"
)


@pytest.mark.parametrize(
    "markup", ["{}", "<p>{}</p>", "<p title='{}'>{}</p>", "<ul><li>{}</ul>", "{}&amp;", "<pre>{}</pre>"]
)
def test_typography_survives_to_the_letter(markup: str) -> None:
    html = markup.replace("{}", TYPOGRAPHY)
    assert clean(html).count(TYPOGRAPHY) == markup.count("{}")
    assert to_text(clean(html)).startswith(TYPOGRAPHY)


@pytest.mark.parametrize(
    ("reference", "resolved"),
    # The examples of RFC 3986 section 5.4, where base is http://a/b/c/d;p?q.
    [
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g"),
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("g?y#s", "http://a/b/c/g?y#s"),
        (";x", "http://a/b/c/;x"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../../g", "http://a/g"),
        ("../../../g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g..", "http://a/b/c/g.."),
        ("./g/../h", "http://a/b/c/h"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("https://h/É?ü=1&b", "https://h/É?ü=1&amp;b"),
        ("HTTP://h/a/../b", "HTTP://h/a/../b"),
        ("a b", "http://a/b/c/a%20b"),
        (" g\n", "http://a/b/c/g"),
    ],
)
def test_links_are_resolved(reference: str, resolved: str) -> None:
    assert clean(f'<a href="{reference}">x</a>', "http://a/b/c/d;p?q#frag") == f'<a href="{resolved}">x</a>'


@pytest.mark.parametrize("base", [None, "", "relative/", "javascript:x", "file:///etc/", "http://[", "ftp://a/"])
def test_a_base_that_is_none_changes_nothing(base: str | None) -> None:
    assert clean('<a href="x#y">t</a>', base) == '<a href="x#y">t</a>'


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("a.png, b.png 2x", "https://example.org/i/a.png, https://example.org/i/b.png 2x"),
        ("/w_1,h_2/a.png 320w,/b.png 640w", "https://example.org/w_1,h_2/a.png 320w, https://example.org/b.png 640w"),
        (" , a.png 1.5x ,", "https://example.org/i/a.png 1.5x"),
        ("a.png x(1), data:image/png;base64,AA== 2x", "https://example.org/i/a.png"),
        ("javascript:x 1x, b.png", "https://example.org/i/b.png"),
    ],
)
def test_source_sets_are_resolved(attributes: str, expected: str) -> None:
    assert clean(f'<img srcset="{attributes}">', "https://example.org/i/") == f'<img srcset="{expected}">'


def test_media_addresses_are_resolved() -> None:
    html = "<video src=v poster=p><source src=s><track src=t></video><audio src=a></audio><q cite=c>q</q>"
    assert Outline(clean(html, "https://example.org/")).urls() == [f"https://example.org/{name}" for name in "vpstac"]


@pytest.mark.parametrize(
    "opening",
    [
        "<div>",
        "<b>",
        "<blockquote><i>",
        "<span lang=a>",
        "<table><tr><td>",
        "".join(f"<b lang={n}>" for n in range(500)),
    ],
)
def test_markup_nested_beyond_reason_comes_out_as_text(opening: str) -> None:
    html = "<p>one</p>" + opening * 3000 + "<p>two" * 3000
    cleaned = clean(html)
    assert cleaned.startswith("<p>one</p>")
    assert len(cleaned) < 200_000
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "unit", ["<", "<a", '<a "', '<a ">"', "<!--", "<script>", "<iframe ", "<pre ", "<svg", "&", "</p ", "<pre><"]
)
def test_hostile_repetition_costs_no_more_than_its_length(unit: str) -> None:
    html = unit * 30_000
    assert isinstance(to_text(html), str)
    assert_safe(clean(html))


FRAGMENTS = [
    *(
        "<p>",
        "</p>",
        "<b>",
        "</b>",
        "<a href=x>",
        '<a title="<p>" href="/y">',
        "</a>",
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
    ),
    *(
        "<pre>",
        "<pre>\n",
        "\n",
        "</pre>",
        "<ul>",
        "<li>",
        "</ul>",
        "<h2 id=a>",
        "</h2>",
        "<svg>",
        "</svg>",
        "<math>",
        "<mi>",
    ),
    *(
        "<mtext>",
        "<annotation-xml encoding=text/html>",
        "</math>",
        "<style>",
        "</style>",
        "<script>",
        "</script>",
        "<select>",
    ),
    *(
        "<option>",
        "</select>",
        "<button>",
        "<form>",
        "</form>",
        "<textarea>",
        "<title>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
    ),
    *(
        "<template>",
        "<noscript>",
        "</noscript>",
        "<img src=a>",
        "<img src=data:x>",
        "<video src=x>",
        "<br>",
        "word",
        "  ",
    ),
    *(
        "&nbsp;",
        "&amp;",
        "&lt;",
        "&",
        "<",
        ">",
        '"',
        "'",
        "=",
        "é’\u202f«",
        "\u00a0",
        "\r",
        "\x01",
        "&#1;",
        "&#13;",
        "&#12;",
    ),
    *(
        "\ufeff",
        "&#xfeff;",
        "\ud800",
        "\uffff",
        "<font size=1>",
        "<font size=2>",
        "<nobr>",
        "<body>",
        "<dl>",
        "<dt>",
        "<dd>",
    ),
    *("<ruby>", "<rt>", "<caption>", "<col>", "<object>", "<plaintext>", "<xmp>", "<iframe>", "<iframe/>", "</iframe>"),
    *("<source srcset='a 1x, ,b,, 2x'>", '<p title="', "<i lang=fr ", "</div>", "<div>", "<blockquote cite=../q>"),
]
markup = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=30).map("".join)
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@settings(max_examples=300, deadline=None)
@given(markup, st.sampled_from([None, BASE]))
def test_cleaning_is_safe_and_cleaning_twice_is_cleaning_once(html: str, base: str | None) -> None:
    cleaned = clean(html, base)
    assert_safe(cleaned)
    assert clean(cleaned, base) == cleaned
    if base:
        assert all(urlsplit(url).scheme for url in Outline(cleaned).urls())


@settings(max_examples=300, deadline=None)
@given(markup | any_text, st.integers(1, 40))
def test_an_excerpt_of_html_is_that_of_its_text(html: str, limit: int) -> None:
    assert excerpt_of(html, limit) == excerpt(to_text(html), limit)


@settings(max_examples=200, deadline=None)
@given(markup | any_text)
def test_no_text_makes_any_function_raise_or_give_forbidden_characters(text: str) -> None:
    for given_back in (clean_text(text), clean(text), to_text(text), escape(text), paragraphs(text), excerpt(text, 20)):
        assert not FORBIDDEN.search(given_back)
    assert word_count(text) >= 0
