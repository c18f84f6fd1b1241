"""A gate signs its verdict, and a fleet takes it in place of the evaluation: typed at a shell."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims import vsa
from attest.claims.statement import Statement
from attest.signing.bundle import Bundle

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Shell

NAME = "demo/model:1"
POLICY = """\
apiVersion: attest/v1
kind: Policy
name: serving
identities: {publisher: {key: K/attest.pub}, gate: {key: other/attest.pub}}
require: {signature: {by: [publisher]}, provenance: {by: [publisher]}, ml-bom: {by: [publisher]}}
vsa: {by: [gate], policy: same, max-age: 24h}
"""
SIGN = ("--attest-verdict", "--signing-key", "other/attest.key")


@pytest.fixture
def gate(keyed: Shell) -> Shell:
    """A model that is pushed, and the policy of a fleet."""
    (keyed.folder / "policy.yaml").write_text(POLICY)
    keyed.attest("push", "model", NAME, "--key", "K/attest.key")
    return keyed


def verify(person: Shell, *options: str, expect: int = 0) -> dict[str, Any]:
    printed = person.attest("verify", NAME, "--policy", "policy.yaml", "--json", *options, expect=expect)
    found: dict[str, Any] = json.loads(printed.out)
    return found


def rules(document: dict[str, Any]) -> dict[str, str]:
    return {finding["rule"]: finding["status"] for finding in document["findings"]}


def summaries(person: Shell, folder: str = "evidence") -> list[vsa.Summary]:
    """The verdicts that are attached to the version."""
    shutil.rmtree(person.folder / folder, ignore_errors=True)
    person.attest("evidence", "export", NAME, folder)
    found = sorted((person.folder / folder).glob("verdict*.json"))
    return [vsa.parse(Statement.parse(Bundle.parse(path.read_bytes()).payload)) for path in found]


def test_a_signed_verdict_is_attached_and_then_taken(gate: Shell) -> None:
    before = verify(gate)
    assert rules(before)["vsa"] == "not-applicable"
    signed = verify(gate, *SIGN, "--verifier", "https://gate.acme.example")
    assert signed["attested"]["result"] == "PASSED"
    assert "vsa" not in rules(signed)  # what is signed was evaluated as a whole
    (summary,) = summaries(gate)
    assert summary.passed
    assert summary.verifier == "https://gate.acme.example"
    assert summary.resource == f"urn:attest:model:demo/model@{signed['digest']}"
    assert str(summary.policy_digest) == signed["policy"]["digest"]
    decided = {finding["evidence"] for finding in signed["findings"] if finding["evidence"]}
    assert decided <= {str(digest) for digest in summary.inputs}
    after = verify(gate)
    assert rules(after) == {"reference": "passed", "vsa": "passed", "bytes": "not-reached", "time": "not-reached"}
    assert after["policy"] == signed["policy"]


def test_a_person_reads_that_it_was_signed_and_later_that_it_stands_in(gate: Shell) -> None:
    printed = gate.attest("verify", NAME, "--policy", "policy.yaml", *SIGN)
    assert "signed   verdict PASSED, attached as sha256:" in printed.err
    assert "ALLOWED" in printed.out
    printed = gate.attest("verify", NAME, "--policy", "policy.yaml")
    assert "passed this policy 0 minutes ago" in printed.out
    assert "not evaluated again" in printed.out
    gate.attest("pull", NAME, "out", "--policy", "policy.yaml")
    assert (gate.folder / "out/config.json").exists()


def test_a_verdict_of_a_verdict_is_never_signed(gate: Shell) -> None:
    """Or two gates would keep each other's old verdicts fresh for ever."""
    verify(gate, *SIGN)
    again = verify(gate, *SIGN)
    assert "vsa" not in rules(again)
    assert rules(again)["provenance"] == "passed"


def test_a_denied_verdict_is_signed_only_where_that_is_asked_for(gate: Shell) -> None:
    (gate.folder / "policy.yaml").write_text(POLICY.replace("provenance: {by: [publisher]", "provenance: {by: [gate]"))
    printed = gate.attest("verify", NAME, "--policy", "policy.yaml", *SIGN, expect=1)
    assert "not signed: the verdict allows nothing" in printed.err
    assert summaries(gate) == []
    printed = gate.attest("verify", NAME, "--policy", "policy.yaml", *SIGN, "--attest-denied", expect=1)
    assert "signed   verdict FAILED" in printed.err
    (summary,) = summaries(gate)
    assert (summary.passed, summary.levels) == (False, ("FAILED",))
    denied = verify(gate, expect=1)
    (aside,) = [finding for finding in denied["findings"] if finding["rule"] == "vsa"]
    assert (aside["status"], aside["code"]) == ("not-applicable", "claim-negative")


def test_a_verdict_under_another_policy_is_not_taken(gate: Shell) -> None:
    verify(gate, *SIGN)
    (gate.folder / "policy.yaml").write_text(POLICY + "formats: {allow: [json]}\n")
    denied = verify(gate, expect=1)
    assert rules(denied)["vsa"] == "not-applicable"
    assert "verdict-other-policy" in {finding["code"] for finding in denied["findings"]}
    assert rules(denied)["formats"] == "failed"


def test_a_verdict_by_the_publisher_is_not_taken(gate: Shell) -> None:
    verify(gate, "--attest-verdict", "--signing-key", "K/attest.key")
    (aside,) = [finding for finding in verify(gate)["findings"] if finding["rule"] == "vsa"]
    assert (aside["status"], aside["code"]) == ("not-applicable", "signer-not-trusted")


def test_a_verdict_for_one_version_says_nothing_of_the_next(gate: Shell) -> None:
    verify(gate, *SIGN)
    gate.attest("evidence", "export", NAME, "first")
    (gate.folder / "model/config.json").write_text('{"model_type": "other"}')
    gate.attest("push", "model", "demo/model", "--key", "K/attest.key")
    verdicts = [str(path) for path in sorted((gate.folder / "first").glob("verdict*.json"))]
    gate.attest("evidence", "attach", "demo/model:2", *verdicts)
    printed = gate.attest("verify", "demo/model:2", "--policy", "policy.yaml", "--json")
    (aside,) = [finding for finding in json.loads(printed.out)["findings"] if finding["rule"] == "vsa"]
    assert (aside["status"], aside["code"]) == ("not-applicable", "subject-mismatch")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("--signing-key", "other/attest.key"), "usage"),
        (("--attest-denied",), "usage"),
        (("--verifier", "urn:gate"), "usage"),
        (("--keyless",), "usage"),
        ((*SIGN, "--verifier", "not a uri"), "usage"),
        ((*SIGN, "--verifier", "gate"), "usage"),
        ((*SIGN, "--keyless"), "usage"),
        ((*SIGN, "--rekor", "https://rekor.example"), "usage"),
        (("--attest-verdict", "--signing-key", "other/attest.pub"), "public-key-given"),
        (("--attest-verdict", "--signing-key", "nowhere.key"), "key-not-found"),
    ],
    ids=str,
)
def test_an_order_that_cannot_be_carried_out_is_refused_before_anything(
    typed: tuple[str, ...], code: str, gate: Shell
) -> None:
    printed = gate.attest("verify", NAME, "--policy", "policy.yaml", *typed, expect=2)
    assert printed.complaint.code == code
    assert summaries(gate) == []


def test_a_folder_has_no_place_for_a_verdict(gate: Shell) -> None:
    against = ("./model", "--against", NAME, "--policy", "policy.yaml")
    assert gate.attest("verify", *against, *SIGN, expect=2).complaint.code == "usage"


def test_sarif_can_be_printed_while_it_is_signed(gate: Shell, tmp_path: Path) -> None:
    typed = ("verify", NAME, "--policy", "policy.yaml", "--format", "sarif")
    document = json.loads(gate.attest(*typed, *SIGN).out)
    assert set(document) == {"$schema", "version", "runs"}
    assert len(summaries(gate)) == 1
