"""`attest promote`: point an alias at a version, through its gate."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.lifecycle.promoting import Judged, Moved
    from attest.lifecycle.session import Session

_NEXT: Final = {
    "evaluations": "attest evaluate {name} --from eval.json",
    "approvals": "attest approve {name} --for {alias}        another person has to do this",
}
"""Rule of a gate that did not hold → what somebody can do about it."""


@click.command(
    epilog=options.examples(
        'attest promote credit-risk:2 --to production -m "replaces 1 after drift"',
        "attest promote ghcr.io/acme/credit-risk:5 --to champion --dry-run",
        "attest promote credit-risk:3 --stage staging",
    )
)
@click.argument("reference", metavar="NAME:VERSION", type=REFERENCE)
@click.argument("version", metavar="[VERSION]", required=False)
@click.option("--to", "alias", metavar="ALIAS", help="The alias that is to point at it.")
@click.option(
    "--stage", type=click.Choice(["staging", "production"]), help="The stage that it is to enter, without an alias."
)
@changing.reason()
@changing.common()
def command(*, reference: str, version: str | None, alias: str | None, stage: str | None, **values: Any) -> None:
    """Point ALIAS at a version, if the gate of the alias allows it.

    The gate is the policy that is bound to the alias in the model's log (attest alias bind), or the built-in one:
    signature, provenance and ML-BOM by somebody who may contribute to the model. What it saw is part of the signed
    event, so that everybody can ask it again.
    """
    if (alias is None) == (stage is None):
        raise InputError("promote needs one place to go to", code="usage", expected="--to ALIAS, or --stage STAGE")
    run(with_version(Reference.parse(reference), version), alias=alias, stage=stage, values=values)


def run(parsed: Reference, *, alias: str | None, stage: str | None, values: dict[str, Any]) -> None:
    """Move an alias or stage through its gate, and report it; `attest alias set` does the same.

    Args:
        parsed: the version.
        alias: the alias that is to point at it.
        stage: the stage that it is to enter instead.
        values: the options of `changing.common` and `changing.reason` by name.
    """
    from attest.claims.event import Target  # noqa: PLC0415
    from attest.claims.log_state import Stage  # noqa: PLC0415
    from attest.lifecycle import promoting  # noqa: PLC0415

    with changing.session(values, parsed) as session:
        target = Target(alias=alias, stage=None if stage is None else Stage(stage))
        judged = promoting.judge(session, session.version(session.log(), parsed), target)
        if not judged.verdict.allowed:
            _refused(session, judged, values)
        moved = None if values["dry_run"] else promoting.promote(session, judged, reason=values["reason"])
        _show_gate(judged, values)
        _end(session, judged, moved, values)


def with_version(reference: Reference, version: str | None) -> Reference:
    """`NAME VERSION` is a second spelling of `NAME:VERSION`."""
    if version is None:
        if not reference.names_version:
            raise InputError(
                f"{reference.name} names no version", code="version-missing", expected=f"{reference.name}:NUMBER"
            )
        return reference
    if reference.names_version:
        raise InputError("the version is there twice", code="usage", found=f"{reference} and {version}")
    return Reference.parse(f"{reference.name}:{version}")


def _gate_name(judged: Judged) -> str:
    from attest.lifecycle.promoting import named  # noqa: PLC0415

    if judged.built_in:
        return "built-in (no policy is bound): signature, provenance and ML-BOM by an identity the log trusts"
    return f"policy {judged.policy.name} {judged.policy.digest.short}, bound to @{named(judged.target)}"


def _show_gate(judged: Judged, values: dict[str, Any]) -> None:
    if values["quiet"] or values["as_json"]:
        return
    passed = render.mark("✓" if judged.verdict.allowed else "✗", sys.stderr)
    render.note(f"gate     {_gate_name(judged)}  {passed}")


def _refused(session: Session, judged: Judged, values: dict[str, Any]) -> NoReturn:
    """The gate says no: every rule with what it expected and found, and a signed record of the refusal."""
    from attest.cli import verdicts  # noqa: PLC0415
    from attest.lifecycle import promoting, refusals  # noqa: PLC0415
    from attest.policy.verdict import Denied  # noqa: PLC0415

    recorded = None
    if not values["dry_run"]:
        recorded = refusals.record_refusal(session, judged)
    pinned = session.reference.with_version(str(judged.version.number)).pinned(judged.version.manifest)
    if not values["as_json"] and not values["quiet"]:
        _show_gate(judged, values)
        verdicts.show_findings(judged.verdict)
        holder = "nothing" if judged.holder is None else f"version {judged.holder.number}"
        render.note(
            f"{render.paint('DENIED', 'red', sys.stderr)}   nothing changed: "
            f"{session.reference.name}@{promoting.named(judged.target)} is still {holder}"
        )
        if recorded is not None:
            render.note(f"recorded: refusal {recorded}")
        for finding in judged.verdict.findings:
            if finding.stands_in_the_way and finding.rule in _NEXT and not finding.path:
                name = f"{session.reference.name}:{judged.version.number}"
                render.hint(_NEXT[finding.rule].format(name=name, alias=promoting.named(judged.target)))
        if values["dry_run"]:
            render.note("dry run: nothing was changed")
    raise Denied(judged.verdict, reference=str(pinned), shown=not values["as_json"])


def _end(session: Session, judged: Judged, moved: Moved | None, values: dict[str, Any]) -> None:
    from attest.lifecycle.promoting import named  # noqa: PLC0415

    version, where = judged.version, named(judged.target)
    pinned = session.reference.with_version(str(version.number)).pinned(version.manifest)
    before = "nothing" if judged.holder is None else f"version {judged.holder.number}"
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/promotion/v1",
                "reference": str(pinned),
                "digest": str(version.manifest),
                "number": version.number,
                "alias": judged.target.alias,
                "stage": None if judged.target.stage is None else judged.target.stage.value,
                "before": None if judged.holder is None else judged.holder.number,
                "gate": {
                    "policy": None if judged.gate.policy is None else str(judged.gate.policy),
                    "verdict": "allowed",
                },
                "already": moved is not None and moved.already,
                "dry_run": moved is None,
                "event": None if moved is None or moved.already else changing.event_document(moved.log),
            }
        )
        return
    if not values["quiet"]:
        name = f"{session.reference.name}@{where}" if judged.target.alias else f"stage {where}"
        if moved is None:
            render.note(f"would move {name}: {before} -> version {version.number}")
            render.note("dry run: nothing was changed")
        elif moved.already:
            render.note(f"already there: {name} is version {version.number}, nothing to do")
        else:
            render.note(f"moved    {name}: {before} -> version {version.number}       {changing.event_line(moved.log)}")
            undo = "rollback" if judged.holder is not None else "demote"
            if judged.target.alias:
                render.note(f"undo: attest {undo} {session.reference.name}@{where}")
    render.result(str(pinned))
