"""Rules in CEL: facts are variables, what is not plainly true allows nothing, and a missing engine denies."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims.predicates import TEST_RESULT
from attest.errors import PolicyError
from attest.policy import cel
from attest.policy.document import load_policy, policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.explain import sentences
from attest.policy.free_rules import FreeRule
from attest.policy.verdict import Finding, Status, Verdict
from attest.signing.keyfile import generate
from attest.verify.verifier import judge
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle, restated

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from attest.evidence.evidence import Evidence
    from attest.policy.requirements import Policy

ALICE, MALLORY, VERSION = Person.named("alice"), Person.named("mallory"), Version.of()
REVIEW = "https://acme.example/review/v1"


def review(person: Person = ALICE, **predicate: Any) -> Evidence:
    return bundle(restated(VERSION.cosign, predicateType=REVIEW, predicate=predicate), person)


def with_rules(*expressions: str) -> Policy:
    rules = tuple(
        FreeRule(name=f"rule{number}", cel=text, message=f"message {number}") for number, text in enumerate(expressions)
    )
    return replace(policy_for_keys([ALICE.key]), rules=rules)


def judged(policy: Policy, *more: Evidence, evidence: Sequence[Evidence] | None = None) -> Verdict:
    pieces = VERSION.evidence(ALICE) if evidence is None else evidence
    outcome = judge([*pieces, *more], artefact=VERSION.artefact, model=MODEL, keys=policy.keys)
    return evaluate(policy, outcome, artefact=VERSION.artefact, reference=f"{MODEL}:1", now=NOW)


def said(verdict: Verdict) -> Finding:
    (found,) = [finding for finding in verdict.findings if finding.rule.startswith("rules/")]
    return found


BY = policy_for_keys([ALICE.key])
(PUBLISHER,) = BY.identities
SCORED = f'claims.exists(c, c.type == "{REVIEW}" && c.by == "{PUBLISHER}" && c.predicate.score >= 7)'


@pytest.mark.parametrize(
    "expression",
    [
        "true",
        SCORED,
        'version.files.all(f, f.path.endsWith(".json") || f.path.endsWith(".safetensors"))',
        f'version.reference == "{MODEL}:1" && version.digest.startsWith("sha256:")',
        'timestamp(now) > timestamp("2026-01-01T00:00:00Z")',
        "claims.all(c, c.proven_time == null)",
        'claims.filter(c, c.type == "https://slsa.dev/provenance/v1").size() == 1',
        'claims.exists(c, c.type == "https://slsa.dev/provenance/v1" && c.claimed_time == "2026-11-20T21:04:00Z")',
        'has(version.digest) && !claims.exists(c, c.by != "' + PUBLISHER + '")',
    ],
)
def test_a_rule_that_holds_passes_with_its_message(expression: str) -> None:
    verdict = judged(with_rules(expression), review(score=7))
    assert verdict.allowed
    assert (said(verdict).rule, said(verdict).summary) == ("rules/rule0", "message 0")


@pytest.mark.parametrize("expression", ["false", SCORED, "claims.size() == 0", 'version.digest == ""'])
def test_a_rule_that_does_not_hold_fails_with_its_message(expression: str) -> None:
    verdict = judged(with_rules(expression), review(score=6))
    found = said(verdict)
    assert (verdict.allowed, verdict.word) == (False, "DENIED")
    assert (found.status, found.code, found.expected) == (Status.FAILED, "rule-not-met", "message 0")


TEN = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
MANY_STEPS = f"{TEN}.all(a, {TEN}.all(b, {TEN}.all(c, {TEN}.all(d, [1, 2].all(e, true)))))"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("claims[99].by == 'x'", ""),
        ("version.licence == 'MIT'", "licence"),
        ("claims.all(c, c.predicate.score > 1)", "score"),
        ("1 / (size(claims) - size(claims)) > 0", "divide by zero"),
        ("version.files", "the rule gave"),
        ("version.digest", "the rule gave"),
        ("claims[0].proven_time", "the rule gave"),
        ("version.digest.matches('(')", "regular expression"),
        (MANY_STEPS, "budget"),
        ("timestamp('yesterday') < timestamp(now)", ""),
        ("nothing.like.that", "undeclared reference"),
        ("claims.exists(", "yntax error"),
    ],
)
def test_a_rule_that_comes_to_nothing_is_unknown_and_allows_nothing(expression: str, why: str) -> None:
    verdict = judged(with_rules(expression), review())
    found = said(verdict)
    assert (verdict.allowed, verdict.word, verdict.exit_status) == (False, "UNDECIDED", 1)
    assert (found.status, found.code, found.expected) == (Status.UNKNOWN, "rule-undecided", "message 0")
    assert why in (found.found or "")


def test_facts_never_become_words_of_a_rule() -> None:
    """A claim whose words look like an expression is a text and nothing else."""
    rule = f'claims.exists(c, c.type == "{REVIEW}" && c.predicate.answer == "yes")'
    for answer in ('" || true || "', 'yes" || "" == "', "${true}", "{{true}}", "true"):
        verdict = judged(with_rules(rule), review(answer=answer))
        assert said(verdict).status is Status.FAILED


def test_claims_by_strangers_are_no_facts() -> None:
    verdict = judged(with_rules(SCORED), review(MALLORY, score=10))
    assert said(verdict).code == "rule-not-met"


def test_long_lists_of_claims_are_too_many_steps_and_no_endless_loop() -> None:
    nested = "claims.all(a, a.predicate.list.all(x, a.predicate.list.all(y, x + y >= 0)))"
    numbers = review(list=list(range(2_000)))
    policy = replace(with_rules(nested), signature=None)
    assert said(judged(policy, numbers)).code == "rule-undecided"


def test_each_rule_has_its_own_finding() -> None:
    verdict = judged(with_rules("true", "false", "version.none"))
    found = {finding.rule: finding.status for finding in verdict.findings if finding.rule.startswith("rules/")}
    assert found == {"rules/rule0": Status.PASSED, "rules/rule1": Status.FAILED, "rules/rule2": Status.UNKNOWN}


# --- without the engine -------------------------------------------------------------------------------------------

HIDDEN = """
import sys
sys.modules["cel_expr_python"] = None
from attest.cli.main import main
raise SystemExit(main(sys.argv[1:]))
"""


def test_where_the_engine_is_missing_nothing_is_allowed_by_a_policy_that_needs_it(tmp_path: Path) -> None:
    """A real command in a real Python, in which the engine cannot be imported."""
    write(tmp_path, "rules: [{name: any, cel: 'true', message: holds always}]")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")

    def run(*arguments: str, status: int, code: str = HIDDEN) -> str:
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "ATTEST_HOME": str(tmp_path / "home")}
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path, env=environment,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    run("push", "model", "m", "--key", "alice.key", status=0)
    document = json.loads(run("verify", "m:1", "--policy", "policy.yaml", "--json", status=1))
    (found,) = [finding for finding in document["findings"] if finding["rule"] == "rules/any"]
    assert (document["verdict"], found["status"], found["code"]) == ("undecided", "unknown", "cel-missing")
    assert found["hint"] == "pip install 'model-attest[cel]'"
    there = HIDDEN.replace('sys.modules["cel_expr_python"] = None\n', "")
    assert json.loads(run("verify", "m:1", "--policy", "policy.yaml", "--json", status=0, code=there))["findings"]


# --- written ------------------------------------------------------------------------------------------------------


def write(folder: Path, rules: str) -> Path:
    if not (folder / "alice.pub").exists():
        generate(folder / "alice.key", folder / "alice.pub", passphrase=None)
    (folder / "policy.yaml").write_text(
        "apiVersion: attest/v1\nkind: Policy\nname: team\nidentities: {alice: {key: alice.pub}}\n"
        f"require: {{signature: {{by: [alice]}}}}\nformats: any\n{rules}\n"
    )
    return folder / "policy.yaml"


def test_rules_are_read_explained_and_part_of_the_digest(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, "rules: [{name: small, cel: 'size(version.files) < 9', message: few files}]"))
    assert policy.rules == (FreeRule(name="small", cel="size(version.files) < 9", message="few files"),)
    assert "few files (rule small: size(version.files) < 9)" in sentences(policy)
    other = load_policy(write(tmp_path, "rules: [{name: small, cel: 'size(version.files) < 8', message: few files}]"))
    assert policy.digest != other.digest


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("rules: []", "policy-empty-list"),
        ("rules: {name: a}", "policy-empty-list"),
        ("rules: [{name: a, cel: 'true'}]", "policy-missing-key"),
        ("rules: [{name: a, message: b}]", "policy-missing-key"),
        ("rules: [{cel: 'true', message: b}]", "policy-missing-key"),
        ("rules: [{name: a, cel: 'true', message: ''}]", "policy-wrong-type"),
        ("rules: [{name: a, cel: true, message: b}]", "policy-wrong-type"),
        ("rules: [{name: a, cel: 'true', message: b, warn: true}]", "policy-unknown-key"),
        ("rules: [{name: a b, cel: 'true', message: b}]", "policy-bad-rule"),
        ("rules: [{name: a, cel: 'claim.size() > 0', message: b}]", "policy-bad-rule"),
        ("rules: [{name: a, cel: 'size(claims)', message: b}]", "policy-bad-rule"),
        ("rules: [{name: a, cel: 'claims.exists(', message: b}]", "policy-bad-rule"),
        (f"rules: [{{name: a, cel: '{'(' * 60}true{')' * 60}', message: b}}]", "policy-bad-rule"),
        (f"rules: [{{name: a, cel: 'true{' || true' * 400}', message: b}}]", "policy-bad-rule"),
        ("rules: [{name: a, cel: 'true', message: b}, {name: a, cel: 'true', message: c}]", "policy-listed-twice"),
    ],
)
def test_a_rule_that_is_not_sound_is_refused(rules: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy(write(tmp_path, rules))
    assert caught.value.code == code


def test_the_engine_gives_true_and_false_alone() -> None:
    data: dict[str, Any] = {"version": {}, "claims": [], "now": "2026-01-01T00:00:00Z"}
    assert cel.decide("true", data) is True
    assert cel.decide("false", data) is False
    with pytest.raises(cel.RuleUndecided):
        cel.decide("1", data)


# --- properties ---------------------------------------------------------------------------------------------------

EXPRESSIONS = ["true", "false", SCORED, "version.none == 1", "1 == 1", "claims.size() >= 4", "version.digest"]
POOL = [*VERSION.evidence(ALICE), review(score=9), review(MALLORY, score=9)]
NEEDING = [SCORED, f'claims.exists(c, c.type == "{TEST_RESULT}")', "claims.size() >= 4"]


@settings(max_examples=80, deadline=None)
@given(rules=st.lists(st.sampled_from(EXPRESSIONS), max_size=3), more=st.sampled_from(EXPRESSIONS), data=st.data())
def test_one_rule_more_allows_nothing(rules: list[str], more: str, data: st.DataObject) -> None:
    evidence = data.draw(st.lists(st.sampled_from(POOL), unique_by=id))
    if judged(with_rules(*rules, more), evidence=evidence).allowed:
        assert judged(with_rules(*rules), evidence=evidence).allowed


@settings(max_examples=80, deadline=None)
@given(rules=st.lists(st.sampled_from(NEEDING), max_size=2), data=st.data())
def test_taking_evidence_away_allows_nothing_by_rules_that_need_something(
    rules: list[str], data: st.DataObject
) -> None:
    """A rule that wants something *not* to be there can be met by hiding it; the page about policies says so."""
    kept = data.draw(st.lists(st.sampled_from(POOL), unique_by=id))
    fewer = data.draw(st.lists(st.sampled_from(kept), unique_by=id)) if kept else []
    if judged(with_rules(*rules), evidence=fewer).allowed:
        assert judged(with_rules(*rules), evidence=kept).allowed


@settings(max_examples=40, deadline=None)
@given(order=st.permutations(range(len(POOL))), rule=st.sampled_from([*EXPRESSIONS, "claims[0].by"]))
def test_the_same_facts_give_the_same_verdict_byte_for_byte(order: list[int], rule: str) -> None:
    policy = with_rules(rule)
    one = judged(policy, evidence=[POOL[number] for number in order])
    assert json.dumps(one.to_json()) == json.dumps(judged(policy, evidence=POOL).to_json())
