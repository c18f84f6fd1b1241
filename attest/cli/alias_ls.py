"""`attest alias ls`: the aliases of a model, what they point at and what guards them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.claims.event import Event
    from attest.lifecycle.log import Log


@click.command(epilog=options.examples("attest alias ls credit-risk", "attest alias ls credit-risk --json"))
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.option("-q", "--quiet", is_flag=True, help="Print the pinned references only.")
@options.as_json()
@options.reach()
def ls(*, reference: str, quiet: bool, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """List the aliases of a model by its verified log: the version, since when, by whom, and the bound policy."""
    parsed = Reference.parse(reference)
    with changing.reading(parsed, plain_http=plain_http, ca_file=ca_file) as session:
        log = session.log()
        names = sorted({*log.state.aliases, *log.state.policies})
        moves = {alias: _moved(log, alias) for alias in names if alias in log.state.aliases}
    if as_json:
        items = [_item(parsed, log, alias, moves.get(alias)) for alias in names]
        render.document(
            {
                "schema": "attest/aliases/v1",
                "model": parsed.name,
                "items": items,
                "sequence": log.sequence,
                "next": None,
            }
        )
    elif quiet:
        for held in (log.state.aliases[alias] for alias in names if alias in log.state.aliases):
            render.result(str(parsed.with_version(str(held.number)).pinned(held.manifest)))
    else:
        header = ["ALIAS", "VERSION", "DIGEST", "SINCE", "BY", "POLICY"]
        render.table([_cells(log, alias, moves.get(alias)) for alias in names], header=header)


def _moved(log: Log, alias: str) -> Event | None:
    """The event by which an alias got its holder."""
    sequence = log.place.promoted(alias)
    return None if sequence is None else log.event(sequence)


def _cells(log: Log, alias: str, moved: Event | None) -> list[str]:
    whole = changing.is_piped()
    held, policy = log.state.aliases.get(alias), log.state.policies.get(alias)
    bound = "built-in gate" if policy is None else str(policy) if whole else policy.short
    if held is None or moved is None:
        return [alias, "nothing", "", "", "", bound]
    number = f"{held.number} (revoked)" if held.number in log.state.revoked else str(held.number)
    digest = str(held.manifest) if whole else held.manifest.short
    since = render.utc_json(moved.time) if whole else render.utc(moved.time)
    return [alias, number, digest, since, changing.person(moved.by, whole=whole), bound]


def _item(reference: Reference, log: Log, alias: str, moved: Event | None) -> dict[str, Any]:
    held, policy = log.state.aliases.get(alias), log.state.policies.get(alias)
    return {
        "alias": alias,
        "reference": None if held is None else str(reference.with_version(str(held.number)).pinned(held.manifest)),
        "number": None if held is None else held.number,
        "digest": None if held is None else str(held.manifest),
        "revoked": held is not None and held.number in log.state.revoked,
        "policy": None if policy is None else str(policy),
        "since": None if moved is None else render.utc_json(moved.time),
        "by": None if moved is None else moved.by.to_json(),
        "event": None if moved is None else moved.sequence,
    }
