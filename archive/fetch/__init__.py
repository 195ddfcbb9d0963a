"""Asks other servers for feeds and pages: politely, within limits, and only on the public internet."""

from archive.fetch.client import Fetcher
from archive.fetch.errors import FetchError, Kind
from archive.fetch.hosts import Hosts
from archive.fetch.message import Request, Response, status_of
from archive.fetch.urls import normalise

__all__ = ["FetchError", "Fetcher", "Hosts", "Kind", "Request", "Response", "normalise", "status_of"]
