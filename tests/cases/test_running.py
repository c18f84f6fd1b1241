from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.cases.running import Outcome, run_file
from attest.errors import AttestError
from attest.trust.identity import load_trusted_key
from attest.verify.facts import Fact
from attest.verify.proven import VerifiedBundle
from tests.verify.evidence import Person

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
apiVersion: attest/v1
kind: Policy
name: test
identities:
  alice: {key: alice.pub}
  bob: {key: given}
roles: {publisher: [alice]}
require:
  signature: {by: [publisher]}
  provenance: {by: [alice], source: {clean: true}, operation: [train, distill]}
  ml-bom: {by: [alice], consistent: true}
  claims: [{type: test-result, by: [bob]}]
formats: {allow: [safetensors, json], code-bearing: [scaler.pkl]}
lineage: {datasets: known, source: clean}
"""
GIVEN = """\
apiVersion: attest/v1
kind: PolicyCases
given:
  now: 2026-06-01T12:00:00Z
  files: {model.safetensors: safetensors, config.json: json}
  made:
    operation: train
    inputs: [{role: dataset, name: tx, digest: "sha256:1111111111111111111111111111111111111111111111111111111111111111"}]
  claims:
    signature: publisher
    provenance: alice
    ml-bom: alice
    tests: {type: test-result, by: bob, says: {result: PASSED, configuration: []}}
cases:
"""  # noqa: E501


def put(path: Path, person: Person) -> None:
    path.write_bytes(person.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "alice.pub", Person.named("alice.pub"))
    (tmp_path / "policy.yaml").write_text(POLICY)
    return tmp_path


def run(folder: Path, case: str, *, policy: str = POLICY) -> Outcome:
    (folder / "policy.yaml").write_text(policy)
    path = folder / "policy.cases.yaml"
    path.write_text(GIVEN + f"  - {{name: x, expect: allowed{case}}}\n")
    _, (outcome,) = run_file(path)
    return outcome


def test_what_is_given_is_allowed(folder: Path) -> None:
    outcome = run(folder, "")
    assert outcome.verdict.allowed
    assert outcome.as_expected
    assert outcome.to_json()["found"] == "allowed"


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        ("claims: {signature: none}", {"evidence-missing"}),
        ("claims: {signature: bob}", {"signer-not-trusted"}),
        ("claims: {signature: stranger-2}", {"signer-not-trusted"}),
        ("claims: {signature: {spoilt: true}}", {"signature-invalid"}),
        ("claims: {signature: {about: other-model}}", {"name-mismatch"}),
        ("claims: {signature: {model: acme/x}}", set()),  # what it says of itself; the name in it is the subject's
        ("claims: {tests: {about: other-version}}", {"subject-mismatch"}),
        ("claims: {tests: {about: other-model}}", {"name-mismatch"}),
        ("claims: {tests: {says: {result: FAILED}}}", {"claim-negative"}),
        ("claims: {tests: none}", {"evidence-missing"}),
        ("claims: {signature: {files: {config.json: none}}}", {"unsigned-file"}),
        ("claims: {signature: {files: {more.json: json}}}", {"file-missing"}),
        ("claims: {ml-bom: {files: {config.json: none}}}", {"file-not-in-bom"}),
        ("claims: {ml-bom: {made: {operation: distill}}}", {"claims-disagree"}),
        ("made: {inputs: [{role: dataset, name: t, path: t.csv}]}", set()),  # as if it had been hashed at push
        ("files: {scaler.pkl: pickle}", set()),
        ("files: {other.pkl: pickle}", {"code-bearing-file"}),
        ("files: {config.json: {kind: json, code: true}}", {"code-bearing-file"}),
        ("files: {notes.txt: text}", {"format-not-allowed"}),
        ("made: {operation: merge}", {"operation-not-accepted"}),
        ("made: {inputs: [{role: dataset, name: tx, provenance: unknown}]}", {"lineage-unknown"}),
        ("built: {commit: changed}", {"source-not-clean"}),
        ("built: {commit: unknown}", {"source-unknown"}),
    ],
)
def test_a_case_is_judged_as_a_version_in_a_store_is(folder: Path, case: str, codes: set[str]) -> None:
    outcome = run(folder, f", {case}")
    assert set(outcome.codes) == codes
    assert outcome.verdict.allowed == (not codes)
    assert outcome.as_expected == (not codes)


def test_a_denial_for_another_reason_is_not_the_expected_one(folder: Path) -> None:
    path = folder / "policy.cases.yaml"
    path.write_text(GIVEN + "  - {name: x, expect: [digest-mismatch], claims: {signature: none}}\n")
    _, (outcome,) = run_file(path)
    assert not outcome.as_expected
    assert outcome.codes == ("evidence-missing",)


LIMITED = POLICY.replace("{key: alice.pub}", "{key: alice.pub, not-after: 2026-01-31, time: not-required}")


@pytest.mark.parametrize(
    ("case", "codes"),
    [
        ("", {"signer-not-in-force"}),
        (", proven: 2026-01-31T10:00:00Z", set()),
        (", proven: 2026-02-01T10:00:00Z", {"key-window"}),
        (", now: 2026-01-30T10:00:00Z", set()),
    ],
)
def test_when_a_key_counts_is_looked_at(folder: Path, case: str, codes: set[str]) -> None:
    assert codes <= set(run(folder, case, policy=LIMITED).codes)
    assert run(folder, case, policy=LIMITED).verdict.allowed == (not codes)


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("claims: {signature: alcie}", "policy-unknown-identity"),
        ("made: {inputs: [{role: teacher-model, name: t, ref: teacher}]}", "policy-unknown-ancestor"),
    ],
)
def test_a_case_that_means_nothing_certain_is_refused(folder: Path, case: str, code: str) -> None:
    with pytest.raises(AttestError) as caught:
        run(folder, f", {case}")
    assert caught.value.code == code
    assert "policy.cases.yaml:15:5" in caught.value.message


def test_a_key_that_the_policy_denies_is_denied_in_cases(folder: Path) -> None:
    lost = load_trusted_key(folder / "alice.pub").fingerprint
    other = Person.named("x").key.fingerprint
    deny = "deny: [{{key: '{}', since: 2026-01-01, reason: lost}}]\n"
    assert run(folder, "", policy=POLICY + deny.format(other)).verdict.allowed
    denied = run(folder, "", policy=POLICY + deny.format(lost))
    assert "signer-revoked" in denied.codes
    assert run(folder, ", proven: 2025-12-31T00:00:00Z", policy=POLICY + deny.format(lost)).verdict.allowed


def test_facts_cannot_be_supposed_without_having_been_signed() -> None:
    with pytest.raises(TypeError):
        Fact(statement=None, signer=None, evidence=None)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        VerifiedBundle(signer=None, payload=b"", payload_type="", message=None, times=(), logged=None)  # type: ignore[arg-type]
