"""A version to another registry or environment, with its evidence: `attest copy SRC DST`.

1  the version is read and checked against its digest; nothing is judged by the way
2  its blobs go over one by one, each checked; then its evidence, then its manifest: the digest stays the same
3  the log that it comes from goes along under a tag of its own, so that it can be read where the version is now
4  the version is registered there. In a registry that has no log of the model yet, the first event says where it
   comes from (`origin`), and its signer is the admin: each environment has its own aliases, roles and gates
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.admit import locate_version
from attest.claims.event import Action, Origin, Versioned
from attest.claims.statement import Statement
from attest.errors import AttestError
from attest.evidence.attach import referrer
from attest.evidence.collect import collect
from attest.lifecycle.log_store import SEGMENT, LogStore
from attest.lifecycle.rebuilding import index_version
from attest.lifecycle.writing import Draft
from attest.progress import SILENT
from attest.signing.bundle import Bundle
from attest_registry.errors import Conflict, NotFound
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR
from attest_registry.oci.transfer import fetch_blobs, push_blobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest.model.artefact import Artefact
    from attest.progress import Progress
    from attest_registry.digest import Digest
    from attest_registry.oci.content import Repository
    from attest_registry.oci.descriptor import Descriptor
    from attest_registry.oci.manifest import Manifest
    from attest_registry.reference import Reference

ORIGIN_TAG: Final = "attest-origin"


class Copied(Struct, frozen=True, kw_only=True):
    """What is at the other place now.

    Args:
        log: the log there.
        version: the version there; its number may be another one.
        begun: whether that began the log there.
        evidence: how many bundles went along.
        already: whether the version was registered there before.
    """

    log: Log
    version: Versioned
    begun: bool
    evidence: int
    already: bool


def copy(
    source: Repository, reference: Reference, origin: Log | None, session: Session, *, progress: Progress = SILENT
) -> Copied:
    """Copy a version.

    Args:
        source: where it is.
        reference: the version there, pinned.
        origin: the log there; `None` where there is none.
        session: the model at the other place, with a signer.
        progress: told of every blob.

    Raises:
        ContentMismatch: something is not what its digest says; nothing has a name at the other place.
        IllegalEvent: the signer may not register versions there.
        StoreError: one of the two would not; the same call can be repeated.
    """
    pinned, artefact = locate_version(reference, source)  # 1
    _copy_blobs(source, session.repository, artefact, progress)  # 2
    count = _copy_evidence(source, session.repository, artefact)
    session.repository.push_manifest(artefact.manifest.raw, artefact.manifest.descriptor.media_type)
    if origin is not None:
        _copy_log(origin, session.repository)  # 3
    label = pinned.version if pinned.number is None else _label(origin, pinned.number)
    return _register(session, artefact, label, origin, count)  # 4


def _label(origin: Log | None, number: int) -> str | None:
    found = None if origin is None else origin.place.registered(number)
    return None if found is None else found.label


def _copy_blobs(source: Repository, target: Repository, artefact: Artefact, progress: Progress) -> None:
    """Through a folder of this machine, a file at a time: memory does not grow with the files."""
    blobs: dict[Digest, Descriptor] = {file.digest: file.blob for file in artefact.files}
    blobs.setdefault(artefact.manifest.config.digest, artefact.manifest.config)
    with tempfile.TemporaryDirectory(prefix="attest-copy-") as folder:
        for digest, blob in blobs.items():
            if target.has_blob(blob):
                continue
            file = Path(folder) / digest.hex
            fetch_blobs(source, [(blob, file)], track=_tracker("fetching", progress))
            push_blobs(target, [(blob, file)], track=_tracker("pushing", progress))
            file.unlink()


def _tracker(verb: str, progress: Progress) -> Callable[[str, int], AbstractContextManager[Callable[[int], None]]]:
    return lambda name, total: progress.task(verb, name, total)


def _copy_evidence(source: Repository, target: Repository, artefact: Artefact) -> int:
    """Every bundle that can be read; one that cannot is no evidence here either."""
    manifests: list[Manifest] = []
    blobs: list[tuple[Descriptor, Path | bytes]] = [(EMPTY_DESCRIPTOR, EMPTY_BYTES)]
    for each in collect(source, artefact.digest).evidence:
        try:
            kind = Statement.parse(Bundle.parse(each.raw).payload).predicate_type
        except AttestError:
            continue
        manifest = referrer(each.raw, subject=artefact.manifest.descriptor, predicate_type=kind, created=None)
        manifests.append(manifest)
        blobs.append((manifest.layers[0], each.raw))
    push_blobs(target, blobs, track=_tracker("pushing", SILENT))
    target.push_referrers(artefact.digest, manifests)
    return len(manifests)


def _copy_log(origin: Log, target: Repository) -> None:
    """The segments of the old log under tags of their own: `attest-origin.DIGEST`, `attest-origin.DIGEST.1`, …."""
    store = LogStore(repository=origin.store.repository)
    name = f"{ORIGIN_TAG}.{origin.head.log.hex[:16]}"
    segments = [
        (f"{name}.{number}", store.sealed(number)) for number in range(1, (origin.segment.first - 1) // SEGMENT + 1)
    ]
    for tag, segment in [*segments, (name, origin.segment)]:
        target.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
        for layer in segment.manifest.layers:
            if not target.has_blob(layer):
                target.push_blob(layer, store.bundle(layer).raw)
        target.push_manifest(segment.manifest.raw, segment.manifest.descriptor.media_type)
        target.tag(tag, segment.manifest.descriptor, replace=True)


def _register(session: Session, artefact: Artefact, label: str | None, origin: Log | None, count: int) -> Copied:
    log = session.read()
    known = session.place.number_for(artefact.digest)
    if log is not None and known is not None:
        found = session.place.registered(known)
        if found is None:
            raise TypeError("a number that is known is registered")
        return Copied(log=log, version=found, begun=False, evidence=count, already=True)
    number = 1 if log is None else log.state.next_number
    _take_tag(session, number, artefact)
    free = label if label is None or session.place.number_of(label) is None else None
    version = Versioned(number=number, manifest=artefact.digest, label=free)
    draft = Draft(action=Action.REGISTER, version=version, origin=_origin(origin) if log is None else None)
    after = session.write(log, draft)
    index_version(session, after, number)
    return Copied(log=after, version=version, begun=log is None, evidence=count, already=False)


def _take_tag(session: Session, number: int, artefact: Artefact) -> None:
    """The number as a tag, as a push leaves it."""
    try:
        found = session.repository.resolve(str(number)).digest
    except NotFound:
        session.repository.tag(str(number), artefact.manifest.descriptor)
        return
    if not found.matches(artefact.digest):
        raise Conflict(
            f"{session.reference.name}:{number} is there and was never registered",
            expected=str(artefact.digest),
            found=str(found),
            hint=f"attest register {session.reference.name}     registers what was pushed before",
        )


def _origin(origin: Log | None) -> Origin | None:
    if origin is None:
        return None
    return Origin(log=origin.head.log, sequence=origin.sequence, event=origin.head.head)
