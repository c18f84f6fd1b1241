"""Evidence comes from the store: every referrer that may hold a bundle, each fetched and bounded on its own.

A referrer that cannot be read spoils nothing but itself (docs/threats.md row 36); a store that cannot be reached is an
error, never an empty list.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.errors import EvidenceMissing, MalformedEvidence
from attest.evidence.evidence import Evidence
from attest_registry import limits
from attest_registry.digest import read_checked
from attest_registry.errors import ContentMismatch, NotFound
from attest_registry.oci.descriptor import BUNDLE, EMPTY
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.errors import AttestError
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository
    from attest_registry.oci.descriptor import Descriptor

_BUNDLE_PREFIX: Final = "application/vnd.dev.sigstore.bundle"
_UNTYPED: Final = frozenset({None, "", EMPTY, "application/vnd.oci.image.config.v1+json"})


class Damaged(Struct, frozen=True, kw_only=True):
    """A referrer that could not be read.

    Args:
        origin: its digest.
        error: what is wrong with it.
    """

    origin: str
    error: AttestError


class Collected(Struct, frozen=True, kw_only=True):
    """What a store has about one version.

    Args:
        evidence: bundles, unverified, each once.
        damaged: referrers that could not be read.
    """

    evidence: tuple[Evidence, ...]
    damaged: tuple[Damaged, ...]


def collect(repository: Repository, subject: Digest) -> Collected:
    """Fetch all bundles that refer to a version.

    Args:
        repository: where the version is.
        subject: its manifest digest.

    Raises:
        StoreError: the store could not be asked.
        ContentMismatch: the listing itself is not what it should be.
        MalformedEvidence: the bundles together are larger than anybody can want to have judged (`too-much-evidence`).
    """
    listed: Sequence[Descriptor] = [entry for entry in repository.referrers(subject) if _may_hold_bundle(entry)]
    outcomes = _fetch_all(repository, listed, subject)
    evidence = {outcome.digest: outcome for outcome in outcomes if isinstance(outcome, Evidence)}
    damaged = tuple(outcome for outcome in outcomes if isinstance(outcome, Damaged))
    return Collected(evidence=tuple(evidence.values()), damaged=damaged)


def _fetch_all(
    repository: Repository, listed: Sequence[Descriptor], subject: Digest
) -> list[Evidence | Damaged | None]:
    room = _Room()
    if repository.nearby:
        return [_fetch(repository, entry, subject, room) for entry in listed]
    from attest_registry.oci.parallel import in_parallel  # noqa: PLC0415  # its pool brings logging along

    return in_parallel(lambda entry: _fetch(repository, entry, subject, room), listed)


def _may_hold_bundle(entry: Descriptor) -> bool:
    """Registries and old cosigns lose the artifact type; those entries have to be looked at."""
    return entry.artifact_type in _UNTYPED or (entry.artifact_type or "").startswith(_BUNDLE_PREFIX)


class _Room:
    """What is left of EVIDENCE_BYTES: a thousand referrers can name one bundle of 32 MiB."""

    def __init__(self) -> None:
        self._left = limits.EVIDENCE_BYTES
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Make room for a bundle before it is fetched.

        Raises:
            MalformedEvidence: there is none.
        """
        with self._lock:
            self._left -= size
            if self._left < 0:
                raise MalformedEvidence(
                    "there is too much evidence for one version",
                    code="too-much-evidence",
                    expected=f"bundles of at most {limits.EVIDENCE_BYTES} bytes together",
                    found="more",
                )


def _fetch(repository: Repository, entry: Descriptor, subject: Digest, room: _Room) -> Evidence | Damaged | None:
    origin = str(entry.digest)
    try:
        manifest = Manifest.parse(repository.fetch_manifest(entry.digest), what=f"evidence {entry.digest.short}")
        if manifest.subject is None or not manifest.subject.digest.matches(subject):
            raise ContentMismatch(  # noqa: TRY301  # a fallback tag can list anything; this one is somebody else's
                f"evidence {entry.digest.short} is listed for a version that it does not refer to",
                code="subject-mismatch",
                expected=str(subject),
                found=str(manifest.subject.digest) if manifest.subject else "no subject",
            )
        if len(manifest.layers) != 1 or not manifest.layers[0].media_type.startswith(_BUNDLE_PREFIX):
            return _something_else(entry, origin)
        layer = manifest.layers[0]
        if layer.size > limits.BUNDLE_BYTES:  # read_checked would see it too, but only after asking for it
            raise ContentMismatch(  # noqa: TRY301
                f"bundle {layer.digest.short} is too large",
                code="content-too-large",
                expected=f"at most {limits.BUNDLE_BYTES} bytes",
                found=f"{layer.size} bytes",
            )
        room.take(layer.size)
        with repository.open_blob(layer) as source:
            raw = read_checked(
                source,
                digest=layer.digest,
                size=layer.size,
                limit=limits.BUNDLE_BYTES,
                what=f"bundle {layer.digest.short}",
            )
        return Evidence(raw=raw, origin=origin)
    except ContentMismatch as error:
        return Damaged(origin=origin, error=error)
    except NotFound as error:  # the person asked for nothing unknown: it is the store that lists what it does not have
        gone = EvidenceMissing(f"evidence {entry.digest.short} is listed and not there", found=error.message)
        gone.__cause__ = error
        return Damaged(origin=origin, error=gone)


def _something_else(entry: Descriptor, origin: str) -> Damaged | None:
    """A referrer without artifact type that holds no bundle is no evidence; one that says bundle and holds none is."""
    if entry.artifact_type != BUNDLE:
        return None
    return Damaged(
        origin=origin,
        error=ContentMismatch(
            f"evidence {entry.digest.short} says that it is a bundle and holds none", code="malformed-manifest"
        ),
    )
