"""Digests, and the only two doors through which addressed bytes come in: a checking reader and a checked writer.

Nothing that a `CheckingReader` gives out may be trusted before `finish` has returned; `write_checked` gives the final
name to nothing that has not been checked whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
from typing import TYPE_CHECKING, Final, Protocol, Self

from msgspec import Struct

from attest_registry import limits
from attest_registry.errors import BadReference, ContentMismatch, StoreRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHA256: Final = "sha256"
_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FORM: Final = re.compile(rf"sha256:({_HEX.pattern})", re.ASCII)
_SHORT: Final = 12


class Digest(Struct, frozen=True, kw_only=True, order=True):
    """A SHA-256 digest. Paths and URLs are derived from this value, never from a string (CVE-2024-37032).

    Args:
        hex: 64 lower-case hexadecimal digits.
    """

    hex: str

    def __post_init__(self) -> None:
        """Refuse anything but the one form, so that no other form can exist."""
        if not _HEX.fullmatch(self.hex):
            raise BadReference(
                f"{self.hex[:80]!r} is no SHA-256 digest",
                expected="64 lower-case hexadecimal digits",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `sha256:` and 64 lower-case hexadecimal digits.

        Raises:
            BadReference: it is anything else, other algorithms included.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise BadReference(
                f"{text[:80]!r} is no digest",
                expected="sha256: and 64 lower-case hexadecimal digits",
            )
        return cls(hex=match.group(1))

    @classmethod
    def of(cls, data: bytes) -> Self:
        """The digest of `data`."""
        return cls(hex=hashlib.sha256(data).hexdigest())

    @property
    def raw(self) -> bytes:
        """The 32 bytes."""
        return bytes.fromhex(self.hex)

    @property
    def short(self) -> str:
        """`sha256:` and 12 digits, for tables and messages."""
        return f"{SHA256}:{self.hex[:_SHORT]}"

    def matches(self, other: Digest) -> bool:
        """Whether both are the same, compared in constant time."""
        return hmac.compare_digest(self.hex, other.hex)

    def __str__(self) -> str:
        return f"{SHA256}:{self.hex}"


class Readable(Protocol):
    """Anything bytes can be read from, block by block."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; empty at the end."""
        ...


class CheckingReader:
    """Reads from an untrusted source and counts and hashes what passes.

    Args:
        source: where the bytes come from.
        digest: what they must hash to.
        size: how many bytes there must be.
        what: the thing's name for messages.
    """

    def __init__(self, source: Readable, *, digest: Digest, size: int, what: str) -> None:
        self._source = source
        self._digest = digest
        self._size = size
        self._what = what
        self._hash = hashlib.sha256()
        self._seen = 0

    def read(self, size: int = limits.BLOCK_BYTES, /) -> bytes:
        """The next block, not yet to be trusted.

        Raises:
            ContentMismatch: the source holds more than `size` bytes; noticed at the first byte too many.
        """
        block = self._source.read(min(size, self._size - self._seen + 1))
        self._seen += len(block)
        if self._seen > self._size:
            raise ContentMismatch(
                f"{self._what} is longer than it should be",
                expected=f"{self._size} bytes",
                found="more",
            )
        self._hash.update(block)
        return block

    def finish(self) -> None:
        """Check that everything was read and is what it should be.

        Raises:
            ContentMismatch: too few bytes, trailing bytes, or another digest.
        """
        while self.read():
            pass
        if self._seen < self._size:
            raise ContentMismatch(
                f"{self._what} is shorter than it should be",
                expected=f"{self._size} bytes",
                found=f"{self._seen} bytes",
            )
        found = Digest(hex=self._hash.hexdigest())
        if not found.matches(self._digest):
            raise ContentMismatch(
                f"{self._what} is not the content it should be",
                expected=str(self._digest),
                found=str(found),
            )


def read_checked(source: Readable, *, digest: Digest, size: int, limit: int, what: str) -> bytes:
    """All bytes of a small thing, checked.

    Args:
        source: where they come from.
        digest: what they must hash to.
        size: how many there must be.
        limit: the most that this kind of thing may have, in bytes.
        what: the thing's name for messages.

    Raises:
        ContentMismatch: they contradict digest or size, or the size is over the limit.
    """
    if size > limit:
        raise ContentMismatch(
            f"{what} is too large",
            code="content-too-large",
            expected=f"at most {limit} bytes",
            found=f"{size} bytes",
        )
    reader = CheckingReader(source, digest=digest, size=size, what=what)
    blocks = []
    while block := reader.read():
        blocks.append(block)
    reader.finish()
    return b"".join(blocks)


@contextlib.contextmanager
def written_whole(path: Path, *, mode: int = 0o644) -> Iterator[Callable[[bytes], object]]:
    """Write a file that appears under its name complete or not at all: temporary name, fsync, rename.

    Yields:
        the function that writes a block.

    Raises:
        StoreRefused: the file system would not (disk full, no permission); the temporary file is gone.
    """
    import tempfile  # noqa: PLC0415  # readers do not need it

    try:
        handle, temporary = tempfile.mkstemp(prefix=".part-", dir=path.parent)
    except OSError as error:
        raise StoreRefused(f"{path} could not be written: {error.strerror}", code="cannot-write") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file.write
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105  # one call, one name for what POSIX promises
    except OSError as error:
        raise StoreRefused(f"{path} could not be written: {error.strerror}", code="cannot-write") from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)  # noqa: PTH108


def write_checked(source: Readable, path: Path, *, digest: Digest, size: int, what: str, mode: int = 0o644) -> None:
    """Copy from an untrusted source to `path`, which exists afterwards only if the bytes are right.

    Raises:
        ContentMismatch: they contradict digest or size; nothing is left behind.
        StoreRefused: the file system would not take them; nothing is left behind.
    """
    reader = CheckingReader(source, digest=digest, size=size, what=what)
    with written_whole(path, mode=mode) as write:
        while block := reader.read():
            write(block)
        reader.finish()
