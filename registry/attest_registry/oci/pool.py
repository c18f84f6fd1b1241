"""One pool of blobs below the store: a file that two models share lies on the disk once, as hard links of one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from attest_registry.oci.layout_files import check_folders, holds, link_file, refuse_write

if TYPE_CHECKING:
    from pathlib import Path

    from attest_registry.oci.descriptor import Descriptor


class Pool(Struct, frozen=True, kw_only=True):
    """The pool of one store. It only saves space: whatever it cannot do, the caller does with a copy.

    Args:
        store: the store's folder.
    """

    store: Path

    def take(self, blob: Descriptor, target: Path, *, ingest: Path) -> bool:
        """Link the pool's copy to `target`, after hashing it whole; false where there is none that can be linked."""
        source = self._path(blob)
        return check_folders(*self._folders()) and holds(source, blob) and link_file(source, target, ingest=ingest)

    def offer(self, blob: Descriptor, source: Path) -> None:
        """Link a file that was just checked into the pool, in place of a damaged one if there is one."""
        ingest = self.store / ".pool" / "ingest"
        try:
            for folder in (*self._folders(), ingest):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            refuse_write(error, self.store / ".pool")
        if check_folders(*self._folders(), ingest):
            link_file(source, self._path(blob), ingest=ingest)

    def _folders(self) -> tuple[Path, ...]:
        pool = self.store / ".pool"
        return pool, pool / "blobs", pool / "blobs" / "sha256"

    def _path(self, blob: Descriptor) -> Path:
        return self._folders()[-1] / blob.digest.hex
