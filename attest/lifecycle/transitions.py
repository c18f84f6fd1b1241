"""Event → state: which act may follow which state, by whom, and what everything means afterwards.

One table for both sides (docs/formats.md, `event:v1`): whoever writes an event computes its state here, and every
reader computes it again and compares. Pure: what earlier events said is asked of `Known`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.claims.event import Action
from attest.claims.log_state import (
    MOST_ALIASES,
    MOST_NUMBER,
    MOST_REVOKED,
    MOST_ROLE_ENTRIES,
    RoleName,
    Stage,
    State,
)
from attest.lifecycle.preconditions import (
    ALIAS_STAGES,
    check_gate,
    check_parts,
    check_revoked,
    check_role,
    check_version,
    illegal,
)
from attest.lifecycle.preconditions import NothingKnown as NothingKnown  # noqa: PLC0414  # both belong to `follow`

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.claims.event import Event
    from attest.claims.log_state import Held
    from attest.lifecycle.preconditions import Known


def follow(before: State | None, event: Event, known: Known) -> State:
    """The state after an event; what the event itself says of it is taken only where the act is to change just that.

    Args:
        before: the state before; `None` for the first event.
        event: what is done, and by whom.
        known: what the events before said.

    Raises:
        IllegalEvent: it may not follow, or this person may not do it. The code says why.
    """
    check_parts(event)
    if before is None:
        return _begun(event)
    if before.closed:
        raise illegal(event, "the model was deleted, and nothing follows that", code="model-deleted")
    check_role(before, event)
    check_version(before, event, known)
    return _ACTS[event.action](before, event, known)


def _begun(event: Event) -> State:
    """The first event registers version 1 and makes its signer an admin; the roles are his to give."""
    if event.action is not Action.REGISTER or event.version.number != 1:
        raise illegal(event, "a log begins with the registration of version 1", code="log-beginning")
    roles = event.state.roles
    if not any(grant.who == event.by and grant.aliases is None for grant in roles.get(RoleName.ADMIN, ())):
        raise illegal(
            event,
            "whoever begins a log is its first admin",
            code="log-beginning",
            expected="its signer among the admins",
            found=f"{len(roles.get(RoleName.ADMIN, ()))} others",
        )
    return State(roles=roles, next_number=2)


def _register(before: State, event: Event, known: Known) -> State:
    version = event.version
    if version.number != before.next_number:
        raise illegal(
            event, "it is not the next version", code="version-out-of-order", expected=str(before.next_number)
        )
    if version.label is not None and known.number_of(version.label) is not None:
        found = f"version {known.number_of(version.label)}"
        raise illegal(event, f"the label {version.label} is taken", code="label-taken", found=found)
    if version.number >= MOST_NUMBER:
        raise illegal(event, "there are too many versions", code="log-limit", expected=f"less than {MOST_NUMBER}")
    return replace(before, next_number=before.next_number + 1)


def _record(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    return before


def _promote(before: State, event: Event, known: Known) -> State:
    version, target, gate = event.version, event.target, event.gate
    check_revoked(before, event, known)
    check_gate(before, event)
    if target.alias is None:
        return _staged(before, version.number, target.stage)
    holder = before.aliases.get(target.alias)
    if gate is not None and gate.against is not None and gate.against != holder:
        raise illegal(event, f"its gate compared with another holder of @{target.alias}", code="gate-against")
    return _moved(before, event, target.alias)


def _moved(before: State, event: Event, alias: str) -> State:
    """An alias points at another version, and stages follow."""
    holder, held = before.aliases.get(alias), event.version.held
    if holder is not None and holder.number == held.number:
        raise illegal(event, f"@{alias} points at it already", code="alias-unchanged")
    if holder is None and len(before.aliases) >= MOST_ALIASES:
        raise illegal(event, "there are too many aliases", code="alias-limit", expected=f"at most {MOST_ALIASES}")
    after = replace(before, aliases=MappingProxyType({**before.aliases, alias: held}))
    stage = ALIAS_STAGES.get(alias)
    if stage is None:
        return after
    if holder is not None:
        after = _unstaged(after, holder.number, stage)
    return _staged(after, held.number, stage)


def _staged(state: State, number: int, stage: Stage | None) -> State:
    """A version is in one stage at a time."""
    stages = {name: tuple(each for each in listed if each != number) for name, listed in state.stages.items()}
    if stage is not None:
        stages[stage.value] = tuple(sorted({*stages.get(stage.value, ()), number}))
    return replace(state, stages=MappingProxyType({name: listed for name, listed in stages.items() if listed}))


def _unstaged(state: State, number: int, stage: Stage) -> State:
    return _staged(state, number, None) if number in state.stages.get(stage.value, ()) else state


def _demote(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    number, target = event.version.number, event.target
    if target.stage is not None:
        if number not in before.stages.get(target.stage.value, ()):
            raise illegal(event, f"it is not in {target.stage}", code="stage-unknown")
        return _staged(before, number, None)
    alias = target.alias or ""
    if before.aliases.get(alias) != event.version.held:
        holder = before.aliases.get(alias)
        found = "nothing" if holder is None else f"version {holder.number}"
        raise illegal(event, f"@{alias} does not point at it", code="alias-unknown", found=found)
    rest = {name: held for name, held in before.aliases.items() if name != alias}
    after = replace(before, aliases=MappingProxyType(rest))
    stage = ALIAS_STAGES.get(alias)
    return after if stage is None else _unstaged(after, number, stage)


def _rollback(before: State, event: Event, known: Known) -> State:
    number, alias = event.version.number, event.target.alias or ""
    check_revoked(before, event, known)
    check_gate(before, event)
    if number not in known.holders(alias):
        held = ", ".join(map(str, known.holders(alias)[-5:])) or "none"
        raise illegal(
            event, f"@{alias} never pointed at it", code="rollback-target", expected="an earlier holder", found=held
        )
    return _moved(before, event, alias)


def _archive(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    number = event.version.number
    aliases = [alias for alias, held in before.aliases.items() if held.number == number]
    if aliases:
        raise illegal(event, f"@{aliases[0]} points at it", code="alias-in-use", expected="no alias")
    return _staged(before, number, None)


def _revoke(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    number = event.version.number
    if number in before.revoked:
        raise illegal(event, "it is revoked already", code="version-revoked")
    if len(before.revoked) >= MOST_REVOKED:
        raise illegal(event, "too many versions are revoked", code="log-limit", expected=f"at most {MOST_REVOKED}")
    return replace(before, revoked=tuple(sorted({*before.revoked, number})))


def _bind_policy(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    alias = event.target.alias or ""
    policies = dict(before.policies)
    bound = event.state.policies.get(alias)
    if bound is None:
        policies.pop(alias, None)
    else:
        policies[alias] = bound
    if len(policies) > MOST_ALIASES:
        raise illegal(event, "too many policies are bound", code="log-limit", expected=f"at most {MOST_ALIASES}")
    return replace(before, policies=MappingProxyType(policies))


def _grant(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    role = event.target.role or RoleName.ADMIN
    roles = dict(before.roles)
    granted = event.state.roles.get(role, ())
    if granted:
        roles[role.value] = granted
    else:
        roles.pop(role.value, None)
    if not any(grant.aliases is None for grant in roles.get(RoleName.ADMIN, ())):
        raise illegal(event, "a log needs an admin", code="last-admin", expected="at least one admin of everything")
    if sum(map(len, roles.values())) > MOST_ROLE_ENTRIES:
        raise illegal(event, "too many people have roles", code="log-limit", expected=f"at most {MOST_ROLE_ENTRIES}")
    return replace(before, roles=MappingProxyType(roles))


def _resolve_fork(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    if event.fork is None or event.previous is None or not event.fork.stands.matches(event.previous):
        raise illegal(event, "it names another event than the one that it follows", code="log-fork")
    return before


def _delete(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    if before.aliases:
        alias = next(iter(before.aliases))
        raise illegal(event, f"@{alias} points at version {_number(before.aliases[alias])}", code="alias-in-use")
    return replace(before, closed=True)


def _number(held: Held) -> int:
    return held.number


_ACTS: Final[Mapping[Action, Callable[[State, Event, Known], State]]] = MappingProxyType(
    {
        Action.REGISTER: _register,
        Action.RECORD: _record,
        Action.PROMOTE: _promote,
        Action.DEMOTE: _demote,
        Action.ROLLBACK: _rollback,
        Action.ARCHIVE: _archive,
        Action.REVOKE: _revoke,
        Action.BIND_POLICY: _bind_policy,
        Action.GRANT: _grant,
        Action.RESOLVE_FORK: _resolve_fork,
        Action.DELETE: _delete,
    }
)
