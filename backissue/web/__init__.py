"""The built-in HTTP server of the published files (RFC 9110 and 9111).

    request ─app→ path ─files→ the file as it is now ─negotiate→ coding ─conditional→ 200 | 304 | 412 ─ranges→ 206 | 416

`app` makes the ASGI application, `serve` and `running` listen; all else here is theirs.
"""

from __future__ import annotations

from backissue.web.app import app, freshness
from backissue.web.server import ServeError, running, serve

__all__ = ["ServeError", "app", "freshness", "running", "serve"]
