"""How much room is left on the disk that an archive lies on: feeds are asked only where what they say can be kept."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from msgspec import Struct

from archive.store.errors import StoreError

# What a byte of a document may come to: as it was served, in its entry, as words to search for, and all of them in
# SQLite's log before that.
_EACH = 6


class Space(Struct, frozen=True):
    """The disk of an archive, on which at least so many bytes shall stay free; 0 asks for nothing."""

    archive: Path
    least: int

    @property
    def free(self) -> int:
        """How many bytes may still be written; very many where that cannot be known."""
        try:
            return shutil.disk_usage(self.archive.parent).free
        except OSError:
            return sys.maxsize

    def is_short(self, coming: int = 0) -> bool:
        """Whether less is left than shall stay, once documents of so many bytes more are written."""
        return self.least > 0 and self.free - _EACH * coming < self.least

    def trouble(self) -> StoreError:
        """What to say where it is short; always the same, so that it is told once."""
        reason = f"its disk has less than {self.least:,} bytes left, so no feed is asked until there is more"
        return StoreError(str(self.archive), reason, "make room there, or set a smaller storage.min_free")
