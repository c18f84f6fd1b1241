from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest.claims.training import Input, Operation, Role, Source, Standing
from attest.policy import beyond
from attest.policy.ancestry import Ancestor, Gathered, Sought
from attest.policy.case import Case
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.requirements import AncestorDemand, Lineage, LineageDemand, Policy
from attest.policy.verdict import Status
from attest.verify.verifier import judge
from attest_registry import limits
from tests.verify.evidence import NOW, SAFE, Person, Version, model_files, training

if TYPE_CHECKING:
    from attest.policy.verdict import Finding

SOURCE = Source(uri="git+https://git.example.com/acme/train", commit="41c9d2e" + "0" * 33, clean=True)
ROLE = Role.BASE_MODEL


class Family:
    """Versions by name, and how often each was looked for."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.versions: dict[str, Version] = {}
        self.sought: list[Sought] = []

    def merge(self, name: str, *bases: str) -> None:
        inputs = tuple(
            Input(
                role=ROLE,
                name=f"base-{index}",
                standing=Standing.UNVERIFIED,
                digest=self.versions[base].artefact.digest,
                uri=f"attest:{base}",
            )
            for index, base in enumerate(bases)
        )
        operation = Operation.MERGE if bases else Operation.IMPORT
        files = model_files({"model.safetensors": (name.encode(), SAFE)})
        about = training(operation=operation, source=SOURCE, inputs=inputs)
        self.versions[name] = Version.of(files, model=name, about=about)

    def findings(self, name: str, policy: Policy) -> list[Finding]:
        version = self.versions[name]
        own = version.evidence(self.person)[:3]
        judged = judge(own, artefact=version.artefact, model=name, keys=policy.keys)
        case = Case(
            policy=policy, judged=judged, digest=version.artefact.digest, files={}, reference=f"{name}:1", now=NOW
        )
        found = beyond.ancestors(case, lambda sought, _: self._found(sought, policy))
        self.sought += found
        gathered = Gathered(ancestors=found)
        verdict = evaluate(policy, judged, artefact=version.artefact, reference=f"{name}:1", now=NOW, gathered=gathered)
        return [finding for finding in verdict.findings if finding.rule == "ancestors"]

    def _found(self, sought: Sought, policy: Policy) -> Ancestor:
        name = sought.reference.model
        artefact = self.versions[name].artefact
        judged = judge(self.versions[name].evidence(self.person)[:3], artefact=artefact, model=name, keys=policy.keys)
        files = {file.path: file.digest for file in artefact.files}
        return Ancestor(digest=artefact.digest, files=files, judged=judged)


@pytest.fixture
def family(alice: Person) -> Family:
    return Family(alice)


def asking(alice: Person, demand: AncestorDemand) -> Policy:
    lineage = LineageDemand(inputs={ROLE: Lineage.KNOWN}, ancestors={ROLE: demand})
    return replace(policy_for_keys([alice.key]), lineage=lineage)


def test_who_is_reached_on_two_ways_is_fetched_and_judged_once(family: Family, alice: Person) -> None:
    family.merge("root")
    family.merge("left", "root")
    family.merge("right", "root")
    family.merge("model", "left", "right", "root")
    findings = family.findings("model", asking(alice, AncestorDemand(same=True, depth=None)))
    assert sorted(finding.path[-1].split("@")[0] for finding in findings) == ["base left", "base right", "base root"]
    assert {finding.status for finding in findings} == {Status.PASSED}
    assert len(family.sought) == len(set(family.sought)) == 3
    (nearest,) = [finding.path for finding in findings if finding.path[-1].startswith("base root@")]
    assert len(nearest) == 2


def test_a_ladder_of_diamonds_takes_no_longer_than_it_has_steps(family: Family, alice: Person) -> None:
    """Two to the power of twelve ways lead to its end."""
    family.merge("a0")
    family.merge("b0")
    for step in range(1, 13):
        for side in "ab":
            family.merge(f"{side}{step}", f"a{step - 1}", f"b{step - 1}")
    signed = AncestorDemand(signed_by=tuple(asking(alice, AncestorDemand()).identities), depth=None)
    findings = family.findings("a12", asking(alice, signed))
    assert len(findings) == 24
    assert {finding.status for finding in findings} == {Status.PASSED}


def test_more_than_can_be_judged_is_unknown(family: Family, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    family.merge("a0")
    for step in range(1, 6):
        family.merge(f"a{step}", f"a{step - 1}")
    policy = asking(alice, AncestorDemand(same=True, depth=None))
    monkeypatch.setattr(limits, "LINEAGE_INPUTS", 5)
    assert {finding.status for finding in family.findings("a5", policy)} == {Status.PASSED}
    monkeypatch.setattr(limits, "LINEAGE_INPUTS", 4)
    (last,) = [finding for finding in family.findings("a5", policy) if finding.status is not Status.PASSED]
    assert (last.status, last.code) == (Status.UNKNOWN, "lineage-too-large")


def test_nothing_gathered_is_unknown(family: Family, alice: Person) -> None:
    family.merge("root")
    family.merge("model", "root")
    version = family.versions["model"]
    policy = asking(alice, AncestorDemand(same=True, depth=None))
    judged = judge(version.evidence(alice), artefact=version.artefact, model="model", keys=policy.keys)
    verdict = evaluate(policy, judged, artefact=version.artefact, reference="model:1", now=NOW)
    (finding,) = [finding for finding in verdict.findings if finding.rule == "ancestors"]
    assert (finding.status, finding.code) == (Status.UNKNOWN, "ancestor-unreachable")
    assert not verdict.allowed
