"""Bodies on their way: blobs that come in block by block, small documents read whole, files that go out."""

from __future__ import annotations

import http.client
import io
import os
from typing import TYPE_CHECKING, Any, Final, Self

from urllib3.exceptions import HTTPError

from attest_registry import limits
from attest_registry.errors import ContentMismatch, SourceChanged, StoreRefused, Unreachable
from attest_registry.oci.stall import StallGuard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    import requests

_CAREFUL: Final = 64 * 1024
"""Bytes asked for while a server is slow, so that the stall guard measures small steps: about 1 KB/s is the least."""


def check_encoding(response: requests.Response, *, host: str) -> None:
    """Refuse an answer that was compressed although `identity` was asked for.

    Raises:
        StoreRefused: it was.
    """
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise StoreRefused(
            f"{host} sent compressed content", expected="the bytes as stored", found=f"Content-Encoding {encoding[:40]}"
        )


class BlobStream:
    """A blob as it comes. Unchecked: whoever reads it wraps it in a `CheckingReader` or hashes it.

    Args:
        response: a streamed answer.
        host: who sends it.
        what: the blob's name for messages.
        idle: seconds in which at least 64 KiB have to arrive.
    """

    def __init__(self, response: requests.Response, *, host: str, what: str, idle: float) -> None:
        self._response = response
        self._host = host
        self._what = what
        # http.client's own object reads into our buffer; urllib3's would copy
        self._source: Any = getattr(response.raw, "_fp", None) or response.raw
        self._guard = StallGuard(lambda: response.raw.shutdown(), idle)  # noqa: PLW0108  # bound late: it may be closed
        length = response.headers.get("Content-Length", "")
        self._missing = int(length) if length.isascii() and length.isdecimal() else None
        self._step = _CAREFUL

    def __enter__(self) -> Self:
        self._guard.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._guard.__exit__()
        if error is None and self._missing == 0:
            self._response.raw.release_conn()  # read to its end: the connection can be used again
        else:
            self._response.close()

    def readinto(self, buffer: memoryview | bytearray) -> int:
        """Fill the start of `buffer`; 0 at the end.

        Raises:
            Unreachable: the connection was lost, or the server stalls.
        """
        view = memoryview(buffer)[: self._step]
        try:
            count: int = self._source.readinto(view)
        except (OSError, ValueError, http.client.HTTPException, HTTPError) as error:
            raise self._lost() from error
        if self._guard.expired or (not count and self._missing and len(view)):
            raise self._lost()
        self._guard.feed()
        self._step = limits.BLOCK_BYTES if self._guard.was_quick else _CAREFUL
        if self._missing is not None:
            self._missing -= count
        return count

    def read(self, size: int = limits.BLOCK_BYTES, /) -> bytes:
        """At most `size` bytes; empty at the end.

        Raises:
            Unreachable: the connection was lost, or the server stalls.
        """
        buffer = bytearray(size)
        count = self.readinto(buffer)
        return bytes(memoryview(buffer)[:count])

    def _lost(self) -> Unreachable:
        found = "it stalled" if self._guard.expired else "the connection was lost before the end"
        hint = "run the same command again; what has arrived is kept where it is worth it"
        return Unreachable(f"{self._host} did not send all of {self._what}", found=found, hint=hint)


def read_document(response: requests.Response, *, limit: int, seconds: float, host: str, asked: str) -> bytes:
    """A small answer as a whole.

    Args:
        response: a streamed answer; closed afterwards.
        limit: the most bytes that are read.
        seconds: how long all of it may take.
        host: who sends it.
        asked: what it is, for messages.

    Raises:
        ContentMismatch: it is longer than `limit`.
        Unreachable: it did not arrive whole in time.
    """
    try:
        with StallGuard(lambda: response.raw.shutdown(), seconds) as guard:  # noqa: PLW0108
            data: bytes = response.raw.read(limit + 1, decode_content=False)
    except (OSError, ValueError, http.client.HTTPException, HTTPError) as error:
        found = "it stalled" if guard.expired else "the connection was lost before the end"
        raise Unreachable(f"{host} did not send all of {asked}", found=found) from error
    finally:
        if getattr(response.raw, "length_remaining", None) == 0:
            response.raw.release_conn()
        else:
            response.close()
    if guard.expired:
        raise Unreachable(f"{host} did not send all of {asked}", found="it stalled")
    if len(data) > limit:
        raise ContentMismatch(
            f"{host} sent too much for {asked}", code="content-too-large", expected=f"at most {limit} bytes"
        )
    return data


class Outgoing:
    """A file or bytes on their way out, with a length and without being held in memory.

    Args:
        source: the file, or the bytes.
        size: how many bytes there must be.
        what: the blob's name for messages.
        advance: told of each block.

    Raises:
        SourceChanged: the file does not have `size` bytes any more.
    """

    def __init__(self, source: Path | bytes, *, size: int, what: str, advance: Callable[[int], None] | None) -> None:
        self._advance = advance
        self._size = size
        self.sent = 0
        self._file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb", buffering=0)
        found = len(source) if isinstance(source, bytes) else os.fstat(self._file.fileno()).st_size
        if found != size:
            self._file.close()
            raise SourceChanged(
                f"{what} changed while it was pushed",
                expected=f"{size} bytes",
                found=f"{found} bytes",
                hint="push again when nothing writes to the folder",
            )

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        """The next block; never more in all than the announced length, even if the file grows meanwhile."""
        left = self._size - self.sent
        block = self._file.read(left if size < 0 else min(size, left)) or b""
        self.sent += len(block)
        if block and self._advance is not None:
            self._advance(len(block))
        return block

    def close(self) -> None:
        """Close the file."""
        self._file.close()
