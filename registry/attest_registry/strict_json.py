"""JSON as a verifier has to read it: one meaning per document, bounded, and no floats where none are allowed.

Python's parser takes duplicate keys (the last wins), NaN and unbounded nesting; each has made two programs read two
meanings from the same signed bytes (docs/threats.md row 15; RFC 8259 section 4; RFC 8785 section 3.1 forbids
duplicates).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final, NoReturn

from attest_registry import limits
from attest_registry.errors import ContentMismatch

_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_MAX_INTEGER_DIGITS: Final = 18
_OPENING: Final = frozenset(b"{[")
_QUOTE: Final = ord('"')
_NO_MARKS: Final = bytes(set(range(256)) - set(b'{}[]"'))


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


def parse_json(data: bytes, *, what: str, limit: int) -> Any:
    """The value that `data` means.

    Args:
        data: UTF-8 bytes without a byte order mark.
        what: the thing's name for messages.
        limit: the most bytes that this kind of thing may have.

    Raises:
        NotStrictJSON: over the limit, not UTF-8, duplicate keys, NaN or infinity (`1e999` too), trailing data,
            nested too deeply, lone surrogates, or integers of more than 18 digits.
    """
    if len(data) > limit:
        raise NotStrictJSON(f"{what} is too large", expected=f"at most {limit} bytes", found=f"{len(data)} bytes")
    try:
        text = data.decode("utf-8")
        if text.count("{") + text.count("[") > limits.JSON_DEPTH:
            _check_depth(data, what)
        value = json.loads(
            text, object_pairs_hook=_pairs, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # lone surrogates have no UTF-8 form
    except NotStrictJSON as error:
        raise NotStrictJSON(f"{what}: {error.message}", expected=error.expected) from error
    except (ValueError, RecursionError) as error:
        raise NotStrictJSON(f"{what} is not JSON", found=str(error)[:200]) from error
    return value


def parse_object(data: bytes, *, what: str, limit: int) -> dict[str, Any]:
    """Like `parse_json`, for documents that must be an object.

    Raises:
        NotStrictJSON: as `parse_json`, or it is not an object.
    """
    value = parse_json(data, what=what, limit=limit)
    if not isinstance(value, dict):
        raise NotStrictJSON(f"{what} is not a JSON object", found=type(value).__name__)
    return value


def to_compact_json(value: Any) -> bytes:
    """Deterministic bytes: keys sorted, no spaces, UTF-8, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8")
