from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from attest.claims import evaluation
from attest.claims.decimals import minus, plus, read_decimal, shown
from attest.claims.evaluation import Better, Evaluation, Measured
from attest.claims.predicates import EVALUATION, TEST_RESULT
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.errors import MalformedEvidence
from attest_registry.digest import Digest

DONE = datetime(2026, 11, 20, 21, 30, tzinfo=UTC)
GOLDEN = Digest.of(b"golden")
BY = SignerName(key=Digest.of(b"key"))
ACCURACY = Measured(
    name="accuracy",
    value=Decimal("0.923"),
    dataset=GOLDEN,
    dataset_name="golden",
    slice={"region": "eu"},
    better=Better.HIGHER,
    unit="share",
)
WHOLE = Evaluation(
    passed=True,
    metrics=(ACCURACY,),
    finished=DONE,
    started=datetime(2026, 11, 20, 21, 0, tzinfo=UTC),
    suite="golden-set",
    suite_uri="git+https://git.example.com/acme/eval@main",
    outputs={"report.json": Digest.of(b"report")},
    environment={"hardware": "1xH200"},
)


def built(said: Evaluation = WHOLE) -> Statement:
    return evaluation.build(said, by=BY, model="acme/credit-risk", manifest_digest=Digest.of(b"version"))


def changed(**changes: Any) -> Statement:
    document = json.loads(built().raw)
    document["predicate"] |= changes
    document["predicate"] = {key: value for key, value in document["predicate"].items() if value is not None}
    return Statement.parse(json.dumps(document).encode())


def with_metric(**changes: Any) -> Statement:
    (metric,) = json.loads(built().raw)["predicate"]["metrics"]
    return changed(metrics=[metric | changes])


def of_test(**predicate: Any) -> Statement:
    document = json.loads(built().raw) | {"predicateType": TEST_RESULT, "predicate": predicate}
    return Statement.parse(json.dumps(document).encode())


def test_what_was_written_is_read() -> None:
    statement = built()
    assert statement.predicate_type == EVALUATION
    assert evaluation.parse(statement) == WHOLE
    assert statement.predicate["metrics"][0]["value"] == "0.923"


def test_only_result_time_and_metrics_have_to_be_there() -> None:
    said = Evaluation(passed=False, metrics=(Measured(name="loss", value=Decimal("-0.5")),), finished=DONE)
    statement = built(said)
    assert set(statement.predicate) == {"by", "result", "finished", "metrics"}
    assert evaluation.parse(statement) == said


def test_the_same_metric_counts_for_each_dataset_and_slice() -> None:
    other = Measured(name="accuracy", value=Decimal("0.8"), dataset=Digest.of(b"other"))
    assert len(evaluation.parse(built(Evaluation(passed=True, metrics=(ACCURACY, other), finished=DONE))).metrics) == 2


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (changed(result="PASSED"), "another result"),
        (changed(result=None), "needs text as result"),
        (changed(by=None), "object as by"),
        (changed(finished=None), "needs text as finished"),
        (changed(finished="2026-11-20"), "is no time"),
        (changed(finished="2026-11-20T20:00:00Z"), "before it began"),
        (changed(metrics=None), "list of metrics"),
        (changed(metrics={}), "list of objects"),
        (with_metric(value=0.923), "no decimal"),
        (with_metric(value="9.23e-1"), "no decimal"),
        (with_metric(value="NaN"), "no decimal"),
        (with_metric(value="٣"), "no decimal"),
        (with_metric(better="wider"), "no known way"),
        (with_metric(dataset={"name": "golden", "digest": {"sha256": "A" * 64}}), "no SHA-256"),
        (with_metric(slice={"region": 1}), "nothing but text"),
    ],
)
def test_what_cannot_be_read_one_way_is_refused(statement: Statement, words: str) -> None:
    with pytest.raises(MalformedEvidence, match=words) as caught:
        evaluation.parse(statement)
    assert caught.value.code == "malformed-evidence"


@pytest.mark.parametrize(
    "statement",
    [
        changed(verdict="failed"),
        with_metric(confidence="0.1"),
        with_metric(dataset={"name": "golden", "version": "2"}),
    ],
)
def test_an_unknown_field_where_it_is_decided_is_refused(statement: Statement) -> None:
    with pytest.raises(MalformedEvidence) as caught:
        evaluation.parse(statement)
    assert caught.value.code == "unknown-parameter"


def test_two_numbers_for_one_thing_are_refused() -> None:
    with pytest.raises(MalformedEvidence, match="twice"):
        built(Evaluation(passed=True, metrics=(ACCURACY, ACCURACY), finished=DONE))


def test_an_evaluation_without_a_time_is_not_written() -> None:
    with pytest.raises(MalformedEvidence, match="needs the time"):
        built(Evaluation(passed=True, metrics=()))


def test_another_claim_is_no_evaluation() -> None:
    document = json.loads(built().raw) | {"predicateType": "https://example.com/x"}
    with pytest.raises(MalformedEvidence, match="no evaluation"):
        evaluation.parse(Statement.parse(json.dumps(document).encode()))


def test_a_test_result_names_its_metrics_by_configuration() -> None:
    read = evaluation.parse(
        of_test(
            result="PASSED",
            configuration=[
                {"name": "ci.yml", "digest": {"gitBlob": "ebe4"}},
                {"name": "golden", "digest": {"sha256": GOLDEN.hex}, "annotations": {"metrics": {"accuracy": "0.9"}}},
            ],
            passedTests=["a"],
        )
    )
    assert read.passed
    assert read.finished is None
    assert read.metrics == (Measured(name="accuracy", value=Decimal("0.9"), dataset=GOLDEN, dataset_name="golden"),)


@pytest.mark.parametrize("word", ["WARNED", "FAILED"])
def test_a_test_result_with_warnings_did_not_pass(word: str) -> None:
    assert not evaluation.parse(of_test(result=word)).passed


@pytest.mark.parametrize(
    "predicate",
    [
        {"result": "passed"},
        {"result": "PASSED", "configuration": [{"annotations": {"metrics": {"accuracy": 0.9}}}]},
        {"result": "PASSED", "configuration": [{"annotations": {"metrics": {"f1": "1"}}}] * 2},
        {"result": "PASSED", "configuration": ["ci.yml"]},
    ],
)
def test_a_test_result_that_cannot_be_read_one_way_is_refused(predicate: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence):
        evaluation.parse(of_test(**predicate))


@pytest.mark.parametrize("text", ["0.1", "-0.5", "12", "0", "0.10", "9" * 30 + "." + "9" * 30])
def test_a_decimal_stays_as_it_was_written(text: str) -> None:
    number = read_decimal(text)
    assert number is not None
    assert shown(number) == text


@pytest.mark.parametrize("text", ["", "01", ".5", "5.", "+1", "1e3", "Infinity", "1,0", " 1", "1\n", "9" * 31, 1, None])
def test_what_is_no_decimal_is_none(text: object) -> None:
    assert read_decimal(text) is None


def test_sums_are_exact() -> None:
    huge, tiny = Decimal("9" * 30), Decimal("0." + "0" * 29 + "1")
    assert shown(plus(huge, tiny)) == "9" * 30 + "." + "0" * 29 + "1"
    assert minus(plus(huge, tiny), huge) == tiny
