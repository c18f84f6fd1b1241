"""Where a log lies: one OCI manifest under the tag `attest-log`, whose layers are the events' bundles in order.

A tag keeps garbage collection away (docs/threats.md row 76). Each full hundred events is sealed under a tag of its own,
`attest-log.1`, `attest-log.2`, …, so that an append never writes more than a hundred entries anew. The public
keys of signers lie in the manifest's annotations: they are found by their fingerprint and prove nothing by being there.
Nothing in here is verified.
"""

from __future__ import annotations

import base64
import binascii
import re
import threading
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from attest.errors import LogBroken
from attest.evidence.evidence import BUNDLE_MEDIA_TYPE, Evidence
from attest_registry import limits
from attest_registry.digest import Digest, read_checked
from attest_registry.errors import Conflict, NotFound
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest_registry.oci.content import Repository

TAG: Final = "attest-log"
ARTIFACT: Final = "application/vnd.attest.log.v1+json"
SEGMENT: Final = 100
_FIRST: Final = "dev.attest.log.first"
_KEY: Final = "dev.attest.key."
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_MOST_KEY_BYTES: Final = 1_024
_LAST_READ: Final = 4
"""How many segments are kept as they were read, so that resolving an alias again parses no hundred entries."""


class Segment(Struct, frozen=True, kw_only=True):
    """A manifest of a log.

    Args:
        manifest: as it is stored.
        first: the number of its first event.
    """

    manifest: Manifest
    first: int

    @property
    def last(self) -> int:
        """The number of its last event."""
        return self.first + len(self.manifest.layers) - 1

    def layer(self, sequence: int) -> Descriptor:
        """The bundle of an event that is in here."""
        return self.manifest.layers[sequence - self.first]

    def key(self, fingerprint: Digest) -> bytes | None:
        """The DER of a public key, by its fingerprint; `None` where it is not here or is not that key."""
        text = self.manifest.annotations.get(_KEY + fingerprint.hex)
        if text is None or len(text) > 2 * _MOST_KEY_BYTES:
            return None
        try:
            der = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            return None
        return der if Digest.of(der).matches(fingerprint) else None


class LogStore(Struct, frozen=True, kw_only=True):
    """The log in a repository.

    Args:
        repository: where the model is.
    """

    repository: Repository
    _sealed: dict[int, Segment] = field(default_factory=dict)

    def newest(self) -> Segment | None:
        """The segment that grows; `None` where there is no log.

        Raises:
            LogBroken: what is there is no log (`log-malformed`).
            StoreError: the store could not be asked.
        """
        try:
            return self._segment(TAG)
        except NotFound:
            return None

    def holding(self, sequence: int) -> Segment:
        """The full segment that has an event.

        Raises:
            LogBroken: as `sealed`.
        """
        return self.sealed((sequence - 1) // SEGMENT + 1)

    def sealed(self, number: int) -> Segment:
        """A full segment, counted from 1.

        Raises:
            LogBroken: it is not there (`log-gap`), or is no such segment.
        """
        if number in self._sealed:
            return self._sealed[number]
        try:
            segment = self._segment(f"{TAG}.{number}")
        except NotFound as error:
            raise LogBroken(
                f"the log of {self.repository.model} has a gap: its segment {number} is not there",
                code="log-gap",
                expected=f"the tag {TAG}.{number}",
            ) from error
        if segment.first != (number - 1) * SEGMENT + 1 or len(segment.manifest.layers) != SEGMENT:
            raise _malformed(self.repository.model, f"segment {number} begins with event {segment.first}")
        self._sealed[number] = segment
        return segment

    def bundle(self, layer: Descriptor) -> Evidence:
        """The bytes of an event's bundle, checked against their digest.

        Raises:
            LogBroken: they are not there (`log-gap`).
            ContentMismatch: they are others.
        """
        what = f"event bundle {layer.digest.short}"
        try:
            with self.repository.open_blob(layer) as source:
                raw = read_checked(
                    source, digest=layer.digest, size=layer.size, limit=limits.EVENT_BUNDLE_BYTES, what=what
                )
        except NotFound as error:
            raise LogBroken(
                f"the log of {self.repository.model} has a gap: the {what} is not there", code="log-gap"
            ) from error
        return Evidence(raw=raw, origin=f"{TAG} {layer.digest.short}")

    def append(self, newest: Segment | None, bundles: Sequence[bytes], *, keys: Mapping[Digest, bytes]) -> Segment:
        """Add events, where nobody was faster.

        Args:
            newest: the segment as it was read; nobody may have changed it since.
            bundles: the events, in order.
            keys: fingerprint → DER of public keys that readers may need.

        Tags are moved from where they were seen and from nowhere else. A store that cannot promise that (a registry
        that ignores conditions) is asked before anything is sent, and again afterwards.

        Raises:
            Conflict: somebody else was faster (`log-conflict`); nothing of theirs was replaced as far as can be told.
            StoreError: the store could not take it; the same call can be repeated.
        """
        seals = self._seals(newest, len(bundles))  # before the look at the log: whoever seals after it is noticed
        if seals or not self.repository.compares:  # a seal is set before the log's own tag is compared
            self._unchanged(newest)
        repository, segment = self.repository, newest
        if segment is None:  # every later one has the same configuration
            repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
        for bundle in bundles:
            layer = Descriptor.of(bundle, BUNDLE_MEDIA_TYPE)
            repository.push_blob(layer, bundle)
            if segment is not None and len(segment.manifest.layers) >= SEGMENT:
                tag = _sealed_tag(segment.first)
                self._point(tag, segment, seen=seals[tag])
            segment = _grown(segment, layer, keys)
        if segment is None:
            raise TypeError("an append adds an event")
        self._point(TAG, segment, seen=None if newest is None else newest.manifest.descriptor.digest)
        if not self.repository.compares:
            self._unchanged(segment)
        _RECENT.put(segment, repository.model)
        return segment

    def _seals(self, newest: Segment | None, more: int) -> dict[str, Digest | None]:
        """Where the tags point that an append may have to set; a writer who died may have left one."""
        first = 1 if newest is None else newest.first
        last = (0 if newest is None else newest.last) + more
        found: dict[str, Digest | None] = {}
        for start in range(first, last - SEGMENT + 1, SEGMENT):
            try:
                found[_sealed_tag(start)] = self.repository.resolve(_sealed_tag(start)).digest
            except NotFound:
                found[_sealed_tag(start)] = None
        return found

    def _point(self, tag: str, segment: Segment, *, seen: Digest | None) -> None:
        descriptor = segment.manifest.descriptor
        self.repository.push_manifest(segment.manifest.raw, descriptor.media_type)
        try:
            self.repository.tag(tag, descriptor, replace=False if seen is None else seen)
        except Conflict as error:
            raise self._moved("no log" if seen is None else "the log as it was read") from error

    def _unchanged(self, known: Segment | None) -> None:
        try:
            found = self.repository.resolve(TAG).digest
        except NotFound:
            found = None
        expected = None if known is None else known.manifest.descriptor.digest
        if found != expected:
            raise self._moved("the log as it was read" if known else "no log")

    def _moved(self, expected: str) -> Conflict:
        return Conflict(
            f"{self.repository.model} moved while you were changing it",
            code="log-conflict",
            expected=expected,
            found="another event",
            hint=f"attest history {self.repository.model} --limit 2",
        )

    def _segment(self, tag: str) -> Segment:
        raw = self.repository.fetch_manifest(self.repository.resolve(tag).digest)
        return _RECENT.get(raw, self.repository.model)


class _Recent:
    """The last few segments by their bytes: whoever looks at a log again mostly finds what he has read or written."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], Segment] = {}
        self._lock = threading.Lock()

    def get(self, raw: bytes, model: str) -> Segment:
        """The segment that these bytes are; parsed only if they are new."""
        segment = self._known.get((model, raw))
        if segment is None:
            segment = _parsed(raw, model)
            self.put(segment, model)
        return segment

    def put(self, segment: Segment, model: str) -> None:
        """Keep one in place of the oldest."""
        with self._lock:
            self._known[model, segment.manifest.raw] = segment
            for oldest in list(self._known)[:-_LAST_READ]:
                del self._known[oldest]


_RECENT: Final = _Recent()


def _parsed(raw: bytes, model: str) -> Segment:
    """A segment from its bytes."""
    manifest = Manifest.parse(raw, what=f"the log of {model}")
    first = manifest.annotations.get(_FIRST, "")
    if manifest.artifact_type != ARTIFACT or not _NUMBER.fullmatch(first):
        raise _malformed(model, f"a manifest of {str(manifest.artifact_type)[:80]}")
    if not 1 <= len(manifest.layers) <= SEGMENT or int(first) % SEGMENT != 1:
        raise _malformed(model, f"{len(manifest.layers)} events from {first} on")
    return Segment(manifest=manifest, first=int(first))


def _sealed_tag(first: int) -> str:
    """The tag of a full segment, by the number of its first event."""
    return f"{TAG}.{(first - 1) // SEGMENT + 1}"


def _grown(segment: Segment | None, layer: Descriptor, keys: Mapping[Digest, bytes]) -> Segment:
    """The segment with one more event, or the next one where it is full."""
    if segment is None:
        first, layers = 1, [layer]
    elif len(segment.manifest.layers) >= SEGMENT:
        first, layers = segment.last + 1, [layer]
    else:
        first, layers = segment.first, [*segment.manifest.layers, layer]
    annotations = {} if segment is None else dict(segment.manifest.annotations)
    annotations |= {_KEY + key.hex: base64.b64encode(der).decode() for key, der in sorted(keys.items())}
    annotations[_FIRST] = str(first)
    manifest = Manifest.build(artifact_type=ARTIFACT, config=EMPTY_DESCRIPTOR, layers=layers, annotations=annotations)
    return Segment(manifest=manifest, first=first)


def _malformed(model: str, found: str) -> LogBroken:
    return LogBroken(
        f"what is tagged {TAG} is no log of {model}",
        code="log-malformed",
        expected=f"segments of {SEGMENT} events",
        found=found,
    )
