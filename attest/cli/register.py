"""`attest register`: give versions that were pushed before the model had a log their place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest_registry.errors import NotFound
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.lifecycle.registering import Registered
    from attest.lifecycle.session import Session
    from attest_registry.digest import Digest


@click.command(
    epilog=options.examples("attest register credit-risk", "attest register ghcr.io/acme/credit-risk:3 --dry-run")
)
@click.argument("reference", metavar="NAME[:VERSION]", type=REFERENCE)
@changing.reason()
@changing.common()
def command(*, reference: str, **values: Any) -> None:
    """Register every version of NAME that its log does not know yet, in the order of their numbers, or up to VERSION.

    push does this for what it stores. Whoever begins a log is its first admin.
    """
    from attest.lifecycle import registering  # noqa: PLC0415

    parsed = Reference.parse(reference)
    if parsed.alias is not None or parsed.digest is not None:
        raise InputError(f"{reference} is no number or label", code="usage", expected=f"{parsed.name}[:VERSION]")
    with changing.session(values, parsed, alone=True) as session:
        number, digest, label = _last(parsed, registering.tagged(session), session)
        if values["dry_run"]:
            log = session.read()
            first = 1 if log is None else log.state.next_number
            render.note(f"would register {max(number - first + 1, 0)} versions, up to {number}")
            render.note("dry run: nothing was changed")
            return
        done = registering.register(session, number=number, digest=digest, label=label)
    _report(parsed, done, (number, digest), values)


def _last(reference: Reference, tagged: list[tuple[int, Digest]], session: Session) -> tuple[int, Digest, str | None]:
    """The version up to which is registered, with its label where one was typed."""
    found, label = tagged, None
    if reference.number is not None:
        found = [each for each in tagged if each[0] == reference.number]
    elif reference.version is not None:
        label = reference.version
        digest = session.repository.resolve(label).digest
        found = [each for each in tagged if each[1].matches(digest)]
    if not found:
        raise NotFound(
            f"{reference} is not in the store",
            expected="a version that was pushed",
            found=", ".join(str(number) for number, _ in tagged[-5:]) or "no version",
            hint=f"attest push ./model {reference.name}     registers what it stores",
        )
    return (*found[-1], label)


def _report(reference: Reference, done: Registered, last: tuple[int, Digest], values: dict[str, Any]) -> None:
    pinned = [reference.with_version(str(each.number)).pinned(each.manifest) for each in done.versions]
    if values["as_json"]:
        items = [
            {"reference": str(each), "number": version.number, "digest": str(version.manifest), "label": version.label}
            for each, version in zip(pinned, done.versions, strict=True)
        ]
        render.document(
            {
                "schema": "attest/registration/v1",
                "model": reference.name,
                "items": items,
                "begun": done.begun,
                "already": not items,
                "event": changing.event_document(done.log) if items else None,
            }
        )
        return
    if not values["quiet"]:
        if not pinned:
            render.note(f"already there: version {last[0]} is registered, nothing to do")
        else:
            count = render.plural(len(pinned), "version")
            render.note(f"registered {count} of {reference.name}       {changing.event_line(done.log)}")
        if done.begun:
            by = changing.person(done.log.fresh[-1].event.by)
            render.note(f"admin    first event of {reference.model}: {by} is its admin from now on")
    for each in pinned or [reference.with_version(str(last[0])).pinned(last[1])]:
        render.result(str(each))
