"""Evaluations and approvals in policy files: what is understood, what is refused, and how it is said in sentences."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from attest.claims.evaluation import Better
from attest.claims.predicates import APPROVAL, EVALUATION, ML_BOM, SCAN
from attest.claims.scan import Severity
from attest.errors import PolicyError
from attest.policy.bom_demands import Part
from attest.policy.document import load_policy
from attest.policy.explain import sentences
from attest.policy.moments import When
from attest.signing.keyfile import generate

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.requirements import Policy

HEAD = """apiVersion: attest/v1
kind: Policy
name: production
identities: {alice: {key: alice.pub}, bot: {key: bot.pub}, rita: {key: rita.pub}}
roles: {reviewer: [rita, alice]}
formats: any
"""
DIGEST = "sha256:" + "a" * 64


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("alice", "bot", "rita"):
        generate(tmp_path / f"{name}.key", tmp_path / f"{name}.pub", passphrase=None)
    return tmp_path


def read_bom(folder: Path, keys: str) -> Policy:
    return read(folder, f"ml-bom: {{by: [alice], {keys}}}")


def read(folder: Path, more: str) -> Policy:
    (folder / "policy.yaml").write_text(f"{HEAD}require:\n  signature: {{by: [alice]}}\n  {more}\n")
    return load_policy(folder / "policy.yaml")


WHOLE = f"""evaluations:
    - by: [bot]
      metric: accuracy
      dataset: {DIGEST}
      slice: {{region: eu, year: 2026}}
      minimum: 0.90
      maximum: 1
      no-regression: {{against: production, by-at-most: 0.005, better: higher}}
      max-age: 90d
      at: use
    - by: bot
  approvals:
    - by: [reviewer]
      count: 2
      meaning: [approved, validated]
      alias: production
      covers: [evaluation, ml-bom]
      at: use
    - {{by: rita, covers: version}}
    - {{by: rita}}
  scans:
    - {{by: bot, scanner: picklescan, minimum-version: 1.0.5, findings: {{critical: 0, low: 9}}, max-age: 24h}}
    - {{by: bot}}"""


def test_everything_is_understood(folder: Path) -> None:
    policy = read(folder, WHOLE)
    first, second = policy.evaluations
    assert (first.by, first.metric, str(first.dataset)) == (("bot",), "accuracy", DIGEST)
    assert dict(first.slice) == {"region": "eu", "year": "2026"}
    assert (str(first.minimum), str(first.maximum)) == ("0.90", "1")
    assert first.regression is not None
    assert (first.regression.most, first.regression.better) == (Decimal("0.005"), Better.HIGHER)
    assert first.most_age is not None
    assert (first.most_age.length, first.most_age.when) == (timedelta(days=90), When.USE)
    assert (second.metric, second.most_age) == (None, None)
    approvals = policy.approvals
    assert (approvals[0].by, approvals[0].count, approvals[0].when) == (("rita", "alice"), 2, When.USE)
    assert (approvals[0].meanings, approvals[0].alias) == (("approved", "validated"), "production")
    assert [each.covers for each in approvals] == [(EVALUATION, ML_BOM), (), None]
    scan, any_scan = policy.scans
    assert (scan.scanner, scan.minimum_version, any_scan.scanner) == ("picklescan", "1.0.5", None)
    assert dict(scan.findings) == {Severity.CRITICAL: 0, Severity.LOW: 9}
    assert scan.most_age is not None
    assert {demand.predicate_type for demand in policy.demands} >= {EVALUATION, APPROVAL, SCAN}


def test_it_is_said_in_sentences(folder: Path) -> None:
    said = "\n".join(sentences(read(folder, WHOLE)))
    assert 'an evaluation passed, not older than 90 days at use, signed by "bot", and none of theirs failed' in said
    assert "accuracy (region eu, year 2026) on sha256:aaaa" in said
    assert "at least 0.90 and at most 1, in every evaluation of theirs" in said
    assert "at most 0.005 worse than that of the version that is production" in said
    assert "2 different people who did not publish it approved it for production" in said
    assert "none of those who may approve it rejected it" in said
    assert "there is a scan by picklescan 1.0.5 or newer, not older than 24 hours at promotion" in said
    assert "each scan of theirs found at most: nothing critical or worse, 9 low or worse" in said


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("evaluations: []", "policy-empty-list"),
        ("evaluations: {by: [bot]}", "policy-empty-list"),
        ("evaluations: [{metric: accuracy}]", "policy-missing-key"),
        ("evaluations: [{by: [eve]}]", "policy-unknown-identity"),
        ("evaluations: [{by: [bot], metrc: accuracy}]", "policy-unknown-key"),
        ("evaluations: [{by: [bot], minimum: 0.9}]", "policy-missing-key"),
        ("evaluations: [{by: [bot], metric: f1, minimum: 9e-1}]", "policy-bad-number"),
        ("evaluations: [{by: [bot], metric: f1, minimum: .9}]", "policy-bad-number"),
        ("evaluations: [{by: [bot], metric: f1, minimum: true}]", "policy-bad-number"),
        ("evaluations: [{by: [bot], metric: f1, minimum: 1, maximum: 0.5}]", "policy-bad-number"),
        ("evaluations: [{by: [bot], metric: f1, dataset: golden}]", "policy-bad-digest"),
        ("evaluations: [{by: [bot], metric: f1, slice: {}}]", "policy-wrong-type"),
        ("evaluations: [{by: [bot], metric: f1, no-regression: {by-at-most: 0.1}}]", "policy-missing-key"),
        ("evaluations: [{by: [bot], metric: f1, no-regression: null}]", "policy-wrong-type"),
        ("evaluations: [{by: [bot], metric: f1, no-regression: {against: a, by-at-most: -1}}]", "policy-bad-number"),
        ("evaluations: [{by: [bot], metric: f1, no-regression: {against: a, better: up}}]", "policy-unknown-word"),
        ("evaluations: [{by: [bot], max-age: 90}]", "policy-bad-duration"),
        ("evaluations: [{by: [bot], max-age: 90d, at: night}]", "policy-unknown-word"),
        ("evaluations: [{by: [bot], at: use}]", "policy-missing-key"),
        ("scans: [{scanner: trivy}]", "policy-missing-key"),
        ("scans: [{by: [bot], minimum-version: 1}]", "policy-missing-key"),
        ("scans: [{by: [bot], scanner: trivy, minimum-version: newest}]", "policy-bad-number"),
        ("scans: [{by: [bot], findings: {}}]", "policy-empty-list"),
        ("scans: [{by: [bot], findings: {severe: 0}}]", "policy-unknown-key"),
        ("scans: [{by: [bot], findings: {high: -1}}]", "policy-bad-number"),
        ("scans: [{by: [bot], findings: 0}]", "policy-wrong-type"),
        ("approvals: []", "policy-empty-list"),
        ("approvals: [{count: 2}]", "policy-missing-key"),
        ("approvals: [{by: [rita], count: 0}]", "policy-bad-number"),
        ("approvals: [{by: [rita], count: two}]", "policy-bad-number"),
        ("approvals: [{by: [rita], covers: everything}]", "policy-unknown-word"),
        ("approvals: [{by: [rita], covers: []}]", "policy-empty-list"),
        ("approvals: [{by: [rita], meaning: [ok, ok]}]", "policy-listed-twice"),
        ("approvals: [{by: [rita], count: 2}]", "policy-too-few-people"),
    ],
)
def test_what_is_not_understood_is_refused(folder: Path, more: str, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read(folder, more)
    assert caught.value.code == code
    assert "policy.yaml:9:" in caught.value.message


def test_what_an_ml_bom_fills_in_can_be_asked(folder: Path) -> None:
    keys = "profile: [g7, eu-annex-iv], licences: {allow: [mit, GPL-2.0-only WITH Classpath-exception-2.0], of: model}"
    demand = read_bom(folder, f"{keys}, datasets: governed").ml_bom
    assert demand is not None
    assert (demand.profiles, demand.governed) == (("g7", "eu-annex-iv"), True)
    assert demand.licences is not None
    assert [str(each) for each in demand.licences.allow] == ["MIT", "GPL-2.0-only WITH Classpath-exception-2.0"]
    assert demand.licences.parts == (Part.MODEL,)


def test_it_is_said_in_sentences_too(folder: Path) -> None:
    keys = "profile: g7, licences: {allow: [MIT], deny: [GPL-3.0]}, datasets: governed"
    said = "\n".join(sentences(read_bom(folder, keys)))
    assert "its ML-BOM fills in every field of G7 SBOM for AI" in said
    assert "the licence of the model and each dataset is known, and is MIT, and not GPL-3.0" in said
    assert "each dataset has a licence, somebody who answers for it" in said


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("profile: g8", "policy-unknown-word"),
        ("profile: []", "policy-empty-list"),
        ("profile: [g7, g7]", "policy-listed-twice"),
        ("datasets: known", "policy-unknown-word"),
        ("licences: {}", "policy-empty-list"),
        ("licences: MIT", "policy-wrong-type"),
        ("licences: {of: model}", "policy-empty-list"),
        ("licences: {allow: []}", "policy-empty-list"),
        ("licences: {allow: [Apache2.0]}", "policy-unknown-word"),
        ("licences: {allow: [MIT OR BSD-3-Clause]}", "policy-unknown-word"),
        ("licences: {deny: [GPL]}", "policy-unknown-word"),
        ("licences: {allow: [MIT], deny: [mit]}", "policy-listed-twice"),
        ("licences: {allow: [MIT], of: weights}", "policy-unknown-word"),
        ("licenses: {allow: [MIT]}", "policy-unknown-key"),
    ],
)
def test_what_is_not_understood_about_an_ml_bom_is_refused(folder: Path, keys: str, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_bom(folder, keys)
    assert caught.value.code == code


def read_build(folder: Path, keys: str) -> Policy:
    return read(folder, f"provenance: {{by: [alice], {keys}}}")


def test_more_can_be_asked_of_a_build(folder: Path) -> None:
    policy = read_build(folder, "build-type: urn:x, source: {branch: [main, release/*], tag: v*}, level: 2")
    demand = policy.provenance
    assert demand is not None
    assert (demand.build_types, demand.branches, demand.tags) == (("urn:x",), ("main", "release/*"), ("v*",))
    assert demand.level == 2
    said = "\n".join(sentences(policy))
    assert "the code was that of branch main or branch release/* or tag v*" in said
    assert "the build has SLSA level 2 or above" in said


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ("level: 4", "policy-bad-number"),
        ("level: two", "policy-bad-number"),
        ("build-type: []", "policy-empty-list"),
        ("source: {branch: []}", "policy-empty-list"),
        ("source: {branch: '*'}", "policy-pattern"),
        ("source: {tag: [v1, '**']}", "policy-pattern"),
        ("source: {branch: refs/heads/main}", "policy-pattern"),
        ("source: {brunch: main}", "policy-unknown-key"),
    ],
)
def test_what_is_not_understood_about_a_build_is_refused(folder: Path, keys: str, code: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read_build(folder, keys)
    assert caught.value.code == code
