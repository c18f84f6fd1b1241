"""Somebody, as he is typed: a public key file, the fingerprint of a key, or a login with its issuer."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import click

from attest.claims.signer_name import SignerName
from attest.errors import InputError
from attest.written_path import written_path
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from attest.lifecycle.log import Log

F = TypeVar("F", bound="Callable[..., Any]")

_EXPECTED = "PUBLIC_KEY_FILE, sha256:… or SUBJECT --issuer URL"


def naming() -> Callable[[F], F]:
    """The argument and the option that goes with it; the command gets them as `identity` and `issuer`."""

    def decorate(function: F) -> F:
        function = click.option("--issuer", metavar="URL", help="With a login: the OIDC issuer that vouches for it.")(
            function
        )
        return click.argument("identity", metavar="IDENTITY")(function)

    return decorate


def read_identity(text: str, issuer: str | None) -> tuple[SignerName, tuple[tuple[Digest, bytes], ...]]:
    """Whom somebody means, and his public key where a file holds it.

    Args:
        text: as typed.
        issuer: who vouches for him, where he signs with a login.

    Raises:
        InputError: nobody can be meant by it.
        KeyFileError: the file holds no public key.
    """
    if issuer is not None:
        return _login(text, issuer), ()
    if text.startswith("sha256:"):
        return SignerName(key=Digest.parse(text)), ()
    path = written_path(text)
    if not path.exists() and ("@" in text or "://" in text):
        raise InputError(
            f"{text[:120]} is a login, and nobody says who vouches for it", code="usage", expected=_EXPECTED
        )
    from attest.lifecycle.writing import public_half  # noqa: PLC0415  # X.509 and the log, only where a key is read
    from attest.trust.identity import load_trusted_key  # noqa: PLC0415

    key = load_trusted_key(path)
    return SignerName(key=key.fingerprint), tuple(public_half(key).items())


def _login(subject: str, issuer: str) -> SignerName:
    if "*" in subject:
        raise InputError("a role goes to one person, not to a pattern", code="usage", found=subject[:120])
    if not issuer.startswith(("https://", "http://")):
        raise InputError("the issuer of a login is a URL", code="usage", found=issuer[:120])
    return SignerName(issuer=issuer, subject=subject)


def check_known(who: SignerName, log: Log, *, given: bool) -> None:
    """Somebody without a public key anywhere could sign, and nobody could check it.

    Args:
        who: who gets a role.
        log: the model's log.
        given: whether his public key was given.

    Raises:
        InputError: the log knows no key of that fingerprint (`key-unknown`).
    """
    if who.key is None or given or who.key in log.keyring.named or log.segment.key(who.key) is not None:
        return
    raise InputError(
        f"nobody's public key of this fingerprint lies beside the log: {who.key}",
        code="key-unknown",
        expected="the public key itself, so that everybody can check what it signs",
        hint="attest role grant NAME ROLE PUBLIC_KEY_FILE",
    )
