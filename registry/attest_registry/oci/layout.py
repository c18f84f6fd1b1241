"""The embedded store: one standard OCI image layout per model (OCI image-spec 1.1, image-layout.md).

    STORE/.pool/blobs/sha256/HEX        every file once
    STORE/acme/credit-risk/
        oci-layout  index.json          tags, and the shards of layout_referrers.py
        blobs/sha256/HEX                hard links into the pool; manifests and indexes
        .lock  .ingest/  .pending/      ours; other tools pass over them
        .attest/tags/                   tags of our own books (layout_bookkeeping.py)

Any number of processes may read and write at once: blobs and `index.json` appear whole by a rename, and whoever changes
`index.json` holds `.lock`. Nothing is believed because of its name: what is read is checked, what is already there is
hashed before it counts as stored.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import TYPE_CHECKING, Any, Final

from attest_registry import limits
from attest_registry.errors import BadReference, ContentMismatch, NotFound, StoreRefused
from attest_registry.oci import layout_files as files
from attest_registry.oci.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, Descriptor
from attest_registry.oci.layout_blobs import BlobReader, checked_blocks
from attest_registry.oci.layout_bookkeeping import PREFIX
from attest_registry.oci.layout_folder import LayoutFolder
from attest_registry.oci.layout_listing import LayoutListing
from attest_registry.oci.layout_referrers import as_referrer
from attest_registry.oci.manifest import Index, Manifest
from attest_registry.oci.pool import Pool
from attest_registry.oci.store_folder import near_names
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from attest_registry.digest import Digest, Readable

_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
_ALL_TAGS: Final = re.compile(rf"(?:{_TAG.pattern}(?:\n|\Z))*+", re.ASCII)
_BOOKKEEPING: Final = re.compile(r"^(?:sha256-[0-9a-f]{64}(?:\.|$)|attest-)", re.ASCII | re.MULTILINE)
_REREADS: Final = 20


class LayoutRepository:
    """One model of the embedded store.

    Args:
        store: the store's folder; made at the first write.
        model: the model's name, as `Reference.parse` accepts it.
    """

    def __init__(self, store: Path, model: str) -> None:
        self._folder = LayoutFolder(store, model)
        self._listing = LayoutListing(self._folder)
        self._pool = Pool(store=store)
        self._pushed: tuple[Digest, str] | None = None

    @property
    def model(self) -> str:
        """The model's name."""
        return self._folder.model

    @property
    def place(self) -> str:
        """Which store this is, for people."""
        return "the store of this machine"

    @property
    def nearby(self) -> bool:
        """Yes: a folder."""
        return True

    @property
    def compares(self) -> bool:
        """Yes: whoever moves a tag holds the layout's lock."""
        return True

    @property
    def folder(self) -> Path:
        """The layout, for tools that read such folders themselves."""
        return self._folder.path

    def fetch_manifest(self, digest: Digest) -> bytes:
        """The raw bytes of a manifest or index, checked.

        Raises:
            NotFound: there is no such manifest, or no such model.
            ContentMismatch: the file holds other bytes, or is no regular file.
        """
        self._folder.check_there()
        return self._folder.fetch(digest)

    def open_blob(self, blob: Descriptor, *, offset: int = 0) -> AbstractContextManager[Readable]:
        """A blob's bytes from `offset` on, unchecked.

        Raises:
            NotFound: there is no such blob, or no such model.
            ContentMismatch: something else than a regular file has its name.
        """
        self._folder.check_there()
        path = self._folder.blob(blob.digest)
        try:
            file = files.open_regular(path)
        except FileNotFoundError as error:
            raise self._folder.gone("blob", blob.digest) from error
        file.seek(offset)
        return BlobReader(file, path)

    def resolve(self, tag: str) -> Descriptor:
        """What the tag points at now.

        Raises:
            NotFound: there is no such tag, or no such model.
            ContentMismatch: `index.json` or the manifest is damaged.
        """
        self._folder.check_there()
        entry = self._listing.find(tag)
        if entry is None:
            lists = f"attest ls {self.model}        lists the versions that are there"
            raise NotFound(
                f"{self.model}:{tag} is not in the store of this machine",
                looked_in=str(self.folder),
                hint=lists if tag.startswith(PREFIX) else near_names(tag, self.tags()) or lists,
            )
        return Descriptor.of(self._folder.fetch(entry.digest), entry.media_type)

    def has_blob(self, blob: Descriptor) -> bool:
        """Whether the blob is there and intact; all of it is hashed, for a name proves nothing."""
        return self._folder.is_there() and self._kept(blob)

    def _kept(self, blob: Descriptor) -> bool:
        """As `has_blob`; what a push builds on is no garbage, though nothing leads to it yet (`layout_gc`)."""
        path = self._folder.blob(blob.digest)
        there = files.holds(path, blob)
        if there:
            with contextlib.suppress(OSError):
                os.utime(path)
        return there

    def push_blob(
        self, blob: Descriptor, source: Path | bytes, *, advance: Callable[[int], None] | None = None
    ) -> None:
        """Store a blob from a file or from memory; a damaged one of the same name is replaced.

        Raises:
            ContentMismatch: the source no longer holds what the descriptor says; nothing is left behind.
            StoreRefused: the disk is full, read-only, or the source cannot be read.
        """
        self._folder.prepare()
        target = self._folder.blob(blob.digest)
        if self._kept(blob) or self._pool.take(blob, target, ingest=self._folder.ingest):
            if advance is not None:
                advance(blob.size)
            return
        files.store_file(target, checked_blocks(blob, source, advance), ingest=self._folder.ingest)
        self._pool.offer(blob, target)

    def push_manifest(self, raw: bytes, media_type: str) -> Descriptor:
        """Store a manifest or index under its digest, and list it where it has a subject.

        Raises:
            ContentMismatch: it is no manifest or index of OCI, or too large.
            StoreRefused: content that it names is not here, or the disk would not take it.
        """
        what = "the manifest to be stored"
        document = parse_object(raw, what=what, limit=limits.MANIFEST_BYTES)
        parts = _parts(document, raw, media_type, what)
        stored = Descriptor.of(raw, media_type)
        referrer = as_referrer(document, stored)
        self._folder.prepare()
        self._check_parts(parts, what)
        self._folder.store_small(stored, raw)
        if referrer is not None:
            self._listing.add(*referrer)
        self._pushed = (stored.digest, media_type)
        return stored

    def push_referrers(self, subject: Digest, manifests: Sequence[Manifest]) -> None:  # noqa: ARG002  # each names it
        """As `push_manifest` for several that refer to one subject."""
        for manifest in manifests:
            self.push_manifest(manifest.raw, manifest.descriptor.media_type)

    def tags(self) -> Sequence[str]:
        """All tags, shorter ones first; a model that does not exist has none.

        Raises:
            ContentMismatch: `index.json` is damaged.
        """
        names = self._listing.names() if self._folder.is_there() else []
        together = "\n".join(names)
        if _ALL_TAGS.fullmatch(together) and not _BOOKKEEPING.search(together):  # two matches, not 10,000
            return names
        return [name for name in names if _TAG.fullmatch(name) and not _BOOKKEEPING.match(name)]

    def numbers(self, most: int) -> Sequence[int]:
        """The highest version numbers among the tags, the highest first, at most `most`.

        Raises:
            ContentMismatch: `index.json` is damaged.
        """
        return self._listing.numbers(most) if self._folder.is_there() else []

    def tag(self, tag: str, target: Descriptor, *, replace: bool | Digest = False) -> None:
        """Point a tag at a manifest that is already here.

        Args:
            tag: the name.
            target: the manifest.
            replace: whether it may point at something else until now; a digest: at nothing else than this manifest.

        Raises:
            BadReference: it cannot be a tag.
            NotFound: the manifest is not here.
            ContentMismatch: it is no manifest.
            Conflict: the tag points at something else than it may.
        """
        if not _TAG.fullmatch(tag):
            raise BadReference(f"{tag[:80]!r} cannot be a tag", expected="at most 128 letters, digits, . _ and -")
        self._folder.check_there()
        raw = self._folder.fetch(target.digest)
        if self._pushed != (target.digest, target.media_type):  # most are tagged when they have just been read
            what = f"manifest {target.digest.short}"
            document = parse_object(raw, what=what, limit=limits.MANIFEST_BYTES)
            _parts(document, raw, target.media_type, what)
        self._folder.prepare()
        self._listing.point(tag, Descriptor.of(raw, target.media_type), replace=replace)

    def referrers(self, subject: Digest) -> Sequence[Descriptor]:
        """Manifests that claim `subject` as their subject, at most REFERRERS_PER_ARTEFACT.

        Raises:
            ContentMismatch: a list is damaged.
        """
        if not self._folder.is_there():
            return []
        for attempt in range(_REREADS):
            # what waits comes first: other processes move entries from there to index.json, never back
            found = {entry.digest: entry for entry in self._listing.waiting(subject)}
            try:
                found |= {entry.digest: entry for entry in self._listing.listed(subject)}
            except NotFound as error:  # somebody has just replaced a nested index, so index.json is newer now
                if attempt == _REREADS - 1:
                    raise ContentMismatch(
                        f"{self._listing.what} leads to a list of evidence that is not there",
                        code="malformed-layout",
                        expected=error.expected,
                    ) from error
                time.sleep(0.001 * attempt)
            else:
                break
        return list(found.values())[: limits.REFERRERS_PER_ARTEFACT]

    def _check_parts(self, parts: Sequence[Descriptor], what: str) -> None:
        blobs = os.fspath(self._folder.blobs)
        for part in parts:
            try:
                os.lstat(f"{blobs}/{part.digest.hex}")  # a `Path` costs more than the look at the disk
            except OSError as error:
                raise StoreRefused(
                    f"{what} names content that is not in the store of this machine",
                    code="manifest-blob-unknown",
                    expected=str(part.digest),
                    hint="store its blobs first",
                ) from error


def _parts(document: Mapping[str, Any], raw: bytes, media_type: str, what: str) -> Sequence[Descriptor]:
    """What a manifest or index is made of.

    Raises:
        ContentMismatch: it is not what its media type says.
        StoreRefused: its media type is none of OCI's two.
    """
    if media_type == IMAGE_MANIFEST:
        manifest = Manifest.read(document, raw, what=what)
        return (manifest.config, *manifest.layers)
    if media_type == IMAGE_INDEX:
        return Index.read(document, raw, what=what).manifests
    raise StoreRefused(f"{what} is of a kind that is not stored here", code="media-type", found=media_type[:120])
