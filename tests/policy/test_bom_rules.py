from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.claims import mlbom, spdx
from attest.claims.mlbom import read
from attest.claims.predicates import ML_BOM
from attest.claims.training import Input, Operation, Role, Standing
from attest.policy.bom_demands import LicenceDemand, Part
from attest.policy.evaluate import evaluate
from attest.policy.requirements import BOMDemand, Identity, Policy
from attest.policy.verdict import Finding, Status, Verdict
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.claims.test_bom_profiles import whole as complete
from tests.verify.evidence import DATASET, MODEL, NOW, Person, Version, bundle, restated, training

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.training import Training
    from attest.evidence.evidence import Evidence

ALICE, MALLORY = Person.named("alice"), Person.named("mallory")
GOVERNED = replace(DATASET, licence="CC-BY-4.0", governance={"owner": "risk"}, personal_data=False)


def licences(*texts: str) -> tuple[spdx.Licence, ...]:
    found = [spdx.parse(text) for text in texts]
    return tuple(each for each in found if isinstance(each, spdx.Licence))


def verdict(demand: dict[str, Any], about: Training, *more: Evidence, person: Person = ALICE) -> Verdict:
    version = Version.of(about=about)
    rules = Policy(
        name="gate",
        identities={"alice": Identity(name="alice", keys=(ALICE.key,))},
        digest=Digest.of(b"gate"),
        ml_bom=BOMDemand(predicate_type=ML_BOM, by=("alice",), **demand),
    )
    pieces = [bundle(version.ml_bom, person), *more]
    judged = judge(pieces, artefact=version.artefact, model=MODEL, keys=rules.keys)
    return evaluate(rules, judged, artefact=version.artefact, reference=f"{MODEL}:1", now=NOW)


def found(outcome: Verdict, rule: str) -> Finding:
    (only,) = [each for each in outcome.findings if each.rule == rule]
    return only


def refused(outcome: Verdict, rule: str, code: str, status: Status = Status.FAILED) -> Finding:
    each = found(outcome, rule)
    assert (each.status, each.code) == (status, code)
    assert each.expected
    assert each.found
    assert not outcome.allowed
    return each


# --- licences -----------------------------------------------------------------------------------------------------


def of_model(text: str | None, *, allow: Sequence[str] = (), deny: Sequence[str] = ()) -> Verdict:
    demand = LicenceDemand(allow=licences(*allow), deny=licences(*deny), parts=(Part.MODEL,))
    return verdict({"licences": demand}, training(licence=text))


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("MIT", True),
        ("mit", True),
        ("Apache-2.0+", True),
        ("MIT OR GPL-3.0-only", True),
        ("GPL-3.0-only OR (MIT AND Apache-2.0)", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("Apache-2.0 WITH Commons-Clause", False),
        ("GPL-2.0-only WITH Classpath-exception-2.0", True),
        ("GPL-2.0-only", False),
    ],
)
def test_a_list_of_allowed_licences(text: str, good: bool) -> None:
    allow = ("MIT", "Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0")
    outcome = of_model(text, allow=allow)
    assert outcome.allowed is good
    if not good:
        refused(outcome, "licences", "licence-not-allowed")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("MIT", True),
        ("GPL-3.0-or-later OR MIT", True),
        ("GPL-3.0-or-later", False),
        ("GPL-3.0-only WITH GCC-exception-3.1", False),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-2.0-only", True),
        ("AGPL-3.0-or-later", True),
    ],
)
def test_a_list_of_denied_licences_takes_their_later_versions_along(text: str, good: bool) -> None:
    outcome = of_model(text, deny=("GPL-3.0",))
    assert outcome.allowed is good
    if not good:
        refused(outcome, "licences", "licence-not-allowed")


def test_one_form_of_a_denied_licence_can_be_allowed() -> None:
    lists: dict[str, Any] = {"allow": ["GPL-2.0-only WITH Classpath-exception-2.0", "MIT"], "deny": ["GPL-2.0"]}
    assert of_model("GPL-2.0-only WITH Classpath-exception-2.0", **lists).allowed
    refused(of_model("GPL-2.0-only", **lists), "licences", "licence-not-allowed")


@pytest.mark.parametrize("lists", [{"allow": ["MIT"]}, {"deny": ["GPL-3.0"]}])
@pytest.mark.parametrize("text", [None, "proprietary", "NOASSERTION", "see the website", "unknown"])
def test_an_unknown_licence_is_never_allowed(text: str | None, lists: dict[str, Any]) -> None:
    refused(of_model(text, **lists), "licences", "licence-unknown", Status.UNKNOWN)


def test_a_licence_of_ones_own_has_to_be_named() -> None:
    assert of_model("LicenseRef-acme", allow=["LicenseRef-acme"]).allowed
    refused(of_model("LicenseRef-acme", allow=["MIT"]), "licences", "licence-not-allowed")
    refused(of_model("LicenseRef-acme", deny=["GPL-3.0"]), "licences", "licence-not-allowed")


def test_each_dataset_is_looked_at() -> None:
    demand = {"licences": LicenceDemand(allow=licences("MIT", "CC-BY-4.0"))}
    other = replace(GOVERNED, name="scraped", digest=Digest.of(b"scraped"), licence="CC-BY-NC-4.0")
    assert verdict(demand, training(licence="MIT", inputs=(GOVERNED,))).allowed
    each = refused(
        verdict(demand, training(licence="MIT", inputs=(GOVERNED, other))), "licences", "licence-not-allowed"
    )
    assert each.found == "dataset scraped: CC-BY-NC-4.0"
    silent = replace(other, licence=None)
    outcome = verdict(demand, training(licence="MIT", inputs=(GOVERNED, silent)))
    refused(outcome, "licences", "licence-unknown", Status.UNKNOWN)


def test_datasets_that_nobody_names_have_no_known_licence() -> None:
    demand = {"licences": LicenceDemand(allow=licences("MIT"))}
    outcome = verdict(demand, training(licence="MIT", inputs=()))
    refused(outcome, "licences", "lineage-unknown", Status.UNKNOWN)
    assert verdict(demand, training(licence="MIT", inputs=(), operation=Operation.IMPORT)).allowed


# --- datasets -----------------------------------------------------------------------------------------------------


def test_governed_datasets() -> None:
    outcome = verdict({"governed": True}, training(inputs=(GOVERNED,)))
    assert outcome.allowed
    assert found(outcome, "datasets").summary == "1 dataset with licence, owner and statement on personal data"
    assert verdict({"governed": True}, training(inputs=(replace(GOVERNED, personal_data=True),))).allowed


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        ({"licence": None}, "no known licence"),
        ({"licence": "ask legal"}, "no known licence"),
        ({"licence": "NOASSERTION"}, "no known licence"),
        ({"governance": {}}, "no owner"),
        ({"governance": {"owner": "unknown"}}, "no owner"),
        ({"personal_data": None}, "no statement on personal data"),
    ],
)
def test_a_dataset_that_is_not_governed(change: dict[str, Any], lacking: str) -> None:
    other = Input(role=Role.DATASET, name="more", standing=Standing.STATED, digest=Digest.of(b"more"))
    spoilt = replace(other, licence="MIT", governance={"owner": "risk"}, personal_data=False)
    outcome = verdict({"governed": True}, training(inputs=(GOVERNED, replace(spoilt, **change))))
    each = refused(outcome, "datasets", "dataset-not-governed", Status.UNKNOWN)
    assert each.found == f"dataset more: {lacking}"


def test_datasets_that_nobody_names_are_not_governed() -> None:
    refused(verdict({"governed": True}, training(inputs=())), "datasets", "lineage-unknown", Status.UNKNOWN)


# --- profiles -----------------------------------------------------------------------------------------------------


def test_a_profile_that_is_not_filled_in() -> None:
    each = refused(verdict({"profiles": ("g7",)}, training()), "bom-profile", "bom-incomplete")
    assert each.found
    assert "without" in each.found
    assert each.hint
    assert "training record" in each.hint


def test_each_profile_is_a_finding_of_its_own() -> None:
    outcome = verdict({"profiles": ("g7", "eu-annex-iv")}, training())
    assert [each.rule for each in outcome.findings if each.rule == "bom-profile"] == ["bom-profile"] * 2


# --- without an ML-BOM --------------------------------------------------------------------------------------------


def test_without_an_ml_bom_that_counts_nothing_is_known() -> None:
    demand = {"profiles": ("g7",), "licences": LicenceDemand(allow=licences("MIT")), "governed": True}
    outcome = verdict(demand, training(licence="MIT", inputs=(GOVERNED,)), person=MALLORY)
    for rule in ("bom-profile", "licences", "datasets"):
        refused(outcome, rule, "evidence-missing", Status.UNKNOWN)


def test_every_ml_bom_by_the_signer_has_to_hold() -> None:
    """Nobody chooses the convenient one."""
    demand = {"licences": LicenceDemand(allow=licences("MIT"), parts=(Part.MODEL,))}
    other = Version.of(about=training(licence="GPL-3.0-only"))
    assert mlbom.parse(other.ml_bom).licence == "GPL-3.0-only"
    outcome = verdict(demand, training(licence="MIT"), bundle(other.ml_bom, ALICE))
    refused(outcome, "licences", "licence-not-allowed")


def test_a_profile_that_is_filled_in() -> None:
    version = Version.of(about=training())
    whole = complete()
    subjects = [version.artefact.digest, *(each for each in (read(whole).digest, read(whole).oms_root) if each)]
    named = [{"name": MODEL, "digest": {"sha256": each.hex}} for each in subjects]
    said = bundle(restated(version.ml_bom, predicate=whole, subject=named), ALICE)
    rules = Policy(
        name="gate",
        identities={"alice": Identity(name="alice", keys=(ALICE.key,))},
        digest=Digest.of(b"gate"),
        ml_bom=BOMDemand(predicate_type=ML_BOM, by=("alice",), profiles=("g7", "eu-annex-iv")),
    )
    judged = judge([said], artefact=version.artefact, model=MODEL, keys=rules.keys)
    outcome = evaluate(rules, judged, artefact=version.artefact, reference=f"{MODEL}:1", now=NOW)
    assert outcome.allowed
    assert [each.summary for each in outcome.findings if each.rule == "bom-profile"] == [
        "G7 SBOM for AI, minimum elements (12 May 2026): complete",
        "Regulation (EU) 2024/1689, Annex IV: complete",
    ]
