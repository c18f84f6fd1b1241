"""Evaluations, approvals and scans as signed bundles, in the name of whoever signs them.

`attest evidence attach` takes the bundles; a policy decides later what they are worth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims import approval as approvals
from attest.claims.approval import Reviewed
from attest.claims.signer_name import SignerName
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.verify.binding import own_name
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attest.claims.approval import Approval
    from attest.claims.evaluation import Evaluation
    from attest.claims.scan import Scan
    from attest.signing.bundle_signer import BundleSigner
    from attest.verify.facts import Fact


def name_of(signer: BundleSigner) -> SignerName:
    """How a signer names himself in his claims; the verifier holds it against who really signed."""
    trusted = signer.trusted
    if isinstance(trusted, TrustedHolder):
        return SignerName(issuer=trusted.identity.issuer, subject=trusted.identity.subject)
    if isinstance(trusted, PkiHolder):
        from attest.signing.certificate_signer import CertificateBundleSigner  # noqa: PLC0415  # X.509

        if isinstance(signer, CertificateBundleSigner):
            return SignerName(key=signer.key.signer.fingerprint)
    return SignerName(key=trusted.fingerprint)


def reviewed(facts: Iterable[Fact]) -> tuple[Reviewed, ...]:
    """The claims that a reviewer has before him, for `Approval.reviewed`.

    Args:
        facts: what the verifier made of the version's evidence.
    """
    return tuple(
        Reviewed(claim=Digest.of(fact.statement.raw), signer=SignerName.parse(own_name(fact.signer, fact.proven)))
        for fact in facts
    )


def sign_evaluation(
    evaluation: Evaluation,
    *,
    signer: BundleSigner,
    model: str,
    manifest_digest: Digest,
    oms_root: Digest | None = None,
) -> bytes:
    """A bundle that says what was measured.

    Args:
        evaluation: what is said.
        signer: who measured.
        model: the model's name without host.
        manifest_digest: the version.
        oms_root: its OMS root, for those who have the bare folder.

    Raises:
        MalformedEvidence: it could not be read again.
    """
    from attest.claims import evaluation as evaluations  # noqa: PLC0415  # readers of a log want names alone

    statement = evaluations.build(
        evaluation, by=name_of(signer), model=model, manifest_digest=manifest_digest, oms_root=oms_root
    )
    return signer.sign_statement(statement)


def sign_scan(
    scan: Scan, *, signer: BundleSigner, model: str, manifest_digest: Digest, oms_root: Digest | None = None
) -> bytes:
    """A bundle that says what a scanner found.

    Args:
        scan: what is said.
        signer: who ran the scanner.
        model: the model's name without host.
        manifest_digest: the version.
        oms_root: its OMS root, for those who have the bare folder.

    Raises:
        MalformedEvidence: it could not be read again.
    """
    from attest.claims import scan as scans  # noqa: PLC0415  # the same

    statement = scans.build(scan, by=name_of(signer), model=model, manifest_digest=manifest_digest, oms_root=oms_root)
    return signer.sign_statement(statement)


def sign_approval(
    approval: Approval,
    *,
    signer: BundleSigner,
    model: str,
    manifest_digest: Digest,
    oms_root: Digest | None = None,
) -> bytes:
    """A bundle that says what was decided.

    Args:
        approval: what is said.
        signer: who decided.
        model: the model's name without host.
        manifest_digest: the version.
        oms_root: its OMS root, for those who have the bare folder.

    Raises:
        MalformedEvidence: it could not be read again.
    """
    statement = approvals.build(
        approval, by=name_of(signer), model=model, manifest_digest=manifest_digest, oms_root=oms_root
    )
    return signer.sign_statement(statement)
