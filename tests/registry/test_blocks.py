from __future__ import annotations

import pytest

from attest_registry import limits
from attest_registry.blocks import block_for

MOST = limits.BLOCK_BYTES


@pytest.mark.parametrize(
    ("size", "length"), [(0, 1), (10, 11), (MOST - 2, MOST - 1), (MOST - 1, MOST), (MOST, MOST), (1 << 40, MOST)]
)
def test_one_byte_too_many_is_noticed_and_memory_is_bounded(size: int, length: int) -> None:
    block = block_for(size)
    assert len(block) == length
    block[:] = b"x" * length
    assert bytes(block[-1:]) == b"x"
