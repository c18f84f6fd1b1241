"""What the verbs that change a model's log have in common: their options, the open session, and how they report."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from attest.cli import options, render, signers
from attest.errors import InputError, Interrupted
from attest.settings import Settings
from attest.stores import Reach

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from attest.claims.signer_name import SignerName
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest.trust.signatory import Signatory
    from attest_registry.digest import Digest
    from attest_registry.reference import Reference

_OWN = "this key"  # what a signer calls himself
F = TypeVar("F", bound="Callable[..., Any]")


def reason(*, required: bool = False) -> Callable[[F], F]:
    """Why; the command gets it as `reason`."""
    more = " Needed." if required else ""
    return click.option("-m", "--reason", metavar="TEXT", help=f"Why, for whoever reads the history.{more}")


def common(*, dry_run: bool = True) -> Callable[[F], F]:
    """The options of a verb that signs an event."""

    def decorate(function: F) -> F:
        function = options.reach()(function)
        function = options.as_json()(function)
        function = click.option("-q", "--quiet", is_flag=True, help="Print the pinned reference only.")(function)
        function = click.option("--yes", is_flag=True, help="Do not ask.")(function)
        if dry_run:
            function = click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")(function)
        return signers.signing()(function)

    return decorate


def session(
    values: dict[str, Any],
    reference: Reference,
    *,
    alone: bool = False,
    keys: Sequence[tuple[Digest, bytes]] = (),
) -> Session:
    """Open a model to change it; a person may be asked for a passphrase.

    Args:
        values: the options by name.
        reference: the model.
        alone: whether the verb goes on where nobody else sees the catalogue.
        keys: public keys that are put beside the log.
    """
    from attest.lifecycle.session import open_session  # noqa: PLC0415

    settings = Settings.load()
    choice = signers.choose(values, settings)
    return open_session(reference, settings, reach(values), clock=now, signer=choice.open(), keys=keys, alone=alone)


def reach(values: dict[str, Any]) -> Reach:
    """What was typed about reaching the store."""
    return Reach(plain_http=values["plain_http"], ca_file=values["ca_file"])


def reading(reference: Reference, *, plain_http: bool, ca_file: str | None) -> Session:
    """Open a model to read it."""
    from attest.lifecycle.session import open_session  # noqa: PLC0415

    return open_session(reference, Settings.load(), Reach(plain_http=plain_http, ca_file=ca_file), clock=now)


def now() -> datetime:
    """The present."""
    return datetime.now(UTC)


def agree(question: str, *, nobody: str, yes: bool) -> None:
    """Ask before what cannot be undone.

    Args:
        question: what a person is asked.
        nobody: what would happen, for the refusal where nobody can be asked.
        yes: whether it was agreed to on the command line.

    Raises:
        InputError: nobody is there to agree (`not-confirmed`).
        Interrupted: he declined.
    """
    if yes:
        return
    if not render.on_terminal():
        raise InputError(nobody, code="not-confirmed", hint="run it again with --yes; nothing was changed")
    if not render.confirm(question):
        raise Interrupted("nothing was changed", code="declined", hint="everything is as it was")


def person(who: SignerName, *, whole: bool = False) -> str:
    """Somebody, for people: a key's fingerprint, or a login.

    Args:
        who: somebody.
        whole: with every digit of the fingerprint, as it has to be where a machine reads it.
    """
    return f"key {who.key}" if whole and who.key is not None else who.title


def signatory(who: Signatory) -> str:
    """Somebody whom a policy or the log names, with the name that he has there."""
    return who.title if who.name in {who.title, _OWN} else f"{who.name} ({who.title})"


def is_piped() -> bool:
    """Whether a machine reads the result: nothing is cut then."""
    return sys.stdout is None or not sys.stdout.isatty()


def event_line(log: Log) -> str:
    """`log event 17, key sha256:7d1c8f20b4e1`."""
    by = log.fresh[-1].event.by if log.fresh else None
    return f"log event {log.sequence}" + (f", {person(by)}" if by is not None else "")


def event_document(log: Log) -> dict[str, Any]:
    """The newest event, for `--json`."""
    link = log.fresh[-1]
    return {
        "log": str(log.head.log),
        "sequence": log.sequence,
        "event": str(log.head.head),
        "action": link.event.action.value,
        "by": link.event.by.to_json(),
        "time": render.utc_json(link.event.time),
    }


def state_document(log: Log) -> dict[str, Any]:
    """What everything means now, for `--json`."""
    return log.state.to_json()
