"""The Nu HTML checker (https://validator.github.io/validator/), which says what is wrong with a page."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

_JAR = Path(
    os.environ.get("VNU_JAR")
    or Path(__file__).resolve().parents[2] / ".venv/vnu/node_modules/vnu-jar/build/dist/vnu.jar"
)
AVAILABLE = bool(shutil.which("vnu") or (shutil.which("java") and _JAR.is_file()))
MISSING = "the Nu HTML checker is not here: npm install --prefix .venv/vnu vnu-jar"


def faults(addresses: Sequence[str], *flags: str) -> list[str]:
    """What it finds wrong, or warns of, one line each."""
    program = ["vnu"] if shutil.which("vnu") else ["java", "-jar", str(_JAR)]
    command = [*program, "--format", "gnu", "--stdout", *flags, *addresses]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [*done.stdout.splitlines(), *done.stderr.splitlines()]
