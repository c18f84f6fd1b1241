from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import MODEL_SIGNATURE, SCAN, VULNS_V0_1, VULNS_V0_2
from attest.claims.scan import Severity
from attest.policy.evaluate import evaluate
from attest.policy.moments import MostAge
from attest.policy.requirements import ClaimDemand, Identity, Policy
from attest.policy.scans import ScanDemand, version_of
from attest.policy.verdict import Finding, Status, Verdict
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify import review
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle, restated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.evidence.evidence import Evidence

ALICE, BOT, MALLORY = Person.named("alice"), Person.named("bot"), Person.named("mallory")
VERSION = Version.of()
FILES = {file.path: file.digest for file in VERSION.artefact.files}
CLEAN: Mapping[Severity, int] = {Severity.HIGH: 0, Severity.LOW: 1}


def asked(**values: Any) -> ScanDemand:
    return ScanDemand(**({"predicate_type": SCAN, "by": ("bot",)} | values))


def scanned(*severities: Severity, person: Person = BOT, **values: Any) -> Evidence:
    return review.scanned(VERSION, person, *severities, **values)


def reported(kind: str, *scores: str) -> Evidence:
    result = [{"id": f"CVE-{score}", "severity": [{"method": "nvd", "score": score}]} for score in scores]
    predicate = {
        "scanner": {"uri": "pkg:github/aquasecurity/trivy@0.19", "version": "v0.19.2", "result": result},
        "metadata": {"scanFinishedOn": "2026-11-20T21:30:00Z"},
    }
    return bundle(restated(VERSION.cosign, predicateType=kind, predicate=predicate), BOT)


def verdict(demand: ScanDemand, *evidence: Evidence, **values: Any) -> Verdict:
    rules = Policy(
        name="gate",
        identities={
            "alice": Identity(name="alice", keys=(ALICE.key,)),
            "bot": Identity(name="bot", keys=(BOT.key,)),
        },
        digest=Digest.of(b"gate"),
        signature=ClaimDemand(predicate_type=MODEL_SIGNATURE, by=("alice",)),
        scans=(demand,),
    )
    pieces = [bundle(VERSION.signature, ALICE), *evidence]
    judged = judge(pieces, artefact=VERSION.artefact, model=MODEL, keys=rules.keys)
    arguments: dict[str, Any] = {"reference": f"{MODEL}:1", "now": NOW} | values
    return evaluate(rules, judged, artefact=VERSION.artefact, **arguments)


def found(outcome: Verdict) -> Finding:
    (only,) = [each for each in outcome.findings if each.rule == "scans"]
    return only


def refused(outcome: Verdict, code: str) -> Finding:
    each = found(outcome)
    assert (each.status, each.code) == (Status.FAILED, code)
    assert each.expected
    assert each.found
    assert not outcome.allowed
    return each


def test_a_scan_that_found_little_enough_is_allowed() -> None:
    outcome = verdict(asked(findings=CLEAN, scanner="picklescan"), scanned(Severity.LOW, Severity.NONE))
    assert outcome.allowed
    assert found(outcome).summary == "picklescan 1.0.5: 2 findings"


def test_nobody_scanned_it() -> None:
    refused(verdict(asked()), "evidence-missing")
    refused(verdict(asked(), scanned(person=ALICE)), "signer-not-trusted")
    refused(verdict(asked(), scanned(person=MALLORY)), "signer-not-trusted")


@pytest.mark.parametrize(
    ("limits", "severities", "good"),
    [
        ({Severity.HIGH: 0}, [Severity.MEDIUM], True),
        ({Severity.HIGH: 0}, [Severity.HIGH], False),
        ({Severity.HIGH: 0}, [Severity.CRITICAL], False),
        ({Severity.CRITICAL: 1}, [Severity.CRITICAL, Severity.HIGH], True),
        ({Severity.CRITICAL: 1}, [Severity.CRITICAL, Severity.CRITICAL], False),
        ({Severity.CRITICAL: 0}, [Severity.UNKNOWN], False),
        ({Severity.CRITICAL: 5, Severity.MEDIUM: 0}, [Severity.UNKNOWN], False),
        ({}, [Severity.CRITICAL], True),
    ],
)
def test_findings_of_a_severity_or_worse_are_counted(
    limits: dict[Severity, int], severities: list[Severity], good: bool
) -> None:
    outcome = verdict(asked(findings=limits), scanned(*severities))
    assert outcome.allowed is good
    if not good:
        refused(outcome, "scan-findings")


def test_a_clean_scan_does_not_undo_one_with_findings() -> None:
    other = scanned(Severity.HIGH, scanner="fickling")
    each = refused(verdict(asked(findings=CLEAN), scanned(), other), "scan-findings")
    assert each.found == "1 by fickling: finding-0 (high)"
    assert each.evidence == other.digest


def test_findings_of_somebody_else_do_not_count() -> None:
    assert verdict(asked(findings=CLEAN), scanned(), scanned(Severity.HIGH, person=ALICE)).allowed


def test_a_scan_that_cannot_be_read_counts_against() -> None:
    odd = bundle(
        restated(VERSION.cosign, predicateType=VULNS_V0_2, predicate={"scanner": {"uri": "x"}, "metadata": {}}), BOT
    )
    refused(verdict(asked(), scanned(), odd), "malformed-evidence")


def test_another_scanner_will_not_do() -> None:
    each = refused(verdict(asked(scanner="modelscan"), scanned()), "scanner-not-accepted")
    assert each.found == "a scan by picklescan 1.0.5"


@pytest.mark.parametrize(
    ("version", "least", "good"),
    [
        ("1.0.5", "1.0.5", True),
        ("v1.0.10", "1.0.9", True),
        ("1.1", "1.0.9", True),
        ("1", "1.0.0", True),
        ("1.0.4", "1.0.5", False),
        ("1.0.5rc1", "1.0.5", False),
        (None, "1", False),
    ],
)
def test_versions_are_compared_as_numbers(version: str | None, least: str, good: bool) -> None:
    outcome = verdict(asked(scanner="picklescan", minimum_version=least), scanned(version=version))
    assert outcome.allowed is good
    if not good:
        refused(outcome, "scanner-too-old")


@pytest.mark.parametrize("text", ["", "v", "1.", "1..2", "1.0-beta", "latest", "1.0.5rc1", "1\u0661"])
def test_what_is_no_version_cannot_be_compared(text: str) -> None:
    assert version_of(text) is None


def test_a_scan_that_names_its_files_names_all_of_them() -> None:
    assert verdict(asked(), scanned(files=FILES)).allowed
    each = refused(verdict(asked(), scanned(files={"config.json": FILES["config.json"]})), "scan-incomplete")
    assert each.found == "1 not scanned: model.safetensors"
    other = FILES | {"model.safetensors": Digest.of(b"other")}
    refused(verdict(asked(), scanned(files=other)), "scan-incomplete")


def test_a_scan_grows_old() -> None:
    demand = asked(most_age=MostAge(length=timedelta(days=7)))
    assert verdict(demand, scanned()).allowed
    refused(verdict(demand, scanned(), now=NOW + timedelta(days=8)), "claim-stale")
    refused(verdict(demand, scanned(finished=NOW + timedelta(hours=1))), "claim-time")


@pytest.mark.parametrize("kind", [VULNS_V0_1, VULNS_V0_2])
def test_reports_of_other_tools_are_scans(kind: str) -> None:
    demand = asked(scanner="pkg:github/aquasecurity/trivy", minimum_version="0.19", findings=CLEAN)
    assert verdict(demand, reported(kind, "3.9")).allowed
    refused(verdict(demand, reported(kind, "7.0")), "scan-findings")
    refused(verdict(asked(scanner="pkg:github/aquasecurity/triv"), reported(kind)), "scanner-not-accepted")
