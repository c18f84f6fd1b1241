"""`attest completion`: the script that a shell reads."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from attest.cli import options, render
from attest.errors import InputError


@click.command(
    epilog=options.examples(
        'eval "$(attest completion bash)"', "attest completion fish > ~/.config/fish/completions/attest.fish"
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(*, shell: str) -> None:
    """Print the completion script for a shell."""
    from attest.cli.main import cli  # noqa: PLC0415

    found = get_completion_class(shell)
    if found is None:
        raise InputError(f"no completion for {shell}", code="usage")
    render.result(found(cli, {}, "attest", "_ATTEST_COMPLETE").source())
