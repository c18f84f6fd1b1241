"""`attest tag`: free notes about a model or version. They are unsigned, and shown as such."""

from __future__ import annotations

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.lifecycle.noting import note, notes, unnote
from attest_registry.reference import Reference


@click.command(
    epilog=options.examples(
        "attest tag credit-risk:2 team=risk",
        "attest tag credit-risk owner=risk-ml@example.com",
        "attest tag credit-risk:2 team=",
        "attest tag credit-risk:2",
    )
)
@click.argument("reference", metavar="NAME[:VERSION]", type=REFERENCE)
@click.argument("pairs", metavar="[KEY=VALUE]…", nargs=-1)
@options.as_json()
@options.reach()
def command(*, reference: str, pairs: tuple[str, ...], as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Write free tags, read them, or take one away with `KEY=`. Nobody signs a tag, and no rule reads one."""
    parsed = Reference.parse(reference)
    said = [_pair(text) for text in pairs]
    with changing.reading(parsed, plain_http=plain_http, ca_file=ca_file) as session:
        for key, value in said:
            if value:
                note(session, parsed, key, value)
            else:
                unnote(session, parsed, key)
        found = notes(session, parsed)
    if as_json:
        items = [
            {"key": each.key, "value": each.value, "by": each.by, "time": render.utc_json(each.time)} for each in found
        ]
        render.document({"schema": "attest/tags/v1", "reference": reference, "signed": False, "items": items})
        return
    if found:
        rows = [[each.key, each.value, each.by, render.utc(each.time)] for each in found]
        render.table(rows, header=["TAG (unsigned)", "VALUE", "BY, AS STATED", "TIME"])
    else:
        render.note("no tags")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise InputError(f"{text[:80]!r} is no tag", code="usage", expected="KEY=VALUE, or KEY= to take it away")
    return key, value
