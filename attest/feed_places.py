"""Where the newest issue of a revocation feed is: a file, or a manifest under one tag of a repository.

In a store it is a manifest under the tag `attest-revocations` whose one layer is the feed's bundle, so that no garbage
collection takes it away. An issue is replaced only while it is the one that was read: of two who go on from the same
one, the second is told.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from attest.errors import EvidenceMissing, MalformedEvidence
from attest.evidence.evidence import Evidence
from attest_registry import limits
from attest_registry.digest import Digest, read_checked, written_whole
from attest_registry.errors import Conflict, ContentMismatch, NotFound
from attest_registry.oci.descriptor import BUNDLE, EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.layout_files import locked_folder
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference

TAG: Final = "attest-revocations"
_WHAT: Final = "the revocation feed"


class Standing(Struct, frozen=True, kw_only=True):
    """What stands at a place, unverified.

    Args:
        evidence: the bundle.
        mark: digest of what a later issue replaces: the file, or the manifest.
    """

    evidence: Evidence
    mark: Digest


class FeedPlace(Protocol):
    """A place where the newest issue of a feed is."""

    @property
    def key(self) -> str:
        """Under which name this machine remembers it."""
        ...

    def find(self) -> Standing | None:
        """What stands there; `None` where nothing does.

        Raises:
            AttestError: it cannot be read, or the store did not answer: that is never "nothing".
        """
        ...

    def put(self, bundle: bytes, *, instead_of: Digest | None) -> Digest:
        """Put a verified issue in place of the one that was read.

        Args:
            bundle: the issue.
            instead_of: the mark of what was read; `None` where nothing was there.

        Returns:
            its own mark.

        Raises:
            Conflict: something else stands there by now (`revocations-conflict`).
        """
        ...

    def shown(self, mark: Digest) -> str:
        """The place with its issue, for standard output."""
        ...

    def __str__(self) -> str: ...


def key_of_file(path: str | os.PathLike[str]) -> str:
    """Under which name a file is remembered."""
    return os.path.realpath(path)


class FeedFile(Struct, frozen=True, kw_only=True):
    """A file.

    Args:
        path: its place.
    """

    path: Path

    @property
    def key(self) -> str:
        """Under which name this machine remembers it."""
        return key_of_file(self.path)

    def find(self) -> Standing | None:
        """What stands there.

        Raises:
            EvidenceMissing: something is there that cannot be read (`revocations-missing`).
        """
        try:
            with self.path.open("rb") as file:
                raw = file.read(limits.BUNDLE_BYTES + 1)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            why = (getattr(error, "strerror", None) or "it is no path").lower()
            raise EvidenceMissing(f"{self.path} cannot be read: {why}", code="revocations-missing") from error
        return Standing(evidence=Evidence(raw=raw, origin=str(self.path)), mark=Digest.of(raw))

    def put(self, bundle: bytes, *, instead_of: Digest | None) -> Digest:
        """Replace it whole, while it is what was read; a link stays one.

        Raises:
            Conflict: it is something else by now.
            StoreRefused: the file system would not.
        """
        path = Path(self.key)
        with locked_folder(path.parent):
            found = self.find()
            if (None if found is None else found.mark) != instead_of:
                raise overtaken(str(self))
            with written_whole(path) as write:
                write(bundle)
        return Digest.of(bundle)

    def shown(self, mark: Digest) -> str:  # noqa: ARG002  # nobody addresses a file by its digest
        """The file."""
        return str(self)

    def __str__(self) -> str:
        return str(self.path)


class FeedTag(Struct, frozen=True, kw_only=True):
    """A tag of a repository.

    Args:
        reference: the repository's name, as it was given.
        repository: the store.
    """

    reference: Reference
    repository: Repository

    @property
    def key(self) -> str:
        """Under which name this machine remembers it."""
        return self.reference.name

    def find(self) -> Standing | None:
        """What the tag points at.

        Raises:
            StoreError: the store did not answer, or the bundle is not where its manifest is.
            MalformedEvidence: the tag points at something else.
        """
        try:
            mark = self.repository.resolve(TAG).digest
        except NotFound:
            return None
        return Standing(evidence=self._read(mark), mark=mark)

    def put(self, bundle: bytes, *, instead_of: Digest | None) -> Digest:
        """Store it, read it back, and then move the tag from what was read.

        Raises:
            Conflict: the tag points at something else by now.
            ContentMismatch: the store gives out something else than it was given.
            StoreError: the store could not take it.
        """
        layer = Descriptor.of(bundle, BUNDLE)
        manifest = Manifest.build(artifact_type=BUNDLE, config=EMPTY_DESCRIPTOR, layers=[layer])
        self.repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
        self.repository.push_blob(layer, bundle)
        stored = self.repository.push_manifest(manifest.raw, manifest.descriptor.media_type)
        if self._read(stored.digest).raw != bundle:
            raise ContentMismatch("the store gives out another feed than it was given", expected=str(layer.digest))
        try:
            self.repository.tag(TAG, stored, replace=instead_of or False)
        except Conflict as error:
            raise overtaken(str(self)) from error
        return stored.digest

    def _read(self, digest: Digest) -> Evidence:
        manifest = Manifest.parse(self.repository.fetch_manifest(digest), what=_WHAT)
        if len(manifest.layers) != 1 or manifest.layers[0].size > limits.BUNDLE_BYTES:
            raise MalformedEvidence("the manifest of the revocation feed holds no bundle", found=str(digest))
        (layer,) = manifest.layers
        with self.repository.open_blob(layer) as source:
            raw = read_checked(source, digest=layer.digest, size=layer.size, limit=limits.BUNDLE_BYTES, what=_WHAT)
        return Evidence(raw=raw, origin=str(digest))

    def shown(self, mark: Digest) -> str:
        """The repository, pinned."""
        return str(self.reference.pinned(mark))

    def __str__(self) -> str:
        return self.reference.name


def overtaken(place: str) -> Conflict:
    """Somebody else issued meanwhile."""
    return Conflict(
        f"the revocation feed {place} was replaced while this issue was made",
        code="revocations-conflict",
        expected="the issue that was read at the beginning",
        found="another one",
        hint="run the same command again: it goes on from what is there now",
    )
