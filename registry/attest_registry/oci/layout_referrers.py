"""Who refers to what in a layout: nested indexes that `index.json` leads to, so that any tool finds every manifest.

    index.json → 256 shards at most (first two digits of the subject) → one index per subject → its referrers

Attaching evidence rewrites one small index of each level. Evidence that comes before its subject, as in a push, waits
in `.pending/` and joins `index.json` in the same write as the subject's tag: a push writes `index.json` once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from attest_registry import limits
from attest_registry.errors import AttestError, ContentMismatch, StoreRefused
from attest_registry.oci.descriptor import IMAGE_INDEX, IMAGE_MANIFEST, REF_NAME, Descriptor
from attest_registry.oci.layout_index import IndexLines
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from attest_registry.digest import Digest

SHARD: Final = "urn:attest:layout:referrers"
"""Annotation of a shard: the first digits of its subjects."""

SUBJECT: Final = "urn:attest:layout:subject"
"""Annotation of a subject's index: the subject's digest."""

_ENTRY: Final = "urn:attest:layout:none"
_SHARD_DIGITS: Final = 2
_NESTING: Final = 4


class ReferrerTree(Struct, kw_only=True):
    """The nested indexes below one version of `index.json`.

    Args:
        root: `index.json`.
        fetch: gives out a manifest by digest, checked.
        store: stores a nested index under its digest.
        entries: what the next version of `index.json` has besides or instead, by annotation and its value.
        superseded: digests of nested indexes that it no longer leads to.
    """

    root: IndexLines
    fetch: Callable[[Digest], bytes]
    store: Callable[[Descriptor, bytes], None]
    entries: dict[tuple[str, str], Descriptor] = field(default_factory=dict)
    superseded: list[Digest] = field(default_factory=list)

    def of(self, subject: Digest) -> tuple[Descriptor, ...]:
        """What is listed for `subject`.

        Raises:
            NotFound: a nested index is gone, as when another process has just replaced it.
            ContentMismatch: a nested index is damaged.
        """
        shard = self._shard(subject.hex[:_SHARD_DIGITS])
        if shard is None:
            return ()
        listed = self._opened(_find(shard, SUBJECT, str(subject)))
        return () if listed is None else descriptors(listed, what=_what(subject))

    def attach(self, subject: Digest, entries: Sequence[Descriptor]) -> None:
        """List more referrers; those that are listed already are left as they are.

        Raises:
            StoreRefused: there would be more than a reader looks at.
        """
        digits = subject.hex[:_SHARD_DIGITS]
        shard = self._shard(digits) or IndexLines.empty()
        before = _find(shard, SUBJECT, str(subject))
        listed = self._opened(before) or IndexLines.empty()
        grown = with_entries(listed, entries, subject)
        if grown.raw == listed.raw:
            return
        entry = self._stored(grown, SUBJECT, str(subject), instead_of=before)
        shard = shard.put(SUBJECT, str(subject), entry, what="index.json")
        self.entries[SHARD, digits] = self._stored(shard, SHARD, digits, instead_of=self._shard_entry(digits))

    def adopt(self) -> None:
        """Bring an `index.json` that another tool wrote into our form: untagged referrers move to nested indexes."""
        kept: list[dict[str, Any]] = []
        for entry in self.root.entries(what="index.json"):
            annotations = entry.get("annotations") or {}
            if SHARD in annotations or not self._claims_subject(entry) or REF_NAME in annotations:
                kept.append(entry)
        found = list(self.foreign())
        self.root = IndexLines.of(kept, head=self.root.raw[: self.root.raw.find(b"\n")])
        for subject, referrer in found:
            self.attach(subject, [referrer])

    def foreign(self) -> Iterator[tuple[Digest, Descriptor]]:
        """Subject and descriptor of each referrer that is listed as other tools list them: in `index.json` itself."""
        seen: dict[Digest, int] = {}
        for entry in self.root.entries(what="index.json"):
            if SHARD not in (entry.get("annotations") or {}):
                yield from self._referrers_in(Descriptor.from_json(entry, what="index.json"), _NESTING, seen)

    def _claims_subject(self, entry: dict[str, Any]) -> bool:
        listed = Descriptor.from_json(entry, what="index.json")
        return any(referrer.digest == listed.digest for _, referrer in self._referrers_in(listed, 0, {}))

    def _referrers_in(
        self, listed: Descriptor, nesting: int, seen: dict[Digest, int]
    ) -> Iterator[tuple[Digest, Descriptor]]:
        """Each manifest once: indexes that name one another many times over would multiply with each level."""
        if listed.media_type not in {IMAGE_MANIFEST, IMAGE_INDEX} or seen.get(listed.digest, -1) >= nesting:
            return
        seen[listed.digest] = nesting
        try:
            raw = self.fetch(listed.digest)
            document = parse_object(raw, what=str(listed.digest), limit=limits.MANIFEST_BYTES)
            referrer = as_referrer(document, Descriptor.of(raw, listed.media_type))
            inner = list(IndexLines.of(document["manifests"]).entries(what="")) if "manifests" in document else []
        except (AttestError, TypeError):
            return  # not ours to judge: what cannot be read refers to nothing
        if referrer is not None:
            yield referrer
        if nesting:
            for entry in inner:
                yield from self._referrers_in(Descriptor.from_json(entry, what="an index"), nesting - 1, seen)

    def _shard_entry(self, digits: str) -> Descriptor | None:
        return self.entries.get((SHARD, digits)) or _find(self.root, SHARD, digits)

    def _shard(self, digits: str) -> IndexLines | None:
        return self._opened(self._shard_entry(digits))

    def _opened(self, entry: Descriptor | None) -> IndexLines | None:
        """A nested index."""
        if entry is None:
            return None
        raw = self.fetch(entry.digest)
        return IndexLines.parse(raw, what=f"index {entry.digest.short}", limit=limits.MANIFEST_BYTES)[0]

    def _stored(self, child: IndexLines, annotation: str, value: str, *, instead_of: Descriptor | None) -> Descriptor:
        """Store a nested index; gives its entry for the index above it."""
        if len(child.raw) > limits.MANIFEST_BYTES:
            raise StoreRefused(
                f"the list of evidence {value} would be too large", code="too-many-referrers", found=f"{len(child.raw)}"
            )
        plain = Descriptor.of(child.raw, IMAGE_INDEX)
        entry = Descriptor(
            media_type=plain.media_type, digest=plain.digest, size=plain.size, annotations={annotation: value}
        )
        self.store(entry, child.raw)
        if instead_of is not None and instead_of.digest != entry.digest:
            self.superseded.append(instead_of.digest)
        return entry


def _find(index: IndexLines, annotation: str, value: str) -> Descriptor | None:
    return index.find(annotation, value, what="index.json")


def with_entries(listed: IndexLines, entries: Sequence[Descriptor], subject: Digest) -> IndexLines:
    """A subject's list with more entries, each digest once.

    Raises:
        StoreRefused: there would be more than a reader looks at.
    """
    known = [entry.digest for entry in descriptors(listed, what=_what(subject))]
    for entry in entries:
        if entry.digest not in known:
            known.append(entry.digest)
            listed = listed.put(_ENTRY, str(entry.digest), entry, what=_what(subject))
    if len(known) > limits.REFERRERS_PER_ARTEFACT:
        raise StoreRefused(
            f"{subject.short} has too much evidence",
            code="too-many-referrers",
            expected=f"at most {limits.REFERRERS_PER_ARTEFACT}",
            found=str(len(known)),
        )
    return listed


def descriptors(listed: IndexLines, *, what: str) -> tuple[Descriptor, ...]:
    """All entries of an index."""
    return tuple(Descriptor.from_json(entry, what=what) for entry in listed.entries(what=what))


def as_referrer(document: dict[str, Any], stored: Descriptor) -> tuple[Digest, Descriptor] | None:
    """Subject and listing entry of a manifest or index that has a subject (distribution-spec, "Listing Referrers").

    Raises:
        ContentMismatch: its subject or config is no descriptor.
    """
    if document.get("subject") is None:
        return None
    what = f"manifest {stored.digest.short}"
    subject = Descriptor.from_json(document["subject"], what=f"the subject of {what}")
    config = document.get("config")
    artifact_type = document.get("artifactType")
    if not artifact_type and config is not None:
        artifact_type = Descriptor.from_json(config, what=f"the config of {what}").media_type
    if artifact_type is not None and not isinstance(artifact_type, str):
        raise ContentMismatch(f"{what} has an artifact type that is no text", code="malformed-manifest")
    value = stored.to_json() | {"annotations": document.get("annotations"), "artifactType": artifact_type}
    return subject.digest, Descriptor.from_json(value, what=what)


def _what(subject: Digest) -> str:
    return f"the list of evidence of {subject.short}"
