"""`attest resolve`: the version that an alias points at, by the verified log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from attest.cli import changing, options, render
from attest.cli.references import REFERENCE
from attest.errors import InputError
from attest.lifecycle.pinning import read_meant
from attest.whom import Whom
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.lifecycle.session import Session
    from attest.policy.document import Policy


@click.command(
    epilog=options.examples(
        "attest resolve credit-risk@production",
        "attest resolve ghcr.io/acme/credit-risk@production --json",
        "attest resolve credit-risk@production --key alice.pub",
        "REF=$(attest resolve -q credit-risk@production --policy production.yaml)",
    )
)
@click.argument("reference", metavar="NAME@ALIAS", type=REFERENCE)
@click.option("--from-catalogue", is_flag=True, help="Ask the index alone, which proves nothing.")
@click.option("-q", "--quiet", is_flag=True, help="Print the pinned reference only.")
@options.as_json()
@options.whose_log()
@options.reach()
def command(
    *,
    reference: str,
    from_catalogue: bool,
    quiet: bool,
    as_json: bool,
    whom: Whom,
    plain_http: bool,
    ca_file: str | None,
) -> None:
    """Print the pinned reference that an alias means now. The model's log is verified, the version's bytes are not.

    Anybody can begin a log of any name: --key, --identity or --policy say whose log it has to be.
    It says where the version stands, not whether it may be used: verify, pull, load and exec judge that.
    """
    parsed = Reference.parse(reference)
    if parsed.alias is None:
        raise InputError(f"{reference} names no alias", code="usage", expected=f"{parsed.name}@ALIAS")
    if from_catalogue and whom != Whom():
        raise InputError("--from-catalogue asks nobody's log", code="usage", expected="one or the other")
    with changing.reading(parsed, plain_http=plain_http, ca_file=ca_file) as session:
        if from_catalogue:
            _from_catalogue(parsed, session, quiet=quiet, as_json=as_json)
            return
        log, finding = read_meant(session, _policy(whom, session, parsed), alias=parsed.alias)
    held = log.resolve(parsed.alias, name=parsed.name)
    pinned = replace(parsed, alias=None).with_version(str(held.number)).pinned(held.manifest)
    revoked = held.number in log.state.revoked
    if as_json:
        render.document(
            {
                "schema": "attest/resolution/v1",
                "reference": str(pinned),
                "digest": str(held.manifest),
                "number": held.number,
                "alias": parsed.alias,
                "verified": True,
                "pinned": finding is not None,
                "first_use": log.first_use,
                "revoked": revoked,
                "log": str(log.head.log),
                "sequence": log.sequence,
            }
        )
        return
    if not quiet:
        first = ", first use on this machine" if log.first_use else ""
        render.note(f"log      {log.sequence} events verified as one chain{first}")
        if finding is not None:
            render.note(f"         {finding.summary}")
    if revoked:
        render.warning("version-revoked", f"version {held.number} is revoked; nothing admits it")
    render.result(str(pinned))


def _policy(whom: Whom, session: Session, reference: Reference) -> Policy | None:
    """What was typed about whose log it has to be."""
    if whom == Whom():
        return None
    from attest.trusting import policy_in_force  # noqa: PLC0415

    return policy_in_force(session.settings, whom, asked_for=str(reference), verb="resolve")


def _from_catalogue(reference: Reference, session: Session, *, quiet: bool, as_json: bool) -> None:
    from attest_registry.errors import NotFound  # noqa: PLC0415

    holding = session.catalogue.alias(session.name, reference.alias or "")
    if holding is None:
        raise NotFound(f"the catalogue knows no {reference}", code="alias-unknown", hint=f"attest resolve {reference}")
    pinned = replace(reference, alias=None).with_version(str(holding.number)).pinned(holding.manifest)
    if as_json:
        render.document(
            {
                "schema": "attest/resolution/v1",
                "reference": str(pinned),
                "digest": str(holding.manifest),
                "number": holding.number,
                "alias": reference.alias,
                "verified": False,
            }
        )
        return
    if not quiet:
        render.note("NOT VERIFIED: this is what the catalogue says; the log was not looked at")
    render.result(str(pinned))
