"""Options that several verbs share, so that one word means one thing everywhere."""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from msgspec.structs import replace

from attest.errors import InputError
from attest.whom import Whom

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

F = TypeVar("F", bound="Callable[..., Any]")


def _all(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_TRUST = (
    click.option("--key", metavar="PUBLIC_KEY", help="Trust this public key alone. [env: ATTEST_PUBLIC_KEY]"),
    click.option("--policy", metavar="FILE", help="Judge by this policy. [env: ATTEST_POLICY]"),
    click.option("--identity", metavar="SUBJECT", help="Trust this holder of certificates alone; * is a pattern."),
    click.option("--issuer", metavar="URL", help="With --identity: the OIDC issuer that vouched for it."),
    click.option(
        "--trusted-root",
        metavar="FILE",
        help="With --identity: the pinned root (env: ATTEST_TRUSTED_ROOT). With --key: for times.",
    ),
    click.option("--allow-code", multiple=True, metavar="FILE", help="A code-bearing file that may be there."),
)


def trust() -> Callable[[F], F]:
    """Whom to trust; the command gets it as `whom`."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def gathered(**values: Any) -> Any:
            names = ("key", "policy", "identity", "issuer", "trusted_root", "allow_code")
            return function(whom=Whom(**{name: values.pop(name) for name in names}), **values)

        return _all(*_TRUST)(gathered)  # type: ignore[return-value]  # click calls it by keyword only

    return decorate


_WHOSE_LOG = (
    click.option("--key", metavar="PUBLIC_KEY", help="Whose log it has to be, by a public key."),
    click.option("--policy", metavar="FILE", help="It says which log it means: log: {admins: …}, or its digest."),
    click.option("--identity", metavar="SUBJECT", help="Whose log it has to be, by a holder of certificates."),
    click.option("--issuer", metavar="URL", help="With --identity: the OIDC issuer that vouched for it."),
    click.option("--trusted-root", metavar="FILE", help="With --identity: the pinned root. With --key: for times."),
)


def whose_log() -> Callable[[F], F]:
    """Whose log it has to be; the command gets it as `whom`. What settings say goes for verdicts, not for this."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def gathered(**values: Any) -> Any:
            names = ("key", "policy", "identity", "issuer", "trusted_root")
            return function(whom=Whom(**{name: values.pop(name) for name in names}), **values)

        return _all(*_WHOSE_LOG)(gathered)  # type: ignore[return-value]  # click calls it by keyword only

    return decorate


_PRIVATE = (
    click.option("--root", metavar="FILE", help="With --identity: certificates of a private authority (PEM)."),
    click.option("--tsa-chain", metavar="FILE", help="With --root or --key: a timestamp authority, its chain (PEM)."),
    click.option("--accept-unproven-time", is_flag=True, help="With --root: take signatures without a timestamp."),
    click.option("--accept-any-usage", is_flag=True, help="With --root: take certificates that name no purpose."),
)
_NEEDS_ROOT: Final = ("tsa_chain", "accept_unproven_time", "accept_any_usage")


def private_authority() -> Callable[[F], F]:
    """Whom to trust by a private authority's certificates; goes above `trust`, whose `whom` it completes."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def gathered(*, whom: Whom, **values: Any) -> Any:
            typed = {name: values.pop(name) for name in ("root", *_NEEDS_ROOT)}
            return function(whom=_completed(whom, typed), **values)

        return _all(*_PRIVATE)(gathered)  # type: ignore[return-value]  # click calls it by keyword only

    return decorate


def _completed(whom: Whom, typed: dict[str, Any]) -> Whom:
    if typed["root"] is None:
        for name in _NEEDS_ROOT:
            if typed[name] and not (name == "tsa_chain" and whom.key is not None):
                raise InputError(f"--{name.replace('_', '-')} needs --root", code="usage", hint="attest verify --help")
        return replace(whom, tsa_chain=typed["tsa_chain"])
    for flag, value in (("--key", whom.key), ("--policy", whom.policy)):
        if value is not None:
            raise InputError(f"--root and {flag} exclude each other", code="usage", hint="attest verify --help")
    return replace(whom, **typed)


def reach() -> Callable[[F], F]:
    """How to reach a registry."""
    return _all(
        click.option("--plain-http", is_flag=True, help="Speak to the registry without TLS."),
        click.option("--ca-file", metavar="FILE", help="Certificate authorities to believe. [env: ATTEST_CA_FILE]"),
    )


def as_json() -> Callable[[F], F]:
    """One JSON document instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


_FORMATS: Final = ("table", "json", "sarif")


def format_of_answer() -> Callable[[F], F]:
    """`--format` beside `--json` and `--quiet`, whose options stand above; the command gets all three as `shape`."""

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def gathered(*, as_json: bool, quiet: bool, answer_format: str | None, **values: Any) -> Any:
            from attest.cli.verdicts import Shape  # noqa: PLC0415

            for typed, taken in (("--json", as_json and answer_format != "json"), ("--quiet", quiet)):
                if taken and answer_format is not None:
                    raise InputError(
                        f"{typed} and --format {answer_format} exclude each other",
                        code="usage",
                        expected="one form of answer",
                    )
            as_json = as_json or answer_format == "json"
            return function(shape=Shape(as_json=as_json, quiet=quiet, as_sarif=answer_format == "sarif"), **values)

        option = click.option(
            "--format", "answer_format", type=click.Choice(_FORMATS), help="How to answer; sarif is for CI."
        )
        return option(gathered)  # type: ignore[return-value]  # click calls it by keyword only

    return decorate


def is_asked_for(given: Sequence[str], form: str) -> bool:
    """Whether `--format FORM` was typed, for those who answer when nothing could be parsed."""
    pairs = itertools.pairwise(given)
    return f"--format={form}" in given or ("--format", form) in pairs


def progress() -> Callable[[F], F]:
    """Whether to show progress."""
    return click.option("--no-progress", is_flag=True, help="Show no progress bars.")


def examples(*lines: str) -> str:
    """The block of examples that each help page begins with."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
