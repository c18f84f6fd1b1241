"""`attest log show`: the events as the store has them, with their digests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render
from attest.cli.history import cells
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.lifecycle.chain import Link
    from attest.lifecycle.examining import Walked
    from attest.lifecycle.session import Session


@click.command(
    epilog=options.examples(
        "attest log show credit-risk",
        "attest log show credit-risk --from 40 --limit 10",
        "attest log show credit-risk --json",
    )
)
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.option("--from", "first", type=click.IntRange(min=1), default=1, show_default=True, help="The first event.")
@click.option("--limit", default=50, show_default=True, help="Rows at the most; 0 for all.")
@options.as_json()
@options.reach()
def show(*, reference: str, first: int, limit: int, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Show the events that the store has, oldest first, verified from the first one on: also those of a forked log.

    Where one does not hold, those before it are shown, and why. With --json, each with the words that were signed.
    """
    from attest.lifecycle.examining import walk_whole  # noqa: PLC0415

    parsed = Reference.parse(reference)
    with changing.reading(parsed, plain_http=plain_http, ca_file=ca_file) as session:
        walked = walk_whole(session)
        seen = _seen_otherwise(session, walked)
    links = walked.links[first - 1 :]
    shown = links[:limit] if limit > 0 else links
    if as_json and walked.broken is None:
        _document(parsed, shown, walked=walked, more=len(links) > len(shown))
    elif not as_json:
        _table(shown, more=len(links) - len(shown))
        for sequence, digest in seen:
            render.note(f"event {sequence} is another one than was seen here, which was {digest}")
    if walked.broken is not None:
        raise walked.broken


def _seen_otherwise(session: Session, walked: Walked) -> list[tuple[int, str]]:
    found = []
    for link in walked.links:
        seen = session.place.event_at(link.event.sequence)
        if seen is not None and not seen.matches(link.digest):
            found.append((link.event.sequence, str(seen)))
    return found


def _table(links: tuple[Link, ...], *, more: int) -> None:
    whole = changing.is_piped()
    rows = []
    for link in links:
        row = cells(link)
        rows.append([row[0], str(link.digest) if whole else link.digest.short, *row[1:]])
    render.table(rows, header=["EVENT", "DIGEST", "TIME", "", "WHAT", "VERSION", "BY", "REASON"])
    if more:
        render.note(f"… {more} more: --from {links[-1].event.sequence + 1}")


def _document(reference: Reference, links: tuple[Link, ...], *, walked: Walked, more: bool) -> None:
    items: list[dict[str, Any]] = [
        {
            "sequence": link.event.sequence,
            "event": str(link.digest),
            "bundle": str(link.bundle),
            "proven": [str(time) for time in link.fact.times],
            "statement": json.loads(link.fact.statement.raw),
        }
        for link in links
    ]
    render.document(
        {
            "schema": "attest/log/v1",
            "model": reference.name,
            "log": str(walked.digest(1)),
            "items": items,
            "next": links[-1].event.sequence + 1 if more else None,
        }
    )
