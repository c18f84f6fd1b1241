"""ONNX tensors whose bytes lie in another file: every tensor of a model is looked up, wherever its graph holds it.

The names of those files are of the model's own writing, and `../` in them was followed four times (CVE-2022-25882,
CVE-2024-27318, CVE-2026-27489, CVE-2026-34446). What this cannot walk through counts as leading outside: two readers of
one protobuf message may differ in anything odd.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from attest.model.formats_outside import stays_inside
from attest.model.sample import Damaged, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.model.sample import Sample


class _In(Enum):
    """Messages of onnx/onnx.proto on the way to a tensor."""

    MODEL = auto()
    GRAPH = auto()
    NODE = auto()
    ATTRIBUTE = auto()
    TENSOR = auto()
    SPARSE = auto()
    TRAINING = auto()
    FUNCTION = auto()
    ENTRY = auto()


_FIELDS: Final = {
    _In.MODEL: {7: _In.GRAPH, 20: _In.TRAINING, 25: _In.FUNCTION},
    _In.GRAPH: {1: _In.NODE, 5: _In.TENSOR, 15: _In.SPARSE},
    _In.NODE: {5: _In.ATTRIBUTE},
    _In.ATTRIBUTE: {
        5: _In.TENSOR,
        6: _In.GRAPH,
        10: _In.TENSOR,
        11: _In.GRAPH,
        22: _In.SPARSE,
        23: _In.SPARSE,
    },
    _In.SPARSE: {1: _In.TENSOR, 2: _In.TENSOR},
    _In.TRAINING: {1: _In.GRAPH, 2: _In.GRAPH},
    _In.FUNCTION: {7: _In.NODE, 11: _In.ATTRIBUTE},
    _In.TENSOR: {13: _In.ENTRY},
}
_LOCATION: Final = b"location"
_KEY, _VALUE = 1, 2
_MEMORY: Final = "*/"
"""How onnxruntime marks an address in its own memory (`*/_ORT_MEM_ADDR_/*`), which no file may name."""

_FIXED: Final = {1: 8, 5: 4}
_VARINT, _LENGTH = 0, 2
_MORE: Final = 0x80
_MOST_KEY: Final = 1 << 32
"""Readers cut a longer key down to 32 bits, each in its own way."""
_MOST_FIELDS: Final = 500_000
_MOST_DEPTH: Final = 100
_SCANNED_BYTES: Final = 64 * 1024
"""A message up to this size is searched for the word first; above it, only its fields are walked along."""


def data_outside(sample: Sample) -> str:
    """The first tensor whose bytes are looked for outside of the model, in words; empty where there is none."""
    try:
        for location in _locations(sample):
            if not stays_inside(location) or location.startswith(_MEMORY):
                return f"a tensor's data are in {clean(location)}"
    except (Damaged, UnicodeDecodeError):
        return "its tensors cannot be looked through for data elsewhere"
    return ""


def _locations(sample: Sample) -> Iterator[str]:
    waiting = [(_In.MODEL, 0, sample.size, 0)]
    fields = 0
    while waiting:
        message, start, end, depth = waiting.pop()
        if message is _In.ENTRY:
            yield from _entry(sample, start, end)
            continue
        for number, at, stop in _parts(sample, start, end):
            fields += 1
            if fields > _MOST_FIELDS or depth > _MOST_DEPTH:
                raise Damaged("more parts than are looked through")
            inner = _FIELDS[message].get(number)
            if inner is not None and _may_hold_one(sample, at, stop):
                waiting.append((inner, at, stop, depth + 1))


def _may_hold_one(sample: Sample, start: int, end: int) -> bool:
    return end - start > _SCANNED_BYTES or _LOCATION in sample.read(start, end - start, what="a part")


def _entry(sample: Sample, start: int, end: int) -> Iterator[str]:
    """The location in a pair of texts; where a field stands twice, each of them."""
    fields = [(number, sample.read(at, stop - at, what="a text")) for number, at, stop in _parts(sample, start, end)]
    if any(number == _KEY and text == _LOCATION for number, text in fields):
        yield from (text.decode("utf-8") for number, text in fields if number == _VALUE)


def _parts(sample: Sample, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of a message that have a length: number, start and end of each."""
    while start < end:
        key, start = _varint(sample, start, end)
        if key >= _MOST_KEY:
            raise Damaged("a key that is too long")
        form = key & 7
        if form == _VARINT:
            _, start = _varint(sample, start, end)
        elif form == _LENGTH:
            length, start = _varint(sample, start, end)
            if length > end - start:
                raise Damaged("a part that does not fit")
            yield key >> 3, start, start + length
            start += length
        elif form in _FIXED:
            start += _FIXED[form]
        else:
            raise Damaged("a group, which is of another age")
    if start != end:
        raise Damaged("a part that does not fit")


def _varint(sample: Sample, at: int, end: int) -> tuple[int, int]:
    value = 0
    for position, byte in enumerate(sample.read(at, min(10, end - at), what="a number")):
        value |= (byte & ~_MORE) << (7 * position)
        if byte < _MORE:
            return value, at + position + 1
    raise Damaged("a number that does not end")
