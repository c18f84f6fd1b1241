"""Blobs of the embedded store on their way in and out."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Self

from attest_registry.digest import CheckingReader
from attest_registry.errors import ContentMismatch, SourceChanged
from attest_registry.oci.layout_files import refuse_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from attest_registry.oci.descriptor import Descriptor


class BlobReader:
    """An open blob. What the file system says is told in our words.

    Args:
        file: the open file; closed at the end of the context.
        path: its name, for messages.
    """

    def __init__(self, file: io.FileIO | io.BytesIO, path: Path) -> None:
        self._file = file
        self._path = path

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end.

        Raises:
            StoreRefused: the disk could not read them.
        """
        try:
            return self._file.read(size)
        except OSError as error:
            refuse_read(error, self._path)

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill as much of `buffer` as there is; 0 at the end.

        Raises:
            StoreRefused: the disk could not read it.
        """
        try:
            return self._file.readinto(buffer)
        except OSError as error:
            refuse_read(error, self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def checked_blocks(blob: Descriptor, source: Path | bytes, advance: Callable[[int], None] | None) -> Iterator[bytes]:
    """The source's bytes, block by block.

    Raises:
        SourceChanged: at the end, where they are not those of `blob`; nothing before that may be trusted.
        StoreRefused: the source cannot be read.
    """
    with _opened(source) as file:
        name = Path("the content to be stored") if isinstance(source, bytes) else source
        reader = CheckingReader(BlobReader(file, name), digest=blob.digest, size=blob.size, what=str(name))
        try:
            while block := reader.read():
                yield block
                if advance is not None:
                    advance(len(block))
            reader.finish()
        except ContentMismatch as error:
            raise SourceChanged(
                f"{name} changed while it was pushed",
                expected=error.expected,
                found=error.found,
                hint="push again when nothing writes to the folder",
            ) from error


def _opened(source: Path | bytes) -> io.FileIO | io.BytesIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        return source.open("rb", buffering=0)
    except OSError as error:
        refuse_read(error, source)
