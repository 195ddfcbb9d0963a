"""Where private channels lie: nothing may be left at an address that was to be secret, or that was not secret yet."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from config.settings import Channel
from feeds.files import explained, write

_MARK = ".private"
_STATE = ".state"


def mark(channel: Channel, folder: Path) -> None:
    """Remember of a channel's folder whether its name is a secret. Raises PublishError."""
    if channel.token:
        write(folder / _MARK, f"{channel.name}\n".encode())


def clear(channels: Sequence[Channel], public: Path) -> None:
    """Remove the folders of private channels that have another address now, or none any more.

    So goes what a channel published in the open before it got a token. Raises PublishError.
    """
    present = {channel.folder for channel in channels}
    left = [path.parent for path in public.glob(f"*/{_MARK}")]
    left += [public / channel.name for channel in channels if channel.token]
    for folder in left:
        if folder.name not in present and ((folder / _MARK).is_file() or (folder / _STATE).is_file()):
            with explained(folder):
                shutil.rmtree(folder)
