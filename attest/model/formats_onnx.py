"""ONNX: protobuf has no mark, so the whole top level of a ModelProto is walked (onnx/onnx.proto)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from attest.model.formats_onnx_data import data_outside
from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import Damaged, clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.model.sample import Sample

_VARINT: Final = 0
_LENGTH: Final = 2
_MODEL: Final = {
    1: _VARINT,  # ir_version
    2: _LENGTH,  # producer_name
    3: _LENGTH,  # producer_version
    4: _LENGTH,  # domain
    5: _VARINT,  # model_version
    6: _LENGTH,  # doc_string
    7: _LENGTH,  # graph
    8: _LENGTH,  # opset_import
    14: _LENGTH,  # metadata_props
    20: _LENGTH,  # training_info
    25: _LENGTH,  # functions
    26: _LENGTH,  # configuration
}
"""Fields of ModelProto and how each is written; anything else is not ONNX."""

_IR_VERSION, _PRODUCER, _PRODUCER_VERSION, _DOMAIN, _GRAPH, _OPSET = 1, 2, 3, 4, 7, 8
_TEXTS: Final = {_PRODUCER: "producer", _PRODUCER_VERSION: "producer_version", _DOMAIN: "domain"}
_MOST_FIELDS: Final = 20_000
_MOST_IR_VERSION: Final = 1_000
_MORE: Final = 0x80
_KEY_BYTES: Final = 20
"""A key and a length or value: two varints of at most ten bytes."""


class _Field(NamedTuple):
    number: int
    value: int  # of a varint; else the length
    offset: int  # of the content of a length-delimited field


def read_onnx(sample: Sample) -> FileFormat | None:
    """Recognise a model: known fields only, to the last byte, with a format version and a graph."""
    if not _may_begin(sample.head):
        return None
    try:
        fields = list(_fields(sample))
    except Damaged:
        return None  # no mark was seen, so this is just not ONNX
    by_number = {field.number: field for field in fields}
    version = by_number.get(_IR_VERSION)
    if version is None or not 0 < version.value < _MOST_IR_VERSION or _GRAPH not in by_number:
        return None
    details = {"ir_version": str(version.value), "opsets": str(sum(field.number == _OPSET for field in fields))}
    for number, name in _TEXTS.items():
        if number in by_number:
            details[name] = _text(sample, by_number[number])
    return FileFormat(
        kind=FileKind.ONNX,
        details=MappingProxyType({key: text for key, text in details.items() if text}),
        outside=data_outside(sample),
    )


def _may_begin(head: bytes) -> bool:
    """Whether a field that we know can begin with these bytes: enough to be done with nearly all that is not ONNX."""
    key = int.from_bytes(head[:2], "little")
    if key & _MORE:
        if key >> 8 & _MORE:
            return True
        key = key & 0x7F | key >> 8 << 7
    else:
        key &= 0x7F
    return _MODEL.get(key >> 3) == key & 7


def _text(sample: Sample, field: _Field) -> str:
    raw = sample.read(field.offset, min(field.value, 1024), what="a text in the ONNX model")
    return clean(raw.decode("utf-8", errors="replace"))


def _fields(sample: Sample) -> Iterator[_Field]:
    offset = 0
    for _ in range(_MOST_FIELDS):
        if offset == sample.size:
            return
        window = sample.read(offset, min(_KEY_BYTES, sample.size - offset), what="a field")
        key, used = _varint(window, 0)
        value, used = _varint(window, used)
        number, form = key >> 3, key & 7
        if _MODEL.get(number) != form:
            raise Damaged("not a field of an ONNX model")
        offset += used
        yield _Field(number, value, offset)
        if form == _LENGTH:
            offset += value
            if offset > sample.size:
                raise Damaged("a field that does not fit the file")
    raise Damaged("too many fields")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
    raise Damaged("a number that does not end")
