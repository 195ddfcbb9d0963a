"""Channels that tell of entries: what was corrected, and what was deleted.

    EntrySource ─Corrections→ an item for each edit of substance     (the log: the edit's version)
                ─Deletions──→ an item for each deletion              (the log: what the entry was then)

They are sources like any other to publishing: what an item says is made when it is read, the log holds numbers alone.
An item of an entry that is taken back now says nothing of it, whatever it said before; and when an entry is taken back
or given back, the log gets a place where all that was told of it is told anew.
"""

from archive.derived.corrections import Corrections
from archive.derived.deletions import Deletions

__all__ = ["Corrections", "Deletions"]
