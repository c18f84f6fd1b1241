"""GGUF versions 2 and 3: the header as ggml's docs/gguf.md lays it out, read with bounds that the file cannot move."""

from __future__ import annotations

import math
import struct
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attest.model.gguf_names import FILE_TYPES, TENSOR_TYPES
from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import HEADER_BYTES, Damaged, clean

if TYPE_CHECKING:
    from attest.model.sample import Sample

_MAGIC: Final = b"GGUF"
_VERSIONS: Final = (2, 3)
_MOST_PAIRS: Final = 65_536
_MOST_TENSORS: Final = 1_000_000
_MOST_ITEMS: Final = 4_000_000
"""Array items in all; the largest tokenizers have about 260,000 tokens, scores and merges each."""
_MOST_DIMENSIONS: Final = 8
_MOST_NESTING: Final = 4
_CHUNK_BYTES: Final = 1024 * 1024

_STRING, _ARRAY = 8, 9
_SCALARS: Final = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_SHOWN: Final = ("general.name", "general.size_label", "general.license", "general.basename", "general.finetune")


def read_gguf(sample: Sample) -> FileFormat | None:
    """Recognise a file by its magic, then read its pairs and tensor list whole.

    Raises:
        Damaged: a count, length or type is impossible, or the file ends too early.
    """
    if not sample.head.startswith(_MAGIC):
        return None
    cursor = _Cursor(sample)
    cursor.skip(len(_MAGIC))
    version = cursor.number("I")
    if version not in _VERSIONS and int.from_bytes(version.to_bytes(4, "little"), "big") in _VERSIONS:
        cursor.order = ">"
        version = int.from_bytes(version.to_bytes(4, "little"), "big")
    if version not in _VERSIONS:
        raise Damaged(f"GGUF version {version} is not known")
    tensors, pairs = cursor.number("Q"), cursor.number("Q")
    if tensors > _MOST_TENSORS or pairs > _MOST_PAIRS:
        raise Damaged(f"a GGUF header with {tensors} tensors and {pairs} pairs")
    kept = _pairs(cursor, pairs)
    counts = _tensors(cursor, tensors, sample.size)
    architecture, file_type = kept.get("general.architecture"), kept.get("general.file_type")
    details = {name: clean(text) for name in _SHOWN if isinstance(text := kept.get(name), str)}
    return FileFormat(
        kind=FileKind.GGUF,
        parameters=sum(counts.values()),
        dtypes=MappingProxyType(dict(sorted(counts.items()))),
        architecture=clean(architecture) if isinstance(architecture, str) else None,
        quantisation=_quantisation(file_type, counts),
        details=MappingProxyType({"version": str(version), "tensors": str(tensors), **details}),
    )


class _Cursor:
    """Reads the header forward, a chunk at a time, never more than HEADER_BYTES of it."""

    def __init__(self, sample: Sample) -> None:
        self.order = "<"
        self.items = 0
        self._sample = sample
        self._chunk = sample.head
        self._start = 0  # of the chunk, in the file
        self._at = 0  # in the chunk

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        if self._at + length > len(self._chunk):
            self._refill(length)
        self._at += length
        return self._chunk[self._at - length : self._at]

    def skip(self, length: int) -> None:
        """Leave out bytes that must be there."""
        if self._at + length > len(self._chunk):
            self._refill(length)
        self._at += length

    def number(self, form: str) -> int:
        """The next number of a `struct` form."""
        value: int = struct.unpack(self.order + form, self.take(struct.calcsize(form)))[0]
        return value

    def text(self) -> str:
        """The next string."""
        return self.take(self.number("Q")).decode("utf-8", errors="replace")

    def count(self, items: int) -> int:
        """Count array items against the bound for the whole header."""
        self.items += items
        if self.items > _MOST_ITEMS:
            raise Damaged("a GGUF header with too many array items")
        return items

    def _refill(self, length: int) -> None:
        self._start += self._at
        self._at = 0
        left = min(self._sample.size, HEADER_BYTES) - self._start
        if length > left:
            raise Damaged("a GGUF header that ends early, or is larger than is read")
        size = min(max(length, _CHUNK_BYTES), left)
        self._chunk = self._sample.read(self._start, size, what="a GGUF header")


def _pairs(cursor: _Cursor, count: int) -> dict[str, Any]:
    """The scalar pairs in `general.`; all others are walked over. A key that stands twice has no one meaning."""
    kept: dict[str, Any] = {}
    for _ in range(count):
        key = cursor.text()
        kind = cursor.number("I")
        if key.startswith("general.") and kind != _ARRAY:
            if key in kept:
                raise Damaged(f"GGUF key {clean(key)} stands twice")
            kept[key] = cursor.text() if kind == _STRING else cursor.number(_scalar(kind))
        else:
            _skip(cursor, kind, depth=0)
    return kept


def _skip(cursor: _Cursor, kind: int, *, depth: int) -> None:
    if kind == _STRING:
        cursor.skip(cursor.number("Q"))
    elif kind != _ARRAY:
        cursor.skip(struct.calcsize(_scalar(kind)))
    elif depth >= _MOST_NESTING:
        raise Damaged("a GGUF array that is nested too deeply")
    else:
        inner, length = cursor.number("I"), cursor.number("Q")
        if inner in _SCALARS:
            cursor.skip(length * struct.calcsize(_SCALARS[inner]))
            return
        for _ in range(cursor.count(length)):
            _skip(cursor, inner, depth=depth + 1)


def _scalar(kind: int) -> str:
    form = _SCALARS.get(kind)
    if form is None:
        raise Damaged(f"GGUF value type {kind} is not known")
    return form


def _tensors(cursor: _Cursor, count: int, size: int) -> dict[str, int]:
    """Parameters by tensor type."""
    counts: dict[str, int] = {}
    for _ in range(count):
        name = cursor.text()
        dimensions = cursor.number("I")
        if dimensions > _MOST_DIMENSIONS:
            raise Damaged(f"GGUF tensor {clean(name)} has {dimensions} dimensions")
        elements = math.prod(cursor.number("Q") for _ in range(dimensions))
        kind, offset = cursor.number("I"), cursor.number("Q")
        if offset > size or elements > size * 8:  # no type has less than a bit for an element
            raise Damaged(f"GGUF tensor {clean(name)} does not fit the file")
        label = TENSOR_TYPES.get(kind, f"type {kind}")
        counts[label] = counts.get(label, 0) + elements
    return counts


def _quantisation(file_type: Any, counts: dict[str, int]) -> str | None:
    """As the file says; else the type that most parameters have. Plain floats are no quantisation."""
    label = FILE_TYPES.get(file_type) if isinstance(file_type, int) else None
    if label is None and counts:
        label = max(counts, key=lambda kind: counts[kind])
    return None if label in {None, "F32", "F16", "BF16", "F64"} else label
