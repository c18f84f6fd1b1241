"""What a file is, read from its bytes. A file's name is only asked where bytes have no mark of their own.

A mark that is followed by nonsense makes a binary file with the detail `damaged`, never a crash; where a loader would
run code if it believed the name, the file counts as code-bearing although nothing was recognised.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.model.formats_archive import read_archive
from attest.model.formats_code import read_native, suspect_by_name
from attest.model.formats_gguf import read_gguf
from attest.model.formats_numpy import read_numpy
from attest.model.formats_onnx import read_onnx
from attest.model.formats_pickle import read_pickle
from attest.model.formats_safetensors import read_safetensors
from attest.model.formats_text import read_text
from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import Damaged, Sample, binary

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_READERS: Final[tuple[Callable[[Sample], FileFormat | None], ...]] = (
    read_gguf,
    read_numpy,
    read_native,
    read_archive,
    read_safetensors,
    read_pickle,
    read_text,
    read_onnx,
)
"""In order: marks first; a pickle before text, because old pickles are text; structure without a mark last."""

_BEFORE_PICKLES: Final = frozenset({FileKind.SAFETENSORS, FileKind.GGUF, FileKind.ARCHIVE, FileKind.BINARY})
"""Kinds that are found, or found damaged, before anybody has looked for a pickle."""

_OWN_LOADERS: Final = frozenset({"safetensors", "gguf"})
"""Endings by which no loader unpickles."""

_PROMISES: Final = {
    "safetensors": frozenset({FileKind.SAFETENSORS}),
    "gguf": frozenset({FileKind.GGUF}),
    "onnx": frozenset({FileKind.ONNX}),
    "json": frozenset({FileKind.JSON}),
    "npy": frozenset({FileKind.NUMPY}),
    "npz": frozenset({FileKind.NUMPY}),
    "txt": frozenset({FileKind.TEXT, FileKind.JSON}),
    "md": frozenset({FileKind.TEXT, FileKind.JSON}),
}
"""Endings by which loaders and people choose, and what they may then expect."""


def recognise(path: str, file: BinaryIO, size: int) -> FileFormat:
    """Name a file's format.

    Args:
        path: its name inside the model.
        file: open for reading in binary mode, at its start, seekable; left anywhere.
        size: its bytes.
    """
    sample = Sample(path, file, size)
    found = suspect_by_name(sample, _recognise(sample))
    promised = _PROMISES.get(sample.suffix)
    if promised is not None and found.kind not in promised and size:
        details = MappingProxyType({**found.details, "misnamed": f"its name says {sample.suffix}"})
        found = replace(found, details=details)
        if sample.suffix == "onnx" and not found.outside:  # runtimes read on behind what no reader of ours knows
            found = replace(found, outside="it is named .onnx, and its tensors cannot be looked through")
    return found


def _recognise(sample: Sample) -> FileFormat:
    try:
        found = next((found for reader in _READERS if (found := reader(sample)) is not None), None) or binary()
    except Damaged as fault:
        found = binary(damaged=fault.message)
    if found.code_bearing or found.kind not in _BEFORE_PICKLES or sample.suffix in _OWN_LOADERS:
        return found
    return _pickled_as_well(sample) or found


def _pickled_as_well(sample: Sample) -> FileFormat | None:
    """One file can be two things: the first mark, or one at the end, does not stop a loader that unpickles it."""
    try:
        return read_pickle(sample)
    except Damaged:
        return None
