"""The folder of one layout: where things are, whether they are there, and small content by digest."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

from attest_registry import limits
from attest_registry.digest import read_checked
from attest_registry.errors import NotFound, StoreRefused
from attest_registry.oci import layout_files as files
from attest_registry.oci.layout_index import IndexLines
from attest_registry.oci.store_folder import unknown_model
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.digest import Digest
    from attest_registry.oci.descriptor import Descriptor

_MARKER: Final = b'{"imageLayoutVersion":"1.0.0"}'
_MARKER_BYTES: Final = 4096


class LayoutFolder:
    """One layout, bound to its place.

    Args:
        store: the store's folder.
        model: the model's name, checked by `Reference.parse`.
    """

    def __init__(self, store: Path, model: str) -> None:
        self._store = store
        self._prepared = False
        self.model = model
        self.path = store.joinpath(*model.split("/"))
        self.blobs = self.path / "blobs" / "sha256"
        self.ingest = self.path / ".ingest"
        self.index = self.path / "index.json"
        self.lock = self.path / ".lock"
        above = [store / part for part in reversed(self.path.relative_to(store).parents) if part.parts]
        self._folders = (*above, self.path, self.blobs.parent, self.blobs)
        self._marker = self.path / "oci-layout"
        self._read: tuple[int, ...] | None = None

    def blob(self, digest: Digest) -> Path:
        """Where content of this digest lies."""
        return self.blobs / digest.hex

    def pending(self, subject: Digest) -> Path:
        """Where evidence waits for a subject that is not here yet."""
        return self.path / ".pending" / subject.hex

    def is_there(self) -> bool:
        """Whether this is a layout.

        Raises:
            ContentMismatch: a part of its path is a link or a file.
            StoreRefused: it is of another layout version, or cannot be read.
        """
        if not files.check_folders(*self._folders):
            return False
        seen = files.mark_of(self._marker)
        if seen is not None and seen == self._read:  # the same file as it was read; this is asked with each call
            return True
        try:
            marker = files.read_bounded(self._marker, _MARKER_BYTES)
        except FileNotFoundError:
            return False
        if marker == _MARKER:
            self._read = seen
            return True
        version = parse_object(marker, what=f"oci-layout of {self.model}", limit=_MARKER_BYTES)
        if version.get("imageLayoutVersion") != "1.0.0":
            raise StoreRefused(
                f"{self.path} is a layout of a kind that is not known here",
                code="layout-version",
                expected="imageLayoutVersion 1.0.0",
                found=str(version.get("imageLayoutVersion"))[:80],
            )
        return True

    def check_there(self) -> None:
        """Like `is_there`.

        Raises:
            NotFound: there is no such model; names those that are nearest.
        """
        if not self.is_there():
            raise unknown_model(self._store, self.model)

    def prepare(self) -> None:
        """Make the layout, once; `oci-layout` comes last, so that nobody takes half of one for a model.

        Raises:
            ContentMismatch: a part of it is a link or a file.
            StoreRefused: it cannot be made.
        """
        if self._prepared:
            return
        wanted = (self.blobs, self.ingest, self.path / ".pending")
        try:
            for folder in wanted:
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.is_there()  # names a link or a file that stands in the way
            files.refuse_write(error, self._store)
        files.check_folders(*wanted)
        files.sweep(self.ingest)
        if not self.is_there() or not self.index.exists():
            with files.locked(self.lock):
                for path, content in ((self.index, IndexLines.empty().raw), (self._marker, _MARKER)):
                    if not path.exists():
                        files.store_file(path, [content], ingest=self.ingest, mode=0o644)
        self._prepared = True

    def fetch(self, digest: Digest) -> bytes:
        """A manifest or index, checked.

        Raises:
            NotFound: it is not here.
            ContentMismatch: the file holds other bytes, too many, or is no regular file.
        """
        try:
            raw = files.read_bounded(self.blob(digest), limits.MANIFEST_BYTES)
        except FileNotFoundError as error:
            raise self.gone("manifest", digest) from error
        what = f"manifest {digest.short} of {self.model}"
        return read_checked(io.BytesIO(raw), digest=digest, size=len(raw), limit=limits.MANIFEST_BYTES, what=what)

    def store_small(self, stored: Descriptor, raw: bytes) -> None:
        """Store a manifest or index under its digest.

        Raises:
            StoreRefused: the disk would not take it.
        """
        path = self.blob(stored.digest)
        if not files.holds(path, stored):
            files.store_file(path, [raw], ingest=self.ingest)

    def gone(self, kind: str, digest: Digest) -> NotFound:
        """The error for content that is not here."""
        return NotFound(
            f"{kind} {digest.short} of {self.model} is not in the store of this machine",
            code=f"{kind}-unknown",
            expected=str(digest),
            looked_in=str(self.path),
        )
