"""`attest archive`: take a version out of use."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import changing, options, render
from attest.cli.promote import with_version
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference


@click.command(epilog=options.examples("attest archive credit-risk:2 -m 'replaced by 3 everywhere'"))
@click.argument("reference", metavar="NAME:VERSION", type=REFERENCE)
@changing.reason()
@changing.common(dry_run=False)
def command(*, reference: str, **values: Any) -> None:
    """Take a version out of use: it leaves its stage. No alias may point at it; its files stay, and it can come back.

    Nothing stops anybody from loading it by its number: that is what revoke does.
    """
    from attest.lifecycle import promoting  # noqa: PLC0415

    parsed = with_version(Reference.parse(reference), None)
    with changing.session(values, parsed) as session:
        version = session.version(session.log(), parsed)
        log = promoting.archive(session, version, reason=values["reason"])
    pinned = parsed.with_version(str(version.number)).pinned(version.manifest)
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/archive/v1",
                "reference": str(pinned),
                "digest": str(version.manifest),
                "number": version.number,
                "event": changing.event_document(log),
            }
        )
        return
    if not values["quiet"]:
        render.note(f"archived {parsed.name}:{version.number}       {changing.event_line(log)}")
    render.result(str(pinned))
