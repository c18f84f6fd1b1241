"""`attest rollback`: point an alias at a version that held it before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.claims.event import Versioned
    from attest.lifecycle.promoting import Moved
    from attest.lifecycle.session import Session


@click.command(
    epilog=options.examples(
        'attest rollback credit-risk@production -m "p99 doubled"',
        "attest rollback credit-risk@production --to 3",
    )
)
@click.argument("reference", metavar="NAME@ALIAS", type=REFERENCE)
@click.option("--to", "number", metavar="VERSION", help="Which earlier holder; the last other one when left out.")
@changing.reason()
@changing.common()
def command(*, reference: str, number: str | None, **values: Any) -> None:
    """Point ALIAS at the version that held it before. Nothing is edited: a rollback is a new event that points back.

    Signatures, revocations and denials are checked again; what depends on the time is not, so that an emergency does
    not fail because an evaluation has become old. It never asks.
    """
    from attest.lifecycle import promoting  # noqa: PLC0415

    parsed = Reference.parse(reference)
    if parsed.alias is None:
        raise InputError(f"{reference} names no alias", code="usage", expected=f"{parsed.name}@ALIAS")
    with changing.session(values, parsed) as session:
        to = None
        if number is not None:
            to = session.version(session.log(), Reference.parse(f"{parsed.name}:{number}"))
        if values["dry_run"]:
            _report(session, parsed, promoting.rollback_target(session, parsed.alias, to=to), None, values)
            return
        moved = promoting.rollback(session, parsed.alias, to=to, reason=values["reason"])
        if moved.version is not None:
            _report(session, parsed, moved.version, moved, values)


def _report(
    session: Session, reference: Reference, version: Versioned, moved: Moved | None, values: dict[str, Any]
) -> None:
    pinned = session.reference.with_version(str(version.number)).pinned(version.manifest)
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/rollback/v1",
                "reference": str(pinned),
                "digest": str(version.manifest),
                "number": version.number,
                "alias": reference.alias,
                "before": None if moved is None or moved.before is None else moved.before.number,
                "dry_run": moved is None,
                "event": None if moved is None else changing.event_document(moved.log),
            }
        )
        return
    if not values["quiet"]:
        name = f"{reference.name}@{reference.alias}"
        if moved is None:
            render.note(f"would move {name} back to version {version.number}")
            render.note("dry run: nothing was changed")
        else:
            before = "nothing" if moved.before is None else f"version {moved.before.number}"
            render.note(f"moved    {name}: {before} -> version {version.number}       {changing.event_line(moved.log)}")
    render.result(str(pinned))
