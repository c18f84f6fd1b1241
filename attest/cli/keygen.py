"""`attest keygen`: a signing key, put where push finds it."""

from __future__ import annotations

from pathlib import Path

import click

from attest.cli import options, passphrase, render
from attest.errors import KeyFileError
from attest.settings import Settings
from attest.written_path import written_path


@click.command(
    epilog=options.examples("attest keygen", "attest keygen --out ./keys", "ATTEST_PASSPHRASE=… attest keygen")
)
@click.option("--out", metavar="FOLDER", help="Write attest.key and attest.pub there instead.")
@click.option("--passphrase-file", metavar="FILE", help="Read the passphrase from a file. [env: ATTEST_PASSPHRASE]")
def command(*, out: str | None, passphrase_file: str | None) -> None:
    """Make a P-256 signing key. An existing key is never overwritten.

    Without a terminal and without a passphrase the key is not encrypted, so that this works in CI.
    """
    from attest.signing import keyfile  # noqa: PLC0415  # cryptography is loaded only where keys are used
    from attest.signing.fingerprint import fingerprint  # noqa: PLC0415

    folder, name = (Settings.load().keys, "default") if out is None else (written_path(out), "attest")
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    for path in (private, public):
        keyfile.refuse_existing(path)
    secret = passphrase.given(passphrase_file)
    if secret is None and render.on_terminal():
        secret = passphrase.new()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        if out is None:
            raise KeyFileError(
                f"{folder} cannot be made: {why}",
                code="no-home",
                hint="set ATTEST_HOME to a folder that can be written to, or name one with --out",
            ) from error
        raise KeyFileError(
            f"{folder} cannot be made: {why}", code="cannot-write", hint="name another folder with --out"
        ) from error
    key = keyfile.generate(private, public, passphrase=secret)
    if not secret:
        render.warning("key-not-encrypted", f"whoever can read {shown(private)} can sign as you")
    where = "attest finds it here" if out is None else f"sign with --key {shown(private)}"
    render.result(f"private  {shown(private)}   stays with you; {where}")
    render.result(f"public   {shown(public)}   give it to whoever checks your models")
    render.result(f"key      {fingerprint(key).short}")


def shown(path: Path) -> str:
    """A path as people type it: `~` for the home folder."""
    home = str(Path.home())
    return f"~{str(path)[len(home) :]}" if str(path).startswith(f"{home}/") else str(path)
