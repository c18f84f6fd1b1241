"""Inclusion in a Merkle tree (RFC 6962 section 2.1; the iterative form is RFC 9162 section 2.1.3.2)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from attest.errors import ProofInvalid

if TYPE_CHECKING:
    from collections.abc import Sequence


def root_of(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root hash of the tree that holds `leaf` at `index`, if `path` is its audit path.

    Args:
        leaf: the entry's bytes, not hashed yet.
        index: of the entry, from 0.
        size: of the tree.
        path: the hashes beside the way up, lowest first.

    Raises:
        ProofInvalid: `inclusion-proof`: the index is not in the tree, or the path has another length.
    """
    if not 0 <= index < size:
        raise ProofInvalid(
            "the log entry stands outside its tree", code="inclusion-proof", expected=f"below {size}", found=str(index)
        )
    found = hashlib.sha256(b"\x00" + leaf).digest()
    place, last = index, size - 1
    for beside in path:
        if last == 0:
            raise ProofInvalid("the inclusion proof is too long", code="inclusion-proof", found=f"{len(path)} hashes")
        if place & 1 or place == last:
            found = hashlib.sha256(b"\x01" + beside + found).digest()
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + beside).digest()
        place, last = place >> 1, last >> 1
    if last:
        raise ProofInvalid("the inclusion proof is too short", code="inclusion-proof", found=f"{len(path)} hashes")
    return found
