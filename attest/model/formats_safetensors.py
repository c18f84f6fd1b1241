"""safetensors: the header as the reference implementation checks it (huggingface/safetensors, `tensor.rs`)."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import HEADER_BYTES, Damaged, clean
from attest_registry.errors import ContentMismatch
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from attest.model.sample import Sample

_LENGTH_BYTES: Final = 8
_MOST_METADATA: Final = 32
_MOST_DIMENSIONS: Final = 64
_HEADER_PARTS: Final = 2_000_000  # 12 keys and values for each tensor

_DTYPES: Final = {
    "BOOL": ("bool", 8),
    "F4": ("float4_e2m1", 4),
    "F6_E2M3": ("float6_e2m3", 6),
    "F6_E3M2": ("float6_e3m2", 6),
    "U8": ("uint8", 8),
    "I8": ("int8", 8),
    "F8_E5M2": ("float8_e5m2", 8),
    "F8_E4M3": ("float8_e4m3", 8),
    "F8_E5M2FNUZ": ("float8_e5m2fnuz", 8),
    "F8_E4M3FNUZ": ("float8_e4m3fnuz", 8),
    "F8_E8M0": ("float8_e8m0", 8),
    "I16": ("int16", 16),
    "U16": ("uint16", 16),
    "F16": ("float16", 16),
    "BF16": ("bfloat16", 16),
    "I32": ("int32", 32),
    "U32": ("uint32", 32),
    "F32": ("float32", 32),
    "C64": ("complex64", 64),
    "F64": ("float64", 64),
    "I64": ("int64", 64),
    "U64": ("uint64", 64),
}
"""Name and bits of each data type."""


def read_safetensors(sample: Sample) -> FileFormat | None:
    """Recognise a file by its length field and opening brace, then check the header whole.

    Raises:
        Damaged: it looks like safetensors, but a reader would refuse it or two readers would differ.
    """
    if sample.head[_LENGTH_BYTES : _LENGTH_BYTES + 1] != b"{":
        return None
    length = int.from_bytes(sample.head[:_LENGTH_BYTES], "little")
    if length > sample.size and sample.suffix != "safetensors":
        return None  # eight bytes of anything, then a brace
    header = _header(sample.read(_LENGTH_BYTES, length, what="a safetensors header"))
    metadata = header.pop("__metadata__", {})
    data_size = sample.size - _LENGTH_BYTES - length
    counts: dict[str, int] = {}
    spans = []
    for name, tensor in header.items():
        dtype, elements, span = _tensor(clean(name), tensor)
        counts[dtype] = counts.get(dtype, 0) + elements
        spans.append(span)
    _check_spans(spans, data_size)
    return FileFormat(
        kind=FileKind.SAFETENSORS,
        parameters=sum(counts.values()),
        dtypes=MappingProxyType(dict(sorted(counts.items()))),
        details=MappingProxyType({"tensors": str(len(spans)), **_metadata(metadata)}),
    )


def _header(raw: bytes) -> dict[str, Any]:
    try:
        return parse_object(raw, what="the safetensors header", limit=HEADER_BYTES, parts=_HEADER_PARTS)
    except ContentMismatch as error:
        raise Damaged(clean(error.message)) from error


def _tensor(name: str, tensor: Any) -> tuple[str, int, tuple[int, int]]:
    match tensor:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(begin), int(end)]} if dtype in _DTYPES:
            pass
        case _:
            raise Damaged(f"tensor {name} of the safetensors header has no known dtype, shape and offsets")
    if len(shape) > _MOST_DIMENSIONS or not all(type(size) is int and size >= 0 for size in shape):
        raise Damaged(f"tensor {name} of the safetensors header has no possible shape")
    label, bits = _DTYPES[dtype]
    elements = math.prod(shape)
    if begin < 0 or (end - begin) * 8 != elements * bits:
        raise Damaged(f"tensor {name} of the safetensors header does not fill its place")
    return label, elements, (begin, end)


def _check_spans(spans: list[tuple[int, int]], size: int) -> None:
    """No holes, no overlaps, nothing after the last tensor: no room for a second format in the same file."""
    at = 0
    for begin, end in sorted(spans):
        if begin != at:
            raise Damaged("the tensors of the safetensors file overlap or leave holes")
        at = end
    if at != size:
        raise Damaged("the tensors of the safetensors file do not cover it exactly")


def _metadata(metadata: Any) -> dict[str, str]:
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise Damaged("the metadata of the safetensors header are not text")
    pairs = sorted(metadata.items())[:_MOST_METADATA]
    return {f"metadata.{clean(name)}": clean(value) for name, value in pairs}
