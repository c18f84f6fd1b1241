"""JSON as a verifier has to read it: one meaning per document, bounded, and no floats where none are allowed.

Python's parser takes duplicate keys (the last wins), NaN and unbounded nesting; each has made two programs read two
meanings from the same signed bytes (docs/threats.md row 15; RFC 8259 section 4; RFC 8785 section 3.1 forbids
duplicates).
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from attest_registry import limits
from attest_registry.errors import ContentMismatch

if TYPE_CHECKING:
    from collections.abc import Iterator

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_MAX_INTEGER_DIGITS: Final = 18
_OPENING: Final = frozenset(b"{[")
_QUOTE: Final = ord('"')
_NO_MARKS: Final = bytes(set(range(256)) - set(b'{}[]"'))
_NO_PARTS: Final = bytes(set(range(256)) - set(b',:{["'))
_ONE_MARK: Final = bytes.maketrans(b":{[", b",,,")


class NotStrictJSON(ContentMismatch):
    """The bytes are not JSON with one meaning."""

    code = "malformed-json"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NotStrictJSON(f"key {name[:80]!r} stands twice in one object")
            seen.add(name)
    return found


def _constant(name: str) -> NoReturn:
    raise NotStrictJSON(f"{name} is not a JSON number")


def _float(text: str) -> float:
    """A number that no double holds would be read as infinity, which nothing of ours can write again."""
    value = float(text)
    if math.isinf(value):
        raise NotStrictJSON(f"the number {text[:24]} is too large", expected="a number that fits a double")
    return value


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAX_INTEGER_DIGITS:
        raise NotStrictJSON(f"the integer {text[:24]}… is too large", expected="at most 18 digits")
    return int(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_float
)
"""Made once: `json.loads` makes one for each document that it is given hooks for."""


def _check_parts(data: bytes, what: str, most: int) -> None:
    """Refuse more keys and values than may be built, before any is: an empty object has 2 bytes here and 64 in memory.

    In front of every part but the first stands a mark. Escapes go first, then everything that is no mark or quote, then
    quotes that are neighbours. Between what is left of the strings the marks are counted, up to the limit.
    """
    if len(data) <= most:
        return
    plain = data.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in data else data
    marks = plain.translate(_ONE_MARK, _NO_PARTS).replace(b'""', b"")
    parts = 1
    for strings, (start, stop) in enumerate(_outside_strings(marks)):
        parts += marks.count(b",", start, stop)
        if max(parts, strings) > most:  # a document has no more strings than parts
            raise NotStrictJSON(f"{what} has too many parts", expected=f"at most {most} keys and values")


def _outside_strings(marks: bytes) -> Iterator[tuple[int, int]]:
    """Start and end of everything between two strings of a document without escaped quotes."""
    start = 0
    while (quote := marks.find(b'"', start)) >= 0:
        yield start, quote
        start = marks.find(b'"', quote + 1) + 1
        if not start:
            return
    yield start, len(marks)


def _check_depth(data: bytes, what: str) -> None:
    """Refuse deep nesting before the recursive parser meets it. Brackets inside strings do not count.

    Escapes go first, then everything that is no bracket or quote, then quotes that are neighbours: taking two away
    changes for no bracket whether it is inside a string. Megabytes of names and digests leave a few brackets.
    """
    marks = data.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _NO_MARKS).replace(b'""', b"")
    depth, inside = 0, False
    for mark in marks:
        if mark == _QUOTE:
            inside = not inside
        elif not inside:
            depth += 1 if mark in _OPENING else -1
            if depth > limits.JSON_DEPTH:
                raise NotStrictJSON(f"{what} is nested too deeply", expected=f"at most {limits.JSON_DEPTH} levels")


def parse_json(data: bytes, *, what: str, limit: int, parts: int = limits.JSON_PARTS) -> Any:
    """The value that `data` means.

    Args:
        data: UTF-8 bytes without a byte order mark.
        what: the thing's name for messages.
        limit: the most bytes that this kind of thing may have.
        parts: the most keys and values.

    Raises:
        NotStrictJSON: over a limit, not UTF-8, duplicate keys, NaN or infinity (`1e999` too), trailing data,
            nested too deeply, lone surrogates, or integers of more than 18 digits.
    """
    if len(data) > limit:
        raise NotStrictJSON(f"{what} is too large", expected=f"at most {limit} bytes", found=f"{len(data)} bytes")
    _check_parts(data, what, parts)
    if data.count(b"{") + data.count(b"[") > limits.JSON_DEPTH:
        _check_depth(data, what)
    try:
        text = data.decode("utf-8")
        value = _DECODER.decode(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # lone surrogates have no UTF-8 form
    except NotStrictJSON as error:
        raise NotStrictJSON(f"{what}: {error.message}", expected=error.expected) from error
    except (ValueError, RecursionError) as error:
        raise NotStrictJSON(f"{what} is not JSON", found=str(error)[:200]) from error
    return value


def parse_object(data: bytes, *, what: str, limit: int, parts: int = limits.JSON_PARTS) -> dict[str, Any]:
    """Like `parse_json`, for documents that must be an object.

    Raises:
        NotStrictJSON: as `parse_json`, or it is not an object.
    """
    value = parse_json(data, what=what, limit=limit, parts=parts)
    if not isinstance(value, dict):
        raise NotStrictJSON(f"{what} is not a JSON object", found=type(value).__name__)
    return value


def to_compact_json(value: Any) -> bytes:
    """Deterministic bytes: keys sorted, no spaces, UTF-8, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")
