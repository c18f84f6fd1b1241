"""`attest reject`: sign that a version was reviewed and may not be used."""

from __future__ import annotations

from typing import Any

import click

from attest.claims.approval import Decision
from attest.cli import changing, options, review
from attest.cli.promote import with_version
from attest.cli.references import REFERENCE
from attest.cli.revocations_issue import reason_of
from attest_registry.reference import Reference


@click.command(
    epilog=options.examples(
        "attest reject credit-risk:2 -m 'worse on the small-business slice'",
        "attest reject credit-risk:2 --for production -m 'no bias report'",
    )
)
@click.argument("reference", metavar="NAME:VERSION", type=REFERENCE)
@click.option("--for", "alias", metavar="ALIAS", help="For this use alone.")
@click.option("--meaning", metavar="TEXT", help="What your signature stands for.")
@changing.reason(required=True)
@changing.common()
def command(*, reference: str, alias: str | None, **values: Any) -> None:
    """Reject a version. The rejection is named in the model's log, so that no store can leave it out.

    It counts for every policy that asks you for approvals, whenever it was made; approvals by others do not undo it.
    """
    parsed = with_version(Reference.parse(reference), None)
    reason = reason_of(values["reason"], what="rejected")
    review.run(parsed, Decision.REJECT, alias=alias, reason=reason, values=values)
