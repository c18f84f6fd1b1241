"""Cases with the log of a model: who began it, how far it goes, and the checkpoint beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from attest.cases.running import Outcome, run_file
from attest.errors import AttestError

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "sha256:" + "5" * 64
POLICY = """\
apiVersion: attest/v1
kind: Policy
name: logged
identities: {ci: {key: given}, ann: {key: given}, ops: {key: given}, notary: {key: given}}
roles: {keeper: [ops]}
require: {signature: {by: [ci]}}
formats: any
log: {admins: [ci, ann], environment: eu, checkpoint: {by: [keeper], max-age: 24h}, witnesses: notary, min-sequence: 12}
"""
CASES = """\
apiVersion: attest/v1
kind: PolicyCases
given:
  now: 2026-06-01T12:00:00Z
  files: {model.safetensors: safetensors}
  claims: {signature: ci}
  log:
    begun-by: ci
    environment: eu
    sequence: 17
    checkpoint: {by: keeper, issued: 2026-06-01T06:00:00Z, expires: 2026-06-02T06:00:00Z}
cases:
"""


def run(folder: Path, case: str = "", *, policy: str = POLICY) -> Outcome:
    (folder / "policy.yaml").write_text(policy)
    path = folder / "policy.cases.yaml"
    path.write_text(CASES + f"  - {{name: x, expect: allowed{case}}}\n")
    _, (outcome,) = run_file(path)
    return outcome


@pytest.mark.parametrize(
    "case",
    [
        "",
        "log: {admins: stranger}",
        "log: {begun-by: stranger, admins: [ci, ann]}",
        "log: {checkpoint: {sequence: 12}}",
        "log: {alias: none, checkpoint: none}",
        "log: {first-use: true}",
        "log: {sequence: 12}",
        "log: none",
    ],
)
def test_a_log_as_it_should_be_is_allowed(tmp_path: Path, case: str) -> None:
    outcome = run(tmp_path, f", {case}" if case else "")
    assert outcome.codes == ()
    assert outcome.verdict.allowed


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("begun-by: stranger", "log-transplant"),
        ("begun-by: stranger, admins: [ci, stranger]", "log-transplant"),
        ("environment: us", "log-transplant"),
        ("sequence: 11, checkpoint: {sequence: 11}", "log-rollback"),
        ("sequence: 16, checkpoint: {sequence: 17}", "log-fork"),
        ("checkpoint: {about: other-branch}", "log-fork"),
        ("checkpoint: {by: notary, about: other-branch}", "log-fork"),
        ("checkpoint: none", "log-stale"),
        ("checkpoint: {by: notary}", "log-stale"),
        ("checkpoint: {by: stranger}", "log-stale"),
        ("checkpoint: {issued: 2026-05-30T06:00:00Z}", "log-stale"),
        ("checkpoint: {expires: 2026-06-01T07:00:00Z}", "log-stale"),
        ("checkpoint: {expires: 2026-06-01T06:00:00Z}", "log-stale"),  # none that anybody reads
    ],
)
def test_what_is_wrong_with_the_log_is_the_reason(tmp_path: Path, case: str, code: str) -> None:
    outcome = run(tmp_path, f", log: {{{case}}}")
    assert outcome.codes == (code,)
    assert not outcome.verdict.allowed


def test_a_log_is_pinned_by_its_digest(tmp_path: Path) -> None:
    pinned = POLICY.replace("admins: [ci, ann]", f'digest: "{DIGEST}"')
    other = ", log: {begun-by: stranger}"
    assert run(tmp_path, f', log: {{begun-by: stranger, digest: "{DIGEST}"}}', policy=pinned).codes == ()
    assert run(tmp_path, other, policy=pinned).codes == ("log-transplant",)


def test_a_policy_without_pins_is_denied(tmp_path: Path) -> None:
    unpinned = POLICY.replace("admins: [ci, ann], ", "")
    assert run(tmp_path, policy=unpinned).codes == ("log-not-pinned",)


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ("{begun-by: somebody}", "policy-unknown-identity"),
        ("{admins: [somebody]}", "policy-unknown-identity"),
        ("{sequence: 0}", "policy-wrong-type"),
        ("{digest: 12}", "policy-wrong-type"),
        ("{digest: sha256:12}", "policy-bad-digest"),
        ("{checkpoint: {by: somebody}}", "policy-unknown-identity"),
        ("{checkpoint: {about: another}}", "policy-unknown-word"),
        ("{checkpoint: {issued: today}}", "policy-bad-time"),
        ("{begun_by: ci}", "policy-unknown-key"),
        ("nothing", "policy-unknown-word"),
    ],
)
def test_a_log_that_means_nothing_certain_is_refused(tmp_path: Path, case: str, code: str) -> None:
    with pytest.raises(AttestError) as caught:
        run(tmp_path, f", log: {case}")
    assert (caught.value.code, caught.value.exit_status) == (code, 2)
