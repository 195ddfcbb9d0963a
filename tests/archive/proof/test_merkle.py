"""Trees have the roots of RFC 6962, and what is not in them cannot be proved."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.proof.merkle import (
    EMPTY,
    Growing,
    consistency,
    goes_on,
    inclusion,
    is_included,
    leaf_hash,
    root_of,
)

# The vectors that Certificate Transparency's own implementations share.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 300)


def leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def defined(hashes: list[bytes]) -> bytes:
    """The root as RFC 6962 section 2.1 defines it, word by word."""
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256().digest()
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + defined(hashes[:split]) + defined(hashes[split:])).digest()


@pytest.mark.parametrize("count", range(len(ROOTS)))
def test_roots_of_the_shared_vectors(count: int) -> None:
    assert root_of(leaf_hash(bytes.fromhex(one)) for one in LEAVES[:count]).hex() == ROOTS[count]


def test_an_empty_tree() -> None:
    assert Growing().root() == EMPTY == defined([])


@given(SIZES)
def test_roots_are_as_defined(size: int) -> None:
    assert root_of(leaves(size)) == defined(leaves(size))


@given(SIZES, st.data())
def test_a_leaf_that_is_there_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    hashes, index = leaves(size), data.draw(st.integers(0, size - 1))
    root, path = defined(hashes), [defined(hashes[start:stop]) for start, stop in inclusion(index, size)]

    assert is_included(hashes[index], index, size, path, root)
    assert not is_included(leaf_hash(b"another"), index, size, path, root)
    other = data.draw(st.integers(-1, size + 1))
    assert other == index or not is_included(hashes[index], other, size, path, root)
    assert not is_included(hashes[index], index, size, [*path, root], root)
    if path:
        assert not is_included(hashes[index], index, size, path[:-1], root)
        broken = data.draw(st.integers(0, len(path) - 1))
        assert not is_included(hashes[index], index, size, [*path[:broken], b"0" * 32, *path[broken + 1 :]], root)


@given(SIZES, st.data())
def test_a_tree_that_goes_on_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    hashes, old = leaves(size), data.draw(st.integers(1, size))
    root, before = defined(hashes), defined(hashes[:old])
    path = [defined(hashes[start:stop]) for start, stop in consistency(old, size)]

    assert goes_on(old, before, size, root, path)
    changed = list(hashes)
    changed[data.draw(st.integers(0, old - 1))] = leaf_hash(b"changed")
    assert not goes_on(old, defined(changed[:old]), size, root, path)
    assert not goes_on(old, before, size, defined(changed), path)
    assert not goes_on(old, before, size, root, [*path, root])
    assert not goes_on(0, before, size, root, path)
    assert not goes_on(size + 1, before, size, root, path)
    if path:
        assert not goes_on(old, before, size, root, path[1:])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_leaf_is_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="has no leaf"):
        inclusion(index, size)


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3)])
def test_no_tree_goes_on_from_there(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="does not go on"):
        consistency(old, size)
