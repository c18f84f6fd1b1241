"""`attest revoke`: a version that nobody uses any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from attest.cli import changing, options, render
from attest.cli.promote import with_version
from attest.cli.references import REFERENCE
from attest.cli.revocations_issue import reason_of
from attest.cli.revocations_place import PLACE, memory_of, place_of
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.claims.event import Versioned
    from attest.feed_places import FeedPlace
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest.revoking import Issued


@click.command(
    epilog=options.examples(
        "attest revoke credit-risk:3 -m 'trained on leaked data'",
        "attest revoke ghcr.io/acme/credit-risk:3 -m 'trained on leaked data' --feed ghcr.io/acme/security",
    )
)
@click.argument("reference", metavar="NAME:VERSION", type=REFERENCE)
@click.option("--feed", metavar="PLACE", type=PLACE, help="Add it to this revocation feed too (attest revocations).")
@changing.reason(required=True)
@changing.common()
def command(*, reference: str, feed: str | None, **values: Any) -> None:
    """Revoke a version in its model's log: verify, pull, load and exec refuse it from then on, as every gate does.

    An alias that points at it admits nothing until it is moved. It cannot be undone. Whoever has no memory of the log
    and sees an old one does not know of it: a feed reaches him, with --feed.
    """
    parsed = with_version(Reference.parse(reference), None)
    reason = reason_of(values["reason"], what="revoked")
    with changing.session(values, parsed) as session:
        place = None if feed is None else place_of(feed, session.settings, changing.reach(values))
        log = session.log()
        done = _Revoking(session=session, log=log, version=session.version(log, parsed), values=values).run(
            reason, place
        )
        done.report(parsed)


class _Revoking(Struct, kw_only=True):
    """One revocation: the log first, then the feed; where the feed fails, the same command does the rest."""

    session: Session
    log: Log
    version: Versioned
    values: dict[str, Any]
    already: bool = False
    issued: Issued | None = None

    def run(self, reason: str, place: FeedPlace | None) -> _Revoking:
        from attest.lifecycle import administering  # noqa: PLC0415

        self.already = self.version.number in self.log.state.revoked
        if not self.already and not self.values["dry_run"]:
            name = f"{self.session.reference.name}:{self.version.number}"
            changing.agree(
                f"{name} cannot be used again by anybody{self._pointed_at()}. Revoke it?",
                nobody=f"{name} would be revoked for good, and nobody was there to agree",
                yes=self.values["yes"],
            )
            self.log = administering.revoke(self.session, self.version, reason=reason)
        if place is not None:
            self.issued = self._issue(place, reason)
        return self

    def _pointed_at(self) -> str:
        aliases = self.aliases
        return f", and {', '.join(f'@{alias}' for alias in aliases)} will admit nothing" if aliases else ""

    @property
    def aliases(self) -> list[str]:
        """The aliases that point at it."""
        held = self.log.state.aliases
        return sorted(alias for alias in held if held[alias].number == self.version.number)

    def _issue(self, place: FeedPlace, reason: str) -> Issued:
        from attest.claims.revocations import DEFAULT_SCOPE, Kind, Revocation  # noqa: PLC0415
        from attest.revoking import Issuer, add  # noqa: PLC0415

        now = self.session.clock().replace(microsecond=0)
        entry = Revocation(
            kind=Kind.MANIFEST,
            value=self.version.manifest,
            since=now,
            reason=reason,
            scope=DEFAULT_SCOPE[Kind.MANIFEST],
        )
        if self.session.signer is None:
            raise TypeError("whoever revokes signs")
        issuer = Issuer(
            signer=self.session.signer,
            now=now,
            memory=memory_of(self.session.settings),
            rehearsal=self.values["dry_run"],
        )
        return add(place, [entry], issuer=issuer)

    def report(self, reference: Reference) -> None:
        """Say what was revoked, and what is to be done now."""
        number = self.version.number
        pinned = reference.with_version(str(number)).pinned(self.version.manifest)
        written = not self.already and not self.values["dry_run"]
        if self.values["as_json"]:
            render.document(
                {
                    "schema": "attest/revocation/v1",
                    "reference": str(pinned),
                    "digest": str(self.version.manifest),
                    "number": number,
                    "aliases": self.aliases,
                    "already": self.already,
                    "dry_run": self.values["dry_run"],
                    "feed": None if self.issued is None else self.issued.place,
                    "event": changing.event_document(self.log) if written else None,
                }
            )
            return
        if not self.values["quiet"]:
            self._say(f"{reference.name}:{number}", reference.name)
        render.result(str(pinned))

    def _say(self, name: str, model: str) -> None:
        if self.already:
            render.note(f"already there: {name} is revoked, nothing to do in the log")
        elif self.values["dry_run"]:
            render.note(f"would revoke {name}{self._pointed_at()}")
        else:
            render.note(f"revoked  {name}       {changing.event_line(self.log)}")
        if self.issued is not None:
            word = "already in" if self.issued.already else "would be in" if self.values["dry_run"] else "issued  "
            render.note(f"{word} {self.issued.place}, number {self.issued.said.sequence}")
        if self.values["dry_run"]:
            render.note("dry run: nothing was changed")
            return
        revoked = {*self.log.state.revoked, self.version.number}
        for alias in self.aliases:
            verb = "rollback" if set(self.session.place.holders(alias)) - revoked else "demote"
            render.note(f"next: attest {verb} {model}@{alias}     it points at this version, and admits nothing")
