"""The short pages that say why there is no document, for people and for programs. Pure."""

from __future__ import annotations

from html import escape

_NOTES = {
    301: ("Moved", "This address is a folder's: it ends with a slash."),
    400: ("Bad request", "This address is not written as one of this site can be."),
    401: ("Not for everybody", "This is private: a name and a password are needed to read it."),
    404: ("Not found", "Nothing is published under this address."),
    405: ("Method not allowed", "What is published here can only be read, with GET or HEAD."),
    406: (
        "Not acceptable",
        "The request refuses every form that this document has; allow identity in Accept-Encoding.",
    ),
    412: ("Precondition failed", "The document has changed since."),
    416: ("Range not satisfiable", "The document ends before the bytes that were asked for."),
    500: ("Server error", "The document could not be read. The server's log says why."),
    503: ("Nothing is published yet", "Run `backissue publish`, or wait for the first pass of `backissue run`."),
}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 0 auto; padding: 3rem 1.1rem; max-width: 34rem; font: 1.0625rem/1.55 system-ui, sans-serif }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{text}</p>
{onward}</body>
</html>
"""


def note(status: int, *, html: bool, home: str) -> tuple[str, bytes]:
    """The Content-Type and the body of an answer that holds no document; `home` is the address of the index."""
    title, text = _NOTES[status]
    onward = status != 503
    if html:
        link = f'<p><a href="{escape(home)}">All that is published here</a></p>\n' if onward else ""
        return "text/html; charset=utf-8", _PAGE.format(title=title, text=_code(text), onward=link).encode()
    index = f" The index of what is published here is {home}" if onward else ""
    return "text/plain; charset=utf-8", f"{title}. {text}{index}\n".encode()


def _code(text: str) -> str:
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts))
