"""Facts for the cases of a policy: what its identities would have said, without their keys.

The one door through which a fact gets another signer or a time that nothing proves. It is for `attest policy test`
alone (a test of the architecture says so): what comes out of it is judged and printed, and is never an admission, which
needs a version in a store. The words themselves were signed, by throw-away keys, and went through all the steps of the
verifier.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from attest.trust.certificate_identity import SubjectKind
from attest.trust.identity import TrustedKey
from attest.trust.managed_key import ManagedKey
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.verify.by_managed_key import check_window
from attest.verify.fulcio import CertificateSigner, FulcioExtensions
from attest.verify.proven import _SEAL, PkiSigner, ProvenTime, TimeSource, VerifiedBundle
from attest.verify.witnesses import demand_times
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from datetime import datetime

    from attest.trust.signatory import Signatory
    from attest.verify.facts import Fact

WITNESS = "urn:attest:supposed"
"""Who proves supposed times."""

_STARS = re.compile(r"\*+")


def suppose(fact: Fact, *, signer: Signatory, time: datetime | None) -> Fact:
    """The fact as if somebody else had signed it.

    Args:
        fact: as the verifier made it of words signed with a throw-away key.
        signer: who is supposed to have signed.
        time: when that is supposed to be proven; `None` where it is not.

    Raises:
        EvidenceMissing: he would have needed a proven time (`time-missing`).
        OutsideWindow: he did not count at that time (`key-window`).
    """
    times = () if time is None else (ProvenTime(moment=time, source=TimeSource.TIMESTAMP, witness=WITNESS),)
    if isinstance(signer, ManagedKey):
        check_window(signer, times, needs_time=signer.needs_time)
    elif isinstance(signer, TrustedHolder) or (isinstance(signer, PkiHolder) and signer.time_required):
        demand_times(len(times), 1, of="a log or a timestamp authority")
    counts = signer.span if isinstance(signer, ManagedKey) else None
    if isinstance(signer, TrustedKey | ManagedKey) and not times:
        return replace(fact, signer=signer, counts=counts, proven=None)
    proven = VerifiedBundle(
        signer=_as_proven(signer),
        payload=fact.statement.raw,
        payload_type=None,
        message=None,
        times=times,
        logged=None,
        certificate=None if isinstance(signer, TrustedKey | ManagedKey) else Digest.of(signer.title.encode()),
        counts=counts,
        seal=_SEAL,
    )
    return replace(fact, signer=signer, counts=counts, proven=proven)


def as_subject(subject: str | None, subject_glob: str | None) -> str:
    """What a supposed certificate names: the subject, or somebody who fits the pattern."""
    return subject or _STARS.sub("anybody", subject_glob or "")


def _as_proven(signer: Signatory) -> CertificateSigner | ManagedKey | PkiSigner:
    if isinstance(signer, TrustedHolder):
        identity = signer.identity
        return CertificateSigner(
            subject=as_subject(identity.subject, identity.subject_glob),
            kind=identity.kind or SubjectKind.URI,
            issuer=identity.issuer,
            extensions=FulcioExtensions(values=dict(identity.extensions)),
        )
    if isinstance(signer, PkiHolder):
        return PkiSigner(
            subject=as_subject(signer.identity.subject, signer.identity.subject_glob),
            kind=signer.identity.said_as,
            key=signer.fingerprint,
        )
    return signer if isinstance(signer, ManagedKey) else ManagedKey(key=signer)
