"""Log entries: that a log of the trusted root holds them, and what time that proves.

A log entry proves in two ways. Its inclusion proof leads to a root hash that the log signed in a checkpoint of the same
size. A signed entry timestamp, which only Rekor v1 gives, is the log's promise together with the time; a time without
that signature means nothing (TOB-SIGSTORE-3). Both are checked where both are there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from attest.errors import OutsideWindow, ProofInvalid, SignatureInvalid, SignerNotTrusted
from attest.signing.dsse import encode_base64
from attest.verify.checkpoint import Checkpoint, check_checkpoint
from attest.verify.merkle import root_of
from attest.verify.proven import Logged, ProvenTime, TimeSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.trust.roots import Log, TrustedRoot
    from attest.verify.sigstore_bundle import LogEntry

_SYNCHRONOUS: Final = ("hashedrekord", "0.0.2")  # Rekor v2: one tree, no promises


def find_log(entry: LogEntry, *, root: TrustedRoot) -> tuple[Log, ...]:
    """The log of the root that the entry names; several where its key counts in several spans of time.

    Raises:
        SignerNotTrusted: `log-unknown`.
    """
    logs = tuple(log for log in root.logs if log.log_id == entry.log_id)
    if not logs:
        raise SignerNotTrusted(
            "the bundle was logged in a log that the trusted root does not name",
            code="log-unknown",
            expected=", ".join(log.base_url for log in root.logs[:5]) or "a transparency log",
            found=f"log {entry.log_id.hex()[:16]}",
        )
    return logs


def check_promise(entry: LogEntry, log: Log) -> ProvenTime | None:
    """The time that the log signed; `None` where it signed none.

    Raises:
        ProofInvalid: `promise-invalid`.
    """
    if entry.promise is None:
        return None
    promised = (  # RFC 8785, written out: there is nothing in it that could need escaping
        f'{{"body":"{encode_base64(entry.body)}","integratedTime":{entry.integrated:d},'
        f'"logID":"{entry.log_id.hex()}","logIndex":{entry.index:d}}}'
    )
    try:
        log.key.check(entry.promise, promised.encode("ascii"), what="the log's promise")
        moment = datetime.fromtimestamp(entry.integrated, tz=UTC)
    except SignatureInvalid as error:
        raise ProofInvalid("the log's promise does not fit the entry", code="promise-invalid") from error
    except (ValueError, OverflowError, OSError) as error:
        raise ProofInvalid("the log's time is none", code="promise-invalid", found=str(entry.integrated)) from error
    return ProvenTime(moment=moment, source=TimeSource.LOG, witness=log.base_url)


def check_inclusion(entry: LogEntry, log: Log) -> Logged:
    """Return only if the log signed a tree that holds the entry.

    Raises:
        ProofInvalid: `inclusion-proof-missing`, `inclusion-proof`, `checkpoint-malformed`, `checkpoint-signature`,
            `checkpoint-origin` or `checkpoint-mismatch`.
    """
    proof = entry.proof
    if proof is None or proof.checkpoint is None:
        raise ProofInvalid(
            "the log entry comes without proof that the log holds it",
            code="inclusion-proof-missing",
            expected="an inclusion proof with a signed checkpoint",
        )
    if (entry.kind, entry.version) == _SYNCHRONOUS and entry.index != proof.index:
        raise ProofInvalid(
            "the log entry names two places", code="inclusion-proof", expected=str(proof.index), found=str(entry.index)
        )
    found = root_of(entry.body, index=proof.index, size=proof.size, path=proof.hashes)
    if found != proof.root:
        raise ProofInvalid("the inclusion proof does not lead to its root hash", code="inclusion-proof")
    checkpoint = Checkpoint.parse(proof.checkpoint)
    check_checkpoint(checkpoint, log=log)
    if checkpoint.root != found or checkpoint.size != proof.size:
        raise ProofInvalid(
            "the checkpoint is of another tree",
            code="checkpoint-mismatch",
            expected=f"size {proof.size}, root {found.hex()[:16]}",
            found=f"size {checkpoint.size}, root {checkpoint.root.hex()[:16]}",
        )
    return Logged(log=log.base_url, origin=checkpoint.origin, index=proof.index, size=proof.size)


def check_window(logs: Sequence[Log], times: Sequence[ProvenTime]) -> None:
    """Return only if the log counted when the entry was made: at its own signed time, else at every proven one.

    Raises:
        OutsideWindow: `log-window`.
    """
    own = [proven for proven in times if proven.source is TimeSource.LOG]
    for proven in own or times:
        if not any(proven.moment in log.window for log in logs):
            raise OutsideWindow(
                "the transparency log did not count at the proven time",
                code="log-window",
                expected=" or ".join(str(log.window) for log in logs),
                found=str(proven),
            )
