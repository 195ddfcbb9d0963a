"""How many heaps the threads of a process have, by glibc's own account."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

THREADS = """
import ctypes, sys, threading
from archive.allocator import keep_together
if sys.argv[1] == "together":
    keep_together()
all_there, ended = threading.Barrier(13), threading.Event()
def work():
    held = bytearray(50_000)
    all_there.wait()
    ended.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
for one in threads:
    one.start()
all_there.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
file = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, ctypes.c_void_p(file))
libc.fclose(ctypes.c_void_p(file))
ended.set()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library, which has no such habits")
@pytest.mark.parametrize(("how", "few"), [("apart", False), ("together", True)])
def test_threads_share_two_heaps(tmp_path: Path, how: str, few: bool) -> None:
    told = tmp_path / "told.xml"
    subprocess.run([sys.executable, "-c", THREADS, how, told], check=True, timeout=60)
    assert (told.read_text().count("<heap nr=") <= 2) == few
