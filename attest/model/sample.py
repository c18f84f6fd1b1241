"""A file that is being recognised: its first bytes, and bounded reads of the rest.

Every size that a file states about itself is a claim of somebody unknown: it is compared with what is really there
before a byte is read or allocated for it (GGUF: CVE-2026-7482, CVE-2025-0317).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from attest.errors import ModelError
from attest.model.manifest import FileFormat, FileKind

if TYPE_CHECKING:
    from typing import BinaryIO

HEAD_BYTES: Final = 64 * 1024
"""First bytes that are looked at. Marks, text and pickles show themselves within them."""

HEADER_BYTES: Final = 32 * 1024 * 1024
"""Most bytes of a header that are parsed. 100,000 tensors need about 15 MiB; tokenizers inside GGUF about 10 MiB."""

DETAIL_CHARACTERS: Final = 200
"""Length at which free text from a file is cut: details are for people and for claims, not a place to hide data."""


class Damaged(ModelError):
    """A file bears the mark of a format and breaks its rules; recognition makes a binary file with a detail of it."""

    code = "damaged-file"


class Sample:
    """What a recogniser may look at.

    Args:
        path: the file's name inside the model.
        file: open for reading in binary mode, at its start; anything seekable.
        size: its bytes.
    """

    __slots__ = ("file", "head", "name", "size", "suffix")

    def __init__(self, path: str, file: BinaryIO, size: int) -> None:
        self.name = path.rpartition("/")[2].lower()
        self.suffix = self.name.rpartition(".")[2] if "." in self.name else ""
        self.file = file
        self.size = size
        self.head = file.read(min(size, HEAD_BYTES))

    def read(self, offset: int, length: int, *, what: str, limit: int = HEADER_BYTES) -> bytes:
        """Exactly `length` bytes from `offset` on.

        Args:
            offset: where they start.
            length: how many; a number that the file itself stated.
            what: the thing's name, for the detail.
            limit: most bytes that are read for it.

        Raises:
            Damaged: they are not all there, or are more than the limit.
        """
        if length > limit:
            raise Damaged(f"{what} of {length} bytes is larger than is read ({limit})")
        if length > self.size - offset:
            raise Damaged(f"{what} of {length} bytes does not fit the file")
        if offset + length <= len(self.head):
            return self.head[offset : offset + length]
        self.file.seek(offset)
        data = self.file.read(length)
        if len(data) != length:
            raise Damaged(f"{what} is cut short")
        return data


_BINARY: Final = FileFormat(kind=FileKind.BINARY)


def clean(text: str) -> str:
    """Free text from a file as one line that may be shown and signed."""
    line = "".join(character if character.isprintable() else " " for character in text[:DETAIL_CHARACTERS])
    return line + ("…" if len(text) > DETAIL_CHARACTERS else "")


def binary(**details: str) -> FileFormat:
    """Bytes that are no format we know."""
    return FileFormat(kind=FileKind.BINARY, details=MappingProxyType(details)) if details else _BINARY


def runs_code(kind: FileKind, reason: str, **details: str) -> FileFormat:
    """A file that can run code when it is loaded."""
    return FileFormat(kind=kind, code_bearing=True, reason=reason, details=MappingProxyType(details))
