"""`attest history`: what happened to a model, from its verified log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render, times
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from datetime import datetime

    from attest.lifecycle.chain import Link


@click.command(
    epilog=options.examples(
        "attest history credit-risk",
        "attest history credit-risk --alias production --at 2026-03-08T14:32Z",
        "attest history credit-risk --since 30d --json",
    )
)
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.option("--alias", metavar="ALIAS", help="What happened to this alias alone.")
@click.option("--at", "moment", metavar="TIME", help="What was the case then: RFC 3339 with a zone, or 30d, 6h.")
@click.option("--since", metavar="TIME", help="Events from then on.")
@click.option("--until", metavar="TIME", help="Events up to then.")
@click.option("--limit", default=50, show_default=True, help="Rows at the most; 0 for all.")
@click.option("-q", "--quiet", is_flag=True, help="Digests of the events only.")
@options.as_json()
@options.reach()
def command(*, reference: str, **values: Any) -> None:
    """Show a model's events, newest first, each verified in its place in the chain.

    With --at, only the events that say what was the case at that time: the last one for each alias.
    """
    parsed = Reference.parse(reference)
    alias = values["alias"] or parsed.alias
    now = changing.now()
    since, until, at = (
        None if values[key] is None else times.moment(values[key], option=f"--{name}", now=now)
        for key, name in (("since", "since"), ("until", "until"), ("moment", "at"))
    )
    with changing.reading(parsed, plain_http=values["plain_http"], ca_file=values["ca_file"]) as session:
        links = session.log().walk(now=now)
    chosen = _chosen(links, alias=alias, since=since, until=until)
    if at is not None:
        chosen = _in_force(chosen, at)
    shown = chosen[: values["limit"]] if values["limit"] > 0 else chosen
    _print(parsed, shown, more=len(chosen) - len(shown), values=values)


def _chosen(
    links: tuple[Link, ...], *, alias: str | None, since: datetime | None, until: datetime | None
) -> list[Link]:
    return [
        link
        for link in reversed(links)
        if (alias is None or link.event.target.alias == alias)
        and (since is None or link.event.time >= since)
        and (until is None or link.event.time <= until)
    ]


def _in_force(links: list[Link], at: datetime) -> list[Link]:
    """The last event at or before a time that moved each alias."""
    found: dict[str, Link] = {}
    for link in links:
        alias = link.event.target.alias
        if alias is not None and link.event.time <= at and alias not in found:
            found[alias] = link
    return [link for alias, link in sorted(found.items()) if alias in link.event.state.aliases]


def _print(reference: Reference, links: list[Link], *, more: int, values: dict[str, Any]) -> None:
    if values["as_json"]:
        items = [_document(link) for link in links]
        render.document(
            {
                "schema": "attest/history/v1",
                "model": reference.name,
                "items": items,
                "next": len(links) if more else None,
            }
        )
        return
    if values["quiet"]:
        for link in links:
            render.result(str(link.digest))
        return
    header = ["EVENT", "TIME", "", "WHAT", "VERSION", "BY", "REASON"]
    render.table([cells(link) for link in links], header=header)
    if more:
        render.note(f"… {more} more: --limit 0")


def cells(link: Link) -> list[str]:
    """An event as a row: number, time, how sure that is, what, version, by whom, why."""
    event = link.event
    times = link.fact.times
    time, proof = (times[0].moment, "proven") if times else (event.time, "claimed")
    target = event.target
    what = event.action.value
    if target.alias is not None:
        what += f" @{target.alias}"
    elif target.stage is not None or target.role is not None:
        what += f" {target.stage or target.role}"
    short = sys.stdout is not None and sys.stdout.isatty()
    by = changing.person(event.by)
    return [
        str(event.sequence),
        render.utc(time) if short else render.utc_json(time),
        proof,
        what,
        str(event.version.number),
        by,
        event.reason or "",
    ]


def _document(link: Link) -> dict[str, Any]:
    event = link.event
    return {
        "sequence": event.sequence,
        "event": str(link.digest),
        "action": event.action.value,
        "time": render.utc_json(event.time),
        "proven": [str(time) for time in link.fact.times],
        "by": event.by.to_json(),
        "number": event.version.number,
        "digest": str(event.version.manifest),
        "label": event.version.label,
        "alias": event.target.alias,
        "stage": None if event.target.stage is None else event.target.stage.value,
        "role": None if event.target.role is None else event.target.role.value,
        "reason": event.reason,
    }
