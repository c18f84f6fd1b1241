from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from attest.claims import scan
from attest.claims.predicates import SCAN, VULNS_V0_1, VULNS_V0_2
from attest.claims.scan import Scan, ScanFinding, Severity
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

DONE = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
WHOLE = Scan(
    scanner="picklescan",
    version="1.0.5",
    database=datetime(2026, 11, 1, tzinfo=UTC),
    finished=DONE,
    findings=(ScanFinding(id="os.system", severity=Severity.CRITICAL, file="scaler.pkl", title="runs a command"),),
    files={"scaler.pkl": Digest.of(b"scaler")},
)


def built(said: Scan = WHOLE) -> Statement:
    by = SignerName(key=Digest.of(b"key"))
    return scan.build(said, by=by, model="acme/credit-risk", manifest_digest=Digest.of(b"version"))


def changed(**changes: Any) -> Statement:
    document = json.loads(built().raw)
    document["predicate"] |= changes
    document["predicate"] = {key: value for key, value in document["predicate"].items() if value is not None}
    return Statement.parse(json.dumps(document).encode())


def vulns(*result: Any, kind: str = VULNS_V0_2, **changes: Any) -> Statement:
    predicate: dict[str, Any] = {
        "scanner": {
            "uri": "pkg:github/aquasecurity/trivy@244fd47e07d1004f0aed9",
            "version": "0.19.2",
            "db": {"version": "v1-2021080612", "lastUpdate": "2021-08-06T17:45:50.52Z"},
            "result": list(result),
        },
        "metadata": {"scanStartedOn": "2021-08-06T17:45:50.52Z", "scanFinishedOn": "2021-08-06T17:50:50.52Z"},
    }
    document = json.loads(built().raw) | {"predicateType": kind, "predicate": predicate | changes}
    return Statement.parse(json.dumps(document).encode())


def rated(*scores: Any) -> Severity:
    severity = [{"method": "nvd", "score": score} for score in scores]
    (found,) = scan.parse(vulns({"id": "CVE-123", "severity": severity})).findings
    return found.severity


def test_what_was_written_is_read() -> None:
    assert built().predicate_type == SCAN
    assert scan.parse(built()) == WHOLE
    least = Scan(scanner="fickling", finished=DONE, findings=())
    assert scan.parse(built(least)) == least


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (changed(findings=None), "list of findings"),
        (changed(finished=None), "text as finished"),
        (changed(finished="today"), "is no time"),
        (changed(scanner={}), "text as name"),
        (changed(by=None), "object as by"),
        (changed(findings=[{"id": "x", "severity": "severe"}]), "another severity"),
        (changed(findings=[{"severity": "low"}]), "text as id"),
        (changed(files=[{"name": "a"}]), "each file once"),
        (changed(files=[{"name": "a", "digest": {"sha256": "a" * 64}}] * 2), "each file once"),
    ],
)
def test_what_cannot_be_read_one_way_is_refused(statement: Statement, words: str) -> None:
    with pytest.raises(MalformedEvidence, match=words) as caught:
        scan.parse(statement)
    assert caught.value.code == "malformed-evidence"


@pytest.mark.parametrize(
    "statement",
    [
        changed(ignored=["CVE-123"]),
        changed(scanner={"name": "x", "ignore": "*"}),
        changed(scanner={"name": "x", "database": {"age": "1"}}),
        changed(findings=[{"id": "x", "severity": "low", "really": "critical"}]),
    ],
)
def test_an_unknown_field_where_it_is_decided_is_refused(statement: Statement) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        scan.parse(statement)
    assert caught.value.code == "unknown-parameter"


def test_the_example_of_the_specification_is_read() -> None:
    severity = [{"method": "nvd", "score": "medium"}, {"method": "cvss_score", "score": "5.2"}]
    read = scan.parse(vulns({"id": "CVE-123", "severity": severity}))
    assert (read.scanner, read.version) == ("pkg:github/aquasecurity/trivy@244fd47e07d1004f0aed9", "0.19.2")
    assert read.findings == (ScanFinding(id="CVE-123", severity=Severity.MEDIUM),)
    assert read.files is None
    assert read.finished == datetime(2021, 8, 6, 17, 50, 50, 520000, tzinfo=UTC)


@pytest.mark.parametrize("kind", [VULNS_V0_1, VULNS_V0_2])
def test_both_places_of_an_id_are_read(kind: str) -> None:
    item = {"id": "CVE-1", "severity": {"method": "nvd", "score": "HIGH"}}
    for result in (item, {"vulnerability": item}):
        assert scan.parse(vulns(result, kind=kind)).findings == (ScanFinding(id="CVE-1", severity=Severity.HIGH),)


@pytest.mark.parametrize(
    ("scores", "severity"),
    [
        (["low", "9.8"], Severity.CRITICAL),
        (["9.0"], Severity.CRITICAL),
        (["8.9"], Severity.HIGH),
        (["6.9"], Severity.MEDIUM),
        (["0.1"], Severity.LOW),
        (["0.0"], Severity.NONE),
        (["0"], Severity.NONE),
        (["Important"], Severity.HIGH),
        (["moderate", "negligible"], Severity.MEDIUM),
        (["AV:N/AC:L", "low"], Severity.LOW),
        ([], Severity.UNKNOWN),
        (["10.1"], Severity.UNKNOWN),
        (["-1"], Severity.UNKNOWN),
        (["?"], Severity.UNKNOWN),
        ([9], Severity.UNKNOWN),
    ],
)
def test_the_worst_of_several_ratings_counts_and_none_is_unknown(scores: list[Any], severity: Severity) -> None:
    assert rated(*scores) is severity


@pytest.mark.parametrize(
    "statement",
    [
        vulns(scanner={"uri": "x"}),
        vulns(scanner={"result": []}),
        vulns(metadata={}),
        vulns({"severity": []}),
        vulns({"id": "CVE-1", "severity": "high"}),
        vulns("CVE-1"),
    ],
)
def test_a_report_that_cannot_be_read_one_way_is_refused(statement: Statement) -> None:
    with pytest.raises(MalformedEvidence):
        scan.parse(statement)


def test_another_claim_is_no_scan() -> None:
    with pytest.raises(MalformedEvidence, match="no scan"):
        scan.parse(vulns(kind="https://example.com/x"))
