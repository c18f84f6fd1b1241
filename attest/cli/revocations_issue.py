"""What the commands that issue have together: the options, who signs, and what is said of the new issue."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click
from msgspec import Struct

from attest.cli import options, render, signers, times
from attest.cli.revocations_place import memory_of, place_of
from attest.errors import InputError
from attest.settings import Settings
from attest.stores import Reach, repository_for
from attest.written_path import written_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.feed_places import FeedPlace
    from attest.policy.document import Policy
    from attest.revoking import Issued, Issuer
    from attest.trust.signatory import Signatory
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference

F = TypeVar("F", bound="Callable[..., Any]")

_OPTIONS = (
    click.option("--valid", metavar="LENGTH", help="How long it counts: 7d, 12h. [default: as the one before; 30d]"),
    click.option("--trust-key", metavar="PUBLIC_KEY", help="The issue before may also be by this key."),
    click.option("--policy", metavar="FILE", help="Judge the issue before and the new one by the readers' policy."),
    click.option("--dry-run", is_flag=True, help="Do everything but write it."),
    click.option("-q", "--quiet", is_flag=True, help="Print the place only."),
    click.option("--yes", is_flag=True, help="Do not ask."),
)


def issuing() -> Callable[[F], F]:
    """The options; the command gets them as values by name."""

    def decorate(function: F) -> F:
        for option in reversed(_OPTIONS):
            function = option(function)
        function = options.reach()(options.as_json()(function))
        return signers.signing()(function)

    return decorate


def reason_of(text: str | None, *, what: str) -> str:
    """Why; asked for on a terminal.

    Raises:
        InputError: nobody said (`reason-missing`).
    """
    if text is None and render.on_terminal():
        text = click.prompt(f"Why is it {what}", err=True, default="", show_default=False)
    if not (text or "").strip():
        raise InputError(f"nothing says why it is {what}", code="reason-missing", expected="-m REASON")
    return str(text).strip()


class Desk(Struct, frozen=True, kw_only=True):
    """One command that issues: what was typed, read as far as it can be before anything is asked.

    Args:
        values: the options by name.
        settings: what configuration and environment say.
        now: the time.
    """

    values: dict[str, Any]
    settings: Settings
    now: datetime

    @classmethod
    def open(cls, values: dict[str, Any]) -> Desk:
        """At the present, to the second: what is signed has no more."""
        return cls(values=values, settings=Settings.load(), now=datetime.now(UTC).replace(microsecond=0))

    @property
    def place(self) -> FeedPlace:
        """Where the feed is."""
        return place_of(self.values["place"], self.settings, self._reach)

    @property
    def _reach(self) -> Reach:
        return Reach(plain_http=self.values["plain_http"], ca_file=self.values["ca_file"])

    def repository_of(self, reference: Reference) -> Repository:
        """The store of a version that is revoked."""
        return repository_for(reference, self.settings, self._reach)

    def issuer(self) -> Issuer:
        """Who issues; a person may be asked for a passphrase."""
        from attest.revoking import Issuer  # noqa: PLC0415

        valid = self.values["valid"]
        length = None if valid is None else times.length(valid, option="--valid")
        policy, before = self._policy(), self._before()
        return Issuer(
            signer=signers.choose(self.values, self.settings).open(),
            now=self.now,
            valid=length,
            memory=memory_of(self.settings),
            before=before,
            policy=policy,
            rehearsal=self.values["dry_run"],
        )

    def _policy(self) -> Policy | None:
        from attest.policy.document import load_policy  # noqa: PLC0415

        file = self.values["policy"]
        return None if file is None else load_policy(written_path(file))

    def _before(self) -> tuple[Signatory, ...]:
        from attest.trust.identity import load_trusted_key  # noqa: PLC0415

        file = self.values["trust_key"]
        if file is not None and self.values["policy"] is not None:
            raise InputError(
                "--trust-key and --policy exclude each other", code="usage", hint="a policy names its own signers"
            )
        return () if file is None else (load_trusted_key(written_path(file)),)

    def report(self, issued: Issued, *, changes: tuple[str, ...] = ()) -> None:
        """Say what stands now: the place on standard output.

        Args:
            issued: what was issued, or stood there.
            changes: what it says besides, for people.
        """
        if self.values["as_json"]:
            render.document(_document(issued, rehearsal=self.values["dry_run"]))
            return
        if not self.values["quiet"]:
            self._say(issued, changes)
        render.result(issued.place)
        if self.values["dry_run"]:
            render.note("dry run: nothing was changed")

    def _say(self, issued: Issued, changes: tuple[str, ...]) -> None:
        said = issued.said
        until = f"until {said.expires:%Y-%m-%d %H:%M} UTC"
        if issued.already:
            render.note(f"already there in number {said.sequence}, {until}; nothing to do")
        else:
            count = render.plural(len(said.entries), "revocation")
            render.note(f"issued   number {said.sequence}, {count}, {until}        {issued.signer}")
            for line in changes:
                render.note(render.clean(line))
        if said.expires <= self.now:
            place = self.values["place"]
            render.warning("revocations-ended", f"it has run out: attest revocations renew {place}")


def _document(issued: Issued, *, rehearsal: bool) -> dict[str, Any]:
    from attest.trust.times import shown  # noqa: PLC0415

    said = issued.said
    return {
        "schema": "attest/revocations-issue/v1",
        "place": issued.place,
        "sequence": said.sequence,
        "digest": str(issued.digest),
        "previous": str(said.previous),
        "issued": shown(said.issued),
        "expires": shown(said.expires),
        "entries": len(said.entries),
        "withdrawn": len(said.withdrawn),
        "already": issued.already,
        "signer": issued.signer,
        "dry_run": rehearsal,
    }
