"""`attest bom check`: whether an ML-BOM is valid, and how much of a profile it fills in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click

from attest.cli import bom_source, options, render
from attest.errors import InputError, MalformedEvidence, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.claims.bom_readiness import FieldFinding, Readiness
    from attest.cli.bom_source import Given
    from attest.whom import Whom

_MARKS: Final = {"present": "✓", "missing": "✗", "unknown": "?", "outside": "–"}
_NAMED: Final = 3


@click.command(
    epilog=options.examples(
        "attest bom check bom.cdx.json",
        "attest bom check credit-risk:3 --key alice.pub --profile g7",
        "attest bom check bom.cdx.json --profile eu-annex-iv --json",
    )
)
@click.argument("what", metavar="FILE|REF", type=bom_source.FILE_OR_REFERENCE)
@click.option("--profile", metavar="NAME", help="Hold it against g7 or eu-annex-iv, too.")
@options.trust()
@options.as_json()
@options.reach()
@click.pass_context
def check(
    ctx: click.Context,
    *,
    what: str,
    profile: str | None,
    whom: Whom,
    as_json: bool,
    plain_http: bool,
    ca_file: str | None,
) -> None:
    """Check an ML-BOM against the official CycloneDX schema, and for what the schema does not notice.

    With --profile, every field that the profile asks for is shown: present, missing, or said to be unknown, with its
    place and with who supplies it. That is readiness, never proof that a law is obeyed.

    Exit status: 0 valid and complete, 1 not, 2 not readable.
    """
    from attest.claims.mlbom import check_schema, read  # noqa: PLC0415

    if profile is not None:
        _check_profile(profile)
    asking = bom_source.Asking.typed(whom=whom, plain_http=plain_http, ca_file=ca_file)
    (given,) = bom_source.load_all((what,), asking)
    document = given.document
    problems = {"schema": _problem(check_schema, document), "meaning": _problem(read, document)}
    spec = str(document.get("specVersion"))[:20]
    valid = not any(problems.values())
    readiness = _assess(given, profile) if valid and profile is not None else None
    if not as_json:
        _show_check(given, spec, problems)
        if readiness is not None:
            _show_readiness(readiness)
        _show_word(valid=valid, readiness=readiness)
    for problem in problems.values():
        if problem is not None:
            raise Refusal(
                problem.message,
                code=problem.code,
                expected=problem.expected,
                found=problem.found,
            ) from problem
    if as_json:
        render.document(_as_document(given, spec, readiness))
    if readiness is not None and not readiness.complete:
        if as_json:
            ctx.exit(Refusal.exit_status)
        raise _incomplete(given, readiness)


def _check_profile(name: str) -> None:
    from attest.claims.bom_profiles import TITLES  # noqa: PLC0415

    if name not in TITLES:
        raise InputError(
            f"there is no profile {name[:60]!r} for ML-BOMs",
            code="bom-unknown-profile",
            expected=" or ".join(TITLES),
        )


def _assess(given: Given, profile: str) -> Readiness:
    from attest.claims.bom_readiness import assess  # noqa: PLC0415

    return assess(given.document, profile=profile, signed=given.verified)


def _incomplete(given: Given, readiness: Readiness) -> Refusal:
    lacking = readiness.lacking
    first = ", ".join(each.field.name for each in lacking[:_NAMED])
    more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return Refusal(
        f"{given.title} does not say all that {readiness.profile} asks for",
        code="bom-incomplete",
        expected=f"every field of {readiness.profile} that is asked of a model's ML-BOM",
        found=f"missing or unknown: {first}{more}",
    )


def _problem(look: Callable[[Mapping[str, Any]], object], document: Mapping[str, Any]) -> MalformedEvidence | None:
    try:
        look(document)
    except MalformedEvidence as error:
        return error
    return None


def _show_check(given: Given, spec: str, problems: Mapping[str, MalformedEvidence | None]) -> None:
    good = {"schema": f"valid CycloneDX {spec}", "meaning": "references, bom-refs, digests and types fit together"}
    render.result(render.clean(given.title))
    if given.reference is not None:
        render.result(f"  {render.clean(given.standing)}")
    for name, problem in problems.items():
        symbol = render.mark("✓" if problem is None else "✗", sys.stdout)
        text = good[name] if problem is None else f"{problem.message}  [{problem.code}]"
        render.result(f"  {symbol} {name.ljust(7)}  {render.clean(text)}")
        for label, detail in () if problem is None else (("expected", problem.expected), ("found", problem.found)):
            if detail:
                render.result(f"             {label.ljust(8)}  {render.clean(detail)}")


def _show_readiness(readiness: Readiness) -> None:
    from attest.claims.bom_profiles import TITLES  # noqa: PLC0415

    render.result(f"  {readiness.profile}: {TITLES[readiness.profile]}, readiness")
    lines = render.columns([_row(each, readiness.profile) for each in readiness.findings], indent=" ")
    for finding, line in zip(readiness.findings, lines, strict=True):
        render.result(f"    {render.mark(_MARKS[finding.state], sys.stdout)}{render.clean(line)}")


def _row(finding: FieldFinding, profile: str) -> tuple[str, ...]:
    field = finding.field
    text = finding.place if finding.state == "present" else f"{finding.place}     {field.supply}"
    named = ", ".join(finding.lacking[:_NAMED]) + (" …" if len(finding.lacking) > _NAMED else "")
    state = f"{finding.state.value} for {named}" if named and finding.state != "outside" else finding.state.value
    return (field.clause(profile), field.name, state, text)


def _show_word(*, valid: bool, readiness: Readiness | None) -> None:
    if not valid:
        render.result(render.paint("INVALID", "red", sys.stdout))
    elif readiness is None:
        render.result(render.paint("VALID", "green", sys.stdout))
    else:
        asked = [each for each in readiness.findings if each.field.asked]
        said = sum(each.state == "present" for each in asked)
        word, colour = ("COMPLETE", "green") if readiness.complete else ("INCOMPLETE", "red")
        counted = f"{said} of the {len(asked)} fields that are asked of a model's ML-BOM"
        render.result(f"{render.paint(word, colour, sys.stdout)}  {counted}")


def _as_document(given: Given, spec: str, readiness: Readiness | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "schema": "attest/bom-check/v1",
        "file": given.title if given.reference is None else None,
        "reference": given.reference,
        "verified": given.verified,
        "spec": spec,
        "valid": True,
    }
    if readiness is not None:
        document["profile"] = {
            "name": readiness.profile,
            "complete": readiness.complete,
            "code": None if readiness.complete else "bom-incomplete",
            "fields": [
                {
                    "name": each.field.name,
                    "clause": each.field.clause(readiness.profile),
                    "asked": each.field.asked,
                    "state": each.state.value,
                    "place": each.place,
                    "lacking": list(each.lacking),
                    "supply": each.field.supply,
                }
                for each in readiness.findings
            ],
        }
    return document
