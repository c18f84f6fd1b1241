"""Cases with more than one version or more than one person: ancestors, revocations, evaluations and approvals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.cases.running import Outcome, run_file
from attest.errors import AttestError

if TYPE_CHECKING:
    from pathlib import Path

POLICY = """\
apiVersion: attest/v1
kind: Policy
name: scenes
identities: {ci: {key: given}, ann: {key: given}, ben: {key: given}, bot: {key: given}, security: {key: given}}
roles: {approver: [ann, ben, ci]}
require:
  signature: {by: [ci]}
  provenance: {by: [ci]}
  ml-bom: {by: [ci], consistent: true}
  evaluations:
    - {by: [bot], metric: auc, minimum: 0.9, no-regression: {against: production, by-at-most: 0.01}, max-age: 90d}
  approvals: [{by: [approver], count: 2, meaning: released}]
lineage:
  teacher-model: {must: signed, by: [ci], depth: roots}
revocations: {by: [security], file: feed.json}
"""
AUC = "says: {result: passed, finished: 2026-05-01T00:00:00Z, metrics: [{name: auc, better: higher, value: 'NUMBER'}]}"
CASES = f"""\
apiVersion: attest/v1
kind: PolicyCases
given:
  now: 2026-06-01T12:00:00Z
  files: {{model.safetensors: safetensors}}
  made: {{operation: distill, inputs: [{{role: teacher-model, name: teacher, ref: teacher}}]}}
  claims:
    signature: ci
    provenance: ci
    ml-bom: ci
    evaluation: {{type: evaluation, by: bot, {AUC.replace("NUMBER", "0.92")}}}
    approval: {{type: approval, by: [ann, ben], says: {{decision: approve, meaning: released}}}}
  aliases: {{production: old}}
  revocations: {{by: security, sequence: 3, issued: 2026-05-31T00:00:00Z, expires: 2026-06-07T00:00:00Z}}
  ancestors:
    teacher:
      files: {{large.safetensors: safetensors}}
      made: {{operation: distill, inputs: [{{role: teacher-model, name: grand, ref: grand}}]}}
      claims: {{signature: ci, provenance: ci, ml-bom: ci}}
    grand:
      files: {{larger.safetensors: safetensors}}
      made: {{operation: train}}
      claims: {{signature: ci, provenance: ci, ml-bom: ci}}
    old:
      files: {{old.safetensors: safetensors}}
      claims: {{evaluation: {{type: evaluation, by: bot, {AUC.replace("NUMBER", "0.925")}}}}}
cases:
"""


def run(folder: Path, case: str = "") -> Outcome:
    (folder / "policy.yaml").write_text(POLICY)
    path = folder / "policy.cases.yaml"
    path.write_text(CASES + f"  - {{name: x, expect: allowed{case}}}\n")
    _, (outcome,) = run_file(path)
    return outcome


def test_the_whole_scene_is_allowed(tmp_path: Path) -> None:
    outcome = run(tmp_path)
    assert outcome.codes == ()
    assert outcome.verdict.allowed


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("claims: {approval: {by: ann}}", "approvals-too-few"),
        ("claims: {approval: {by: [ann, ci]}}", "approvals-too-few"),  # who published it
        ("claims: {approval: none}", "evidence-missing"),
        ("claims: {approval: {reviews: [signature]}}", "approval-not-covering"),
        ("claims: {approval: {reviews: none}}", "approval-not-covering"),
        ("claims: {approval: {says: {meaning: seen}}}", "approval-meaning"),
        ("claims: {veto: {type: approval, by: ben, says: {decision: reject, meaning: leaks}}}", "rejected"),
        ("claims: {evaluation: {says: {result: failed}}}", "evaluation-failed"),
        ("now: 2026-08-01T00:00:00Z", "claim-stale"),
        ("ancestors: {teacher: {claims: {signature: none}}}", "ancestor-not-signed"),
        ("ancestors: {grand: {claims: {signature: stranger}}}", "ancestor-not-signed"),
        ("revocations: none", "revocations-missing"),
        ("revocations: {by: ann}", "revocations-unsigned"),
        ("revocations: {expires: 2026-06-01T00:00:00Z}", "revocations-stale"),
    ],
)
def test_what_is_missing_in_the_scene_is_the_reason(tmp_path: Path, case: str, code: str) -> None:
    outcome = run(tmp_path, f", {case}")
    assert code in outcome.codes
    assert not outcome.verdict.allowed


@pytest.mark.parametrize("name", ["version", "teacher", "grand"])
def test_what_was_revoked_denies_its_descendants(tmp_path: Path, name: str) -> None:
    outcome = run(tmp_path, f", revocations: {{revoked: [{name}]}}")
    assert not outcome.verdict.allowed
    denied = [finding for finding in outcome.verdict.findings if finding.rule == "denials"]
    assert denied
    if name == "grand":
        assert any("acme/grand" in step for finding in denied for step in finding.path)


def test_a_promotion_decides_how_old_an_evaluation_was(tmp_path: Path) -> None:
    later = "now: 2026-08-01T00:00:00Z, revocations: {expires: 2026-09-01T00:00:00Z}"
    assert not run(tmp_path, f", {later}").verdict.allowed
    assert run(tmp_path, f", {later}, promoted: 2026-06-01T00:00:00Z").verdict.allowed


def test_a_number_that_got_worse_is_denied(tmp_path: Path) -> None:
    worse = AUC.replace("NUMBER", "0.94")
    outcome = run(tmp_path, f", ancestors: {{old: {{claims: {{evaluation: {{{worse}}}}}}}}}")
    assert outcome.codes == ("metric-regressed",)


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("claims: {approval: {reviews: [sginature]}}", "policy-unknown-claim"),
        ("aliases: {production: older}", "policy-unknown-ancestor"),
        ("revocations: {revoked: [nothing]}", "policy-unknown-ancestor"),
        ("revocations: {by: sceurity}", "policy-unknown-identity"),
        ("revocations: {sequence: 0}", "policy-wrong-type"),
        ("ancestors: {teacher: none}", "policy-unknown-ancestor"),
    ],
)
def test_a_scene_that_means_nothing_certain_is_refused(tmp_path: Path, case: str, code: str) -> None:
    with pytest.raises(AttestError) as caught:
        run(tmp_path, f", {case}")
    assert (caught.value.code, caught.value.exit_status) == (code, 2)
