"""`attest approve`: sign that a version was reviewed and may be used."""

from __future__ import annotations

from typing import Any

import click

from attest.claims.approval import Decision
from attest.cli import changing, options, review
from attest.cli.promote import with_version
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference


@click.command(
    epilog=options.examples(
        "attest approve credit-risk:2 --for production -m 'metrics hold on golden'",
        "attest approve credit-risk:2 --expires 90d --meaning 'reviewed and approved for production use'",
    )
)
@click.argument("reference", metavar="NAME:VERSION", type=REFERENCE)
@click.option("--for", "alias", metavar="ALIAS", help="For this use alone.")
@click.option(
    "--meaning", metavar="TEXT", help="What your signature stands for, in the words that the policy asks for."
)
@click.option("--expires", metavar="TIME", help="Until when it goes: a time with its zone, or 90d from now.")
@changing.reason()
@changing.common()
def command(*, reference: str, alias: str | None, **values: Any) -> None:
    """Approve a version, over every claim about it that holds now: they are listed, and named in what you sign.

    What is signed later is not covered. Whoever published the version cannot approve it for a policy that asks for
    approvals.
    """
    parsed = with_version(Reference.parse(reference), None)
    review.run(parsed, Decision.APPROVE, alias=alias, reason=values["reason"], values=values)
