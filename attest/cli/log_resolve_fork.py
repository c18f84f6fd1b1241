"""`attest log resolve-fork`: end a fork of a model's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.cli.revocations_issue import reason_of
from attest.errors import InputError
from attest_registry.digest import Digest
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.lifecycle.forks import Branches
    from attest.lifecycle.log import Log


@click.command(
    "resolve-fork",
    epilog=options.examples(
        "attest log resolve-fork credit-risk",
        "attest log resolve-fork credit-risk --abandon sha256:… -m 'the store was restored from a backup'",
    ),
)
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.option("--abandon", multiple=True, metavar="sha256:…", help="An event of the other branch; may be repeated.")
@changing.reason(required=True)
@changing.common()
def resolve_fork(*, reference: str, abandon: tuple[str, ...], **values: Any) -> None:
    """Show both branches of a forked log, and end the fork: the branch in the store stands, the other is abandoned.

    Every event of the other branch has to be named; those that this machine has seen follow from one of them. Only an
    admin or somebody with the role recovery does that. What was promoted in the other branch never happened.
    """
    from attest.lifecycle import forks  # noqa: PLC0415
    from attest.lifecycle.examining import walk_whole  # noqa: PLC0415

    parsed = Reference.parse(reference)
    with changing.session(values, parsed) as session:
        found = forks.branches(session, walk_whole(session))
        if not values["quiet"] and not values["as_json"]:
            _show(found)
        named = _named(abandon, found, parsed)
        abandoned = forks.abandoned_by(found, named, name=parsed.name)
        reason = reason_of(values["reason"], what="abandoned")
        if values["dry_run"]:
            render.note(f"would abandon {', '.join(map(str, abandoned))}")
            render.note("dry run: nothing was changed")
            return
        changing.agree(
            f"{render.plural(len(abandoned), 'event')} of {parsed.name} will never have happened. End the fork?",
            nobody=f"{render.plural(len(abandoned), 'event')} of {parsed.name} would be abandoned, and nobody agreed",
            yes=values["yes"],
        )
        log = forks.end_fork(session, abandoned, reason=reason)
    _report(parsed, log, abandoned, values)


def _show(found: Branches) -> None:
    """Both branches, from where they part."""
    links = found.walked.links
    part = links[found.at - 1 :] if found.at is not None else links[-1:]
    for link in part:
        event = link.event
        target = event.target.alias or event.target.stage or event.target.role
        what = f"{event.action}{f' {target}' if target else ''} version {event.version.number}"
        by = changing.person(event.by)
        render.note(f"stands     event {event.sequence} {link.digest}   {what}, {by}, {render.utc(event.time)}")
    for offset, digest in enumerate(found.seen):
        render.note(f"seen here  event {(found.at or 0) + offset} {digest}   not in the store")
    if found.at is None:
        render.note("seen here  nothing else: this machine knows of no other branch")


def _named(abandon: tuple[str, ...], found: Branches, reference: Reference) -> list[Digest]:
    if abandon:
        return [Digest.parse(text) for text in abandon]
    if not found.seen:
        raise InputError(
            f"this machine knows of no fork of {reference.name}",
            code="fork-unknown",
            expected="--abandon sha256:… for every event of the other branch",
            hint="whoever is told log-fork has its events in his error message",
        )
    raise InputError(
        "nothing says which events are abandoned",
        code="usage",
        expected="--abandon sha256:…",
        hint=f"attest log resolve-fork {reference.name} --abandon {found.seen[-1]} -m REASON",
    )


def _report(reference: Reference, log: Log, abandoned: tuple[Digest, ...], values: dict[str, Any]) -> None:
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/fork/v1",
                "model": reference.name,
                "stands": str(log.fresh[-1].event.previous),
                "abandoned": [str(digest) for digest in abandoned],
                "event": changing.event_document(log),
            }
        )
    elif not values["quiet"]:
        count = render.plural(len(abandoned), "event")
        render.note(f"ended    the fork of {reference.name}: {count} abandoned       {changing.event_line(log)}")
