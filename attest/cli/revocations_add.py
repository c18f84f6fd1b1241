"""`attest revocations add`: the next issue of a feed, with one more thing that no longer counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.claims.revocations import Kind, Scope
from attest.cli import options, times
from attest.cli.revocations_issue import Desk, issuing, reason_of
from attest.cli.revocations_place import PLACE, VALUE

if TYPE_CHECKING:
    from attest.claims.revocations import Revocation


@click.command(
    epilog=options.examples(
        "attest revocations add ./revocations.json manifest credit-risk:3 -m 'trained on leaked data'",
        "attest revocations add ghcr.io/acme/security dataset tx-2025-q4.parquet -m 'consent withdrawn'",
        "attest revocations add ./revocations.json key mallory.pub --since 2026-10-15T08:00Z -m 'laptop stolen'",
        "attest revocations add ./revocations.json identity https://accounts.example.com alice@acme.example -m left",
    )
)
@click.argument("place", metavar="PLACE", type=PLACE)
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]), metavar="KIND")
@click.argument("words", metavar="VALUE…", nargs=-1, required=True, type=VALUE)
@click.option("-m", "--reason", metavar="TEXT", help="Why; signed with it.")
@click.option("--since", metavar="TIME", help="From when on: a time with its zone, or 6h, 30d ago. [default: now]")
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), help="Whether what was made from it too.")
@click.option("--no-issuer", is_flag=True, help="With identity: a holder of a private authority's certificates.")
@issuing()
def add(**values: Any) -> None:
    """Revoke something: sign the next issue of the feed at PLACE and put it there.

    KIND is manifest (NAME:VERSION), dataset (a file or folder), key (a public key file), identity (ISSUER SUBJECT),
    log-index, or claim (a bundle file); each but identity and log-index may be given as sha256:… too.
    """
    from attest.revoking import add as revoke  # noqa: PLC0415

    desk = Desk.open(values)
    entry = _entry(desk)
    place = desk.place
    desk.report(revoke(place, [entry], issuer=desk.issuer()), changes=(_in_words(entry),))


def _entry(desk: Desk) -> Revocation:
    from attest.claims.revocations import DEFAULT_SCOPE, Revocation  # noqa: PLC0415
    from attest.cli.revocations_values import value_of  # noqa: PLC0415

    values, kind = desk.values, Kind(desk.values["kind"])
    since = values["since"]
    reason = reason_of(values["reason"], what="revoked")
    moment = desk.now if since is None else times.moment(since, option="--since", now=desk.now)
    return Revocation(
        kind=kind,
        value=value_of(kind, values["words"], no_issuer=values["no_issuer"], repository_of=desk.repository_of),
        since=moment,
        reason=reason,
        scope=DEFAULT_SCOPE[kind] if values["scope"] is None else Scope(values["scope"]),
    )


def _in_words(entry: Revocation) -> str:
    reaches = " and what was made from it" if entry.scope is Scope.DESCENDANTS else ""
    return f"revoked  {entry.kind} {entry.value}{reaches}, since {entry.since:%Y-%m-%d %H:%M} UTC: {entry.reason}"
