"""`attest alias`: names that point at versions, and the policies that guard them."""

from __future__ import annotations

import click

from attest.cli import alias_bind, alias_ls, alias_rm, alias_set, options


@click.group(
    epilog=options.examples(
        "attest alias ls credit-risk",
        "attest alias set credit-risk:3 champion",
        "attest alias rm credit-risk@champion",
        "attest alias bind credit-risk@production --policy production.yaml",
    )
)
def command() -> None:
    """See, set and remove the aliases of a model, and bind policies to them."""


command.add_command(alias_ls.ls)
command.add_command(alias_set.set_)
command.add_command(alias_rm.rm)
command.add_command(alias_bind.bind)
