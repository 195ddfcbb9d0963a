"""Fetching what a feed showed before: its own earlier pages, copies in a web archive, the pages of its site.

    feed ─► ways (pure: which page next?) ─► walk ─► Observation of the past ─► record
                                              └─► Progress, written down after each page: whatever ends it, it goes on
    feed ─► cdx (pure: which copies?) ─► copies ─► Observation of that time ─► record
    site ─► sitemaps, shapes (pure: which pages are articles?) ─► site ─► Observation of the past ─► record

`ways` and `habits` know how feeds lead to their past, `bounds` how much may be fetched; `walk`, `copies` and `site` do
the asking, each as an `errand`, through the client that polls too, with its manners, limits and guards.
"""

from __future__ import annotations

from archive.backfill.bounds import Asking, Bounds, Filled, Page
from archive.backfill.copies import copies
from archive.backfill.site import site
from archive.backfill.walk import fill_gaps, walk

__all__ = ["Asking", "Bounds", "Filled", "Page", "copies", "fill_gaps", "site", "walk"]
