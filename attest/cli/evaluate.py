"""`attest evaluate`: record a signed evaluation of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render
from attest.cli.promote import with_version
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.claims.evaluation import Evaluation
    from attest.claims.event import Versioned
    from attest.evaluating import Typed
    from attest.lifecycle.recording import Recorded
    from attest.lifecycle.session import Session


@click.command(
    epilog=options.examples(
        "attest evaluate credit-risk:2 --from eval.json",
        "attest evaluate credit-risk:2 --suite golden --dataset golden=golden.parquet -- python eval.py",
        "attest evaluate credit-risk:2 --metric auc=0.913 --better higher --dataset golden=sha256:…",
    ),
)
@click.argument("reference", metavar="NAME:VERSION", type=REFERENCE)
@click.argument("program", metavar="[-- COMMAND…]", nargs=-1, type=click.UNPROCESSED)
@click.option("--from", "source", metavar="FILE", help="The evaluation as JSON.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME=VALUE[:UNIT]", help="A number that was measured.")
@click.option("--dataset", metavar="NAME=PATH|sha256:…", help="On which data; for metrics that do not say it.")
@click.option("--suite", metavar="TEXT", help="What was run.")
@click.option("--better", type=click.Choice(["higher", "lower"]), help="For metrics that do not say it.")
@click.option("--result", type=click.Choice(["passed", "failed"]), help="Your judgement. [default: passed]")
@changing.reason()
@changing.common()
def command(*, reference: str, program: tuple[str, ...], source: str | None, **values: Any) -> None:
    """Record a signed evaluation: what was measured of a version, on which data, attached to it and named in its log.

    FILE, or what COMMAND prints, is {"suite": "golden", "metrics": {"auc": 0.913}, "dataset": "golden=FILE"} or the
    long form of docs/formats.md. COMMAND finds the pinned version in $ATTEST_REFERENCE; one that fails records
    nothing, and one that ends well has its times measured. A failed evaluation is recorded like any other.
    """
    from attest.evaluating import Typed  # noqa: PLC0415

    parsed = with_version(Reference.parse(reference), None)
    typed = Typed(**{name: values[name] for name in ("metrics", "dataset", "suite", "better", "result")})
    if source is not None and program:
        raise InputError("an evaluation comes from one place", code="usage", expected="--from FILE, or -- COMMAND")
    if source is None and not program and not typed.metrics:
        raise InputError(
            "nothing says what was measured", code="usage", expected="--from FILE, -- COMMAND…, or --metric NAME=VALUE"
        )
    if values["keyless"] and program:  # a certificate lives ten minutes: it is asked for after the long work
        with changing.reading(parsed, plain_http=values["plain_http"], ca_file=values["ca_file"]) as session:
            version = session.version(session.log(), parsed)
            parsed = session.reference.with_version(str(version.number)).pinned(version.manifest)
            done = _evaluation(session, program, source, typed, pinned=str(parsed))
        with changing.session(values, parsed) as session:
            _run(session, parsed, lambda _: done, values)
        return
    with changing.session(values, parsed) as session:
        _run(session, parsed, lambda pinned: _evaluation(session, program, source, typed, pinned=pinned), values)


def _run(session: Session, reference: Reference, evaluate: Callable[[str], Evaluation], values: dict[str, Any]) -> None:
    """Whoever may not record it is told so before the long work."""
    from attest.claims.log_state import RoleName  # noqa: PLC0415
    from attest.lifecycle.recording import check_open, check_role, record  # noqa: PLC0415
    from attest.signed_claims import sign_evaluation  # noqa: PLC0415

    log = session.log()
    version = session.version(log, reference)
    check_role(session, log, RoleName.EVALUATOR)
    check_open(log)
    pinned = session.reference.with_version(str(version.number)).pinned(version.manifest)
    evaluation = evaluate(str(pinned))
    recorded = None
    if not values["dry_run"]:
        bundle = sign_evaluation(
            evaluation, signer=session.writer.signer, model=session.reference.model, manifest_digest=version.manifest
        )
        recorded = record(session, version, bundle, role=RoleName.EVALUATOR, reason=values["reason"])
    _report(str(pinned), version, evaluation, recorded, values)


def _evaluation(
    session: Session, program: tuple[str, ...], source: str | None, typed: Typed, *, pinned: str
) -> Evaluation:
    from attest import evaluating, evaluation_command  # noqa: PLC0415

    now = session.clock().replace(microsecond=0)
    if program:
        ran = evaluation_command.run(program, reference=pinned)
        what = f"what {program[0][:80]!r} printed"
        said = evaluating.completed(evaluating.read_document(ran.output, what=what), typed)
        return evaluating.evaluation_of(said, what=what, finished=ran.finished, started=ran.started)
    if source is None:
        return evaluating.evaluation_of(evaluating.completed({}, typed), what="what was typed", finished=now)
    raw, written = evaluating.read_file(source)
    said = evaluating.completed(evaluating.read_document(raw, what=source), typed)
    return evaluating.evaluation_of(said, what=source, finished=min(written, now))


def _report(
    pinned: str, version: Versioned, evaluation: Evaluation, recorded: Recorded | None, values: dict[str, Any]
) -> None:
    if values["as_json"]:
        written = recorded is not None and not recorded.already
        render.document(
            {
                "schema": "attest/evaluation/v1",
                "reference": pinned,
                "digest": str(version.manifest),
                "number": version.number,
                "result": "passed" if evaluation.passed else "failed",
                "metrics": {metric.name: str(metric.value) for metric in evaluation.metrics},
                "claim": None if recorded is None else str(recorded.claim),
                "already": recorded is not None and recorded.already,
                "dry_run": recorded is None,
                "event": changing.event_document(recorded.log) if recorded is not None and written else None,
            }
        )
        return
    if not values["quiet"]:
        _say(evaluation, recorded)
    render.result(pinned)


def _say(evaluation: Evaluation, recorded: Recorded | None) -> None:
    suite = f" of {render.clean(evaluation.suite)}" if evaluation.suite else ""
    word = "passed" if evaluation.passed else "failed"
    for metric in evaluation.metrics:
        better = f", better {metric.better}" if metric.better is not None else ""
        data = metric.dataset_name or ""
        data = (
            f"   on {render.clean(data)} {metric.dataset.short}"
            if metric.dataset is not None
            else "   on no named data"
        )
        unit = f" {render.clean(metric.unit)}" if metric.unit else ""
        render.note(f"metric   {render.clean(metric.name)} {metric.value:f}{unit}{better}{data}")
    when = "" if evaluation.finished is None else f", finished {render.utc(evaluation.finished)}"
    if recorded is None:
        render.note(f"would record an evaluation{suite}: {word}{when}")
        render.note("dry run: nothing was changed")
    elif recorded.already:
        render.note(f"already there: this evaluation{suite} is claim {recorded.claim.short}, nothing to do")
    else:
        said = f"evaluation{suite}: {word}{when}, claim {recorded.claim.short}"
        render.note(f"recorded {said}       {changing.event_line(recorded.log)}")
