"""Options of signing beside those that say whom to trust: `--key` is believed there, so that `--signing-key` signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from attest.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

F = TypeVar("F", bound="Callable[..., Any]")
_PREFIX: Final = "signing_"
_NAMES: Final = {"key": "--signing-key", "tuf_root": "--mirror-root"}
TYPED: Final = (
    *("key", "passphrase_file", "keyless", "trust_config", "mirror", "tuf_root", "staging", "identity_token"),
    *("tsa", "rekor", "rekor_version", "yes"),
)
"""What is gathered, by the names that `signers.choose` knows; `tuf_root` is its `root`."""


def option(flag: str, words: str, *, name: str | None = None, **values: Any) -> Callable[[F], F]:
    """An option under a name of its own, so that it does not meet one of those that say whom to trust.

    Args:
        flag: as it is typed.
        words: its help.
        name: what it is gathered as; from the flag where left out.
        values: what else click has to know; a flag without a value where there is nothing.
    """
    kind = values or {"is_flag": True}
    return click.option(flag, f"{_PREFIX}{name or flag[2:].replace('-', '_')}", help=words, **kind)


def options_for(what: str) -> tuple[Callable[[F], F], ...]:
    """The options of a key or an identity that signs.

    Args:
        what: the option that has something signed, for the help.
    """
    return (
        option(
            "--signing-key",
            f"With {what}: the key that signs, as in push. [env: ATTEST_KEY]",
            name="key",
            metavar="URI",
        ),
        option("--passphrase-file", "Passphrase or PIN of that key. [env: ATTEST_PASSPHRASE]", metavar="FILE"),
        option("--keyless", "Sign it with an identity instead: this CI job's, or a login."),
        option("--trust-config", "With --keyless: a Sigstore of your own.", metavar="FILE"),
        option("--mirror", "With --keyless: its TUF mirror; else the pinned root's.", metavar="URL"),
        option("--mirror-root", "With --mirror: the TUF root to begin with.", name="tuf_root", metavar="ROOT.json"),
        option("--staging", "With --keyless: Sigstore's staging instance."),
        option("--identity-token", "With --keyless. [env: ATTEST_IDENTITY_TOKEN]", metavar="TOKEN|FILE"),
        option("--tsa", "With --signing-key: have the signature timestamped.", metavar="URL"),
        option("--rekor", "With --signing-key: make the signature public in this log.", metavar="URL"),
        option("--rekor-version", "Which API that log has.", type=click.IntRange(1, 2)),
        option("--yes", "With --keyless: do not ask."),
    )


def gathered(values: dict[str, Any], *more: str) -> dict[str, Any]:
    """Take the options out of all that was typed.

    Args:
        values: everything; what is taken is gone from it.
        more: names of further options made with `option`.
    """
    return {name: values.pop(f"{_PREFIX}{name}") for name in (*TYPED, *more)}


def refuse_without(typed: dict[str, Any], names: Iterable[str], *, needed: str, verb: str) -> None:
    """Refuse options of signing where nothing is to be signed: unread, they would promise too much.

    Args:
        typed: what `gathered` gave.
        names: those to look at.
        needed: the option that they need.
        verb: the command, for the hint.

    Raises:
        InputError: `usage`: one of them was typed.
    """
    for name in names:
        if typed[name]:
            shown = _NAMES.get(name, f"--{name.replace('_', '-')}")
            raise InputError(f"{shown} needs {needed}", code="usage", hint=f"{verb} --help")


def for_choosing(typed: dict[str, Any], *, verb: str) -> dict[str, Any]:
    """The options by the names that `signers.choose` knows.

    Args:
        typed: what `gathered` gave.
        verb: the command, for the hint.

    Raises:
        InputError: `usage`: a key and an identity are to sign.
    """
    if typed["keyless"] and typed["key"]:
        raise InputError("--signing-key does not go with --keyless", code="usage", hint=f"{verb} --help")
    return {name: typed[name] for name in TYPED if name != "tuf_root"} | {"root": typed["tuf_root"]}
