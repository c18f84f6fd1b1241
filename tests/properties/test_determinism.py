"""The same policy, facts and time give the same verdict byte for byte, in every form, in every process."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims.predicates import TEST_RESULT
from attest.cli import sarif
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.free_rules import FreeRule
from attest.policy.requirements import ClaimDemand
from attest.verify.verifier import judge
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle, restated

if TYPE_CHECKING:
    from pathlib import Path

    from attest.policy.verdict import Verdict

ALICE, MALLORY, VERSION = Person.named("alice"), Person.named("mallory"), Version.of()
POOL = [
    *VERSION.evidence(ALICE),
    *VERSION.evidence(MALLORY),
    *(bundle(restated(VERSION.cosign, predicateType=TEST_RESULT, predicate={"result": one}), ALICE) for one in "AB"),
    *Version.of(model="acme/other").evidence(ALICE)[1:3],
]
POLICY = replace(
    policy_for_keys([ALICE.key]),
    claims=(ClaimDemand(predicate_type=TEST_RESULT, by=tuple(policy_for_keys([ALICE.key]).identities)),),
    rules=(FreeRule(name="first", cel="claims[0].by == claims[1].by && size(claims) > 3", message="order is fixed"),),
)


def judged(order: list[int]) -> Verdict:
    outcome = judge([POOL[number] for number in order], artefact=VERSION.artefact, model=MODEL, keys=POLICY.keys)
    return evaluate(POLICY, outcome, artefact=VERSION.artefact, reference=f"{MODEL}:1", now=NOW)


def forms(verdict: Verdict) -> tuple[str, str]:
    """Both documents as they are printed; no key is sorted on the way."""
    return json.dumps(verdict.to_json()), json.dumps(sarif.of_verdict(verdict, reference=f"{MODEL}:1"))


@settings(max_examples=60, deadline=None)
@given(kept=st.sets(st.sampled_from(range(len(POOL)))), data=st.data())
def test_the_order_of_the_evidence_changes_no_byte(kept: set[int], data: st.DataObject) -> None:
    order = data.draw(st.permutations(sorted(kept)))
    one = judged(list(order))
    assert forms(one) == forms(judged(sorted(kept)))
    assert one.to_json()["policy"]["digest"] == str(POLICY.digest)


def test_another_policy_has_another_digest() -> None:
    assert policy_for_keys([ALICE.key]).digest != policy_for_keys([MALLORY.key]).digest
    assert policy_for_keys([ALICE.key]).digest != policy_for_keys([ALICE.key], allow_code=["a.pkl"]).digest


def test_the_time_is_part_of_what_is_judged_and_nothing_else_is_asked_for_it() -> None:
    outcome = judge(POOL, artefact=VERSION.artefact, model=MODEL, keys=POLICY.keys)
    early = NOW.replace(year=2020)
    verdicts = [
        evaluate(POLICY, outcome, artefact=VERSION.artefact, reference=f"{MODEL}:1", now=now)
        for now in (NOW, early, NOW, early)
    ]
    assert forms(verdicts[0]) == forms(verdicts[2])
    assert forms(verdicts[1]) == forms(verdicts[3])
    assert forms(verdicts[0]) != forms(verdicts[1])  # claimed times lie in the future of 2020


JUDGES = """
from attest.cli.main import main
for form in ("json", "sarif", "table"):
    main(["verify", "m:1", "--policy", "policy.yaml", "--format", form])
"""


@pytest.fixture
def pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from attest.cli.main import main
    from attest.signing.keyfile import generate

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "home"))
    generate(tmp_path / "alice.key", tmp_path / "alice.pub", passphrase=None)
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text("{}")
    (tmp_path / "policy.yaml").write_text(
        "apiVersion: attest/v1\nkind: Policy\nname: team\nidentities: {alice: {key: alice.pub}}\n"
        "require: {signature: {by: [alice]}, provenance: {by: [alice]}, ml-bom: {by: [alice], consistent: true}}\n"
        "lineage: {datasets: known, source: known}\n"
        "rules: [{name: all, cel: 'claims.all(c, c.by == \"alice\")', message: by alice}]\n"
    )
    assert main(["push", "model", "m", "--key", "alice.key"]) == 0
    return tmp_path


def test_every_process_prints_the_same_bytes(pushed: Path) -> None:
    """Hashes of text differ from process to process, and with them the order of sets."""
    printed = set()
    for seed in ("0", "1", "4711"):
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(pushed), "ATTEST_HOME": str(pushed / "home")}
        done = subprocess.run(
            [sys.executable, "-c", JUDGES], capture_output=True, check=True, env=environment | {"PYTHONHASHSEED": seed}
        )
        assert b'"verdict": "denied"' in done.stdout
        printed.add(hashlib.sha256(done.stdout).hexdigest())
    assert len(printed) == 1
