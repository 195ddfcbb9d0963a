"""What an entry's page would load from other hosts, kept from loading unless the site allows it. Pure.

Whoever opens a page would be seen by every host whose picture it shows: by its publisher, and by whomever that counts
with. A link stands in the place of such a picture. Sound and films load nothing until they are played.
"""

from __future__ import annotations

import re
from html import unescape

from config.settings import Site
from feeds.html import escape

# Tags as the sanitiser writes them (`feeds.write.body`).
_TAG = re.compile(r'<(/?)(a|audio|img|picture|source|track|video)((?: [^\s"=<>/]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([^\s"=<>/]+)="([^"]*)"')


def policy(site: Site) -> str:
    """The Content-Security-Policy of a page: nothing runs, nothing is sent, and pictures are the site's own, or any."""
    images = "*" if site.images else "'self'"
    return f"default-src 'none'; img-src {images}; media-src *; style-src 'self'; base-uri 'none'; form-action 'none'"


def bound(html: str, site: Site) -> str:
    """Cleaned HTML for a page of that site."""
    if site.images:
        return html
    linked = pictured = 0

    def tag(match: re.Match[str]) -> str:
        nonlocal linked, pictured
        end, name, given = match.groups()
        step = -1 if end else 1
        if name == "a":
            linked += step
        elif name == "picture":
            pictured += step
        if end:
            return "" if name == "picture" else match[0]
        attributes = dict(_ATTRIBUTE.findall(given))
        own = unescape(attributes.get("src", "")).startswith(site.base_url)
        match name:
            case "img" if own:
                return _written("img", attributes, without=("srcset", "sizes"))
            case "img":
                return _link(attributes, linked > 0)
            case "picture":
                return ""
            case "source" if pictured > 0:
                return ""
            case "track":
                return match[0] if own else ""
            case "audio" | "video":
                return _written(name, attributes | {"preload": "none"}, without=("poster",))
        return match[0]

    return _TAG.sub(tag, html)


def _link(attributes: dict[str, str], linked: bool) -> str:
    """The picture's description, or else its file's name, in brackets; it leads to the picture unless it leads away."""
    url = attributes.get("src") or attributes.get("srcset", "").partition(" ")[0].rstrip(",")
    name = unescape(url).partition("?")[0].rstrip("/").rpartition("/")[2]
    text = f"[{attributes.get('alt', '').strip() or escape(name)}]"
    return text if linked else f'<a href="{url}">{text}</a>'


def _written(name: str, attributes: dict[str, str], *, without: tuple[str, ...]) -> str:
    """A tag from attributes whose values are escaped already."""
    kept = "".join(f' {key}="{value}"' for key, value in attributes.items() if key not in without)
    return f"<{name}{kept}>"
