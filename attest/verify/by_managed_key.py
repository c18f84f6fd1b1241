"""Bundles signed by a key that the operator named, with the proofs that such a bundle may bring.

    1  the bundle was read strictly; it holds in-toto words, or signs the caller's
    2  a key has to be its material, never a certificate instead; its hint selects nothing
    3  the signature, by the named key, over the envelope's own type and payload
    4  what the trusted root can check: every timestamp, the log entry, its promise (steps 3 to 5 of `by_certificate`)
    5  the log entry, rebuilt whole from the bundle and this key, and compared
    6  as many proofs as were demanded; none can be demanded without a root
    7  a key that counts for a while: at every proven time, of which there has to be one (GHSA-wqqc-jjcq-vfxm), unless
       the operator said that none is required; then it has to count when somebody looks, and whoever has a clock owes
       that (`VerifiedBundle.counts`)

Without a root, log entries and timestamps are not looked at and prove nothing: no time comes back, and `unchecked`
says how many there were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import NoTrust, OutsideWindow, SignerNotTrusted
from attest.trust.verifying_key import VerifyingKey
from attest.verify import content, log_body
from attest.verify.demands import BARE_KEY
from attest.verify.proven import _SEAL, TimeSource, VerifiedBundle
from attest.verify.sigstore_bundle import Envelope, KeyHint, SigstoreBundle
from attest.verify.witnesses import check_witnesses, count_times, count_witnesses, demand_log_entry, demand_times
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.signing.bundle import Bundle
    from attest.trust.managed_key import ManagedKey
    from attest.trust.roots import TrustedRoot
    from attest.verify.demands import KeyDemands
    from attest.verify.proven import Logged, ProvenTime


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
    unchecked = count_witnesses(bundle) if root is None else 0
    check_window(key, times, needs_time=key.needs_time and not demands.accept_unproven_time, unchecked=unchecked)  # 7
    return VerifiedBundle(
        signer=key,
        payload=words.payload if isinstance(words, Envelope) else None,
        payload_type=words.payload_type if isinstance(words, Envelope) else None,
        message=Digest.of(message) if isinstance(message, bytes) else message,
        times=times,
        logged=logged,
        counts=key.span,
        unchecked=unchecked,
        seal=_SEAL,
    )


def check_witnesses_of(bundle: Bundle, raw: bytes, *, key: ManagedKey) -> VerifiedBundle | None:
    """What a bundle proves that the key was found to have signed; `None` where it brings nothing to prove it with.

    Args:
        bundle: as `attest.signing.bundle` reads it.
        raw: its bytes.
        key: the key, with its time and root.

    Raises:
        AttestError: as `verify_key_bundle`. What is there has to hold, also where nobody asks for it.
    """
    brings = bundle.log_entries + bundle.timestamps
    if not brings or key.root is None:  # what it brings could not be checked, and is not read
        check_window(key, (), needs_time=key.needs_time, unchecked=brings)
        return None
    return verify_key_bundle(SigstoreBundle.parse(raw), key=key, root=key.root)


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
    stamped = count_times(time for time in times if time.source is TimeSource.TIMESTAMP)
    demand_times(stamped, demands.timestamps, of="timestamp authorities")  # 6
    demand_times(count_times(times), demands.times, of="a log or timestamp authorities")
    return times, logged


def check_window(key: ManagedKey, times: tuple[ProvenTime, ...], *, needs_time: bool, unchecked: int = 0) -> None:
    """Step 7: return only if the key counted at every proven time.

    Args:
        key: whom the operator believes, and when.
        times: what is proven.
        needs_time: whether there has to be one.
        unchecked: how many witnesses there were besides, for the message.

    Raises:
        EvidenceMissing: `time-missing`.
        OutsideWindow: `key-window`.
    """
    if needs_time and not times:
        why = "because the key counts for a while only" if key.is_limited else "because the operator asks for it"
        demand_times(0, 1, of=f"a log or a timestamp authority, {why}", unchecked=unchecked)
    for time in times:
        if not key.counts_at(time.moment):
            raise OutsideWindow(
                f"the key of {key.name} did not count when it signed",
                code="key-window",
                expected=str(key.span),
                found=str(time),
            )
