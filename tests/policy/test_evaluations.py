from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.claims.evaluation import Better
from attest.claims.predicates import EVALUATION, MODEL_SIGNATURE, TEST_RESULT
from attest.policy.ancestry import NOTHING, Ancestor, Gathered, Unreached
from attest.policy.evaluate import evaluate
from attest.policy.evaluations import EvaluationDemand
from attest.policy.moments import MostAge, When
from attest.policy.regression import Regression
from attest.policy.requirements import ClaimDemand, Identity, Policy
from attest.policy.verdict import Finding, Status, Verdict
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle, model_files, restated
from tests.verify.review import DONE, GOLDEN, accuracy, evaluated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.evidence.evidence import Evidence

ALICE, BOT, MALLORY = Person.named("alice"), Person.named("bot"), Person.named("mallory")
VERSION = Version.of()
SIGNATURE = bundle(VERSION.signature, ALICE)
OLDER = Version.of(model_files({"model.safetensors": (b"older", model_files().files[1].format)}))


def asked(**values: Any) -> EvaluationDemand:
    defaults: dict[str, Any] = {"predicate_type": EVALUATION, "by": ("bot",), "metric": "accuracy", "dataset": GOLDEN}
    return EvaluationDemand(**(defaults | values))


def policy(*demands: EvaluationDemand) -> Policy:
    return Policy(
        name="gate",
        identities={
            "alice": Identity(name="alice", keys=(ALICE.key,)),
            "bot": Identity(name="bot", keys=(BOT.key,)),
        },
        digest=Digest.of(b"gate"),
        signature=ClaimDemand(predicate_type=MODEL_SIGNATURE, by=("alice",)),
        evaluations=demands,
    )


def verdict(demand: EvaluationDemand, *evidence: Evidence, gathered: Gathered = NOTHING, **values: Any) -> Verdict:
    rules = policy(demand)
    judged = judge([SIGNATURE, *evidence], artefact=VERSION.artefact, model=MODEL, keys=rules.keys)
    arguments: dict[str, Any] = {"reference": f"{MODEL}:1", "now": NOW} | values
    return evaluate(rules, judged, artefact=VERSION.artefact, gathered=gathered, **arguments)


def found(outcome: Verdict) -> Finding:
    (only,) = [each for each in outcome.findings if each.rule == "evaluations"]
    return only


def refused(outcome: Verdict, code: str, status: Status = Status.FAILED) -> Finding:
    each = found(outcome)
    assert (each.status, each.code) == (status, code)
    assert each.expected
    assert each.found
    assert not outcome.allowed
    return each


def test_an_evaluation_that_is_good_enough_is_allowed() -> None:
    outcome = verdict(asked(minimum=Decimal("0.9")), evaluated(VERSION, BOT, accuracy("0.923")))
    assert outcome.allowed
    assert found(outcome).summary == f"accuracy on {GOLDEN.short}: 0.923"
    assert found(outcome).signer == f"bot ({BOT.key.title})"


def test_the_evaluators_own_judgement_is_enough_where_no_number_is_asked() -> None:
    assert verdict(asked(metric=None, dataset=None), evaluated(VERSION, BOT)).allowed


@pytest.mark.parametrize(("value", "good"), [("0.90", True), ("0.900", True), ("0.8999999999999999999999999", False)])
def test_bounds_are_exact(value: str, good: bool) -> None:
    assert verdict(asked(minimum=Decimal("0.9")), evaluated(VERSION, BOT, accuracy(value))).allowed is good
    negative = accuracy(f"-{value}")
    assert verdict(asked(maximum=Decimal("-0.9")), evaluated(VERSION, BOT, negative)).allowed is good


def test_nobody_evaluated_it() -> None:
    each = refused(verdict(asked()), "evidence-missing")
    assert each.expected == f"evaluation by bot ({BOT.key.title})"


def test_somebody_else_evaluated_it() -> None:
    refused(verdict(asked(), evaluated(VERSION, ALICE, accuracy("1"))), "signer-not-trusted")
    refused(verdict(asked(), evaluated(VERSION, MALLORY, accuracy("1"))), "signer-not-trusted")


def test_an_evaluation_in_anothers_name_counts_for_nothing() -> None:
    """Row 71: the evaluator's words, signed again by somebody else."""
    from attest.claims.statement import Statement
    from attest.signing.bundle import Bundle

    words = Statement.parse(Bundle.parse(evaluated(VERSION, BOT, accuracy("1")).raw).payload)
    refused(verdict(replace(asked(), by=("alice",)), bundle(words, ALICE)), "signer-mismatch")


@pytest.mark.parametrize(
    ("bounds", "code"),
    [({"minimum": Decimal("0.95")}, "metric-too-low"), ({"maximum": Decimal("0.9")}, "metric-too-high")],
)
def test_a_number_that_is_not_good_enough(bounds: dict[str, Any], code: str) -> None:
    each = refused(verdict(asked(**bounds), evaluated(VERSION, BOT, accuracy("0.923"))), code)
    assert each.found == "accuracy 0.923"


def test_a_good_number_does_not_undo_a_bad_one() -> None:
    """Nobody repeats an evaluation until it suits him."""
    again = [evaluated(VERSION, BOT, accuracy("0.8")), evaluated(VERSION, BOT, accuracy("0.95"))]
    refused(verdict(asked(minimum=Decimal("0.9")), *again), "metric-too-low")


def test_a_failed_evaluation_counts_whatever_it_measured() -> None:
    good = evaluated(VERSION, BOT, accuracy("0.95"))
    bad = evaluated(VERSION, BOT, passed=False, suite="red team")
    each = refused(verdict(asked(minimum=Decimal("0.9")), good, bad), "evaluation-failed")
    assert each.evidence == bad.digest
    assert each.found == "red team: failed"


def test_a_failed_evaluation_by_somebody_else_does_not_count() -> None:
    bad = evaluated(VERSION, ALICE, passed=False)
    assert verdict(asked(), evaluated(VERSION, BOT, accuracy("0.95")), bad).allowed


@pytest.mark.parametrize(
    "other",
    [
        accuracy("0.95", dataset=Digest.of(b"easy")),
        accuracy("0.95", dataset=None),
        accuracy("0.95", slice={"region": "eu"}),
        accuracy("0.95", name="f1"),
    ],
)
def test_another_number_does_not_stand_in(other: Any) -> None:
    refused(verdict(asked(), evaluated(VERSION, BOT, other)), "metric-missing")


def test_a_slice_is_a_number_of_its_own() -> None:
    both = evaluated(VERSION, BOT, accuracy("0.95"), accuracy("0.5", slice={"region": "eu"}))
    assert verdict(asked(minimum=Decimal("0.9")), both).allowed
    refused(verdict(asked(minimum=Decimal("0.9"), slice={"region": "eu"}), both), "metric-too-low")


def test_without_a_dataset_every_dataset_has_to_be_good_enough() -> None:
    both = evaluated(VERSION, BOT, accuracy("0.95"), accuracy("0.5", dataset=Digest.of(b"hard")))
    refused(verdict(asked(minimum=Decimal("0.9"), dataset=None), both), "metric-too-low")


def test_a_claim_that_cannot_be_read_counts_against() -> None:
    """It may say that the version failed: fields that nobody knows are not passed over."""
    from attest.claims.statement import Statement
    from attest.signing.bundle import Bundle

    words = Statement.parse(Bundle.parse(evaluated(VERSION, BOT).raw).payload)
    odd = bundle(restated(words, predicate=dict(words.predicate) | {"verdict": "failed"}), BOT)
    good = evaluated(VERSION, BOT, accuracy("0.95"))
    each = refused(verdict(asked(), good, odd), "unknown-parameter")
    assert each.exit_status == 3


# --- in-toto test results -----------------------------------------------------------------------------------------


def of_tests(result: str, **metrics: str) -> Evidence:
    said = {
        "result": result,
        "configuration": [
            {"name": "golden", "digest": {"sha256": GOLDEN.hex}, "annotations": {"metrics": metrics}},
        ],
    }
    return bundle(restated(VERSION.cosign, predicateType=TEST_RESULT, predicate=said), BOT)


def test_a_test_result_that_names_its_metrics_is_an_evaluation() -> None:
    assert verdict(asked(minimum=Decimal("0.9")), of_tests("PASSED", accuracy="0.91")).allowed
    refused(verdict(asked(minimum=Decimal("0.9")), of_tests("PASSED", accuracy="0.89")), "metric-too-low")
    refused(verdict(asked(metric=None, dataset=None), of_tests("PASSED")), "metric-missing")
    refused(verdict(asked(), of_tests("PASSED", accuracy="0.9"), of_tests("FAILED")), "evaluation-failed")


# --- age ----------------------------------------------------------------------------------------------------------

MONTH = MostAge(length=timedelta(days=30))
LATER = DONE + timedelta(days=31)


def test_an_evaluation_grows_old() -> None:
    said = evaluated(VERSION, BOT, accuracy("0.95"))
    assert verdict(asked(most_age=MONTH), said, now=DONE + timedelta(days=30)).allowed
    each = refused(verdict(asked(most_age=MONTH), said, now=LATER), "claim-stale")
    assert each.found == "31 days old, from 2026-11-20T21:30:00Z"


def test_what_was_young_enough_at_the_promotion_stays_so() -> None:
    said = evaluated(VERSION, BOT, accuracy("0.95"))
    promoted = Gathered(promoted=DONE + timedelta(days=1))
    assert verdict(asked(most_age=MONTH), said, now=LATER, gathered=promoted).allowed
    at_use = replace(MONTH, when=When.USE)
    refused(verdict(asked(most_age=at_use), said, now=LATER, gathered=promoted), "claim-stale")


def test_a_young_one_beside_an_old_one_will_do() -> None:
    old = evaluated(VERSION, BOT, accuracy("0.95"))
    young = evaluated(VERSION, BOT, accuracy("0.94"), finished=LATER)
    assert verdict(asked(most_age=MONTH), old, young, now=LATER).allowed


def test_a_young_one_of_something_else_will_not() -> None:
    old = evaluated(VERSION, BOT, accuracy("0.95"))
    young = evaluated(VERSION, BOT, accuracy("0.94", name="f1"), finished=LATER)
    refused(verdict(asked(most_age=MONTH), old, young, now=LATER), "claim-stale")


def test_an_evaluation_from_the_future_is_not_young() -> None:
    said = evaluated(VERSION, BOT, accuracy("0.95"), finished=NOW + timedelta(days=1))
    refused(verdict(asked(most_age=MONTH), said), "claim-time")


def test_a_test_result_has_no_time() -> None:
    refused(verdict(asked(most_age=MONTH), of_tests("PASSED", accuracy="0.95")), "claim-time")


# --- not worse than before ----------------------------------------------------------------------------------------

BEFORE = Regression(against="production", most=Decimal("0.01"))


def holder(*evidence: Evidence, version: Version = OLDER) -> Gathered:
    judged = judge(evidence, artefact=version.artefact, model=MODEL, keys=policy(asked()).keys)
    files = {file.path: file.digest for file in version.artefact.files}
    return Gathered(references={"production": Ancestor(digest=version.artefact.digest, files=files, judged=judged)})


def beside(own: str, *theirs: Evidence, regression: Regression = BEFORE, **values: Any) -> Verdict:
    said = evaluated(VERSION, BOT, accuracy(own, **values))
    return verdict(asked(regression=regression), said, gathered=holder(*theirs))


def theirs(value: str, person: Person = BOT, **values: Any) -> Evidence:
    return evaluated(OLDER, person, accuracy(value, **values))


@pytest.mark.parametrize(("own", "good"), [("0.93", True), ("0.91", True), ("0.90999999999999999999", False)])
def test_a_version_may_be_worse_by_so_much(own: str, good: bool) -> None:
    outcome = beside(own, theirs("0.92"))
    assert outcome.allowed is good
    if not good:
        each = refused(outcome, "metric-regressed")
        assert each.found == f"{own}, where production has 0.92"


@pytest.mark.parametrize(("own", "good"), [("0.93", True), ("0.930000001", False)])
def test_lower_is_better_where_the_evaluations_say_so(own: str, good: bool) -> None:
    lower: dict[str, Any] = {"better": Better.LOWER}
    assert beside(own, theirs("0.92", **lower), **lower).allowed is good


def test_the_best_of_the_other_counts() -> None:
    refused(beside("0.93", theirs("0.9"), theirs("0.95")), "metric-regressed")


def test_without_the_other_version_nobody_knows() -> None:
    said = evaluated(VERSION, BOT, accuracy("0.99"))
    demand = asked(regression=BEFORE)
    refused(verdict(demand, said), "reference-unknown", Status.UNKNOWN)
    gone = Gathered(references={"production": Unreached(why="no such alias")})
    each = refused(verdict(demand, said, gathered=gone), "reference-unknown", Status.UNKNOWN)
    assert each.found == "no such alias"


@pytest.mark.parametrize(
    "evidence",
    [
        [],
        [theirs("0.5", MALLORY)],
        [theirs("0.5", ALICE)],
        [theirs("0.5", dataset=Digest.of(b"easy"))],
        [evaluated(VERSION, BOT, accuracy("0.5"))],
    ],
    ids=["none", "a stranger's", "another role's", "other data", "of another version"],
)
def test_without_its_evaluation_nobody_knows(evidence: Sequence[Evidence]) -> None:
    refused(beside("0.99", *evidence), "reference-unknown", Status.UNKNOWN)


def test_without_a_direction_nobody_knows() -> None:
    refused(beside("0.99", theirs("0.5", better=None), better=None), "metric-direction", Status.UNKNOWN)
    refused(beside("0.99", theirs("0.5", better=Better.LOWER)), "metric-direction", Status.UNKNOWN)


def test_the_policy_may_say_the_direction_and_is_not_contradicted() -> None:
    higher = replace(BEFORE, better=Better.HIGHER)
    assert beside("0.99", theirs("0.5", better=None), regression=higher, better=None).allowed
    refused(
        beside("0.99", theirs("0.5", better=Better.LOWER), regression=higher, better=None),
        "metric-direction",
        Status.UNKNOWN,
    )


def test_a_version_is_not_worse_than_itself() -> None:
    said = evaluated(VERSION, BOT, accuracy("0.9"))
    assert verdict(asked(regression=BEFORE), said, gathered=holder(said, version=VERSION)).allowed


def test_what_failed_is_failed_also_where_something_is_unknown() -> None:
    said = evaluated(VERSION, BOT, accuracy("0.5"))
    refused(verdict(asked(regression=BEFORE, minimum=Decimal("0.9")), said), "metric-too-low")
