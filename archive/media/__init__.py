"""Copies of what entries show, so that they outlive their origin: pictures, and if wanted sound, films and files."""

from archive.media.index import Index, MediaError
from archive.media.keep import Kept, keep, look
from archive.media.source import WithCopies
from archive.media.wanted import Wish

__all__ = ["Index", "Kept", "MediaError", "Wish", "WithCopies", "keep", "look"]
