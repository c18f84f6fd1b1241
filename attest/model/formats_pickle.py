"""Pickles: recognised by walking their opcodes with a machine that only counts (CPython Lib/pickletools.py).

A pickle needs no mark: protocols 0 and 1 have none, and one may follow any harmless opcode. It has to make sense from
the first byte on, though, and that is what is checked. One that has called something before it breaks is still a
pickle, because the call has happened by then.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import HEAD_BYTES, runs_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.model.sample import Sample

REASON: Final = "a pickle, which can call anything when loaded"

_PROTO: Final = 0x80
_MOST_PROTOCOL: Final = 5
_STOP: Final = ord(".")
_MOST_OPCODES: Final = 4_000
"""Enough opcodes that make sense in a row: chance would have broken off long before."""

_FIXED: Final = {
    **dict.fromkeys(b"(.012NQRabdelostu}])\x81\x85\x86\x87\x88\x89\x8f\x90\x91\x92\x93\x94\x97\x98", 0),
    **dict.fromkeys(b"Khq\x80\x82", 1),
    **dict.fromkeys(b"M\x83", 2),
    **dict.fromkeys(b"Jjr\x84", 4),
    **dict.fromkeys(b"G\x95", 8),
}
"""Opcodes with an argument of fixed length, in bytes."""
_COUNTED: Final = {
    **dict.fromkeys(b"UC\x8a\x8c", 1),
    **dict.fromkeys(b"TXB\x8b", 4),
    **dict.fromkeys(b"\x8d\x8e\x96", 8),
}
"""Opcodes whose argument starts with its length, and the bytes of that length."""
_WHOLE: Final = re.compile(rb"[\s+\-0-9a-fA-FxXoOL_]+")
_LINES: Final = {
    **dict.fromkeys(b"ILgp", _WHOLE),
    ord("F"): re.compile(rb"[\s+\-0-9._eEinfatyINFATY]+"),
    ord("S"): re.compile(rb"['\"].*", re.DOTALL),
    **dict.fromkeys(b"VP", re.compile(rb".*", re.DOTALL)),
}
"""Arguments that are lines: no less than what either of Python's two readers takes (`int` of "+1", " 1", "1_0",
"0x1f"; `float` of "infinity"; carriage returns in text). One form too few would hide all that follows it."""
_GLOBAL: Final = b"ci"
_DOTTED: Final = re.compile(rb"[^\x00-\x20]+")
_PUSHES: Final = frozenset(b"(2NK}])M\x88\x89\x8f\x97JGUC\x8a\x8cTXB\x8b\x8d\x8e\x96FILSVPghjc\x82\x83\x84")
_IMPORTS: Final = frozenset(b"ci\x93")
_CALLS: Final = frozenset(b"Rio\x81\x92b")
_TO_MARK: Final = frozenset(b"tldiou\x90\x91e1")
_NEEDS_NOTHING: Final = frozenset(b"\x80\x95")
_STACK_GLOBAL: Final = 0x93
_AHEAD_BYTES: Final = 8_192
"""More than any argument of fixed length needs."""
_MOST_WINDOWS: Final = 64
"""With them, the longest line of an old pickle that is followed; whatever is longer could hide one."""


def read_pickle(sample: Sample) -> FileFormat | None:
    """Recognise a pickle at the start of a file; whatever follows it, as in old PyTorch files and joblib's, is data."""

    def window(offset: int) -> bytes:
        return sample.read(offset, min(HEAD_BYTES, sample.size - offset), what="a pickle")

    found = looks_like_pickle(sample.head, size=sample.size, window=window)
    return runs_code(FileKind.PICKLE, REASON) if found else None


def looks_like_pickle(head: bytes, *, size: int, window: Callable[[int], bytes] | None = None) -> bool:
    """Whether bytes begin as a pickle does.

    Args:
        head: the first bytes.
        size: how many there are in all.
        window: gives out more bytes from an offset; without it, `head` has to be enough.
    """
    if not head or not _knows(head[0]):
        return False
    machine = _Machine(head, size, window)
    marked = head[0] == _PROTO and len(head) > 1 and head[1] <= _MOST_PROTOCOL
    while machine.steps < _MOST_OPCODES and machine.step():
        if machine.stopped and (marked or machine.called or machine.at == size):
            return True  # otherwise another may follow, as in old PyTorch files
    return machine.called or not machine.broken


def _knows(opcode: int) -> bool:
    return opcode in _FIXED or opcode in _COUNTED or opcode in _LINES or opcode in _GLOBAL


class _Machine:
    """Counts what a pickle machine would do, without doing it."""

    def __init__(self, head: bytes, size: int, window: Callable[[int], bytes] | None) -> None:
        self.at = 0  # in the file
        self.steps = 0
        self.broken = self.stopped = self.called = False
        self._endless = False  # a line goes on beyond what is read
        self._imported = False
        self._pushed = 0  # ever: an upper bound of the stack, so that no real pickle is missed
        self._marks = 0
        self._size = size
        self._data = head
        self._start = 0  # of the data, in the file
        self._window = window
        self._windows = 0

    def step(self) -> bool:
        """Do one opcode; false at the edge of what is read, or where nothing makes sense any more."""
        if self.at >= self._size:
            self.broken = True  # no STOP before the end
            return False
        if not self._look(_AHEAD_BYTES):
            return False
        opcode = self._data[self.at - self._start]
        self.at += 1
        self.steps += 1
        if not _knows(opcode) or not self._argument(opcode) or not self._stack(opcode):
            self.broken = not self._endless
            return False
        self.stopped = opcode == _STOP
        return True

    def _look(self, length: int) -> bool:
        """Have the next bytes at hand; false where there is no way to get even one."""
        left = self._start + len(self._data) - self.at
        if left < min(length, self._size - self.at) and self._window is not None and self._windows < _MOST_WINDOWS:
            self._windows += 1
            self._start, self._data = self.at, self._window(self.at)
            left = len(self._data)
        return left > 0

    def _argument(self, opcode: int) -> bool:
        if opcode in _FIXED:
            self.at += _FIXED[opcode]
        elif opcode in _COUNTED:
            begin, width = self.at - self._start, _COUNTED[opcode]
            self.at += width + int.from_bytes(self._data[begin : begin + width], "little")
        else:
            return self._line(_LINES.get(opcode, _DOTTED)) and (opcode not in _GLOBAL or self._line(_DOTTED))
        return self.at <= self._size

    def _line(self, form: re.Pattern[bytes]) -> bool:
        """Take a line; one without an end in all that is read stops the machine and breaks nothing."""
        line = b""
        while True:
            begin = self.at - self._start
            end = self._data.find(b"\n", begin)
            line += self._data[begin:] if end < 0 else self._data[begin:end]
            self.at = self._start + (len(self._data) if end < 0 else end + 1)
            if end >= 0 or self.at >= self._size:
                return end >= 0 and form.fullmatch(line.rstrip(b"\r")) is not None
            if not self._look(_AHEAD_BYTES):
                self._endless = form.fullmatch(line) is not None
                return False

    def _stack(self, opcode: int) -> bool:
        """Whether there can be something to work on."""
        if opcode in _PUSHES:
            self._marks += opcode == ord("(")
        elif opcode in _TO_MARK:
            if not self._marks:
                return False
            self._marks -= 1
        elif opcode not in _NEEDS_NOTHING and self._pushed < (2 if opcode == _STACK_GLOBAL else 1):
            return False
        self._pushed += opcode in _PUSHES or opcode in _TO_MARK
        self._imported |= opcode in _IMPORTS
        self.called |= opcode in _CALLS and self._imported
        return True
