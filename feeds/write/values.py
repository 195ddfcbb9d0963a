"""Single values in the form that the standards ask for."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from feeds.clean import ODD_FEED
from feeds.html import clean_text
from feeds.remembered import remembered

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
_SPACE = re.compile("[ \t\r\n\x85\u2028\u2029]+")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SCRIPTED = frozenset(
    re.findall(r"\S+", "about blob data file filesystem jar javascript livescript mocha vbscript view-source")
)
_NOT_IN_IRI = re.compile('[\x00-\x20"<>\\\\^`{|}\x7f-\xa0]|%(?![0-9A-Fa-f]{2})')
# What stands before the host, the host or "", and what stands after it.
_HOST = re.compile(r"([^:]*:(?://(?:[^/?#@]*@)?)?)((?<=[/@])(?:\[[0-9A-Fa-f:.]+\]|[^/?#:\[\]]*)|)(.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9.-]*")
# An address that is as it should be already, as nearly all are.
_USUAL_URL = re.compile(
    r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:/(?:[A-Za-z0-9._~/?=&+,;:@!$'()*-]|%[0-9A-Fa-f]{2})*+)?"
)
_URI_MARKS = "/?:@!$&'()*+,;=#%~"
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
# Of IANA's link relations, those that a page or an entry can have to another
# (https://www.iana.org/assignments/link-relations), and those of feeds.
_RELATIONS = frozenset(
    re.findall(
        "[a-z-]+",
        """
        about alternate amphtml appendix archives author bookmark canonical chapter cite-as collection contents
        copyright current describedby describes disclosure duplicate edit edit-form edit-media enclosure external
        first glossary help hub icon index item last latest-version license me memento next next-archive original
        payment predecessor-version prev prev-archive preview previous privacy-policy profile publication related
        replies search section self service sponsored start status subsection successor-version tag terms-of-service
        timegate timemap type ugc up version-history via webmention working-copy working-copy-of
        """,
    )
)
_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?://(?:[^/?#\[\]@]*@)?\[[0-9A-Fa-f:.]+\](?::\d*)?(?=[/?#]|\Z))?"
    r"[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,#]*"
)
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-[A-Za-z0-9]{1,8})*")
# ISO 639-1, and what RFC 5646's registry keeps of it: no language but these has two letters.
_TWO_LETTERS = frozenset(
    re.findall(
        "..",
        "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagdgl"
        "gngugvhahehihohrhthuhyhziaidieigiiikinioisitiuiwjajijvjwkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulv"
        "mgmhmimkmlmnmomrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpsptqurmrnrorurwsascsdsesgshsiskslsmsnsosqsr"
        "ssstsusvswtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu",
    )
)
_RTL = re.compile(
    r"(?:ar|arc|ckb|dv|fa|glk|he|iw|lrc|mzn|nqo|pnb|ps|sd|syr|ug|ur|yi)\b(?!-(?:latn|cyrl)\b)|\w+-(?:arab|hebr|thaa|syrc|nkoo)\b",
    re.I,
)

# The names that RFC 822 (section 5.1) has, whatever the locale.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# For enclosures without a type. Our own table, as the standard library's depends on files of the machine.
_TYPES = {
    "aac": "audio/aac", "avif": "image/avif", "epub": "application/epub+zip", "flac": "audio/flac", "gif": "image/gif",
    "jpeg": "image/jpeg", "jpg": "image/jpeg", "m4a": "audio/mp4", "m4b": "audio/mp4", "m4v": "video/mp4",
    "mov": "video/quicktime", "mp3": "audio/mpeg", "mp4": "video/mp4", "oga": "audio/ogg", "ogg": "audio/ogg",
    "ogv": "video/ogg", "opus": "audio/ogg", "pdf": "application/pdf", "png": "image/png", "svg": "image/svg+xml",
    "torrent": "application/x-bittorrent", "wav": "audio/wav", "webm": "video/webm", "webp": "image/webp",
    "zip": "application/zip",
}  # fmt: skip
_UNKNOWN = "application/octet-stream"


class Timestamp(datetime):
    """A time that feedgen writes as the standards ask, whatever the locale: it calls `isoformat` and `strftime`."""

    @classmethod
    def of(cls, when: datetime) -> Timestamp:
        """The same instant, UTC."""
        when = when.astimezone(UTC)
        return cls.combine(when.date(), when.timetz())

    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        """RFC 3339, for Atom."""
        return super().isoformat(sep, timespec).replace("+00:00", "Z")

    def strftime(self, format: str) -> str:
        """RFC 822 with a year of four digits, for RSS."""
        return rfc822(self)


def rfc3339(when: datetime) -> str:
    """A time as Atom and JSON Feed have it, in UTC: `2026-11-24T08:30:00Z`."""
    return f"{when.astimezone(UTC).isoformat()[:-6]}Z"


def rfc822(when: datetime) -> str:
    """A time as RSS has it, in UTC and with a year of four digits: `Tue, 24 Nov 2026 08:30:00 +0000`."""
    when = when.astimezone(UTC)
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"{day}, {when.day:02} {month} {when.year:04} {when.hour:02}:{when.minute:02}:{when.second:02} +0000"


def plain(text: str | None) -> str:
    """Plain text on one line, without control characters; "" for None. No-break spaces stay."""
    if not text:
        return ""
    if text.isprintable() and "  " not in text:  # as nearly all are: no control, no space but single ones
        return text.strip(" ")
    return _SPACE.sub(" ", text_value(text)).strip(" ")


def text_value(text: str | None) -> str:
    """Plain text without control characters and without white space around it; "" for None."""
    value = _CONTROL.sub("", clean_text(text)).strip(" \t\r\n") if text else ""
    return "" if value.isspace() else value


@remembered
def address(url: str | None) -> str | None:
    """An absolute URI (RFC 3986) that is safe to follow, or None; an IRI is mapped to one (RFC 3987 section 3.1)."""
    if url and _USUAL_URL.fullmatch(url):
        return url
    found = iri(url)
    if found is None or _URI.fullmatch(found):
        return found
    before, host, after = _HOST.match(found).groups()  # type: ignore[union-attr]
    return quote(before, safe=_URI_MARKS) + _ascii_host(host) + quote(after, safe=_URI_MARKS)


def _ascii_host(host: str) -> str:
    """A host as the domain name system knows it; what can be no name there is percent-encoded."""
    if host.startswith("["):
        return host
    with suppress(UnicodeError):
        name = host.encode("idna").decode("ascii")
        if _NAME.fullmatch(name):
            return name
    return quote(host, safe=_URI_MARKS)


@remembered
def iri(url: str | None) -> str | None:
    """An absolute IRI (RFC 3987) that is safe to follow, or None; what may not stand in one is percent-encoded."""
    url = plain(url)
    scheme = _SCHEME.match(url)
    if scheme is None or scheme[1].lower() in _SCRIPTED or ODD_FEED.match(url) or len(url) == scheme.end():
        return None
    if scheme[1].lower() in ("http", "https"):
        try:
            if not urlsplit(url).hostname:
                return None
        except ValueError:
            return None
    head, hash_mark, fragment = _NOT_IN_IRI.sub(_percent, url).partition("#")
    return head + hash_mark + fragment.replace("#", "%23")


def relation(text: str) -> str | None:
    """A link relation (RFC 4287 section 4.2.7.2): a registered name, or an absolute IRI; None for what is neither."""
    name = plain(text)
    return name if name in _RELATIONS else address(name)


def mail(text: str | None) -> str | None:
    """A mail address that others can write to, or None (RFC 5322 section 3.4.1, without quoted and commented forms)."""
    text = plain(text)
    return text if _MAIL.fullmatch(text) else None


def media_type(text: str | None, url: str = "") -> str:
    """A media type without parameters (RFC 6838 section 4.2); for what is none, the one that the address suggests."""
    kind = plain(text).partition(";")[0].strip().lower()
    if _MEDIA_TYPE.fullmatch(kind):
        return kind
    path = url.partition("#")[0].partition("?")[0]
    _, dot, extension = path.rpartition("/")[2].rpartition(".")
    return _TYPES.get(extension.lower(), _UNKNOWN) if dot else _UNKNOWN


def language_tag(text: str | None) -> str | None:
    """A language tag (RFC 5646), or None for what has not the form of one, or names no language by its two letters."""
    tag = plain(text).replace("_", "-")
    form = _LANGUAGE.fullmatch(tag)
    return tag if form and (len(form[1]) == 3 or form[1].lower() in _TWO_LETTERS) else None


def page_name(identity: str) -> str:
    """The name of an entry's page, which depends on its id alone: the start of its SHA-256."""
    return hashlib.sha256(plain(identity).encode()).hexdigest()[:16]


def given(**values: str | None) -> dict[str, str]:
    """The values that are not None."""
    return {key: value for key, value in values.items() if value is not None}


def direction(language: str | None) -> str:
    """How a language is written, as HTML's `dir` says it: ltr, rtl, or auto where there is no language."""
    if language is None:
        return "auto"
    return "rtl" if _RTL.match(language) else "ltr"


def _percent(match: re.Match[str]) -> str:
    return quote(match[0], safe="")
