"""The list of a model's files: what every claim is made from."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec import Struct, field

from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping


class FileKind(StrEnum):
    """What a file is, read from its first bytes wherever a format has a mark (formats.py)."""

    SAFETENSORS = "safetensors"
    GGUF = "gguf"
    ONNX = "onnx"
    PICKLE = "pickle"
    NUMPY = "numpy"
    KERAS = "keras"
    HDF5 = "hdf5"
    PYTHON = "python"
    NATIVE_CODE = "native-code"
    ARCHIVE = "archive"
    JSON = "json"
    TEXT = "text"
    BINARY = "binary"


class FileFormat(Struct, frozen=True, kw_only=True):
    """What was recognised in a file.

    Args:
        kind: which format.
        code_bearing: whether loading it can run code.
        reason: why it is code-bearing, for people; empty otherwise.
        parameters: number of parameters, where the header says.
        dtypes: parameters by data type.
        architecture: the architecture's name, where the header says.
        quantisation: how weights are quantised, where the header says.
        details: anything else worth showing, as text pairs.
        outside: what it leads to outside of the model, for people; empty where nothing does.
    """

    kind: FileKind
    code_bearing: bool = False
    reason: str = ""
    parameters: int | None = None
    dtypes: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    architecture: str | None = None
    quantisation: str | None = None
    details: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    outside: str = ""


class ModelFile(Struct, frozen=True, kw_only=True):
    """One file of a version.

    Args:
        path: POSIX path inside the model, checked (tree.py).
        digest: SHA-256 of its bytes.
        size: its bytes.
        format: what was recognised.
        role: what it is for (prompt, examples …), where the record says.
        ranges: size of range → digests of the file's byte ranges, where they were asked for (ranges.py).
    """

    path: str
    digest: Digest
    size: int
    format: FileFormat
    role: str | None = None
    ranges: Mapping[int, tuple[Digest, ...]] | None = None


class ModelManifest(Struct, frozen=True, kw_only=True):
    """All files of a version, in code-point order of their paths.

    Args:
        files: the files.
        excluded: the patterns that a person excluded; part of what is signed.
        notices: what should be shown about how the folder was read (links stored as files …).
    """

    files: tuple[ModelFile, ...]
    excluded: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    @property
    def oms_root(self) -> Digest:
        """OMS v1.0 root digest: SHA-256 over the raw digests in order. Binds no names (docs/threats.md row 32)."""
        return Digest(hex=hashlib.sha256(b"".join(file.digest.raw for file in self.files)).hexdigest())
