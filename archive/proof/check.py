"""`python -m archive.proof.check`: checks a proof without an archive, and without anything but Python and cryptography.

This folder can be copied to where there is no Backissue, as `archive/proof`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from archive.proof.note import ProofError, Verifier, verifier
from archive.proof.proofs import Holds, check


def main(arguments: Sequence[str] | None = None) -> int:
    """Checks a proof; gives the exit code: 0 if it holds, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m archive.proof.check", description="Check a proof of Backissue.")
    parser.add_argument("proof", type=Path, help="a file that 'backissue prove' wrote")
    help_of_key = "the verifier key of who signed, or a file that holds it, a line each; may be given again"
    parser.add_argument("--key", required=True, action="append", help=help_of_key)
    parser.add_argument("--body", type=Path, help="the document or version itself")
    given = parser.parse_args(arguments)
    try:
        body = given.body.read_bytes() if given.body else None
        # Its bytes as they are: line breaks of another kind would be none of a note.
        holds = check(given.proof.read_bytes().decode(), [one for text in given.key for one in keys_of(text)], body)
    except (ProofError, OSError, UnicodeError) as error:
        sys.stderr.write(f"Error: {' '.join(str(error).splitlines())}\n")
        return 1
    sys.stdout.write("\n".join(told(holds, body is not None)) + "\n")
    return 0


def keys_of(text: str) -> list[Verifier]:
    """The key that a text is, or those that stand in the file it names, a line each. Raises ProofError and OSError."""
    if "+" in text and not Path(text).exists():
        return [verifier(text)]
    written = Path(text).read_text("utf-8")
    return [verifier(line) for line in written.splitlines() if line.strip()] or [verifier(written)]


def told(holds: Holds, with_body: bool) -> list[str]:
    """What a proof shows, in lines for people."""
    log = holds.checkpoint.origin
    if holds.former:
        sizes = f"{holds.former.size:,} leaves to {holds.checkpoint.size:,}"
        return [f"It holds: the log {log} grew from {sizes}, and nothing before was altered."]
    leaf = holds.leaf or {}
    lines = [f"It holds: leaf {holds.index:,} of the {holds.checkpoint.size:,} of {log} says"]
    lines += [f"  {name}: {value if isinstance(value, str) else json.dumps(value)}" for name, value in leaf.items()]
    return [*lines, "The body is the one that was logged."] if with_body else lines


if __name__ == "__main__":
    sys.exit(main())
