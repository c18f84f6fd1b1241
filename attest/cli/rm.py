"""`attest rm`: delete a model, which closes its log for good."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.cli.revocations_issue import reason_of
from attest.errors import InputError
from attest_registry.reference import Reference


@click.command(epilog=options.examples("attest rm credit-risk -m 'replaced by credit-score'"))
@click.argument("reference", metavar="NAME", type=REFERENCE)
@changing.reason(required=True)
@changing.common()
def command(*, reference: str, **values: Any) -> None:
    """Delete a model: its log ends with that event, and its name is never used again.

    No alias may point at one of its versions. What the log said stays readable, and so do the files until whoever
    keeps the store removes them.
    """
    from attest.lifecycle import administering  # noqa: PLC0415

    parsed = Reference.parse(reference)
    if parsed.names_version:
        raise InputError(
            "a model is deleted whole", code="usage", found=reference, hint=f"attest archive {parsed.name}:VERSION"
        )
    reason = reason_of(values["reason"], what="deleted")
    with changing.session(values, parsed) as session:
        log = session.log()
        already = log.state.closed
        if not already and not values["dry_run"]:
            count = render.plural(log.state.next_number - 1, "version")
            changing.agree(
                f"The name {parsed.name} can never be used again. Delete it, with {count}?",
                nobody=f"{parsed.name} would be deleted for good, and nobody was there to agree",
                yes=values["yes"],
            )
            log = administering.delete(session, reason=reason)
    _report(parsed, log, values, already=already)


def _report(reference: Reference, log: Any, values: dict[str, Any], *, already: bool) -> None:
    written = not already and not values["dry_run"]
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/deletion/v1",
                "model": reference.name,
                "already": already,
                "dry_run": values["dry_run"],
                "event": changing.event_document(log) if written else None,
            }
        )
    elif not values["quiet"]:
        if already:
            render.note(f"already there: {reference.name} is deleted, nothing to do")
        elif values["dry_run"]:
            render.note(f"would delete {reference.name}, with {render.plural(log.state.next_number - 1, 'version')}")
            render.note("dry run: nothing was changed")
        else:
            render.note(f"deleted  {reference.name}       {changing.event_line(log)}")
