"""Bundles signed by a key that the operator named, with the proofs that such a bundle may bring.

    1  the bundle was read strictly; it holds in-toto words, or signs the caller's
    2  a key has to be its material, never a certificate instead; its hint selects nothing
    3  the signature, by the named key, over the envelope's own type and payload
    4  what the trusted root can check: every timestamp, the log entry, its promise (steps 3 to 5 of `by_certificate`)
    5  the log entry, rebuilt whole from the bundle and this key, and compared
    6  as many proofs as were demanded; none can be demanded without a root
    7  a key that counts for a while: at every proven time, of which there has to be one (GHSA-wqqc-jjcq-vfxm)

Without a root, log entries and timestamps are not looked at and prove nothing: no time comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import NoTrust, OutsideWindow, SignerNotTrusted
from attest.trust.verifying_key import VerifyingKey
from attest.trust.window import shown
from attest.verify import content, log_body
from attest.verify.demands import BARE_KEY
from attest.verify.proven import _SEAL, TimeSource, VerifiedBundle
from attest.verify.sigstore_bundle import Envelope, KeyHint
from attest.verify.witnesses import check_witnesses, demand_log_entry, demand_times
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.trust.managed_key import ManagedKey
    from attest.trust.roots import TrustedRoot
    from attest.verify.demands import KeyDemands
    from attest.verify.proven import Logged, ProvenTime
    from attest.verify.sigstore_bundle import SigstoreBundle


def verify_key_bundle(
    bundle: SigstoreBundle,
    *,
    key: ManagedKey,
    root: TrustedRoot | None = None,
    demands: KeyDemands = BARE_KEY,
    message: bytes | Digest | None = None,
) -> VerifiedBundle:
    """All steps for one bundle.

    Args:
        bundle: as read; see `SigstoreBundle.parse`.
        key: whom the operator believes, and when.
        root: pinned by the operator; `None` where nothing but the signature is to be checked.
        demands: what has to be proven besides.
        message: for a bundle without an envelope: the signed bytes, or their SHA-256 digest.

    Raises:
        MalformedEvidence: it is not what was asked for.
        SignatureInvalid: the key did not sign it.
        SubjectMismatch: it says another digest than the message has.
        ProofInvalid: a log entry or timestamp does not hold.
        OutsideWindow: `key-window`, or a witness outside its own.
        EvidenceMissing: demanded proofs are not there, or no time is proven for a key that counts for a while.
        SignerNotTrusted: it is signed with a certificate (`key-missing`).
        NoTrust: proofs are demanded without a root.
    """
    content.check_kind(bundle, message)  # 1
    if not isinstance(bundle.material, KeyHint):  # 2
        raise SignerNotTrusted(
            "the bundle is signed with a certificate",
            code="key-missing",
            expected=f"a signature by {key.key.name}",
            found="a certificate, which is never taken in a key's place",
        )
    verifying = VerifyingKey.of(key.key.public_key, what=key.key.name)
    words = content.check_signature(bundle, verifying, message)  # 3
    times, logged = _witnesses(bundle, verifying, words, root, demands)
    if not (demands.accept_unproven_time and not times):  # 7
        _check_window(key, times)
    return VerifiedBundle(
        signer=key,
        payload=words.payload if isinstance(words, Envelope) else None,
        payload_type=words.payload_type if isinstance(words, Envelope) else None,
        message=Digest.of(message) if isinstance(message, bytes) else message,
        times=times,
        logged=logged,
        seal=_SEAL,
    )


def _witnesses(
    bundle: SigstoreBundle,
    key: VerifyingKey,
    words: Envelope | bytes,
    root: TrustedRoot | None,
    demands: KeyDemands,
) -> tuple[tuple[ProvenTime, ...], Logged | None]:
    if root is None:
        if demands.need_root:  # 6
            raise NoTrust("log entries and timestamps cannot be checked without a trusted root")
        return (), None
    if demands.log_entry:  # 6
        demand_log_entry(bundle)
    times, logged = check_witnesses(bundle, root=root)  # 4
    if bundle.log_entry is not None:  # 5
        log_body.check_body(
            bundle.log_entry,
            log_body.Signed(content=words, signature=bundle.signature, key=key, certificate=None),
        )
    stamped = sum(time.source is TimeSource.TIMESTAMP for time in times)
    demand_times(stamped, demands.timestamps, of="timestamp authorities")  # 6
    demand_times(len(times), demands.times, of="a log or timestamp authorities")
    return times, logged


def _check_window(key: ManagedKey, times: tuple[ProvenTime, ...]) -> None:
    if not key.is_limited:
        return
    demand_times(len(times), 1, of="a log or a timestamp authority, because the key counts for a while only")
    for time in times:
        if not key.counts_at(time.moment):
            raise OutsideWindow(
                f"the key of {key.key.name} did not count when it signed",
                code="key-window",
                expected=" to ".join(shown(end) if end else "any time" for end in (key.not_before, key.not_after)),
                found=str(time),
            )
