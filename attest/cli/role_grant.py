"""`attest role grant`: give somebody a role in a model's log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from attest.claims.log_state import RoleName
from attest.cli import changing, options, render
from attest.cli.identity import check_known, naming, read_identity
from attest.cli.references import REFERENCE
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from attest.claims.log_state import Grant
    from attest.claims.signer_name import SignerName
    from attest.lifecycle.log import Log

ROLE = click.Choice([role.value for role in RoleName])


@click.command(
    epilog=options.examples(
        "attest role grant credit-risk admin bob.pub -m 'in case my key is lost'",
        "attest role grant credit-risk approver carol.pub --alias production",
        "attest role grant credit-risk evaluator bot@ci.example --issuer https://accounts.example.com",
    )
)
@click.argument("reference", metavar="NAME", type=REFERENCE)
@click.argument("role", metavar="ROLE", type=ROLE)
@naming()
@click.option("--alias", "aliases", multiple=True, metavar="ALIAS", help="For this alias alone; may be repeated.")
@changing.reason()
@changing.common(dry_run=False)
def grant(*, reference: str, role: str, identity: str, issuer: str | None, **values: Any) -> None:
    """Give somebody a role, beside those who have it. Only an admin does that.

    IDENTITY is a public key file, which is put beside the log so that everybody can check what it signs; sha256:… of
    a key that the log knows; or SUBJECT with --issuer URL.
    """
    from attest.lifecycle import administering  # noqa: PLC0415

    parsed, name = Reference.parse(reference), RoleName(role)
    who, keys = read_identity(identity, issuer)
    with changing.session(values, parsed, keys=keys) as session:
        log = session.log()
        check_known(who, log, given=bool(keys))
        had = next((each for each in log.state.roles.get(name, ()) if each.who == who), None)
        aliases = _aliases(had, values["aliases"])
        already = had is not None and had.aliases == aliases
        after = log if already else administering.grant(session, name, who, aliases=aliases, reason=values["reason"])
    if already and had is not None and had.aliases is None and values["aliases"] and not values["quiet"]:
        render.note(f"it goes for all aliases; to narrow it: attest role revoke {parsed.name} {role} {identity}, first")
    report(parsed, name, who, after, values=values, what=("granted", "->"), already=already, aliases=aliases)


def _aliases(had: Grant | None, wanted: tuple[str, ...]) -> tuple[str, ...] | None:
    """For which aliases the role goes then: those that it went for, and these."""
    if not wanted or (had is not None and had.aliases is None):
        return None
    before = () if had is None else had.aliases or ()
    return tuple(dict.fromkeys((*before, *wanted)))


def report(
    reference: Reference,
    role: RoleName,
    who: SignerName,
    log: Log,
    *,
    values: dict[str, Any],
    what: tuple[str, str],
    already: bool = False,
    aliases: tuple[str, ...] | None = None,
) -> None:
    """Say what was changed about a role.

    Args:
        reference: the model.
        role: the role.
        who: somebody.
        log: the log after it.
        values: the options by name.
        what: what was done, as a word and as a sign between role and person.
        already: whether it was so before.
        aliases: for which aliases it goes.
    """
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/role/v1",
                "model": reference.name,
                "action": what[0],
                "role": role.value,
                "who": who.to_json(),
                "aliases": None if aliases is None else list(aliases),
                "already": already,
                "event": None if already else changing.event_document(log),
            }
        )
        return
    if values["quiet"]:
        return
    of = "" if aliases is None else f" of {', '.join(f'@{alias}' for alias in aliases)}"
    if already:
        render.note(f"already there: {changing.person(who)} is {role}{of} of {reference.name}, nothing to do")
    else:
        render.note(f"{what[0].ljust(8)} {role}{of} {what[1]} {changing.person(who)}       {changing.event_line(log)}")
