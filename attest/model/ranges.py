"""Digests of a file's byte ranges, taken in the pass that hashes it whole.

Only as many are kept as were asked for, so that memory follows the signature that is compared and never the file.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Cut(Struct, frozen=True, kw_only=True):
    """A wish for the digests of one file's ranges.

    Args:
        size: bytes of each range; the file's last may be shorter.
        count: the most ranges, from the first byte on. What lies behind them is hashed with the whole file only.
    """

    size: int
    count: int


class Ranges:
    """The ranges of one cut, while the bytes go by.

    Args:
        cut: what was asked for.
    """

    def __init__(self, cut: Cut) -> None:
        self._cut = cut
        self._done: list[Digest] = []
        self._current = hashlib.sha256()
        self._seen = 0

    def update(self, block: memoryview) -> None:
        """The next bytes of the file."""
        while block and len(self._done) < self._cut.count:
            part = block[: self._cut.size - self._seen]
            self._current.update(part)
            self._seen += len(part)
            block = block[len(part) :]
            if self._seen == self._cut.size:
                self._close()

    def digests(self) -> tuple[Digest, ...]:
        """All of them, after the last byte."""
        if self._seen:
            self._close()
        return tuple(self._done)

    def _close(self) -> None:
        self._done.append(Digest(hex=self._current.hexdigest()))
        self._current, self._seen = hashlib.sha256(), 0


class Hashes:
    """The whole file's SHA-256, and the digests of its ranges.

    Args:
        cuts: what was asked for besides; one of each size.
    """

    __slots__ = ("_ranges", "_whole")

    def __init__(self, cuts: Sequence[Cut] = ()) -> None:
        self._whole = hashlib.sha256()
        self._ranges = {cut.size: Ranges(cut) for cut in cuts} if cuts else None

    def update(self, block: memoryview) -> None:
        """The next bytes of the file."""
        self._whole.update(block)
        if self._ranges is not None:
            for ranges in self._ranges.values():
                ranges.update(block)

    @property
    def digest(self) -> Digest:
        """Of all bytes so far."""
        return Digest(hex=self._whole.hexdigest())

    def ranges(self) -> Mapping[int, tuple[Digest, ...]] | None:
        """Size of range → digests, after the last byte."""
        return None if self._ranges is None else {size: each.digests() for size, each in self._ranges.items()}
