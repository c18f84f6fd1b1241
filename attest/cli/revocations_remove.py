"""`attest revocations remove`: the next issue of a feed, without a revocation that was a mistake."""

from __future__ import annotations

from typing import Any

import click

from attest.claims.revocations import Kind
from attest.cli import changing, options
from attest.cli.revocations_issue import Desk, issuing, reason_of
from attest.cli.revocations_place import PLACE, VALUE


@click.command(
    epilog=options.examples(
        "attest revocations remove ./revocations.json manifest credit-risk:3 -m 'version 4 was meant'",
        "attest revocations remove ghcr.io/acme/security key sha256:… -m 'the laptop was found' --yes",
    )
)
@click.argument("place", metavar="PLACE", type=PLACE)
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]), metavar="KIND")
@click.argument("words", metavar="VALUE…", nargs=-1, required=True, type=VALUE)
@click.option("-m", "--reason", metavar="TEXT", help="Why it was a mistake; signed with it.")
@click.option("--no-issuer", is_flag=True, help="With identity: a holder of a private authority's certificates.")
@issuing()
def remove(**values: Any) -> None:
    """Withdraw a revocation that was a mistake: what it named counts again wherever the next issue is read.

    The feed goes on telling what was withdrawn, when and why.
    """
    from attest.cli.revocations_values import value_of  # noqa: PLC0415
    from attest.revoking import withdraw  # noqa: PLC0415

    desk, kind = Desk.open(values), Kind(values["kind"])
    reason = reason_of(values["reason"], what="withdrawn")
    value = value_of(kind, values["words"], no_issuer=values["no_issuer"], repository_of=desk.repository_of)
    place, what = desk.place, f"{kind} {value}"
    if not values["dry_run"]:
        changing.agree(
            f"{what} will count again. Withdraw the revocation?",
            nobody=f"{what} would count again, and nobody was there to agree",
            yes=values["yes"],
        )
    issued = withdraw(place, kind, value, reason=reason, issuer=desk.issuer())
    desk.report(issued, changes=(f"withdrawn  {what}: {reason}",))
