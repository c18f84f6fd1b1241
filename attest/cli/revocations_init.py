"""`attest revocations init`: the first issue of a feed, which revokes nothing."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import options, render
from attest.cli.revocations_issue import Desk, issuing
from attest.cli.revocations_place import PLACE


@click.command(
    epilog=options.examples(
        "attest revocations init ./revocations.json --valid 7d", "attest revocations init ghcr.io/acme/security"
    )
)
@click.argument("place", metavar="PLACE", type=PLACE)
@issuing()
def init(**values: Any) -> None:
    """Begin a feed at PLACE: its first issue, which revokes nothing yet.

    It is a step of its own so that a mistyped PLACE never becomes a second feed that nobody reads.
    """
    from attest.revoking import begin  # noqa: PLC0415

    desk = Desk.open(values)
    issued = begin(desk.place, issuer=desk.issuer())
    desk.report(issued)
    if not (issued.already or values["quiet"] or values["as_json"]):
        where = "file" if issued.place == str(desk.place) else "ref"
        render.note(
            f"next: revocations: {{by: [NAME], {where}: {desk.place}}} in policies; renew it before it runs out"
        )
