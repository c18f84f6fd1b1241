"""Inclusion proofs against RFC 6962's own recursion, for every place in small trees."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.verify.merkle import root_of
from tests.verify.private_rekor import tree
from tests.verify.refusals import code_of

SIZES = st.integers(1, 70)


def leaves(size: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(size)]


@pytest.mark.parametrize("size", range(1, 34))
def test_every_place_of_every_small_tree(size: int) -> None:
    for index, leaf in enumerate(leaves(size)):
        root, path = tree(leaves(size), index)
        assert root_of(leaf, index=index, size=size, path=path) == root


@given(size=SIZES, data=st.data())
def test_another_place_size_or_leaf_leads_elsewhere(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda place: place != index)) if size > 1 else None
    root, path = tree(leaves(size), index)
    assert root_of(b"another leaf", index=index, size=size, path=path) != root
    if other is not None:
        try:
            found = root_of(leaves(size)[index], index=other, size=size, path=path)
        except Exception as error:  # noqa: BLE001  # the path can have the wrong length for that place
            assert getattr(error, "code", None) == "inclusion-proof"  # noqa: PT017
        else:
            assert found != root


@given(size=SIZES, data=st.data())
def test_paths_that_are_too_short_or_too_long(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    _, path = tree(leaves(size), index)
    leaf = leaves(size)[index]
    assert code_of(lambda: root_of(leaf, index=index, size=size, path=[*path, bytes(32)])) == "inclusion-proof"
    if path:
        assert code_of(lambda: root_of(leaf, index=index, size=size, path=path[:-1])) == "inclusion-proof"


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 3), (3, 3)])
def test_places_outside_the_tree(index: int, size: int) -> None:
    assert code_of(lambda: root_of(b"leaf", index=index, size=size, path=[])) == "inclusion-proof"
