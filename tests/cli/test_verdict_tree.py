"""A verdict with ancestors on screen: where in the lineage something stands in the way."""

from __future__ import annotations

import re
from typing import Any

import pytest

from attest.cli.verdicts import show_verdict
from attest.policy.verdict import Denied, Finding, Status, Verdict
from attest_registry.digest import Digest

TEACHER, BASE = "teacher-model acme/large:7", "base-model acme/base:1"
REVOKED: dict[str, Any] = {"status": Status.FAILED, "code": "revoked", "expected": "not revoked", "found": "revoked"}


def shown(capsys: pytest.CaptureFixture[str], *findings: Finding) -> list[str]:
    digest = Digest.of(b"version")
    verdict = Verdict(digest=digest, policy_name="team", policy_digest=Digest.of(b"policy"), findings=findings)
    show_verdict(verdict, reference="acme/small:1", by="team")
    return re.sub(r"\x1b\[\d+m", "", capsys.readouterr().out).splitlines()


def about(*path: str, **values: Any) -> Finding:
    return Finding(**({"rule": "lineage", "status": Status.PASSED, "path": path} | values))


def test_a_verdict_without_ancestors_has_no_tree(capsys: pytest.CaptureFixture[str]) -> None:
    assert not [line for line in shown(capsys, about(summary="known")) if "─" in line]


def test_each_ancestor_has_its_mark_below_what_was_made_from_it(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(
        capsys,
        about(status=Status.FAILED, expected="ancestors that may be used", found="1 of 3 may not"),
        about(TEACHER, summary="signed", signer="risk-ml"),
        about(TEACHER, BASE, **REVOKED),
        about("dataset tx", status=Status.UNKNOWN, found="no digest"),
    )
    start = next(index for index, line in enumerate(lines) if "─" in line)
    assert lines[start:-1] == [
        "    ├─ ✓ teacher-model acme/large:7   signed; risk-ml",
        "    │  └─ ✗ base-model acme/base:1",
        "    │       expected  not revoked",
        "    │       found     revoked",
        "    └─ ? dataset tx",
        "         found     no digest",
    ]
    assert lines[-1] == "DENIED  by team"


@pytest.mark.parametrize("order", [1, -1])
def test_the_worst_finding_about_an_ancestor_gives_its_mark(order: int, capsys: pytest.CaptureFixture[str]) -> None:
    findings = [about(TEACHER, summary="signed"), about(TEACHER, **REVOKED)][::order]
    (line,) = [line for line in shown(capsys, *findings) if "─" in line]
    assert line.strip() == f"└─ ✗ {TEACHER}"


def test_an_ancestor_that_only_leads_to_another_is_not_marked_as_passed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, about(TEACHER, BASE, **REVOKED))
    assert f"    └─ – {TEACHER}" in lines
    assert f"       └─ ✗ {BASE}" in lines


def test_names_of_ancestors_cannot_write_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(capsys, about("teacher \x1b[2J\nALLOWED  by team", **REVOKED))
    assert lines.count("ALLOWED  by team") == 0
    assert not [line for line in lines if "\x1b" in line]


def test_what_is_said_of_a_rule_that_does_not_count_is_not_the_reason_of_a_refusal() -> None:
    aside = Finding(rule="vsa", status=Status.NOT_APPLICABLE, code="verdict-stale")
    digest = Digest.of(b"version")
    verdict = Verdict(
        digest=digest, policy_name="team", policy_digest=digest, findings=(aside, about(TEACHER, **REVOKED))
    )
    assert Denied(verdict, reference="m:1").code == "revoked"
