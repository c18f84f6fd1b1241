"""Checkpoints of a log in a store: written by somebody who remembers how far it goes, for readers who do not.

    1  the log is read and verified as by any reader; its head is what is signed
    2  what this signer said before must not be ahead of it or contradict it: an older log that a store shows is never
       signed as the newest
    3  the claim is signed, and looked at with our own reader
    4  it is stored as the one layer of a manifest under the tag `attest-checkpoint`, in the place of the one before

A tag keeps garbage collection away. Nothing in the store is believed: whoever reads a checkpoint verifies it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.claims import log_checkpoint
from attest.claims.log_checkpoint import Checkpoint, state_digest
from attest.errors import AttestError, LogBroken, MalformedEvidence, StoreError
from attest.evidence.evidence import BUNDLE_MEDIA_TYPE, Evidence
from attest.policy.ancestry import LogMark
from attest.signed_claims import name_of
from attest.verify.log_checkpoint import verify_checkpoint
from attest_registry import limits
from attest_registry.digest import read_checked
from attest_registry.errors import NotFound
from attest_registry.oci.descriptor import EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from attest.lifecycle.log import Log
    from attest.signing.bundle_signer import BundleSigner
    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact
    from attest_registry.oci.content import Repository

TAG: Final = "attest-checkpoint"
ARTIFACT: Final = "application/vnd.attest.checkpoint.v1+json"


class Written(Struct, frozen=True, kw_only=True):
    """A checkpoint that was stored.

    Args:
        checkpoint: what it says.
        fact: it, as our own reader has it.
    """

    checkpoint: Checkpoint
    fact: Fact


def mark_of(log: Log, sequence: int) -> LogMark | None:
    """What a checkpoint of an event of that number has to say; `None` where the log does not go so far.

    Raises:
        LogBroken: the event is not there, or another one than was verified.
    """
    if sequence > log.sequence:
        return None
    event = log.event(sequence)
    digest = log.place.event_at(sequence)
    if digest is None:
        raise TypeError("an event that was verified is remembered")  # `event` compares with it
    return LogMark(event=digest, state=state_digest(event.state), manifest=event.version.manifest)


def write(log: Log, *, signer: BundleSigner, now: datetime, valid: timedelta) -> Written:
    """Steps 2 to 4.

    Args:
        log: the log, verified.
        signer: who signs. That readers believe him is up to their policies.
        now: the time.
        valid: how long it counts.

    Raises:
        LogBroken: the signer said before that the log goes further (`log-rollback`) or another way (`log-fork`).
        AttestError: it could not be signed or stored; the same call can be repeated.
    """
    repository, mark = log.store.repository, mark_of(log, log.sequence)
    if mark is None:
        raise TypeError("a log has a head")
    _check_earlier(log, signer)  # 2
    checkpoint = Checkpoint(
        by=name_of(signer),
        model=log.head.model,
        manifest=mark.manifest,
        log=log.head.log,
        sequence=log.sequence,
        head=mark.event,
        state=mark.state,
        issued=now.replace(microsecond=0),
        expires=now.replace(microsecond=0) + valid,
    )
    raw = signer.sign_statement(log_checkpoint.build(checkpoint))  # 3
    evidence = Evidence(raw=raw, origin="just signed")
    fact = verify_checkpoint(evidence, [signer.trusted], names=(log.head.model,))
    if fact.claim != checkpoint:
        raise MalformedEvidence("the checkpoint that was signed is read as another one")
    _store(repository, raw)  # 4
    return Written(checkpoint=checkpoint, fact=fact)


def _check_earlier(log: Log, signer: BundleSigner) -> None:
    """Only what this very signer said counts; a checkpoint of somebody else, or that cannot be read, is replaced."""
    try:
        fact = fetch_verified(log.store.repository, [signer.trusted], names=(log.head.model,))
    except AttestError as error:
        if error.exit_status == StoreError.exit_status:
            raise  # a store that does not answer could keep it back
        return
    if fact is None or not isinstance(fact.claim, Checkpoint):
        return
    said = fact.claim
    mark = mark_of(log, said.sequence)
    if mark is not None and (said.log, said.head, said.state) == (log.head.log, mark.event, mark.state):
        return
    ahead = mark is None and said.log == log.head.log
    raise LogBroken(
        f"the log of {log.head.model} is {'older' if ahead else 'another one'} than this signer has signed before",
        code="log-rollback" if ahead else "log-fork",
        expected=f"event {said.sequence}: {said.head}, of the log {said.log}",
        found=f"event {log.sequence}: {log.head.head}, of the log {log.head.log}",
        hint="ask who keeps the store; nothing was signed",
    )


def _store(repository: Repository, raw: bytes) -> None:
    layer = Descriptor.of(raw, BUNDLE_MEDIA_TYPE)
    manifest = Manifest.build(artifact_type=ARTIFACT, config=EMPTY_DESCRIPTOR, layers=[layer])
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    repository.push_blob(layer, raw)
    repository.push_manifest(manifest.raw, manifest.descriptor.media_type)
    repository.tag(TAG, manifest.descriptor, replace=True)


def fetch(repository: Repository) -> Evidence | None:
    """The bundle of the newest checkpoint, unverified; `None` where there is none.

    Raises:
        MalformedEvidence: what is tagged so is none.
        ContentMismatch: its bytes are others than their digest says.
        StoreError: the store could not be asked.
    """
    try:
        descriptor = repository.resolve(TAG)
    except NotFound:
        return None
    what = f"the checkpoint of {repository.model}"
    manifest = Manifest.parse(repository.fetch_manifest(descriptor.digest), what=what)
    if manifest.artifact_type != ARTIFACT or len(manifest.layers) != 1:
        raise MalformedEvidence(
            f"what is tagged {TAG} is no checkpoint",
            expected=f"a manifest of {ARTIFACT} with one layer",
            found=f"{str(manifest.artifact_type)[:80]} with {len(manifest.layers)}",
        )
    (layer,) = manifest.layers
    with repository.open_blob(layer) as source:
        raw = read_checked(source, digest=layer.digest, size=layer.size, limit=limits.EVENT_BUNDLE_BYTES, what=what)
    return Evidence(raw=raw, origin=f"{TAG} {layer.digest.short}")


def fetch_verified(repository: Repository, keys: Sequence[Signatory], *, names: Sequence[str]) -> Fact | None:
    """The newest checkpoint; `None` where there is none.

    Args:
        repository: where the model is.
        keys: whom the operator named.
        names: the model's name without host, then other names that the operator accepts.

    Raises:
        AttestError: it cannot be had, is nobody's of those, or does not hold.
    """
    evidence = fetch(repository)
    return None if evidence is None else verify_checkpoint(evidence, keys, names=names)
