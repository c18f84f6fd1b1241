"""By which names a signature can be revoked, when it is spared, and what stands in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.revocations import Holder, Kind
from attest.errors import Refusal
from attest.verify.facts import Rejected
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.claims.revocations import Revocation
    from attest.claims.signer_name import SignerName
    from attest.policy.denials import Denial, Value
    from attest.verify.facts import Fact


def names(fact: Fact) -> Iterator[tuple[Kind, Value]]:
    """Everything by which a signature can be revoked."""
    yield Kind.CLAIM, Digest.of(fact.statement.raw)
    yield Kind.KEY, fact.signer.fingerprint
    proven = fact.proven
    if proven is None:
        return
    if proven.logged is not None:
        yield Kind.LOG_INDEX, proven.logged.index
    if proven.certificate is not None:
        from attest.verify.fulcio import CertificateSigner  # noqa: PLC0415  # only where X.509 was loaded anyway
        from attest.verify.proven import PkiSigner  # noqa: PLC0415

        signer = proven.signer
        if isinstance(signer, CertificateSigner):
            yield Kind.IDENTITY, Holder(subject=signer.subject, issuer=signer.issuer)
        elif isinstance(signer, PkiSigner):
            yield Kind.IDENTITY, Holder(subject=signer.subject)
            yield Kind.KEY, signer.key


def name_of(who: SignerName) -> tuple[Kind, Value]:
    """By what somebody who has signed nothing yet can be revoked."""
    if who.key is not None:
        return Kind.KEY, who.key
    return Kind.IDENTITY, Holder(subject=str(who.subject), issuer=who.issuer)


def spared(fact: Fact, revocation: Revocation) -> bool:
    """Whether it is proven to be older than the loss. One entry of a log, or one claim, is meant as it stands."""
    if revocation.kind not in {Kind.KEY, Kind.IDENTITY}:
        return False
    return bool(fact.times) and fact.times[0].moment < revocation.since


def rejected(fact: Fact, denial: Denial) -> Rejected:
    """A fact that does not count, for people who wonder where it is."""
    error = Refusal(
        f"what {fact.signer.name} signed does not count",
        code="signer-revoked",
        expected="a signature that is not revoked, or is proven to be older",
        found=denial.title,
    )
    return Rejected(
        evidence=fact.evidence,
        error=error,
        predicate_type=fact.statement.predicate_type,
        key_hint=f"{fact.signer.name} ({fact.signer.title})",
    )
