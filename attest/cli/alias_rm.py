"""`attest alias rm`: `attest demote` in other words."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import changing, demote, options
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest_registry.reference import Reference


@click.command(epilog=options.examples("attest alias rm credit-risk@champion"))
@click.argument("reference", metavar="NAME@ALIAS", type=REFERENCE)
@changing.reason()
@changing.common(dry_run=False)
def rm(*, reference: str, **values: Any) -> None:
    """Take ALIAS away: the same as attest demote NAME@ALIAS."""
    parsed = Reference.parse(reference)
    if parsed.alias is None:
        raise InputError(f"{reference} names no alias", code="usage", expected=f"{parsed.name}@ALIAS")
    demote.run(parsed, stage=None, values=values)
