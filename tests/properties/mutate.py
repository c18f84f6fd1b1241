"""Small changes to good input: of bytes, of lines, and of JSON as a tree."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

_PIECES: Final = (
    *(b"", b"\x00", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\r\n"),
    *(
        b"\\u0000",
        b"\\ud800",
        b'"',
        b"'",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b",",
        b"#",
        b"&a",
        b"*a",
        b"!!python/none",
        b"<<",
    ),
    *(
        b"null",
        b"NaN",
        b"Infinity",
        b"-0",
        b"1e999",
        b"0x10",
        b"1_000",
        b"9" * 40,
        b"../",
        b"sha256:",
        b"%",
        b"@",
        b"\t",
    ),
    *(
        b"\x7f\xff\xff\xff",
        b"\xff" * 8,
        b"\x00" * 8,
        b"\x80\x00\x00\x00\x00\x00\x00\x00",
        b"\x01\x00\x00\x00\x00\x00\x00\x00",
    ),
)
_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**53, 2**63, 10**17, -(10**17), 0.5, 1e308, "", " ", "\x00", "\ud800", "é"),
    *("a" * 300, "../..", "sha256:" + "0" * 64, "0" * 64, "https://x", "//", "9" * 30, "1e999", "2026-13-40T99:99:99Z"),
    *([], {}, [[]], [{}], {"": None}, [None], ["", ""], {"a": {"b": [1, 2]}}, [0] * 100),
)
_DEEPEST: Final = 70


def mutated(seed: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """`seed` after one to four changes, now and then with a part of another seed in it."""
    data = seed
    for _ in range(chance.choice((1, 1, 1, 2, 2, 3, 4))):
        change = chance.choice(_CHANGES)
        data = change(data, seeds, chance)
    return data


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    for _times in range(chance.choice((1, 1, 2, 8))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _cut(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    return data[: _place(data, chance)] if chance.random() < 0.8 else data[_place(data, chance) :]


def _double(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    start, end = sorted((_place(data, chance), _place(data, chance)))
    times = chance.choice((2, 2, 3, 200)) if end - start < 200 else 2
    return data[:start] + data[start:end] * times + data[end:]


def _drop(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    start = _place(data, chance)
    return data[:start] + data[start + chance.choice((1, 2, 4, 8, 64)) :]


def _splice(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    other = chance.choice(seeds)
    start, end = sorted((_place(other, chance), _place(other, chance)))
    at = _place(data, chance)
    return data[:at] + other[start : min(end, start + 4096)] + data[at + chance.choice((0, end - start)) :]


def _insert(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    at, piece = _place(data, chance), chance.choice(_PIECES)
    return data[:at] + piece + data[at + chance.choice((0, len(piece))) :]


def _lines(data: bytes, _: Sequence[bytes], chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            lines.insert(at, lines[other])
        case 1:
            lines[at], lines[other] = lines[other], lines[at]
        case 2:
            lines[at] = b"  " * chance.randrange(3) + lines[at].lstrip()
        case _:
            del lines[at]
    return b"\n".join(lines)


def _tree(data: bytes, seeds: Sequence[bytes], chance: random.Random) -> bytes:
    """Change JSON where it is JSON; bytes that are none are changed as bytes."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return _insert(data, seeds, chance)
    places = list(_places(document, 0))
    if not places:
        return _insert(data, seeds, chance)
    holder, key = chance.choice(places)
    match chance.randrange(7):
        case 0 | 1 | 2:
            holder[key] = copy.deepcopy(chance.choice(_VALUES))
        case 3:
            del holder[key]
        case 4:
            other, there = chance.choice(places)
            if there in other if isinstance(other, dict) else there < len(other):
                holder[key] = copy.deepcopy(other[there])
        case 5:
            for _times in range(chance.choice((1, _DEEPEST))):
                holder[key] = [holder[key]] if chance.random() < 0.5 else {"a": holder[key]}
        case _:
            return _key_twice(document, holder, key, chance)
    return _written(document)


def _key_twice(document: Any, holder: Any, key: Any, chance: random.Random) -> bytes:
    """A new name for a key, or the same name twice, which no tree can hold."""
    if not isinstance(holder, dict):
        return _written(document)
    value = holder.pop(key)
    marker = "twice-here"
    holder[marker] = value
    name = json.dumps(chance.choice((key, f"{key} ", key.upper(), "", "__proto__", "é")))
    text = _written(document)
    twice = chance.random() < 0.5
    before = f"{name}:{json.dumps(chance.choice(_VALUES))}," if twice else ""
    return text.replace(f'"{marker}"'.encode(), f"{before}{json.dumps(key) if twice else name}".encode())


def _places(value: Any, depth: int) -> list[tuple[Any, Any]]:
    if depth > _DEEPEST:
        return []
    keys: list[Any] = []
    if isinstance(value, dict | list):
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    found = [(value, key) for key in keys]
    for key in keys:
        found += _places(value[key], depth + 1)
    return found


def _written(document: Any) -> bytes:
    try:
        return json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        return json.dumps(document).encode("utf-8")


_CHANGES: Final[tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...]] = (
    *(_flip, _cut, _double, _drop, _splice, _insert, _insert, _lines),
    *(_tree, _tree, _tree, _tree, _tree),
)
