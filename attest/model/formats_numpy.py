"""NumPy arrays: data, unless their elements are Python objects, which NumPy stores as a pickle (numpy.lib.format)."""

from __future__ import annotations

import ast
import math
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import Damaged, runs_code

if TYPE_CHECKING:
    from attest.model.sample import Sample

MAGIC: Final = b"\x93NUMPY"
_PREFIX_BYTES: Final = {1: 2, 2: 4, 3: 4}
_HEADER_LIMIT: Final = 64 * 1024
_PLAIN: Final = re.compile(r"([|<>=]?)([biufcSUVmM?])(\d{0,9})(?:\[[\w/]+\])?", re.ASCII)
"""Data types without objects. NumPy reads more spellings ("object", "f4,O"), so nothing else is trusted."""
_KINDS: Final = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}

OBJECTS: Final = "an array of Python objects, which is a pickle"


def read_numpy(sample: Sample) -> FileFormat | None:
    """Recognise one array by its magic.

    Raises:
        Damaged: its header does not fit the file.
    """
    if not sample.head.startswith(MAGIC):
        return None
    return describe_array(sample.head, size=sample.size)


def describe_array(head: bytes, *, size: int) -> FileFormat:
    """What the header of an array says.

    Args:
        head: the first bytes of the array's file.
        size: bytes of the whole of it.

    Raises:
        Damaged: the header does not fit.
    """
    version = head[6] if len(head) > len(MAGIC) else 0
    width = _PREFIX_BYTES.get(version, 0)
    start = 8 + width
    length = int.from_bytes(head[8:start], "little")
    if not width or length > _HEADER_LIMIT or start + length > size:
        raise Damaged("a NumPy array whose header does not fit the file")
    if start + length > len(head):
        return runs_code(FileKind.NUMPY, "an array whose header is too long to be looked through")
    raw = head[start : start + length]
    if b"\\" in raw:  # NumPy writes no escapes; one would hide a letter, or make Python's parser warn aloud
        return runs_code(FileKind.NUMPY, OBJECTS)
    header = _header(raw)
    if not _is_plain(header.get("descr")):
        return runs_code(FileKind.NUMPY, OBJECTS)
    return _counted(header, size)


def _header(raw: bytes) -> dict[Any, Any]:
    """The header as NumPy itself reads it, so that no spelling of a data type is overlooked."""
    try:
        header = ast.literal_eval(raw.decode("latin-1").strip())
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise Damaged("a NumPy array whose header cannot be read") from error
    if not isinstance(header, dict):
        raise Damaged("a NumPy array whose header is no dictionary")
    return header


def _is_plain(described: Any) -> bool:
    """Whether a data type, or each field of a structured one, is known to hold no objects."""
    match described:
        case str():
            return _PLAIN.fullmatch(described) is not None
        case list() if described:
            return all(isinstance(field, tuple) and len(field) in (2, 3) and _is_plain(field[1]) for field in described)
        case _:
            return False


def _counted(header: dict[Any, Any], size: int) -> FileFormat:
    described, shape = header["descr"], header.get("shape")
    match = _PLAIN.fullmatch(described) if isinstance(described, str) else None
    if (
        match is None
        or not isinstance(shape, tuple)
        or not all(type(length) is int and length >= 0 for length in shape)
    ):
        return FileFormat(kind=FileKind.NUMPY)
    order, kind, width = match.groups()
    elements = math.prod(shape)
    if kind not in _KINDS or not width or elements * int(width) > size:
        return FileFormat(kind=FileKind.NUMPY)
    label = "bool" if kind == "b" else f"{_KINDS[kind]}{int(width) * 8}"
    return FileFormat(
        kind=FileKind.NUMPY,
        parameters=elements,
        dtypes=MappingProxyType({label: elements}),
        details=MappingProxyType({"order": "big-endian"} if order == ">" else {}),
    )
