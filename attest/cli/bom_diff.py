"""`attest bom diff`: what two ML-BOMs say differently."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from attest.cli import bom_source, options, render

if TYPE_CHECKING:
    from attest.claims.mlbom_diff import Change
    from attest.cli.bom_source import Given
    from attest.whom import Whom

_HEADER: Final = ("PART", "CHANGE", "NAME", "BEFORE", "AFTER")
_DIGEST: Final = re.compile(r"(sha256:[0-9a-f]{12})[0-9a-f]{52}")


@click.command(
    epilog=options.examples(
        "attest bom diff credit-risk:2 credit-risk:3 --key alice.pub",
        "attest bom diff old.cdx.json new.cdx.json --json",
    )
)
@click.argument("before", metavar="OLD", type=bom_source.FILE_OR_REFERENCE)
@click.argument("after", metavar="NEW", type=bom_source.FILE_OR_REFERENCE)
@options.trust()
@options.as_json()
@options.reach()
def diff(*, before: str, after: str, whom: Whom, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """Show what two ML-BOMs say differently: facts, files, datasets, licences, metrics, lineage, hyperparameters.

    OLD and NEW are files or versions, also one of each. Exit status: 0, whether they differ or not.
    """
    from attest.claims.mlbom_diff import differences  # noqa: PLC0415

    asking = bom_source.Asking.typed(whom=whom, plain_http=plain_http, ca_file=ca_file)
    older, newer = bom_source.load_all((before, after), asking)
    changes = differences(older.read(), newer.read())
    if as_json:
        render.document(_as_document(older, newer, changes))
        return
    for given in (older, newer):
        render.note(render.clean(f"{given.title}   {given.standing}"))
    if changes:
        render.table([_row(change) for change in changes], header=_HEADER)
    else:
        render.result("no difference")


def _row(change: Change) -> tuple[str, ...]:
    """Digests are cut where a person reads them, and nowhere else."""
    texts = [change.before or "–", change.after or "–"]
    if sys.stdout is not None and sys.stdout.isatty():
        texts = [_DIGEST.sub(r"\1", text) for text in texts]
    return (change.part, change.kind.value, change.name, *texts)


def _as_document(older: Given, newer: Given, changes: tuple[Change, ...]) -> dict[str, Any]:
    return {
        "schema": "attest/bom-diff/v1",
        "before": {"of": older.title, "verified": older.verified},
        "after": {"of": newer.title, "verified": newer.verified},
        "same": not changes,
        "changes": [
            {
                "part": change.part,
                "name": change.name,
                "change": change.kind.value,
                "before": change.before,
                "after": change.after,
            }
            for change in changes
        ],
    }
