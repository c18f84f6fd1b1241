"""What an admin does: who has which role, which policy is bound to an alias, what is revoked, deleted or repaired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.event import Action, Fork, Target
from attest.claims.log_state import Grant, RoleName
from attest.errors import IllegalEvent, InputError
from attest.lifecycle.writing import Draft
from attest_registry.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path

    from attest.claims.event import Versioned
    from attest.claims.signer_name import SignerName
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest_registry.digest import Digest


def grant(
    session: Session,
    role: RoleName,
    who: SignerName,
    *,
    aliases: tuple[str, ...] | None = None,
    reason: str | None = None,
) -> Log:
    """Give somebody a role, beside those who have it.

    Args:
        session: the model, with an admin as signer.
        role: the role.
        who: to whom.
        aliases: the only aliases that it goes for; `None` for all.
        reason: why.
    """
    log = session.log()
    others = tuple(each for each in log.state.roles.get(role, ()) if each.who != who)
    granted = (*others, Grant(who=who, aliases=aliases))
    return session.write(log, Draft(action=Action.GRANT, target=Target(role=role), granted=granted, reason=reason))


def withdraw(session: Session, role: RoleName, who: SignerName, *, reason: str | None = None) -> Log:
    """Take a role away: a key that was lost or stolen goes the same way.

    Raises:
        NotFound: he has not that role (`role-unknown`).
        IllegalEvent: no admin would be left (`last-admin`).
    """
    log = session.log()
    listed = log.state.roles.get(role, ())
    granted = tuple(each for each in listed if each.who != who)
    if len(granted) == len(listed):
        raise NotFound(f"nobody of that name is {role} of {session.reference.name}", code="role-unknown")
    return session.write(log, Draft(action=Action.GRANT, target=Target(role=role), granted=granted, reason=reason))


def bind(session: Session, alias: str, policy: Path | None, *, reason: str | None = None) -> tuple[Log, Digest | None]:
    """Bind a policy to an alias: every promotion to it is judged by that policy from then on, by every reader.

    Where it is bound already, the log stays as it is.

    Args:
        session: the model, with an admin as signer.
        alias: the alias, which need not point at anything yet.
        policy: the policy file; `None` to bind none.
        reason: why.

    Raises:
        PolicyError: the policy is not understood whole, or cannot be carried along.
    """
    log = session.log()
    if not log.state.allows(session.writer.who, RoleName.ADMIN, alias):
        raise IllegalEvent(  # before anything is stored
            f"{session.reference.name}: only an admin binds policies", code="role-missing", expected="admin"
        )
    digest = None
    if policy is not None:
        from attest.lifecycle.bound_policies import store_bound  # noqa: PLC0415  # it reads YAML

        digest = store_bound(session.repository, policy)
    if log.state.policies.get(alias) == digest:
        return log, digest
    draft = Draft(action=Action.BIND_POLICY, target=Target(alias=alias), policy=digest, reason=reason)
    return session.write(log, draft), digest


def revoke(session: Session, version: Versioned, *, reason: str) -> Log:
    """Revoke a version: an alias that points at it admits nothing until it is moved."""
    return session.write(session.log(), Draft(action=Action.REVOKE, version=version, reason=reason))


def delete(session: Session, *, reason: str) -> Log:
    """Close a model's log for good. Its name is never used again, and what it said stays readable."""
    return session.write(session.log(), Draft(action=Action.DELETE, reason=reason))


def resolve_fork(session: Session, log: Log, abandoned: tuple[Digest, ...], *, reason: str) -> Log:
    """End a fork: the branch in the store stands, and the events of the other one are named as abandoned.

    Args:
        session: the model, with an admin or recovery admin as signer.
        log: the branch that stands.
        abandoned: the events of the other one.
        reason: why.
    """
    if not abandoned:
        raise InputError("a fork names the events that are abandoned", code="usage", expected="--abandon sha256:…")
    draft = Draft(action=Action.RESOLVE_FORK, fork=Fork(stands=log.head.head, abandoned=abandoned), reason=reason)
    return session.write(log, draft)
