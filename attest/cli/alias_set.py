"""`attest alias set`: `attest promote --to` in other words."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import changing, options, promote
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference


@click.command("set", epilog=options.examples("attest alias set credit-risk:3 champion -m 'better on golden'"))
@click.argument("reference", metavar="NAME:VERSION", type=REFERENCE)
@click.argument("alias", metavar="ALIAS")
@changing.reason()
@changing.common()
def set_(*, reference: str, alias: str, **values: Any) -> None:
    """Point ALIAS at a version, through its gate: the same as attest promote NAME:VERSION --to ALIAS."""
    promote.run(promote.with_version(Reference.parse(reference), None), alias=alias, stage=None, values=values)
