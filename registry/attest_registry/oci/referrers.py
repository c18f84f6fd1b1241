"""Referrers of a manifest: the API where the registry has it, and the referrers tag schema where it has not.

The tag schema is read-modify-write on a tag without a lock (distribution-spec: "data loss is the responsibility of
clients"). Here a writer therefore looks again after a while that is longer than what other writers need between their
reading and their writing, puts back its own entry *and every other entry that it has seen*, and only then is content.
Everything read here is untrusted: a listing may name manifests whose subject is something else.
"""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from attest_registry import limits
from attest_registry.errors import Conflict, ContentMismatch, StoreError, StoreRefused
from attest_registry.oci.descriptor import EMPTY, IMAGE_INDEX, Descriptor
from attest_registry.oci.manifest import Manifest
from attest_registry.strict_json import parse_object, to_compact_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from attest_registry.digest import Digest

_ATTEMPTS: Final = 12
_SETTLE_SECONDS: Final = 0.05
_LONGEST_SETTLE: Final = 3.0
_LOCKS: Final = tuple(threading.Lock() for _ in range(64))
_NO_ENTRIES: Final[Mapping[str, Any]] = {"schemaVersion": 2, "mediaType": IMAGE_INDEX}


class TagState(Struct, frozen=True, kw_only=True):
    """What a tag held when it was read.

    Args:
        raw: the bytes.
        etag: the registry's mark for them, if it gives one.
    """

    raw: bytes
    etag: str | None


class ReferrersWire(Protocol):
    """The few requests that listings are made of, bound to one repository."""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        ...

    def listed_by_api(self, subject: Digest) -> list[Any] | None:
        """The entries that the referrers API lists, or `None` where there is no such API."""
        ...

    def read_tag(self, tag: str) -> TagState | None:
        """What an index tag holds; `None` where there is no such tag."""
        ...

    def write_tag(self, tag: str, raw: bytes, *, known: TagState | None) -> bool:
        """Replace an index tag; false if the registry noticed that it is not `known` any more."""
        ...

    def fetch_manifest(self, digest: Digest) -> bytes:
        """A manifest's bytes, their digest checked."""
        ...


def tag_of(subject: Digest) -> str:
    """The tag under which the tag schema lists what refers to `subject`."""
    return f"sha256-{subject.hex}"


def entry_of(manifest: Manifest) -> Descriptor:
    """How a listing shows a manifest. artifactType and annotations have to be copied: gh and oras filter by them."""
    return replace(
        manifest.descriptor,
        artifact_type=manifest.artifact_type or manifest.config.media_type,
        annotations=manifest.annotations,
    )


def attach(wire: ReferrersWire, subject: Digest, manifests: Sequence[Manifest]) -> None:
    """List manifests, which are already stored, under their subject's tag: all at once, since each look costs a wait.

    Args:
        wire: the repository.
        subject: what they refer to.
        manifests: those that refer to it.

    Raises:
        Conflict: the tag holds something else, or other writers keep taking entries away.
        StoreRefused: the listing is full.
        StoreError: the repository cannot be reached or does not allow it.
    """
    tag = tag_of(subject)
    own = {str(manifest.descriptor.digest): entry_of(manifest).to_json() for manifest in manifests}
    seen: dict[str, dict[str, Any]] = dict(own)
    with _LOCKS[hash((wire.place, tag)) % len(_LOCKS)]:
        for attempt in range(_ATTEMPTS):
            started = time.monotonic()
            state = wire.read_tag(tag)
            present = {entry["digest"]: entry for entry in _entries(wire, tag, state)}
            if attempt and own.keys() <= present.keys():
                return
            missing = [entry for digest, entry in seen.items() if digest not in present]
            seen |= present
            raw = _index(state, [*present.values(), *missing], wire)
            written = wire.write_tag(tag, raw, known=state)
            _settle(time.monotonic() - started, attempt if written else 0)
    raise Conflict(
        f"{wire.place} keeps losing entries among the referrers of {subject.short}",
        code="referrers-contended",
        expected="what was written to stay in the listing",
        hint="other writers are at work on the same version: run it again when they are done",
    )


def listed(wire: ReferrersWire, subject: Digest) -> list[Descriptor]:
    """What claims to refer to `subject`. Malformed entries are left out: they cannot spoil the good ones.

    The tag is looked at too where the API lists nothing: registries that were upgraded and mirrors may have only that.

    Raises:
        StoreError: the repository cannot be reached or does not allow it, or the tag holds something else.
    """
    entries = wire.listed_by_api(subject)
    if not entries:
        tag = tag_of(subject)
        entries = _entries(wire, tag, wire.read_tag(tag))
    found: dict[Digest, Descriptor] = {}
    for entry in _descriptors(entries):
        if entry.digest != subject and len(found) < limits.REFERRERS_PER_ARTEFACT:
            found.setdefault(entry.digest, entry)
    return [_completed(wire, entry) for entry in found.values()]


def _completed(wire: ReferrersWire, entry: Descriptor) -> Descriptor:
    """Say what an entry is, where the listing does not (cosign up to 3.0 wrote such entries: cosign #4641)."""
    if entry.artifact_type not in (None, "", EMPTY) or entry.size > limits.MANIFEST_BYTES:
        return entry
    try:
        manifest = Manifest.parse(wire.fetch_manifest(entry.digest), what=f"the referrer {entry.digest.short}")
    except StoreError:
        return entry  # whoever wants to read it will meet the same error, with a name for it
    return entry_of(manifest)


def _entries(wire: ReferrersWire, tag: str, state: TagState | None) -> list[dict[str, Any]]:
    """The usable entries of an index tag, as they are written there."""
    if state is None:
        return []
    document = _document(wire, tag, state)
    return [entry for entry in document["manifests"] if _is_descriptor(entry)]


def _document(wire: ReferrersWire, tag: str, state: TagState) -> dict[str, Any]:
    try:
        document = parse_object(state.raw, what=f"the tag {tag}", limit=limits.MANIFEST_BYTES)
        sound = document.get("mediaType", IMAGE_INDEX) == IMAGE_INDEX and isinstance(document.get("manifests"), list)
    except ContentMismatch:
        sound = False
    if not sound:
        raise Conflict(
            f"the tag {tag[:19]}… of {wire.place} is no listing of referrers",
            code="referrers-tag-taken",
            expected="an OCI image index, as the referrers tag schema has it",
            hint="remove or rename that tag",
        )
    return document


def _index(state: TagState | None, entries: Sequence[dict[str, Any]], wire: ReferrersWire) -> bytes:
    """The index with these entries; everything else that it held stays as it is."""
    kept = (
        parse_object(state.raw, what="the listing", limit=limits.MANIFEST_BYTES) if state is not None else _NO_ENTRIES
    )
    raw = to_compact_json({**kept, "manifests": list(entries)})
    if len(entries) > limits.REFERRERS_PER_ARTEFACT or len(raw) > limits.MANIFEST_BYTES:
        raise StoreRefused(
            f"{wire.place} lists too many referrers for one version",
            code="too-many-referrers",
            expected=f"at most {limits.REFERRERS_PER_ARTEFACT}",
            found=str(len(entries)),
        )
    return raw


def _descriptors(entries: Iterable[Any]) -> list[Descriptor]:
    return [Descriptor.from_json(entry, what="a referrer") for entry in entries if _is_descriptor(entry)]


def _is_descriptor(entry: Any) -> bool:
    try:
        Descriptor.from_json(entry, what="a referrer")
    except ContentMismatch:
        return False
    return True


def _settle(window: float, attempt: int) -> None:
    """Wait for longer than another writer may need between reading and writing, each time a bit more."""
    longest = min(_LONGEST_SETTLE, (_SETTLE_SECONDS + 2 * window) * (1 + attempt / 2))
    time.sleep(random.uniform(longest / 2, longest))  # noqa: S311  # spreads writers, keeps no secret
