"""Signatures over shards: each file in consecutive byte ranges of one size, a digest for each (OMS v1.0, 6.3.2).

Two spellings are in use. The specification writes `sha256` and a whole number, and sorts names as text; the reference
implementation writes `sha256-sharded-N` and `N.0`, and sorts ranges as numbers (its 1.1.1 refuses the other spelling).
Both are read, never mixed in one signature.

Empty files have no range, so no such signature can list them: a folder that holds one has a file that is not signed.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.errors import MalformedEvidence
from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from attest_registry.digest import Digest

_NAME: Final = re.compile(r"(.+):(0|[1-9][0-9]{0,14}):([1-9][0-9]{0,14})", re.ASCII | re.DOTALL)
"""The *last* two parts are the range: a file's name may hold colons."""


class Range(Struct, frozen=True, kw_only=True, order=True):
    """Bytes of one file.

    Args:
        path: the file, as it is written.
        start: the first byte.
        end: the byte after the last one.
    """

    path: str
    start: int
    end: int


class ShardedFile(Struct, frozen=True, kw_only=True):
    """One signed file.

    Args:
        path: its POSIX path inside the model.
        size: its bytes, which is where the last range ends.
        digests: SHA-256 of each range, from the first byte on.
    """

    path: str
    size: int
    digests: tuple[Digest, ...]


def read_size(value: Any) -> int:
    """The bytes of one range.

    Raises:
        MalformedEvidence: `shard-size`: no whole positive number, or more than a model may have.
    """
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not whole or not 0 < value <= limits.MODEL_BYTES:
        raise MalformedEvidence(
            "the size of the shards is no possible number of bytes",
            code="shard-size",
            expected=f"a whole number from 1 to {limits.MODEL_BYTES}",
            found=repr(value)[:80],
        )
    return int(value)


def read_name(name: str) -> Range:
    """`path:start:end`.

    Raises:
        MalformedEvidence: it is anything else.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise MalformedEvidence(
            "a shard has no byte range", expected="path:start:end in plain decimal digits", found=repr(name[:120])
        )
    return Range(path=match[1], start=int(match[2]), end=int(match[3]))


def join(ranges: Iterable[tuple[Range, Digest]], *, size: int) -> tuple[ShardedFile, ...]:
    """The files that the ranges make up.

    Args:
        ranges: all of the signature, each with its digest, in any order.
        size: the bytes of each range but a file's last.

    Raises:
        MalformedEvidence: bytes that no range covers (`shard-gap`) or that two do (`shard-overlap`), or a range of
            another size (`shard-size`).
    """
    files: dict[str, list[tuple[Range, Digest]]] = {}
    for each in ranges:
        files.setdefault(each[0].path, []).append(each)
    joined = []
    for path, parts in files.items():
        parts.sort(key=lambda part: (part[0].start, part[0].end))
        _check_whole([part for part, _ in parts], size)
        joined.append(ShardedFile(path=path, size=parts[-1][0].end, digests=tuple(digest for _, digest in parts)))
    return tuple(joined)


def in_known_order(ranges: Sequence[Range], names: Sequence[str]) -> bool:
    """Whether it is the order of the specification (names as text) or of the reference (paths, then numbers)."""
    by_number = sorted(ranges, key=lambda each: (PurePosixPath(each.path), each.start, each.end))
    return list(names) == sorted(names) or list(ranges) == by_number


def _check_whole(parts: Sequence[Range], size: int) -> None:
    covered = 0
    for part in parts:
        if part.start != covered:
            gap = part.start > covered
            raise MalformedEvidence(
                f"bytes of {part.path[:80]!r} are signed by {'no shard' if gap else 'two shards'}",
                code="shard-gap" if gap else "shard-overlap",
                expected=f"a shard from byte {covered}",
                found=f"one from byte {part.start}",
            )
        length = part.end - part.start
        if not 0 < length <= size or (length < size and part is not parts[-1]):
            raise MalformedEvidence(
                f"a shard of {part.path[:80]!r} has another size than the signature says",
                code="shard-size",
                expected=f"{size} bytes" + (" at most" if part is parts[-1] else ""),
                found=f"{part.start} to {part.end}",
            )
        covered = part.end
