"""Evaluations: what somebody measured of a version, on which data (docs/formats.md, `evaluation:v1`).

An in-toto test result (test-result/v0.1) is read too. Its configuration names metrics where an entry is a dataset with
its digest and has `annotations: {"metrics": {NAME: "DECIMAL"}}`; other entries configure something else.

A gate decides by these words: result, metrics and times are closed, and an unknown field in them is refused.
"""

from __future__ import annotations

from datetime import UTC
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field

from attest.claims import fields
from attest.claims.decimals import read_decimal, shown
from attest.claims.predicates import EVALUATION, TEST_RESULT
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence
from attest.trust.times import read_time
from attest.trust.times import shown as shown_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from decimal import Decimal

    from attest.claims.signer_name import SignerName
    from attest_registry.digest import Digest

PASSED: Final = "passed"
FAILED: Final = "failed"
_FIELDS: Final = {"by", "suite", "result", "started", "finished", "metrics", "environment", "outputs"}
_METRIC_FIELDS: Final = {"name", "value", "unit", "better", "dataset", "slice"}
_TEST_RESULTS: Final[Mapping[str, bool]] = {"PASSED": True, "WARNED": False, "FAILED": False}
"""A warning is not the one answer that counts for a version."""


class Better(StrEnum):
    """Which way a metric gets better."""

    HIGHER = "higher"
    LOWER = "lower"


class Measured(Struct, frozen=True, kw_only=True):
    """One number.

    Args:
        name: what was measured.
        value: exactly as stated.
        dataset: digest of the data on which it was measured; `None` where nobody said.
        dataset_name: what the evaluator calls these data.
        slice: which part of them, as named values; empty for all.
        better: which way it gets better, where said.
        unit: of the number.
    """

    name: str
    value: Decimal
    dataset: Digest | None = None
    dataset_name: str | None = None
    slice: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    better: Better | None = None
    unit: str | None = None


class Evaluation(Struct, frozen=True, kw_only=True):
    """An evaluation.

    Args:
        passed: the evaluator's own judgement.
        metrics: what was measured; none twice for the same data and the same part of them.
        finished: when, by the evaluator's words; `None` in test results, which have no time.
        started: when it began.
        suite: name of what was run.
        suite_uri: where that is.
        outputs: name → digest of files that it gave.
        environment: what it ran in; nothing is decided by it.
    """

    passed: bool
    metrics: tuple[Measured, ...]
    finished: datetime | None = None
    started: datetime | None = None
    suite: str | None = None
    suite_uri: str | None = None
    outputs: Mapping[str, Digest] = field(default_factory=lambda: MappingProxyType({}))
    environment: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def build(
    evaluation: Evaluation, *, by: SignerName, model: str, manifest_digest: Digest, oms_root: Digest | None = None
) -> Statement:
    """The claim "this is what I measured".

    Args:
        evaluation: what is said.
        by: whoever will sign it.
        model: the model's name without host.
        manifest_digest: the version.
        oms_root: its OMS root, for those who have the bare folder.

    Raises:
        MalformedEvidence: it could not be read again: no time, or a metric twice.
    """
    if evaluation.finished is None:
        raise MalformedEvidence("an evaluation needs the time at which it was finished")
    predicate: dict[str, Any] = {
        "by": by.to_json(),
        "result": PASSED if evaluation.passed else FAILED,
        "finished": shown_time(evaluation.finished.astimezone(UTC)),
        "metrics": [_written(metric) for metric in evaluation.metrics],
    }
    suite = {"name": evaluation.suite, "uri": evaluation.suite_uri}
    optional = {
        "suite": {key: text for key, text in suite.items() if text is not None},
        "started": None if evaluation.started is None else shown_time(evaluation.started.astimezone(UTC)),
        "environment": dict(evaluation.environment),
        "outputs": [
            {"name": name, "digest": {"sha256": digest.hex}} for name, digest in sorted(evaluation.outputs.items())
        ],
    }
    subjects = [Subject(name=model, digest=manifest_digest)]
    if oms_root is not None:
        subjects.append(Subject(name="oms-root", digest=oms_root))
    statement = Statement.build(
        subjects=subjects,
        predicate_type=EVALUATION,
        predicate=predicate | {key: value for key, value in optional.items() if value},
    )
    parse(statement)
    return statement


def _written(metric: Measured) -> dict[str, Any]:
    dataset: dict[str, Any] = {} if metric.dataset_name is None else {"name": metric.dataset_name}
    if metric.dataset is not None:
        dataset["digest"] = {"sha256": metric.dataset.hex}
    optional = {
        "unit": metric.unit,
        "better": None if metric.better is None else metric.better.value,
        "dataset": dataset,
        "slice": dict(metric.slice),
    }
    said = {"name": metric.name, "value": shown(metric.value)}
    return said | {key: value for key, value in optional.items() if value}


def parse(statement: Statement) -> Evaluation:
    """What an evaluation says; its signature is not looked at.

    Raises:
        MalformedEvidence: it is none, or something in it that decides is not understood.
    """
    if statement.predicate_type == TEST_RESULT:
        return _test_result(statement.predicate)
    if statement.predicate_type != EVALUATION:
        raise MalformedEvidence("the claim is no evaluation", expected=EVALUATION, found=statement.predicate_type[:120])
    said = statement.predicate
    fields.only(said, _FIELDS, "fields")
    fields.mapping(said, "by")
    suite = fields.optional_mapping(said, "suite")
    started = read_time(fields.text(said, "started"), what="started") if "started" in said else None
    finished = read_time(fields.text(said, "finished"), what="finished")
    if started is not None and finished < started:
        raise MalformedEvidence("the evaluation was finished before it began", found=str(said["finished"])[:40])
    if "metrics" not in said:
        raise MalformedEvidence("the evaluation needs a list of metrics", expected="metrics: […], which may be empty")
    return Evaluation(
        passed=_passed(fields.text(said, "result"), {PASSED: True, FAILED: False}),
        metrics=_once(tuple(_metric(item) for item in fields.objects(said, "metrics"))),
        finished=finished,
        started=started,
        suite=fields.optional_text(suite, "name"),
        suite_uri=fields.optional_text(suite, "uri"),
        outputs=_outputs(said),
        environment=fields.optional_mapping(said, "environment"),
    )


def _passed(word: str, answers: Mapping[str, bool]) -> bool:
    if word not in answers:
        raise MalformedEvidence(
            "the evaluation has another result", expected=" or ".join(answers), found=f"result {word[:80]}"
        )
    return answers[word]


def _metric(item: Mapping[str, Any]) -> Measured:
    fields.only(item, _METRIC_FIELDS, "fields of a metric")
    dataset = fields.optional_mapping(item, "dataset")
    fields.only(dataset, {"name", "digest"}, "fields of a metric's dataset")
    better = fields.optional_text(item, "better")
    if better is not None and better not in set(Better):
        raise MalformedEvidence("a metric gets better in no known way", expected=", ".join(Better), found=better[:80])
    return Measured(
        name=fields.text(item, "name"),
        value=_value(item, "value"),
        dataset=fields.sha256(dataset),
        dataset_name=fields.optional_text(dataset, "name"),
        slice=fields.texts(item, "slice"),
        better=None if better is None else Better(better),
        unit=fields.optional_text(item, "unit"),
    )


def _value(item: Mapping[str, Any], key: str) -> Decimal:
    value = read_decimal(item.get(key))
    if value is None:
        raise MalformedEvidence(
            "a metric is no decimal number", expected='text such as "0.923"', found=repr(item.get(key))[:80]
        )
    return value


def _once(metrics: tuple[Measured, ...]) -> tuple[Measured, ...]:
    """Two numbers for one thing would let a reader take either."""
    seen = set()
    for metric in metrics:
        key = (metric.name, metric.dataset, tuple(sorted(metric.slice.items())))
        if key in seen:
            raise MalformedEvidence("the evaluation states a metric twice", found=metric.name[:80])
        seen.add(key)
    return metrics


def _outputs(said: Mapping[str, Any]) -> Mapping[str, Digest]:
    found = {}
    for item in fields.objects(said, "outputs"):
        digest = fields.sha256(item)
        if digest is not None:
            found[fields.text(item, "name")] = digest
    return MappingProxyType(found)


def _test_result(said: Mapping[str, Any]) -> Evaluation:
    """Its unknown fields are ignored, as the framework's parsing rules want it."""
    metrics = []
    for item in fields.objects(said, "configuration"):
        named = fields.optional_mapping(fields.optional_mapping(item, "annotations"), "metrics")
        dataset, name = fields.sha256(item), fields.optional_text(item, "name")
        metrics += [
            Measured(name=metric, value=_value(named, metric), dataset=dataset, dataset_name=name) for metric in named
        ]
    return Evaluation(passed=_passed(fields.text(said, "result"), _TEST_RESULTS), metrics=_once(tuple(metrics)))
