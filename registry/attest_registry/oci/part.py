"""A file on its way: beside its place, hashed as it grows, renamed when it is right."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import stat
from typing import TYPE_CHECKING, BinaryIO, Final

from attest_registry.blocks import block_for
from attest_registry.digest import Digest, Readable
from attest_registry.errors import ContentMismatch, StoreRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from attest_registry.oci.descriptor import Descriptor

_FLUSHED_BYTES: Final = 64 * 1024 * 1024
"""Bytes after which the disk is told to begin: Linux lets gigabytes pile up, and `finish` would wait for all of them.
Measured with four files of 512 MiB: 2.4 s, as long as without any wait for the disk; 3.1 s without this."""
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def part_path(target: Path, blob: Descriptor) -> Path:
    """Where the part of `target` lies: the same place in every run, short, and another one for other content."""
    name = hashlib.sha256(os.fsencode(target.name)).hexdigest()[:16]
    return target.with_name(f".{name}-{blob.digest.hex[:16]}.part")


@contextlib.contextmanager
def opened_part(target: Path, blob: Descriptor, *, what: str, advance: Callable[[int], None]) -> Iterator[PartFile]:
    """The part of `target`, for this process alone; kept on failure if it is worth taking up.

    Raises:
        StoreRefused: the file system would not.
    """
    path = part_path(target, blob)
    with _translated(target):
        handle = os.open(path, _FLAGS, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(handle)  # a FIFO would make us wait for ever
            mine = stat.S_ISREG(status.st_mode) and status.st_nlink == 1 and path.stat().st_ino == status.st_ino
        except OSError:
            mine = False
        if not mine:  # another process fetches the same file, or it is none: do without what is there
            os.close(handle)
            path = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
            handle = os.open(path, _FLAGS | os.O_EXCL, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            part = PartFile(file, path, target, blob, what=what, advance=advance)
            try:
                yield part
            finally:
                if not part.size or not mine:
                    path.unlink(missing_ok=True)


@contextlib.contextmanager
def _translated(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise StoreRefused(
            f"{target} could not be written: {error.strerror}", code="disk-full" if full else "cannot-write"
        ) from error


class PartFile:
    """Bytes of a blob as far as they are here.

    Args:
        file: open for reading and writing, unbuffered.
        path: where it lies.
        target: what it is to become.
        blob: what it has to hold.
        what: its name for messages.
        advance: told of each block.
    """

    def __init__(
        self,
        file: BinaryIO,
        path: Path,
        target: Path,
        blob: Descriptor,
        *,
        what: str,
        advance: Callable[[int], None],
    ) -> None:
        self._file = file
        self._path = path
        self._target = target
        self._blob = blob
        self._what = what
        self._advance = advance
        self._hash = hashlib.sha256()
        self._buffer = block_for(blob.size)
        self.size = 0

    def take_up(self) -> bool:
        """Hash what an earlier run left; whether there was anything."""
        if os.fstat(self._file.fileno()).st_size > self._blob.size:
            self._file.truncate(0)
        while count := self._file.readinto(self._buffer):  # type: ignore[attr-defined]
            self._count(count)
        return self.size > 0

    def fill_from(self, source: Readable) -> None:
        """Append what a store sends.

        Raises:
            ContentMismatch: it sends more than the blob holds; noticed at the first byte too many.
        """
        while count := self._read(source):
            if self.size + count > self._blob.size:
                raise ContentMismatch(
                    f"{self._what} is longer than it should be", expected=f"{self._blob.size} bytes", found="more"
                )
            self._write(count)
            self._count(count)

    def check(self) -> None:
        """Check the whole.

        Raises:
            ContentMismatch: too few bytes, or another digest.
        """
        if self.size < self._blob.size:
            raise ContentMismatch(
                f"{self._what} is shorter than it should be",
                expected=f"{self._blob.size} bytes",
                found=f"{self.size} bytes",
            )
        found = Digest(hex=self._hash.hexdigest())
        if not found.matches(self._blob.digest):
            raise ContentMismatch(
                f"{self._what} is not the content it should be", expected=str(self._blob.digest), found=str(found)
            )

    def finish(self) -> None:
        """Give it its name. `check` has returned."""
        os.fchmod(self._file.fileno(), 0o644)
        os.fsync(self._file.fileno())
        self._path.replace(self._target)

    def restart(self) -> None:
        """Forget what is here."""
        self._advance(-self.size)
        self._file.seek(0)
        self._file.truncate(0)
        self._hash = hashlib.sha256()
        self.size = 0

    def _read(self, source: Readable) -> int:
        """The next block, into our one buffer where the source can do that; at most one byte too many."""
        view = self._buffer[: self._blob.size - self.size + 1]
        readinto = getattr(source, "readinto", None)
        if readinto is not None:
            return int(readinto(view) or 0)
        block = source.read(len(view))
        view[: len(block)] = block
        return len(block)

    def _write(self, count: int) -> None:
        written = 0
        while written < count:
            written += self._file.write(self._buffer[written:count]) or 0
        self._begin_flush(count)

    def _begin_flush(self, count: int) -> None:
        """Send what was written on its way to the disk: it is not there yet, so none of it can be dropped."""
        begin = self.size // _FLUSHED_BYTES * _FLUSHED_BYTES
        if self.size + count >= begin + _FLUSHED_BYTES:
            with contextlib.suppress(OSError):  # advice: a file system may have no use for it
                os.posix_fadvise(self._file.fileno(), begin, _FLUSHED_BYTES, os.POSIX_FADV_DONTNEED)

    def _count(self, count: int) -> None:
        self._hash.update(self._buffer[:count])
        self.size += count
        self._advance(count)
