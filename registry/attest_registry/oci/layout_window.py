"""A file's bytes that are read where they are looked at: a few of 500 pages, where names lie in order."""

from __future__ import annotations

import os
from typing import Final

_FORWARD: Final = 64 * 1024
_BACKWARD: Final = 2 * 1024


class FileBytes:
    """As much of `bytes` as an ordered index needs, over an open file.

    Args:
        handle: the file.
        size: its bytes.
    """

    def __init__(self, handle: int, size: int) -> None:
        self._handle = handle
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, part: slice) -> bytes:
        start, end, _ = part.indices(self._size)
        return os.pread(self._handle, end - start, start) if end > start else b""

    def __bytes__(self) -> bytes:
        return self[:]

    def endswith(self, end: bytes) -> bool:
        """As `bytes.endswith`."""
        return self[max(0, self._size - len(end)) :] == end

    def find(self, needle: bytes, start: int = 0, end: int | None = None) -> int:
        """As `bytes.find`."""
        stop = self._size if end is None else min(end, self._size)
        while start < stop:
            block = self[start : min(stop, start + _FORWARD)]
            found = block.find(needle)
            if found >= 0:
                return start + found
            if len(block) < _FORWARD:
                return -1
            start += len(block) - len(needle) + 1
        return -1

    def rfind(self, needle: bytes, start: int, end: int) -> int:
        """As `bytes.rfind`."""
        stop = min(end, self._size)
        while stop - start >= len(needle):
            begin = max(start, stop - _BACKWARD)
            found = self[begin:stop].rfind(needle)
            if found >= 0:
                return begin + found
            if begin == start:
                return -1
            stop = begin + len(needle) - 1
        return -1
