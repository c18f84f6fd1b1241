"""`attest log`: a model's log itself."""

from __future__ import annotations

import click

from attest.cli import log_forget, log_resolve_fork, log_show, log_verify, options


@click.group(
    epilog=options.examples(
        "attest log show credit-risk",
        "attest log verify credit-risk --key alice.pub --key bob.pub",
        "attest log resolve-fork credit-risk",
    )
)
def command() -> None:
    """Look at the signed events of a model, check all of them, and repair what has gone wrong."""


command.add_command(log_show.show)
command.add_command(log_verify.verify)
command.add_command(log_resolve_fork.resolve_fork)
command.add_command(log_forget.forget)
