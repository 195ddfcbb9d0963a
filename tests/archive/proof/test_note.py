"""Signed notes are as C2SP writes them down, and nothing in them can be altered."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from archive.proof.note import Checkpoint, ProofError, Verifier, checked, is_by, read, signed, verifier, verifier_of

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
POINT = Checkpoint("archive.example/backissue/1", 20_852_163, bytes(range(32)))
NOTE = signed(POINT, KEY)
MINE = verifier_of(KEY, POINT.origin)

# The example of c2sp.org/signed-note.
EXAMPLE = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SIGNATURE = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="


def test_the_key_of_the_specification_checks_its_note() -> None:
    from base64 import b64decode

    key = verifier(EXAMPLE)
    data = b64decode(SIGNATURE)
    assert (str(key), data[:4]) == (EXAMPLE, key.id)
    Ed25519PublicKey.from_public_bytes(key.key).verify(data[4:], b"This is an example message.\n")


def test_a_checkpoint_is_three_lines_and_a_signature() -> None:
    text, _, signature = NOTE.rpartition("\n\n")
    assert text == "archive.example/backissue/1\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert signature.startswith("— archive.example/backissue/1 ")
    assert signature.endswith("\n")
    assert read(NOTE) == checked(NOTE, MINE) == checked(NOTE, verifier(str(MINE))) == POINT


def test_other_signatures_do_no_harm() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    both = NOTE + signed(POINT, other).rpartition("\n\n")[2]
    assert checked(both, MINE) == checked(both, verifier_of(other, POINT.origin)) == POINT


def test_a_wrong_signature_of_a_known_key_spoils_the_note() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    wrong = signed(Checkpoint(POINT.origin, 1, POINT.root), other).rpartition("\n\n")[2]
    assert checked(NOTE + wrong, MINE) == POINT
    with pytest.raises(ProofError, match="was altered"):
        checked(NOTE + wrong, MINE, verifier_of(other, POINT.origin))


@given(st.data())
def test_no_sign_can_be_altered(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(NOTE) - 1))
    sign = data.draw(st.characters(codec="utf-8").filter(lambda one: one != NOTE[place]))
    for altered in (NOTE[:place] + sign + NOTE[place + 1 :], NOTE[:place] + NOTE[place + 1 :]):
        if altered != NOTE:
            with pytest.raises(ProofError):
                checked(altered, MINE)


@given(st.text())
def test_whatever_the_text_it_is_a_note_or_not(text: str) -> None:
    for read_it in (read, verifier, lambda one: checked(one, MINE), lambda one: is_by(one, MINE)):
        with pytest.raises(ProofError) as caught:
            read_it(text)
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "note",
    [
        NOTE.replace("20852163", "020852163"),
        NOTE.replace("20852163", "-1"),
        NOTE.replace("\n20852163", "\n"),
        NOTE.replace("\n20852163", ""),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("—", "-"),
        NOTE + "\r",
        NOTE * 10_000,
    ],
)
def test_notes_that_are_none(note: str) -> None:
    with pytest.raises(ProofError):
        read(note)


@pytest.mark.parametrize(
    "key",
    [
        EXAMPLE.replace("530d903a", "530d903b"),
        EXAMPLE.replace("example.com/foo", "example.com/ foo"),
        EXAMPLE.replace("+A", "+B"),
        "example.com/foo+530d903a",
        "",
    ],
)
def test_keys_that_are_none(key: str) -> None:
    with pytest.raises(ProofError):
        verifier(key)


def test_another_key_under_the_same_name() -> None:
    with pytest.raises(ProofError, match="is not signed by"):
        checked(NOTE, Verifier(POINT.origin, bytes(32)))
