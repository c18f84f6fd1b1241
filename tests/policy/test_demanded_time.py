"""`require.proven-time`: every claim that is demanded has a proven time, or nothing is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from attest.cases.running import Outcome, run_file
from attest.errors import PolicyError
from attest.policy import explain
from attest.policy.document import load_policy, load_unfilled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verify.evidence import Person

POLICY = """\
apiVersion: attest/v1
kind: Policy
name: timed
identities: {alice: {key: KEY}}
require: {signature: {by: [alice]}, provenance: {by: [alice]}, proven-time: true}
formats: any
"""
CASES = """\
apiVersion: attest/v1
kind: PolicyCases
given:
  now: 2026-06-01T12:00:00Z
  files: {model.safetensors: safetensors}
  claims: {signature: alice, provenance: alice}
cases:
"""


def run(folder: Path, case: str) -> Outcome:
    (folder / "policy.yaml").write_text(POLICY.replace("KEY", "given"))
    path = folder / "policy.cases.yaml"
    path.write_text(CASES + f"  - {{name: x, expect: allowed, {case}}}\n")
    _, (outcome,) = run_file(path)
    return outcome


def test_with_proven_times_it_is_allowed(tmp_path: Path) -> None:
    assert run(tmp_path, "proven: 2026-06-01T11:00:00Z").verdict.allowed


@pytest.mark.parametrize(
    "case",
    [
        "proven: none",
        "proven: 2026-06-01T11:00:00Z, claims: {provenance: {proven: none}}",
        "proven: 2026-06-01T11:00:00Z, claims: {signature: {proven: none}}",
        (
            "proven: 2026-06-01T11:00:00Z, "
            "claims: {more: {type: provenance, by: alice, proven: none, made: {operation: train}}}"
        ),
    ],
)
def test_without_one_for_each_claim_it_is_denied(tmp_path: Path, case: str) -> None:
    outcome = run(tmp_path, case)
    assert outcome.codes == ("time-missing",)
    assert outcome.verdict.exit_status == 1


def test_a_copy_of_the_same_words_without_a_time_hides_nothing(tmp_path: Path) -> None:
    case = "proven: 2026-06-01T11:00:00Z, claims: {copy: {type: model-signature, by: alice, proven: none}}"
    assert run(tmp_path, case).verdict.allowed


def test_what_nobody_asks_for_needs_no_time(tmp_path: Path) -> None:
    case = "proven: 2026-06-01T11:00:00Z, claims: {more: {type: provenance, by: stranger, proven: none}}"
    assert run(tmp_path, case).verdict.allowed


def test_a_policy_without_anybody_to_prove_times_is_refused(tmp_path: Path, alice: Person) -> None:
    pem = alice.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "alice.pub").write_bytes(pem)
    (tmp_path / "policy.yaml").write_text(POLICY.replace("KEY", "alice.pub"))
    with pytest.raises(PolicyError) as caught:
        load_policy(tmp_path / "policy.yaml")
    assert caught.value.code == "policy-no-root"
    assert ":5:64:" in caught.value.message


def test_false_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY.replace("KEY", "given").replace("proven-time: true", "proven-time: false"))
    with pytest.raises(PolicyError) as caught:
        load_unfilled(path)
    assert caught.value.code == "policy-wrong-type"


def test_it_is_explained(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY.replace("KEY", "given"))
    said = explain.sentences(load_unfilled(tmp_path / "policy.yaml"))
    assert any("proves when each claim was signed" in sentence for sentence in said)
