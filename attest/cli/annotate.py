"""`attest annotate`: a description of a model or version in free words. It is unsigned, and shown as such."""

from __future__ import annotations

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.lifecycle.noting import note, notes, unnote
from attest_registry.reference import Reference

KEY = "description"


@click.command(
    epilog=options.examples(
        "attest annotate credit-risk:2 'first model with the new features'", "attest annotate credit-risk:2 ''"
    )
)
@click.argument("reference", metavar="NAME[:VERSION]", type=REFERENCE)
@click.argument("text", metavar="[TEXT]", required=False)
@options.as_json()
@options.reach()
def command(*, reference: str, text: str | None, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Write a description, read it, or take it away with an empty TEXT. Nobody signs it, and no rule reads it."""
    parsed = Reference.parse(reference)
    with changing.reading(parsed, plain_http=plain_http, ca_file=ca_file) as session:
        if text:
            note(session, parsed, KEY, text)
        elif text is not None:
            unnote(session, parsed, KEY)
        found = next((each for each in notes(session, parsed) if each.key == KEY), None)
    if as_json:
        value = None if found is None else found.value
        render.document(
            {"schema": "attest/annotation/v1", "reference": reference, "signed": False, "description": value}
        )
    elif found is None:
        render.note("no description")
    else:
        render.result(render.clean(found.value))
