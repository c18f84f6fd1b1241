"""`attest demote`: take an alias away, or a version out of its stage."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest_registry.reference import Reference


@click.command(
    epilog=options.examples("attest demote credit-risk@champion", "attest demote credit-risk:3 --stage staging")
)
@click.argument("reference", metavar="NAME@ALIAS", type=REFERENCE)
@click.option("--stage", type=click.Choice(["staging", "production"]), help="Take NAME:VERSION out of this stage.")
@changing.reason()
@changing.common(dry_run=False)
def command(*, reference: str, stage: str | None, **values: Any) -> None:
    """Take ALIAS away; the version that it points at stays, and keeps its number."""
    parsed = Reference.parse(reference)
    if (parsed.alias is None) == (stage is None):
        raise InputError(
            "demote needs one thing to end", code="usage", expected="NAME@ALIAS, or NAME:VERSION --stage STAGE"
        )
    run(parsed, stage=stage, values=values)


def run(parsed: Reference, *, stage: str | None, values: dict[str, Any]) -> None:
    """Take an alias or stage away, and report it; `attest alias rm` does the same.

    Args:
        parsed: the alias, or with a stage the version.
        stage: the stage that the version is to leave.
        values: the options of `changing.common` and `changing.reason` by name.
    """
    from attest.claims.event import Target  # noqa: PLC0415
    from attest.claims.log_state import Stage  # noqa: PLC0415
    from attest.lifecycle import promoting  # noqa: PLC0415

    with changing.session(values, parsed) as session:
        version = None if stage is None else session.version(session.log(), parsed)
        target = Target(alias=parsed.alias, stage=None if stage is None else Stage(stage))
        moved = promoting.demote(session, target, version, reason=values["reason"])
    before = moved.before.number if moved.before else version.number if version else 0
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/demotion/v1",
                "model": parsed.name,
                "alias": parsed.alias,
                "stage": stage,
                "before": before,
                "event": changing.event_document(moved.log),
            }
        )
    elif not values["quiet"]:
        what = (
            f"{parsed.name}@{parsed.alias}: version {before} -> nothing"
            if parsed.alias
            else f"{parsed}: out of {stage}"
        )
        render.note(f"moved    {what}       {changing.event_line(moved.log)}")
