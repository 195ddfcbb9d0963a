"""Proofs stand for themselves: they are checked with a key alone, where there is no Backissue."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

import archive.proof
from archive.proof import merkle
from archive.proof.check import main
from archive.proof.note import Checkpoint, ProofError, signed, verifier_of
from archive.proof.proofs import check, consistency, inclusion

NAME = "archive.example/backissue/1"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
MINE = verifier_of(KEY, NAME)
BODY = b"<rss/>"
LEAVES = [
    json.dumps({"kind": "document", "id": number, "sha256": sha256(BODY).hexdigest()}).encode() for number in range(11)
]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


def note(size: int) -> str:
    return signed(Checkpoint(NAME, size, merkle.root_of(HASHES[:size])), KEY)


def of_leaf(index: int, size: int = 11) -> str:
    spans = merkle.inclusion(index, size)
    return inclusion(index, LEAVES[index], [merkle.root_of(HASHES[one:other]) for one, other in spans], note(size))


def of_growth(old: int, size: int = 11) -> str:
    spans = merkle.consistency(old, size)
    return consistency([merkle.root_of(HASHES[one:other]) for one, other in spans], note(old), note(size))


@pytest.mark.parametrize(("index", "size"), [(0, 1), (0, 11), (4, 5), (10, 11)])
def test_a_leaf_is_there(index: int, size: int) -> None:
    holds = check(of_leaf(index, size), [MINE], BODY)
    assert (holds.index, holds.leaf, holds.checkpoint.size) == (index, json.loads(LEAVES[index]), size)


@pytest.mark.parametrize(("old", "size"), [(1, 11), (8, 11), (7, 8), (11, 11)])
def test_a_log_goes_on(old: int, size: int) -> None:
    holds = check(of_growth(old, size), [MINE])
    assert holds.former
    assert (holds.former.size, holds.checkpoint.size) == (old, size)


@given(st.sampled_from([of_leaf(4), of_growth(5)]), st.data())
def test_nothing_of_a_proof_can_be_altered(proof: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(proof) - 1))
    sign = data.draw(st.characters(codec="utf-8").filter(lambda one: one != proof[place]))
    with pytest.raises(ProofError):
        check(proof[:place] + sign + proof[place + 1 :], [MINE])


@pytest.mark.parametrize(
    ("was", "becomes"), [("index 4", "index 04"), ("index 4", "index +4"), ("index 4\n", "index 4\nAAAA\n")]
)
def test_there_is_one_way_to_write_a_proof(was: str, becomes: str) -> None:
    with pytest.raises(ProofError):
        check(of_leaf(4).replace(was, becomes, 1), [MINE])


@pytest.mark.parametrize("size", [31, 33])
def test_hashes_have_their_length(size: int) -> None:
    proof = of_growth(5).split("\n")
    proof[1] = b64encode(bytes(size)).decode()
    with pytest.raises(ProofError, match="no hash"):
        check("\n".join(proof), [MINE])


@given(st.text())
def test_whatever_the_text_it_is_a_proof_or_not(text: str) -> None:
    for begun in (text, f"c2sp.org/tlog-proof@v1\n{text}", f"backissue-consistency@v1\n{text}"):
        with pytest.raises(ProofError):
            check(begun, [MINE])


@pytest.mark.parametrize("leaf", [b"[1]", b"text"])
def test_a_leaf_of_something_else(leaf: bytes) -> None:
    point = signed(Checkpoint(NAME, 1, merkle.leaf_hash(leaf)), KEY)
    with pytest.raises(ProofError, match="says nothing"):
        check(inclusion(0, leaf, [], point), [MINE], BODY)


def test_another_body() -> None:
    with pytest.raises(ProofError, match="SHA-256"):
        check(of_leaf(1), [MINE], BODY + b" ")


def test_without_backissue(tmp_path: Path) -> None:
    """The folder alone, and of packages no other than cryptography, check a proof."""
    shutil.copytree(Path(archive.proof.__file__).parent, tmp_path / "archive" / "proof")
    (tmp_path / "proof").write_text(of_leaf(3))
    blocked = "msgspec", "click", "zstandard", "config", "feeds", "backissue"
    program = (
        f"import sys, runpy; sys.modules.update(dict.fromkeys({blocked!r})); sys.path.insert(0, '.')\n"
        f"sys.argv[1:] = ['proof', '--key', {str(MINE)!r}]\n"
        "runpy.run_module('archive.proof.check', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("It holds: leaf 3 of the 11")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    proof, key, body = tmp_path / "p", tmp_path / "k", tmp_path / "b"
    proof.write_text(of_leaf(3))
    key.write_text(f"{MINE}\n")
    body.write_bytes(BODY)
    assert main([str(proof), "--key", str(key), "--body", str(body)]) == 0
    assert capsys.readouterr().out.endswith("The body is the one that was logged.\n")
    proof.write_bytes(of_leaf(3).replace("\n", "\r\n").encode())
    assert main([str(proof), "--key", str(key)]) == 1
    proof.write_text(of_leaf(3))
    body.write_bytes(b"other")
    assert main([str(proof), "--key", str(key), "--body", str(body)]) == 1
    assert main([str(proof), "--key", "nothing"]) == 1
    assert [line[:6] for line in capsys.readouterr().err.splitlines()] == ["Error:"] * 3
