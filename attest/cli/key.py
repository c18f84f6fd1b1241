"""`attest key`: look at keys, wherever they are kept."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from attest.cli import options, passphrase, render
from attest.errors import KeyFileError
from attest.written_path import written_path

if TYPE_CHECKING:
    from attest.signing.algorithms import PublicKey


@click.group()
def command() -> None:
    """Look at keys, and hand out their public halves."""


@command.command(
    epilog=options.examples(
        "attest key show attest.pub",
        "attest key show ~/.config/attest/keys/default.pub",
        "attest key show 'pkcs11:token=release;object=models'",
    )
)
@click.argument("key", metavar="KEY")
@click.option("--passphrase-file", metavar="FILE", help="For a private key. [env: ATTEST_PASSPHRASE]")
@options.as_json()
def show(*, key: str, passphrase_file: str | None, as_json: bool) -> None:
    """Show what identifies a key, in the three forms that are in use.

    KEY is a public key, or a private one, of which only the public half is shown: a file, or a URI of a key in a
    token or service (attest help keys).
    """
    from attest.signing import algorithms  # noqa: PLC0415  # cryptography is loaded only where keys are used
    from attest.signing.fingerprint import cosign_hint, fingerprint, oms_hint  # noqa: PLC0415
    from attest.signing.uri import file_of, shown  # noqa: PLC0415

    public, half = _load(key, passphrase_file)
    forms = {"attest": str(fingerprint(public)), "model_signing": oms_hint(public), "cosign": cosign_hint(public)}
    if as_json:
        render.document(
            {"schema": "attest/key/v1", "algorithm": algorithms.algorithm(public), "half": half, "fingerprints": forms}
        )
        return
    render.result(f"{shown(key)}: {half} key, {algorithms.algorithm(public)}")
    render.result(f"  attest         {forms['attest']}")
    render.result(f"  model_signing  {forms['model_signing']}")
    render.result(f"  cosign         {forms['cosign']}")
    file = file_of(key)
    if file is None:
        render.note("its public half as a file: attest key export KEY --out FILE.pub")
    else:
        option = "-pubin " if half == "public" else ""
        by_hand = f"openssl pkey {option}-in {shlex.quote(str(file))} -pubout -outform DER | sha256sum"
        render.note(f"the first one by hand: {by_hand}")
    caveat = algorithms.caveat(public)
    if caveat is not None:
        render.warning("key-algorithm", caveat)


@command.command(
    epilog=options.examples(
        "attest key export 'pkcs11:token=release;object=models' --out models.pub",
        "attest key export awskms:///alias/models --out models.pub",
        "attest key export env:CI_SIGNING_KEY",
    )
)
@click.argument("key", metavar="KEY")
@click.option("--out", metavar="FILE", help="Write it there instead of printing it; a file is never overwritten.")
@click.option("--passphrase-file", metavar="FILE", help="For a private key. [env: ATTEST_PASSPHRASE]")
def export(*, key: str, out: str | None, passphrase_file: str | None) -> None:
    """Write the public half of a key, for whoever checks your models.

    KEY is a file, or a URI of a key in a token or service (attest help keys).
    """
    from attest.signing import keyfile  # noqa: PLC0415
    from attest.signing.fingerprint import fingerprint  # noqa: PLC0415

    target = None if out is None else written_path(out)
    if target is not None:
        keyfile.refuse_existing(target)
    public, _ = _load(key, passphrase_file)
    if target is None:
        render.result(keyfile.public_pem(public).decode().rstrip("\n"))
        return
    keyfile.write_public(target, public)
    render.result(str(target))
    render.note(f"key      {fingerprint(public).short}")
    render.note(f"next: attest verify NAME --key {shlex.quote(str(target))}")


def _load(key: str, passphrase_file: str | None) -> tuple[PublicKey, str]:
    """A public key, and which half `key` names."""
    from attest.signing.pem import load_public  # noqa: PLC0415
    from attest.signing.uri import file_of  # noqa: PLC0415

    file = file_of(key)
    if file is None:
        return passphrase.read_public(key, passphrase_file=passphrase_file), "private"
    try:
        return load_public(file), "public"
    except KeyFileError as error:
        if error.code != "private-key-given":
            raise
    return passphrase.open_signer(f"file:{file}", passphrase_file=passphrase_file).public_key, "private"
