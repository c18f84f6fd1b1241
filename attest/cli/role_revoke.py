"""`attest role revoke`: take a role away, such as that of a key that was lost or stolen."""

from __future__ import annotations

from typing import Any

import click

from attest.claims.log_state import RoleName
from attest.cli import changing, options
from attest.cli.identity import naming, read_identity
from attest.cli.references import REFERENCE
from attest.cli.role_grant import ROLE, report
from attest_registry.reference import Reference


@click.command(
    epilog=options.examples(
        "attest role revoke credit-risk approver mallory.pub -m 'left the company'",
        "attest role revoke credit-risk evaluator bot@ci.example --issuer https://accounts.example.com",
    )
)
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.argument("role", metavar="ROLE", type=ROLE)
@naming()
@changing.reason()
@changing.common(dry_run=False)
def revoke(*, reference: str, role: str, identity: str, issuer: str | None, **values: Any) -> None:
    """Take a role away from somebody. What he did with it stays as it is; one admin has to be left."""
    from attest.lifecycle import administering  # noqa: PLC0415

    parsed, name = Reference.parse(reference), RoleName(role)
    who, _ = read_identity(identity, issuer)
    with changing.session(values, parsed) as session:
        after = administering.withdraw(session, name, who, reason=values["reason"])
    report(parsed, name, who, after, values=values, what=("revoked", "of"))
