"""`attest whoami`: who signs here, what he may do to a model, and which registries know him."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from attest.claims.signer_name import SignerName
from attest.cli import changing, options, render, signers
from attest.cli.references import REFERENCE
from attest.errors import NoSigningKey
from attest.settings import Settings
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from attest.lifecycle.log import Log


@click.command(
    epilog=options.examples(
        "attest whoami", "attest whoami credit-risk", "attest whoami ghcr.io/acme/credit-risk --json"
    )
)
@click.argument("reference", metavar="[MODEL]", type=REFERENCE, required=False)
@signers.signing()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("-q", "--quiet", is_flag=True, help="Print the identity only.")
@options.as_json()
@options.reach()
def command(*, reference: str | None, **values: Any) -> None:
    """Print the identity that you sign with, the roles that it has in MODEL's log, and where you are logged in.

    Nothing is signed. A key without its public half beside it asks for its passphrase.
    """
    from attest_registry.oci import login  # noqa: PLC0415  # it brings what writes files

    settings = Settings.load()
    who = _signer(values, settings)
    log = None
    if reference is not None:
        with changing.reading(
            Reference.parse(reference), plain_http=values["plain_http"], ca_file=values["ca_file"]
        ) as session:
            log = session.log()
    logins = [*_from_environment(), *login.hosts()]
    if values["as_json"]:
        _document(who, log, logins)
    elif values["quiet"]:
        render.result("nobody" if who is None else changing.person(who, whole=True))
    else:
        _show(who, log, reference, logins)


def _signer(values: dict[str, Any], settings: Settings) -> SignerName | None:
    """Whoever would sign; `None` where there is no key and nobody asked for another way."""
    from attest.signed_claims import name_of  # noqa: PLC0415
    from attest.signing.fingerprint import fingerprint  # noqa: PLC0415

    try:
        choice = signers.choose(values, settings)
    except NoSigningKey:
        return None
    if isinstance(choice, signers.KeyChoice):
        public = choice.public_key or choice.public_half()
        if public is not None:
            return SignerName(key=fingerprint(public))
    return name_of(choice.open())


def _from_environment() -> Iterable[tuple[str, str]]:
    host = os.environ.get("ATTEST_REGISTRY_HOST")
    return [(host, "$ATTEST_REGISTRY_USER")] if host and os.environ.get("ATTEST_REGISTRY_USER") else []


def _roles(who: SignerName | None, log: Log) -> list[tuple[str, tuple[str, ...] | None]]:
    """Roles with the aliases that each goes for."""
    grants = [(role, grant) for role, listed in log.state.roles.items() for grant in listed]
    return [(role, grant.aliases) for role, grant in grants if grant.who == who]


def _show(who: SignerName | None, log: Log | None, reference: str | None, logins: list[tuple[str, str]]) -> None:
    render.result("signer     " + ("nobody: no key is set" if who is None else changing.person(who, whole=True)))
    if log is not None:
        roles = [role if aliases is None else f"{role} of {', '.join(aliases)}" for role, aliases in _roles(who, log)]
        render.result(f"roles      {', '.join(roles) or 'none'}, in the log of {reference}")
    for host, place in logins:
        render.result(f"logged in  {render.clean(host)}   ({render.clean(place)})")
    if not logins:
        render.result("logged in  nowhere")
    if who is None:
        render.hint("attest keygen        makes a key")


def _document(who: SignerName | None, log: Log | None, logins: list[tuple[str, str]]) -> None:
    roles = None
    if log is not None:
        roles = [
            {"role": role, "aliases": None if aliases is None else list(aliases)} for role, aliases in _roles(who, log)
        ]
    render.document(
        {
            "schema": "attest/whoami/v1",
            "signer": None if who is None else who.to_json(),
            "roles": roles,
            "logins": [{"host": host, "place": place} for host, place in logins],
        }
    )
