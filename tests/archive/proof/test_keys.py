"""The file of the key that signs: it is there whole or not at all, and its owner's alone."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from archive.proof.keys import key_in

ROOT = Path(__file__).resolve().parents[3]
KILLED_AS_IT_WRITES = """
import resource, signal, sys
from pathlib import Path
from archive.proof.keys import key_in
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
key_in(Path(sys.argv[1]))
"""


def test_a_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    made = key_in(path)
    assert key_in(path).private_bytes_raw() == made.private_bytes_raw()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(signal, "SIGXFSZ"), reason="needs limits on files")
def test_a_kill_while_it_is_written_leaves_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    done = subprocess.run([sys.executable, "-c", KILLED_AS_IT_WRITES, path], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGXFSZ
    assert not path.exists()
    key_in(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_file_is_no_key_yet(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.touch(0o644)
    made = key_in(path)
    assert key_in(path).private_bytes_raw() == made.private_bytes_raw()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_of_several_who_make_it_all_have_the_same(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from archive.proof.keys import key_in\n"
        "sys.stdin.readline(); print(key_in(Path(sys.argv[1])).private_bytes_raw().hex())"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    command = [sys.executable, "-c", code, str(tmp_path / "a.key")]
    several = [subprocess.Popen(command, cwd=ROOT, text=True, **pipes) for _ in range(3)]  # type: ignore[call-overload]
    for one in several:
        one.stdin.write("go\n")
        one.stdin.flush()
    assert len({one.communicate(timeout=60)[0] for one in several}) == 1
