"""`attest bom`: look at CycloneDX ML-BOMs, in files and in versions, and take them out."""

from __future__ import annotations

import click

from attest.cli import bom_check, bom_diff, bom_export, bom_show, options


@click.group(
    epilog=options.examples(
        "attest bom show credit-risk:3 --key alice.pub",
        "attest bom check credit-risk:3 --key alice.pub --profile g7",
        "attest bom diff credit-risk:2 credit-risk:3 --key alice.pub",
        "attest bom export credit-risk:3 --key alice.pub --with-ancestors --out bom.cdx.json",
    )
)
def command() -> None:
    """Look at CycloneDX ML-BOMs, in files and in versions, and take them out.

    A path starts with . or / or ~, or is a bare file name; a version has a number, a label or a digest.
    """


command.add_command(bom_show.show)
command.add_command(bom_check.check)
command.add_command(bom_diff.diff)
command.add_command(bom_export.export)
