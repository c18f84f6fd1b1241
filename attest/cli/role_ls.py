"""`attest role ls`: who has which role in a model's log."""

from __future__ import annotations

import click

from attest.claims.log_state import RoleName
from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference


@click.command(epilog=options.examples("attest role ls credit-risk", "attest role ls ghcr.io/acme/credit-risk --json"))
@click.argument("reference", metavar="NAME", type=REFERENCE)
@options.as_json()
@options.reach()
def ls(*, reference: str, as_json: bool, plain_http: bool, ca_file: str | None) -> None:
    """List who has which role, by the verified log."""
    parsed = Reference.parse(reference)
    with changing.reading(parsed, plain_http=plain_http, ca_file=ca_file) as session:
        log = session.log()
    grants = [(role, grant) for role in RoleName for grant in log.state.roles.get(role, ())]
    if as_json:
        items = [{"role": role.value, **grant.to_json()} for role, grant in grants]
        render.document(
            {
                "schema": "attest/roles/v1",
                "model": parsed.name,
                "items": items,
                "log": str(log.head.log),
                "sequence": log.sequence,
                "next": None,
            }
        )
        return
    whole = changing.is_piped()
    rows = [
        [
            role.value,
            changing.person(grant.who, whole=whole),
            "all" if grant.aliases is None else " ".join(grant.aliases),
        ]
        for role, grant in grants
    ]
    render.table(rows, header=["ROLE", "WHO", "ALIASES"])
