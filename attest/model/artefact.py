"""A version at rest as the manifest describes it: unverified until an admission covers its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from attest_registry.digest import Digest
    from attest_registry.oci.descriptor import Descriptor
    from attest_registry.oci.manifest import Manifest


class ArtefactFile(Struct, frozen=True, kw_only=True):
    """One file as a layer.

    Args:
        path: checked POSIX path inside the model.
        blob: the layer.
    """

    path: str
    blob: Descriptor

    @property
    def digest(self) -> Digest:
        """SHA-256 of the file's bytes."""
        return self.blob.digest

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self.blob.size


class Artefact(Struct, frozen=True, kw_only=True):
    """Manifest, config and files of one version.

    Args:
        manifest: the OCI manifest; its digest is the version's identity.
        files: one per layer, in the manifest's order, paths checked and unique.
        config: the config blob's bytes when we made them; `None` when only the manifest was read.
    """

    manifest: Manifest
    files: tuple[ArtefactFile, ...]
    config: bytes | None = None

    @property
    def digest(self) -> Digest:
        """The manifest digest."""
        return self.manifest.descriptor.digest
