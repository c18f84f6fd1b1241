from __future__ import annotations

import hashlib
import itertools
import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.model.hashing import hash_tree
from attest.model.ranges import Cut, Hashes
from attest.model.tree import walk
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 256 * 1024


def expected(data: bytes, size: int, count: int) -> tuple[Digest, ...]:
    return tuple(Digest.of(data[start : start + size]) for start in range(0, len(data), size)[:count])


@given(st.binary(max_size=200), st.integers(1, 220), st.integers(0, 20), st.lists(st.integers(0, 200)))
def test_ranges_are_those_of_the_bytes_however_the_blocks_fall(
    data: bytes, size: int, count: int, breaks: list[int]
) -> None:
    hashes = Hashes([Cut(size=size, count=count), Cut(size=size + 1, count=300)])
    edges = [0, *sorted(min(each, len(data)) for each in breaks), len(data)]
    for start, end in itertools.pairwise(edges):
        hashes.update(memoryview(data)[start:end])
    assert hashes.digest == Digest.of(data)
    assert hashes.ranges() == {size: expected(data, size, count), size + 1: expected(data, size + 1, 300)}


@pytest.mark.parametrize("length", [BLOCK // 2, BLOCK - 1, 3 * BLOCK, 3 * BLOCK + 1])
@pytest.mark.parametrize("size", [1000, BLOCK - 1, BLOCK, BLOCK + 1])
def test_one_pass_over_a_folder_gives_both_digests(length: int, size: int, tmp_path: Path) -> None:
    data = os.urandom(length)
    (tmp_path / "w.bin").write_bytes(data)
    (tmp_path / "other.bin").write_bytes(data)
    other, file = hash_tree(walk(tmp_path), cuts={"w.bin": [Cut(size=size, count=10**6)]}).files
    assert (file.digest.hex, other.digest) == (hashlib.sha256(data).hexdigest(), file.digest)
    assert file.ranges == ({size: expected(data, size, 10**6)} if size < length else None)
    assert other.ranges is None


def test_a_file_that_is_one_range_is_not_hashed_twice(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(b"12345")
    for size, ranges in ((4, 2), (5, None), (6, None)):
        (file,) = hash_tree(walk(tmp_path), cuts={"w.bin": [Cut(size=size, count=9)]}).files
        assert (None if file.ranges is None else len(file.ranges[size])) == ranges


def test_memory_follows_what_was_asked_for_and_not_the_file(tmp_path: Path) -> None:
    with (tmp_path / "w.bin").open("wb") as file:
        file.truncate(32 * 1024 * 1024)
    tree = walk(tmp_path)
    tracemalloc.start()
    try:
        (found,) = hash_tree(tree, cuts={"w.bin": [Cut(size=1, count=5)]}).files
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()
    assert found.ranges == {1: (Digest.of(b"\0"),) * 5}
