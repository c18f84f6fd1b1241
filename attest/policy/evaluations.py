"""The rule about evaluations: somebody whom the policy names measured the version, and the numbers are good enough.

require:
  evaluations:
    - by: [eval-bot]
      metric: accuracy
      dataset: sha256:…
      slice: {region: eu}
      minimum: 0.92
      no-regression: {against: production, by-at-most: 0.005}
      max-age: 90d
      at: promotion

What one of them said against the version counts, whatever else is there: an evaluation that failed, a number that is
not good enough, words that cannot be read. So nobody repeats an evaluation until it suits him.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from attest.claims import evaluation
from attest.claims.decimals import shown
from attest.claims.predicates import EVALUATION, TEST_RESULT, word_for
from attest.errors import MalformedEvidence
from attest.policy import entries
from attest.policy.case import Problem, failed
from attest.policy.moments import age_problem, read_most_age
from attest.policy.regression import read_regression, regression_problems
from attest.policy.requirements import ClaimDemand
from attest.policy.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from attest.claims.evaluation import Evaluation, Measured
    from attest.policy.case import Case
    from attest.policy.moments import MostAge
    from attest.policy.regression import Regression
    from attest.policy.verdict import Finding
    from attest.strict_yaml import Document, NodePath
    from attest.verify.facts import Fact
    from attest_registry.digest import Digest

RULE: Final = "evaluations"
_NEED_A_METRIC: Final = ("dataset", "slice", "minimum", "maximum", "no-regression")


class EvaluationDemand(ClaimDemand, frozen=True, kw_only=True):
    """An evaluation that passed, with what it has to have measured.

    Args:
        metric: name of the number; `None` where only the evaluator's own judgement is asked for.
        dataset: on which data; `None` for all on which it was measured.
        slice: on which part of them; empty for the whole.
        minimum: the least that is good enough.
        maximum: the most that is.
        regression: by how much it may be worse than another version.
        most_age: how old it may be.
    """

    metric: str | None = None
    dataset: Digest | None = None
    slice: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    regression: Regression | None = None
    most_age: MostAge | None = None

    @property
    def types(self) -> tuple[str, ...]:
        """Test results too, where they name metrics."""
        return (EVALUATION, TEST_RESULT)

    @property
    def title(self) -> str:
        """What is measured, for people: `accuracy (region eu) on sha256:0123…`."""
        where = f" ({', '.join(f'{key} {value}' for key, value in sorted(self.slice.items()))})" if self.slice else ""
        return f"{self.metric or 'an evaluation'}{where}{f' on {self.dataset.short}' if self.dataset else ''}"


class Read(Struct, frozen=True, kw_only=True):
    """What the evaluators said of a version.

    Args:
        facts: their claims that can be read, each with its content.
        unread: the others, each with what is wrong with it.
        all: every one of their claims.
    """

    facts: tuple[tuple[Fact, Evaluation], ...]
    unread: tuple[tuple[Fact, Problem], ...]
    all: tuple[Fact, ...]


def read(document: Document, path: NodePath, value: Any, known: Iterable[str]) -> tuple[EvaluationDemand, ...]:
    """The key `require.evaluations`.

    Raises:
        PolicyError: anything about it is not understood.
    """
    return tuple(_read_one(document, where, item, known) for where, item in entries.listed(document, path, value))


def _read_one(document: Document, path: NodePath, item: dict[str, Any], known: Iterable[str]) -> EvaluationDemand:
    by = entries.by(document, path, item, known)
    most_age = read_most_age(document, path, item)
    if "metric" not in item:
        for key in _NEED_A_METRIC:
            if key in item:
                raise document.error(
                    (*path, key), f"{key} of what?", code="missing-key", expected="metric: … beside it", at_key=True
                )
        return EvaluationDemand(predicate_type=EVALUATION, by=by, most_age=most_age)
    found = EvaluationDemand(
        predicate_type=EVALUATION,
        by=by,
        metric=entries.text(document, path, item, "metric"),
        dataset=entries.digest(document, path, item, "dataset"),
        slice=_slice(document, path, item),
        minimum=entries.decimal(document, path, item, "minimum"),
        maximum=entries.decimal(document, path, item, "maximum"),
        regression=read_regression(document, path, item),
        most_age=most_age,
    )
    if found.minimum is not None and found.maximum is not None and found.maximum < found.minimum:
        raise document.error(
            (*path, "maximum"), "the maximum is below the minimum", code="bad-number", expected=shown(found.minimum)
        )
    return found


def _slice(document: Document, path: NodePath, item: dict[str, Any]) -> Mapping[str, str]:
    if "slice" not in item:
        return MappingProxyType({})
    where: NodePath = (*path, "slice")
    value = item["slice"]
    if not isinstance(value, dict) or not value:
        raise document.error(where, "slice names no part of the data", code="wrong-type", expected="{region: eu}")
    return MappingProxyType({key: entries.text(document, where, value, key) for key in value})


def read_evaluations(case: Case, demand: ClaimDemand) -> Read:
    """What the evaluators of a demand said, in this case's evidence."""
    facts = case.accepted(demand)
    found: list[tuple[Fact, Evaluation]] = []
    unread = []
    for fact in facts:
        try:
            found.append((fact, evaluation.parse(fact.statement)))
        except MalformedEvidence as error:
            said = "; ".join(part for part in (error.message, error.found) if part)
            expected = error.expected or "an evaluation that can be read in one way"
            problem = Problem(code=error.code, expected=expected, found=said, exit_status=error.exit_status)
            unread.append((fact, problem))
    return Read(facts=tuple(found), unread=tuple(unread), all=facts)


def is_meant(demand: EvaluationDemand, measured: Measured) -> bool:
    """Whether a number is the one that is asked about."""
    return (
        measured.name == demand.metric
        and measured.slice == demand.slice
        and (demand.dataset is None or demand.dataset == measured.dataset)
    )


def measured_in(demand: EvaluationDemand, found: Read) -> list[Measured]:
    """The numbers that are asked about, of all evaluators."""
    return [measured for _, said in found.facts for measured in said.metrics if is_meant(demand, measured)]


def supporting(case: Case, demand: EvaluationDemand) -> tuple[Fact, ...]:
    """The claims that each would do for this demand: they say what is asked, and are young enough."""
    found = read_evaluations(case, demand)
    support = _supporting(demand, found)
    if demand.most_age is None:
        return support
    times = [(fact, said.finished) for fact, said in found.facts if fact in support]
    return tuple(fact for fact, finished in times if age_problem(case, demand.most_age, fact, finished) is None)


def _supporting(demand: EvaluationDemand, found: Read) -> tuple[Fact, ...]:
    """A test result that names no metrics is no evaluation, whatever it tested."""
    return tuple(
        fact
        for fact, said in found.facts
        if said.passed
        and (
            any(is_meant(demand, measured) for measured in said.metrics)
            if demand.metric is not None
            else said.metrics or fact.statement.predicate_type == EVALUATION
        )
    )


def judge(case: Case, demand: EvaluationDemand) -> Finding:
    """Every evaluation by them holds, and one at least says what is asked."""
    found = read_evaluations(case, demand)
    if not found.all:
        return case.missing(RULE, demand)
    support = _supporting(demand, found)
    against = [*found.unread, *_negative(demand, found)]
    problems = [problem for _, problem in against]
    if not support:
        problems.append(_nothing(case, demand, found))
    elif demand.most_age is not None:
        problems += _ages(case, demand.most_age, [each for each in found.facts if each[0] in support])
    unknown: list[Problem] = []
    if demand.regression is not None and support:
        worse, unknown = regression_problems(case, demand, measured_in(demand, found))
        problems += worse
    decisive = [fact for fact, _ in against] or support or found.all
    signer = case.policy.describe(decisive[0].signer)
    if problems:
        return failed(RULE, list(dict.fromkeys([*problems, *unknown])), decisive, signer=signer)
    if unknown:
        return replace(failed(RULE, unknown, decisive, signer=signer), status=Status.UNKNOWN)
    return case.passed(RULE, _summary(demand, found), support)


def _negative(demand: EvaluationDemand, found: Read) -> list[tuple[Fact, Problem]]:
    """What was said against the version, at whatever time and beside whatever else."""
    problems = []
    for fact, said in found.facts:
        if not said.passed:
            what = f"{said.suite or word_for(fact.statement.predicate_type)}: failed"
            problem = Problem(code="evaluation-failed", expected="evaluations that passed", found=what)
            problems.append((fact, problem))
        for measured in said.metrics:
            if is_meant(demand, measured):
                problems += [(fact, problem) for problem in _out_of_bounds(demand, measured)]
    return problems


def _out_of_bounds(demand: EvaluationDemand, measured: Measured) -> Iterator[Problem]:
    value = f"{measured.name} {shown(measured.value)}"
    if demand.minimum is not None and measured.value < demand.minimum:
        expected = f"{demand.title} at least {shown(demand.minimum)}"
        yield Problem(code="metric-too-low", expected=expected, found=value)
    if demand.maximum is not None and measured.value > demand.maximum:
        expected = f"{demand.title} at most {shown(demand.maximum)}"
        yield Problem(code="metric-too-high", expected=expected, found=value)


def _nothing(case: Case, demand: EvaluationDemand, found: Read) -> Problem:
    """Why no evaluation says what is asked."""
    others = [
        f"{measured.name} on {measured.dataset.short if measured.dataset else 'data without a digest'}"
        for _, said in found.facts
        for measured in said.metrics
    ]
    near = [text for text in others if text.startswith(f"{demand.metric} ")] or others
    return Problem(
        code="metric-missing",
        expected=f"{demand.title} by {case.policy.describe_identities(demand.by)}",
        found=", ".join(dict.fromkeys(near[:3])) or "no number in any evaluation that passed",
    )


def _ages(case: Case, most: MostAge, support: Sequence[tuple[Fact, Evaluation]]) -> list[Problem]:
    """One that is young enough will do: the older ones were asked about their numbers already."""
    found = [age_problem(case, most, fact, said.finished) for fact, said in support]
    problems = [problem for problem in found if problem is not None]
    return problems if len(problems) == len(found) else []


def _summary(demand: EvaluationDemand, found: Read) -> str:
    if demand.metric is None:
        return "evaluation passed"
    values = sorted({measured.value for measured in measured_in(demand, found)})
    span = shown(values[0]) if len(values) == 1 else f"{shown(values[0])} to {shown(values[-1])}"
    return f"{demand.title}: {span}"


def explain(demand: EvaluationDemand, *, by: str) -> list[str]:
    """The demand in sentences.

    Args:
        demand: the demand.
        by: "signed by …", as elsewhere.
    """
    age = f", {demand.most_age}" if demand.most_age else ""
    found = [f"an evaluation passed{age}, {by}, and none of theirs failed"]
    if demand.metric is not None:
        bounds = [
            f"{word} {shown(bound)}"
            for word, bound in (("at least", demand.minimum), ("at most", demand.maximum))
            if bound is not None
        ]
        what = f"it measured {demand.title}" + (f": {' and '.join(bounds)}" if bounds else "")
        found.append(f"{what}, in every evaluation of theirs")
    if demand.regression is not None:
        found.append(f"its {demand.metric} is {demand.regression}")
    return found
