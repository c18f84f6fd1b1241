"""Options that several verbs share, so that one word means one thing everywhere."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, TypeVar

import click

from attest.whom import Whom

if TYPE_CHECKING:
    from collections.abc import Callable

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
    click.option("--trusted-root", metavar="FILE", help="With --identity: the pinned root. [env: ATTEST_TRUSTED_ROOT]"),
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


def reach() -> Callable[[F], F]:
    """How to reach a registry."""
    return _all(
        click.option("--plain-http", is_flag=True, help="Speak to the registry without TLS."),
        click.option("--ca-file", metavar="FILE", help="Certificate authorities to believe. [env: ATTEST_CA_FILE]"),
    )


def as_json() -> Callable[[F], F]:
    """One JSON document instead of text."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


def progress() -> Callable[[F], F]:
    """Whether to show progress."""
    return click.option("--no-progress", is_flag=True, help="Show no progress bars.")


def examples(*lines: str) -> str:
    """The block of examples that each help page begins with."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
