"""Who signs a bundle: whoever may sign a push, or the holder of a certificate beside `--key`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, TypeVar

import click

from attest.cli import signers
from attest.errors import InputError
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.cli.signers import KeyChoice, KeylessChoice
    from attest.settings import Settings
    from attest.signing.bundle_signer import BundleSigner

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--certificate", metavar="FILE", help="With a key: sign as the holder of its certificate (PEM)."),
    click.option("--certificate-chain", metavar="FILE", help="Who vouches for it, up to a root (PEM)."),
)


def certificate() -> Callable[[F], F]:
    """The options."""

    def decorate(function: F) -> F:
        for option in reversed(_OPTIONS):
            function = option(function)
        return function

    return decorate


def choose(values: dict[str, Any], settings: Settings) -> KeyChoice | KeylessChoice | CertificateChoice:
    """Who is going to sign; everything that needs no long work is checked.

    Args:
        values: the options by name.
        settings: what configuration and environment say.

    Raises:
        InputError: options that exclude each other, a certificate that cannot be used, or nothing to sign with.
        CredentialError: an identity token that cannot be used.
    """
    if values["certificate"] is None:
        if values["certificate_chain"] is not None:
            raise InputError("--certificate-chain needs --certificate", code="usage", hint="attest sign --help")
        return signers.choose(values, settings)
    for flag, value in (("--keyless", values["keyless"]), ("--rekor", values["rekor"])):
        if value:
            raise InputError(
                f"{flag} does not go with a certificate",
                code="usage",
                expected="--key, --certificate, and --tsa for a proven time",
                hint="attest sign --help",
            )
    signers.refuse_identity(values, "a certificate")
    return CertificateChoice(values, settings)


class CertificateChoice:
    """The holder of a key's certificate signs.

    Args:
        values: the options by name.
        settings: what configuration and environment say.
    """

    def __init__(self, values: dict[str, Any], settings: Settings) -> None:
        from attest.signing.certificate_chain import SigningChain  # noqa: PLC0415

        chain = values["certificate_chain"]
        self._chain = SigningChain.load(
            written_path(values["certificate"]), None if chain is None else written_path(chain)
        )
        self._key = signers.KeyChoice(values, settings)
        if self._key.public_key is not None:
            self._chain.check_key(self._key.public_key)

    def open(self) -> BundleSigner:
        """The signer; a person may be asked for a passphrase."""
        from attest.signing.bundle_signer import KeyBundleSigner  # noqa: PLC0415
        from attest.signing.certificate_signer import CertificateBundleSigner  # noqa: PLC0415

        key = self._key.open()
        assert isinstance(key, KeyBundleSigner)  # noqa: S101  # what a key's choice opens
        return CertificateBundleSigner.of(key, self._chain)

    def verify_with(self) -> str:
        """The options with which others verify what was signed."""
        return f"--identity {shlex.quote(self._chain.identity.subject or '')} --root CA.pem"
