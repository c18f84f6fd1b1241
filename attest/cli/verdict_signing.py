"""`--attest-verdict`: who signs a verdict, and what a person reads about it. The options are those of a push."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from attest.cli import render
from attest.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from attest.admit import Judgement
    from attest.attested_verdict import Attested
    from attest.cli.signers import KeyChoice, KeylessChoice
    from attest.settings import Settings

F = TypeVar("F", bound="Callable[..., Any]")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{1,1000}", re.ASCII)
_ITSELF: Final = "attest_verdict"


def _option(flag: str, words: str, *, name: str | None = None, **values: Any) -> Callable[[F], F]:
    """An option under a name of its own, so that it does not meet one of those that say whom to trust."""
    kind = values or {"is_flag": True}
    return click.option(flag, f"signing_{name or flag[2:].replace('-', '_')}", help=words, **kind)


_OPTIONS = (
    _option("--attest-verdict", "Sign the verdict (SLSA VSA) and attach it to the version."),
    _option("--attest-denied", "With --attest-verdict: a denial too, as FAILED."),
    _option("--verifier", "With --attest-verdict: who verifies. [default: the signer]", metavar="URI"),
    _option("--signing-key", "The key that signs it, as in push. [env: ATTEST_KEY]", name="key", metavar="URI"),
    _option("--passphrase-file", "Passphrase or PIN of that key. [env: ATTEST_PASSPHRASE]", metavar="FILE"),
    _option("--keyless", "Sign it with an identity instead: this CI job's, or a login."),
    _option("--trust-config", "With --keyless: a Sigstore of your own.", metavar="FILE"),
    _option("--mirror", "With --keyless: its TUF mirror; else the pinned root's.", metavar="URL"),
    _option("--mirror-root", "With --mirror: the TUF root to begin with.", name="tuf_root", metavar="ROOT.json"),
    _option("--staging", "With --keyless: Sigstore's staging instance."),
    _option("--identity-token", "With --keyless. [env: ATTEST_IDENTITY_TOKEN]", metavar="TOKEN|FILE"),
    _option("--tsa", "With --signing-key: have the signature timestamped.", metavar="URL"),
    _option("--rekor", "With --signing-key: make the signature public in this log.", metavar="URL"),
    _option("--rekor-version", "Which API that log has.", type=click.IntRange(1, 2)),
    _option("--yes", "With --keyless: do not ask."),
)
_NAMES: Final = {"key": "--signing-key", "tuf_root": "--mirror-root"}
_TYPED: Final = (
    *("attest_denied", "verifier", "key", "passphrase_file", "keyless", "trust_config", "mirror", "tuf_root"),
    *("staging", "identity_token", "tsa", "rekor", "rekor_version", "yes"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """That the verdict is to be signed.

    Args:
        values: the signing options, by the names that `signers.choose` knows.
        denied: whether a denial is signed too.
        verifier: URI of who verifies; `None` for the signer.
    """

    values: dict[str, Any]
    denied: bool
    verifier: str | None

    def choose(self, settings: Settings) -> KeyChoice | KeylessChoice:
        """Who is going to sign; asked before anything is judged."""
        from attest.cli import signers  # noqa: PLC0415

        return signers.choose(self.values, settings)


def of_verdict() -> Callable[[F], F]:
    """The options; the command gets them as `order`, or `None` where nothing is to be signed.

    It goes above `options.trust`, which takes the `--key` that is believed.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def gathered(**values: Any) -> Any:
            typed = {name: values.pop(f"signing_{name}") for name in (*_TYPED, _ITSELF)}
            return function(order=_order(typed), **values)

        for option in reversed(_OPTIONS):
            gathered = option(gathered)
        return gathered  # type: ignore[return-value]  # click calls it by keyword only

    return decorate


def _order(typed: dict[str, Any]) -> Order | None:
    if not typed.pop(_ITSELF):
        for name in _TYPED:
            if typed[name]:
                option = _NAMES.get(name, f"--{name.replace('_', '-')}")
                raise InputError(f"{option} needs --attest-verdict", code="usage", hint="attest verify --help")
        return None
    verifier, denied = typed.pop("verifier"), typed.pop("attest_denied")
    if verifier is not None and not _URI.fullmatch(verifier):
        raise InputError(
            f"{verifier[:80]!r} is no URI", code="usage", expected="such as https://gate.acme.example or urn:acme:gate"
        )
    if typed["keyless"] and typed["key"]:
        raise InputError("--signing-key does not go with --keyless", code="usage", hint="attest verify --help")
    return Order(values=typed | {"root": typed.pop("tuf_root")}, denied=denied, verifier=verifier)


def sign(
    order: Order, choice: KeyChoice | KeylessChoice, judgement: Judgement, *, now: datetime, quiet: bool
) -> Attested | None:
    """Sign and attach the verdict, where it is one that is to be signed.

    Args:
        order: what was asked for.
        choice: who signs.
        judgement: the version, evaluated as a whole.
        now: when it was judged.
        quiet: whether nothing is said about it.
    """
    from attest.attested_verdict import attest_verdict  # noqa: PLC0415

    if not judgement.verdict.allowed and not order.denied:
        if not quiet:
            render.note("not signed: the verdict allows nothing (--attest-denied signs that too, as FAILED)")
        return None
    attested = attest_verdict(judgement, signer=choice.open(), verifier=order.verifier, now=now)
    if not quiet:
        render.note(
            f"signed   verdict {attested.result}, attached as {attested.bundle.digest.short}   {attested.signer}"
        )
    return attested


def document(attested: Attested | None) -> dict[str, Any]:
    """What the verdict's document says of it."""
    if attested is None:
        return {"attested": None}
    return {
        "attested": {
            "result": attested.result,
            "evidence": str(attested.bundle.digest),
            "verifier": attested.verifier,
            "signer": attested.signer,
        }
    }
