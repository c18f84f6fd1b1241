"""`attest explain CODE`: what an error code means and what to do about it."""

from __future__ import annotations

import difflib

import click

from attest.cli import options, render
from attest.cli.codes import CODES
from attest.errors import InputError


@click.command(epilog=options.examples("attest explain digest-mismatch", "attest explain"))
@click.argument("code", required=False)
def command(*, code: str | None) -> None:
    """Say what an error code means; without a code, list them all."""
    if code is None:
        for line in render.columns([(name, text[0]) for name, text in sorted(CODES.items())], indent=""):
            render.result(line)
        return
    if code not in CODES:
        near = difflib.get_close_matches(code, CODES, n=1)
        raise InputError(
            f"there is no error code {code!r}",
            code="code-unknown",
            hint=f"attest explain {near[0]}" if near else "attest explain     lists them",
        )
    meaning, advice, status = CODES[code]
    render.result(f"{code}: {meaning}")
    render.result(f"  what to do   {advice}")
    render.result(f"  exit status  {status}")
