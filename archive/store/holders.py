"""Who holds a lease: a process, told apart from a later one that got its number, so that the killed hold nothing."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path


def myself() -> str:
    """This process as the archive notes it: where its number is valid, its number, and when it began."""
    pid = os.getpid()
    return f"{_place()} {pid} {_began(pid)}"


def is_gone(holder: str) -> bool:
    """Whether a holder is a process of this place that has ended. Of another place's nothing is known: not gone."""
    place, _, process = holder.rpartition(" ")[0].rpartition(" ")
    began = holder.rpartition(" ")[2]
    if place != _place() or not process.isdigit():
        return False
    pid = int(process)
    return not _exists(pid) or _began(pid) != began


@cache
def _place() -> str:
    """Where process numbers mean the same: this host since it was started, and of its containers this one."""
    marks = [socket.gethostname()]
    for name in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        try:
            path = Path(name)
            marks.append(str(path.readlink()) if path.is_symlink() else path.read_text().strip())
        except OSError:
            continue  # a system without it: the host's name has to do
    return "/".join(marks).replace(" ", "-")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True


def _began(pid: int) -> str:
    """When a process began, in the system's own count; "" where that cannot be known."""
    try:
        # proc_pid_stat(5): the name in parentheses may hold anything; the time is the 20th field after it.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
