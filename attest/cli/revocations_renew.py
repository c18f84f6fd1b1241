"""`attest revocations renew`: the next issue of a feed, which says the same for longer."""

from __future__ import annotations

from typing import Any

import click

from attest.cli import options
from attest.cli.revocations_issue import Desk, issuing
from attest.cli.revocations_place import PLACE


@click.command(
    epilog=options.examples(
        "attest revocations renew ./revocations.json", "attest revocations renew ghcr.io/acme/security --valid 7d"
    )
)
@click.argument("place", metavar="PLACE", type=PLACE)
@issuing()
def renew(**values: Any) -> None:
    """Sign the next issue of the feed at PLACE with the same entries, before the present one runs out, or after."""
    from attest.revoking import renew as again  # noqa: PLC0415

    desk = Desk.open(values)
    desk.report(again(desk.place, issuer=desk.issuer()))
