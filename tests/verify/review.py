"""Evaluations, scans and approvals of the small version, signed by real keys."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from attest.claims.approval import Approval, Decision
from attest.claims.evaluation import Better, Evaluation, Measured
from attest.claims.scan import Scan, ScanFinding, Severity
from attest.evidence.evidence import Evidence
from attest.signed_claims import reviewed, sign_approval, sign_evaluation, sign_scan
from attest.signing.bundle_signer import KeyBundleSigner
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.verify.evidence import Person, Version

GOLDEN = Digest.of(b"golden")
DONE = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
MEANING = "reviewed and approved for production use"


def accuracy(value: str, **values: Any) -> Measured:
    defaults: dict[str, Any] = {"name": "accuracy", "dataset": GOLDEN, "better": Better.HIGHER}
    return Measured(value=Decimal(value), **(defaults | values))


def evaluated(version: Version, person: Person, *metrics: Measured, **values: Any) -> Evidence:
    defaults: dict[str, Any] = {"passed": True, "finished": DONE, "metrics": metrics}
    said = Evaluation(**(defaults | values))
    signer = KeyBundleSigner(signer=person.signer)
    raw = sign_evaluation(said, signer=signer, model=MODEL, manifest_digest=version.artefact.digest)
    return Evidence(raw=raw, origin="evaluation")


def scanned(about: Version, person: Person, *severities: Severity, **values: Any) -> Evidence:
    found = tuple(ScanFinding(id=f"finding-{number}", severity=each) for number, each in enumerate(severities))
    defaults: dict[str, Any] = {"scanner": "picklescan", "version": "1.0.5", "finished": DONE, "findings": found}
    said = Scan(**(defaults | values))
    signer = KeyBundleSigner(signer=person.signer)
    raw = sign_scan(said, signer=signer, model=MODEL, manifest_digest=about.artefact.digest)
    return Evidence(raw=raw, origin="scan")


def decided(
    version: Version, person: Person, *, seen: Sequence[Evidence] = (), by: Sequence[Person] = (), **values: Any
) -> Evidence:
    """An approval; `seen` is what the reviewer had before him, signed by `by`."""
    judged = judge(seen, artefact=version.artefact, model=MODEL, keys=[each.key for each in by])
    defaults: dict[str, Any] = {"decision": Decision.APPROVE, "meaning": MEANING, "reviewed": reviewed(judged.facts)}
    signer = KeyBundleSigner(signer=person.signer)
    said = Approval(**(defaults | values))
    raw = sign_approval(said, signer=signer, model=MODEL, manifest_digest=version.artefact.digest)
    return Evidence(raw=raw, origin="approval")
