"""`attest alias bind`: the policy that every promotion to an alias is judged by, from now on and by every reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.written_path import written_path
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.lifecycle.log import Log
    from attest_registry.digest import Digest


@click.command(
    epilog=options.examples(
        "attest alias bind credit-risk@production --policy production.yaml -m 'as the risk board asked'",
        "attest alias bind credit-risk@champion --none",
    )
)
@click.argument("reference", metavar="NAME@ALIAS", type=REFERENCE)
@click.option("--policy", metavar="FILE", help="The policy; it is put into the store beside the log.")
@click.option("--none", "unbind", is_flag=True, help="Bind none: the built-in gate is asked again.")
@changing.reason()
@changing.common(dry_run=False)
def bind(*, reference: str, policy: str | None, unbind: bool, **values: Any) -> None:
    """Bind a policy to ALIAS, which need not point at anything yet. Only an admin does that.

    What the alias points at now stays there: the policy is asked at the next promotion.
    """
    from attest.lifecycle import administering  # noqa: PLC0415

    parsed = Reference.parse(reference)
    if parsed.alias is None:
        raise InputError(f"{reference} names no alias", code="usage", expected=f"{parsed.name}@ALIAS")
    if (policy is None) != unbind:
        raise InputError(
            "an alias is bound to one policy, or to none", code="usage", expected="--policy FILE, or --none"
        )
    file = None if policy is None else written_path(policy)
    with changing.session(values, parsed) as session:
        before = session.log().sequence
        log, digest = administering.bind(session, parsed.alias, file, reason=values["reason"])
    _report(parsed, digest, None if log.sequence == before else log, values)


def _report(reference: Reference, digest: Digest | None, log: Log | None, values: dict[str, Any]) -> None:
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/binding/v1",
                "model": reference.name,
                "alias": reference.alias,
                "policy": None if digest is None else str(digest),
                "already": log is None,
                "event": None if log is None else changing.event_document(log),
            }
        )
        return
    name = f"{reference.name}@{reference.alias}"
    if not values["quiet"]:
        what = "the built-in gate" if digest is None else f"policy {digest.short}"
        if log is None:
            render.note(f"already there: {what} guards {name}, nothing to do")
        else:
            render.note(f"bound    {name}: {what}       {changing.event_line(log)}")
    if digest is not None:
        render.result(str(digest))
