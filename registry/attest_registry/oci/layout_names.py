"""Names in order: one of 10,000 is found in fourteen steps, and the highest numbers without looking at the rest.

Shorter names come first, then what is less as bytes: so numbers lie as they count, among labels of their length.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest_registry.errors import ContentMismatch
from attest_registry.oci.descriptor import REF_NAME

if TYPE_CHECKING:
    from attest_registry.oci.layout_window import FileBytes

NAME_KEY: Final = json.dumps(REF_NAME).encode() + b":"
"""In front of a name, in the one form that we write."""

_NAMED: Final = re.compile(re.escape(NAME_KEY) + rb'"((?:[^"\\]|\\.)*)"')
_DIGITS: Final = 18
_AFTER_NINE: Final = b":"

Key = tuple[int, bytes]
"""What names are ordered by."""


def key_of(line: bytes) -> Key | None:
    """The first name in a line, as bytes of JSON; `None` where there is none."""
    match = _NAMED.search(line)
    return None if match is None else (len(match[1]), match[1])


def key_of_name(name: str) -> Key:
    """The same for a name."""
    literal = json.dumps(name, ensure_ascii=False)[1:-1].encode()
    return len(literal), literal


class NamedLines(Struct, frozen=True, kw_only=True):
    """The entries with a name of an index that says that they are in order.

    Args:
        raw: the index.
        start: where the first of them starts.
        end: where the last of them ends.
        what: the index, for messages.
    """

    raw: bytes | FileBytes
    start: int
    end: int
    what: str

    def find(self, name: str) -> tuple[int, int] | None:
        """Start and end of the entry of this name.

        Raises:
            ContentMismatch: two entries have it, or an entry among them has no name.
        """
        key = key_of_name(name)
        start = self.place(key)
        if start == self.end or self._key_at(start) != key:
            return None
        end = self._end_of(start)
        if end < self.end and self._key_at(end + 1) == key:
            raise ContentMismatch(f"{self.what} lists {name!r} twice", code="malformed-layout")
        return start, end - (self.raw[end - 1 : end] == b",")

    def place(self, key: Key) -> int:
        """Where the first entry starts that does not come before `key`; the end where all do."""
        low, high = self.start, self.end
        while low < high:
            middle = (low + high) // 2
            start = self._start_of(middle, low)
            if self._key_at(start) < key:
                low = min(self._end_of(middle) + 1, self.end)
            else:
                high = start
        return low

    def numbers(self, most: int) -> list[int]:
        """The highest numbers among the names, the highest first."""
        found: list[int] = []
        digits = _DIGITS
        at = self.place((digits, _AFTER_NINE))
        while at > self.start and digits and len(found) < most:
            start = self._start_of(at - 1, self.start)
            length, name = self._key_at(start)
            if length < digits:
                digits, at = length, self.place((length, _AFTER_NINE))
            elif name < b"1":
                digits, at = digits - 1, self.place((digits - 1, _AFTER_NINE))
            else:
                if name.isdigit():
                    found.append(int(name))
                at = start
        return found

    def _start_of(self, at: int, low: int) -> int:
        """Where the line starts that this place is in."""
        return max(low, self.raw.rfind(b"\n", low, at) + 1)

    def _end_of(self, at: int) -> int:
        """Where the line ends that this place is in."""
        end = self.raw.find(b"\n", at, self.end)
        return self.end if end < 0 else end

    def _key_at(self, start: int) -> Key:
        key = key_of(self.raw[start : self._end_of(start)])
        if key is None:
            raise ContentMismatch(f"{self.what} has an entry without a name among the others", code="malformed-layout")
        return key
