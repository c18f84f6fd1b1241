"""`--attest-verdict`: who signs a verdict, and what a person reads about it. The options are those of a push."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import Struct

from attest.cli import render
from attest.cli.signing_beside import TYPED, for_choosing, gathered, option, options_for, refuse_without
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


_OPTIONS = (
    option("--attest-verdict", "Sign the verdict (SLSA VSA) and attach it to the version."),
    option("--attest-denied", "With --attest-verdict: a denial too, as FAILED."),
    option("--verifier", "With --attest-verdict: who verifies. [default: the signer]", metavar="URI"),
    *options_for("--attest-verdict"),
)


class Order(Struct, frozen=True, kw_only=True):
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
        def with_order(**values: Any) -> Any:
            typed = gathered(values, "attest_denied", "verifier", _ITSELF)
            return function(order=_order(typed), **values)

        for each in reversed(_OPTIONS):
            with_order = each(with_order)
        return with_order  # type: ignore[return-value]  # click calls it by keyword only

    return decorate


def _order(typed: dict[str, Any]) -> Order | None:
    if not typed.pop(_ITSELF):
        refuse_without(typed, ("attest_denied", "verifier", *TYPED), needed="--attest-verdict", verb="attest verify")
        return None
    verifier, denied = typed.pop("verifier"), typed.pop("attest_denied")
    if verifier is not None and not _URI.fullmatch(verifier):
        raise InputError(
            f"{verifier[:80]!r} is no URI", code="usage", expected="such as https://gate.acme.example or urn:acme:gate"
        )
    return Order(values=for_choosing(typed, verb="attest verify"), denied=denied, verifier=verifier)


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
