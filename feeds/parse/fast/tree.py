"""A well-formed document's tree: its format, its head and its entries, or Declined.

The text from the root's tag on is all that lxml is given: there is no document type, so there are no entities.
"""

from __future__ import annotations

import re

from feedparser.mixin import _FeedParserMixin
from lxml import etree
from msgspec import Struct

from feeds.model import Charset
from feeds.parse.charset import decode, glance, http_label
from feeds.parse.elements import XML
from feeds.parse.errors import Declined
from feeds.parse.fast.groups import USUAL_PREFIXES, Fields, Table, attributes, look_inside, of, table
from feeds.parse.limits import HUGE, check_memory
from feeds.parse.markup import ENTRY_NAMES, Element
from feeds.parse.sniff import is_clean, start

XHTML = "http://www.w3.org/1999/xhtml"
ATOM = "http://www.w3.org/2005/Atom"
_ATOM_03 = "http://purl.org/atom/ns#"
_RSS_10 = "http://purl.org/rss/1.0/"
_RSS_090 = "http://my.netscape.com/rdf/simple/0.9/"
_RDF_ROOT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}RDF"
_RSS = {"0.91": "RSS 0.91", "0.92": "RSS 0.92", "0.93": "RSS 0.93", "0.94": "RSS 0.94"}
_RDF = {_RSS_10: "RSS 1.0", _RSS_090: "RSS 0.90"}
_OLD_ATOM = {"0.1": "Atom 0.1", "0.2": "Atom 0.2", "0.3": "Atom 0.3"}

_XML = (f"{XML}base", f"{XML}lang")
# Where the root's tag stands at the latest.
_PROLOGUE = 1 << 12
# Space is taken once and for all: looked at again from each of its signs, 40 kB of it would take seconds.
_USUAL_BEGINNING = re.compile(
    rb"""\s*+(?:<\?xml[ ]version=["']1[.]0["'](?:[ ]encoding=["'](utf-8|UTF-8)["'])?
    (?:[ ]standalone=["'](?:yes|no)["'])?[ ]?\?>\s*+)?(?=<(?:rss|feed|rdf:RDF)[\s>])""",
    re.VERBOSE,
)
_MOST_NAMESPACES = 500
# A byte is rare if it comes once in so many.
_RARE = 600
# Texts that feedparser changes may be where one of these is: a C1 control; a character that can be the first byte of
# UTF-8 that was encoded twice, with another one or something that may become one behind it; either by its number.
_C1 = re.compile(rb"\xc2(?=[\x80-\x9f])")
_FIRST_BYTE = re.compile(rb"\xc3(?=[\x82-\xb4][\xc2<&\]])")
_REFERENCE = re.compile(rb"#(?<=&#)(?:0*(?:1[2-5][0-9]|19[4-9]|2[0-4][0-9])|x0*[89C-Fc-f][0-9A-Fa-f]);")
# What feedparser takes namespaces for; it goes by prefixes where it can.
_SEEN_AS = {address.lower(): prefix for address, prefix in _FeedParserMixin.namespaces.items()}
_PREFIXES = frozenset({"xhtml", *USUAL_PREFIXES.values()})


class Document(Struct, frozen=True):
    """A document's tree. `main` is the namespace of the format itself; a clean one has no junk before its root.

    `has_controls` and `may_be_twice` tell whether C1 controls and UTF-8 that was encoded twice are to be looked for.
    """

    format: str
    main: str
    root: Element
    head: Element
    fields: Fields
    entries: list[Element]
    entry_groups: Table
    is_atom: bool
    is_rdf: bool
    has_controls: bool
    may_be_twice: bool
    charset: Charset
    is_clean: bool


def plant(body: bytes, content_type: str | None) -> Document:
    """The tree of a document as served."""
    body, at, charset, is_clean = _beginning(body, content_type)
    by_number = _occurs(_REFERENCE, b"#", body)
    has_controls = by_number or _occurs(_C1, b"\xc2", body)
    may_be_twice = by_number or _occurs(_FIRST_BYTE, b"\xc3", body)
    root = _grow(memoryview(body)[at:])
    format, main, head = _kind(root)
    local = "entry" if head is root else "item"
    entry_tag = f"{{{main}}}{local}" if main else local
    fields = of(head, table("head", main), entry_tag)
    entries = fields.pop("entries", [])
    is_rdf = format in _RDF.values()
    if is_rdf:
        if entries or body.count(b"xmlns:") > _MOST_NAMESPACES:
            raise Declined("items in the channel of RDF, or namespaces beyond reason")
        entries = _beside(root, head, entry_tag)
    return Document(
        format=format,
        main=main,
        root=root,
        head=head,
        fields=fields,
        entries=entries,
        entry_groups=table("entry", main),
        is_atom=head is root,
        is_rdf=is_rdf,
        has_controls=has_controls,
        may_be_twice=may_be_twice,
        charset=charset,
        is_clean=is_clean,
    )


def _beginning(body: bytes, content_type: str | None) -> tuple[bytes, int, Charset, bool]:
    """A document in UTF-8, where its root starts, which encoding it came in, and whether no junk stands before it."""
    usual, http = _USUAL_BEGINNING.match(body), http_label(content_type)
    if usual and http in (None, "utf-8"):
        return body, usual.end(), Charset(used="utf-8", http=http, xml="utf-8" if usual[1] else None), True
    found = glance(body, content_type)
    if found:
        at, charset = found
    else:
        text, charset = decode(body, content_type)
        body, at = text.encode("utf-8", "replace"), 0
    text = body[at : at + _PROLOGUE].decode("utf-8", "ignore")
    prologue = text[: start(text)[1]]
    at += len(prologue.encode())
    if not body.startswith(b"<", at):
        raise Declined("no root is in sight")
    return body, at, charset, is_clean(prologue)


def _occurs(pattern: re.Pattern[bytes], byte: bytes, body: bytes) -> bool:
    """Whether a pattern occurs that starts with that byte. Where the byte is rare, `find` is quicker than `search`."""
    at = -1
    for _ in range(1 + len(body) // _RARE):
        at = body.find(byte, at + 1)
        if at < 0 or pattern.match(body, at):
            return at >= 0
    return pattern.search(body, at) is not None


def _grow(body: memoryview) -> Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=len(body) >= HUGE,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        check_memory(error)
        raise Declined(f"the XML is not well-formed: {error}") from None
    # libxml2 lets an undefined entity or prefix pass when a mere warning follows it.
    if any(error.level >= etree.ErrorLevels.ERROR for error in parser.error_log):
        raise Declined("the XML is not well-formed")
    return root


def _kind(root: Element) -> tuple[str, str, Element]:
    """The format of a document, the namespace that is its own, and its head."""
    tag, given, first = root.tag, attributes(root), root[0] if len(root) else root
    if any(key != key.lower() and key[0] != "{" for key in given):
        raise Declined("an attribute in capital letters")
    if len(given) + len(first.keys()) > _MOST_NAMESPACES:
        raise Declined("attributes beyond reason")
    for prefix, address in root.nsmap.items():
        if prefix in _PREFIXES and _SEEN_AS.get(address.lower(), prefix) != prefix:
            raise Declined(f"the prefix {prefix} for {address}")
    if tag == "rss" and first.tag == "channel" and len(root) == 1 and "base" not in given:
        version = given.get("version", "")
        return _RSS.get(version) or ("RSS 2.0" if version.startswith("2.") else "RSS"), "", first
    if tag == _RDF_ROOT:
        main, _, name = first.tag[1:].rpartition("}")
        if main in _RDF and name == "channel" and first.prefix is None and not any(key in first.attrib for key in _XML):
            return _RDF[main], main, first
    if tag == f"{{{ATOM}}}feed":
        return "Atom 1.0", ATOM, root
    if tag == f"{{{_ATOM_03}}}feed":
        return _OLD_ATOM.get(given.get("version", ""), "Atom"), _ATOM_03, root
    raise Declined(f"a root <{tag}>")


def _beside(root: Element, head: Element, entry_tag: str) -> list[Element]:
    """The entries of RDF, which stand beside the channel."""
    entries = []
    for child in root:
        if child.tag == entry_tag:
            entries.append(child)
        elif child is not head:
            if child.tag.rpartition("}")[2].lower() in ENTRY_NAMES:
                raise Declined(f"<{child.tag}>")
            look_inside(child, "ignored")
    return entries
