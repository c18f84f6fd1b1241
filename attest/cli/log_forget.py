"""`attest log forget`: what this machine remembers of a log."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference


@click.command(epilog=options.examples("attest log forget credit-risk"))
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Print nothing.")
@options.as_json()
def forget(*, reference: str, yes: bool, quiet: bool, as_json: bool) -> None:
    """Forget what this machine has seen of a model's log: whatever the store shows next is taken for the first.

    For a model that was made anew on purpose. An older log that somebody put back is not noticed afterwards.
    """
    from attest.lifecycle.opening import place_of  # noqa: PLC0415
    from attest.settings import Settings  # noqa: PLC0415

    parsed = Reference.parse(reference)
    place = place_of(parsed, Settings.load())
    with place.ledger:
        seen = place.recall()
        if seen is not None:
            changing.agree(
                f"Event {seen.sequence} of {parsed.name} was seen here. Forget it, so that an older log would pass?",
                nobody=f"what was seen of the log of {parsed.name} would be forgotten, and nobody was there to agree",
                yes=yes,
            )
            place.forget()
    if as_json:
        document: dict[str, Any] = {
            "schema": "attest/log-forgotten/v1",
            "model": parsed.name,
            "sequence": None,
            "head": None,
        }
        if seen is not None:
            document |= {"sequence": seen.sequence, "head": str(seen.head)}
        render.document(document)
    elif not quiet:
        if seen is None:
            render.note(f"nothing is remembered of the log of {parsed.name}, nothing to do")
        else:
            render.note(f"forgot   the log of {parsed.name} up to event {seen.sequence}, {seen.head}")
