"""Event → state: which act may follow which state, by whom, and what everything means afterwards.

One table for both sides (docs/formats.md, `event:v1`): whoever writes an event computes its state here, and every
reader computes it again and compares. Pure: what earlier events said is asked of `Known`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from attest.claims.event import Action
from attest.claims.log_state import MOST_ALIASES, RoleName, Stage, State
from attest.errors import IllegalEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.claims.event import Event, Versioned
    from attest.claims.log_state import Held

ALIAS_STAGES: Final[Mapping[str, Stage]] = MappingProxyType({"production": Stage.PRODUCTION, "staging": Stage.STAGING})
"""The aliases whose holder has the stage of the same name; every other alias leaves stages alone."""

_ALIAS: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}", re.ASCII)
_RESERVED: Final = re.compile(r"latest|v[0-9]+|attest-.*|sha256-.*", re.ASCII)
_WITH_GATE: Final = frozenset({Action.PROMOTE, Action.ROLLBACK})
_ABOUT_THE_MODEL: Final = frozenset({Action.BIND_POLICY, Action.GRANT, Action.RESOLVE_FORK, Action.DELETE})


class Known(Protocol):
    """What the events before said."""

    def registered(self, number: int) -> Versioned | None:
        """The version of a number; `None` where none was registered."""
        ...

    def number_of(self, label: str) -> int | None:
        """The number that a label was registered for."""
        ...

    def holders(self, alias: str) -> tuple[int, ...]:
        """The numbers of the versions that an alias has pointed at, each once, the latest last."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class NothingKnown:
    """Before the first event."""

    def registered(self, number: int) -> Versioned | None:  # noqa: ARG002
        """None yet."""
        return None

    def number_of(self, label: str) -> int | None:  # noqa: ARG002
        """None yet."""
        return None

    def holders(self, alias: str) -> tuple[int, ...]:  # noqa: ARG002
        """None yet."""
        return ()


def follow(before: State | None, event: Event, known: Known) -> State:
    """The state after an event; what the event itself says of it is taken only where the act is to change just that.

    Args:
        before: the state before; `None` for the first event.
        event: what is done, and by whom.
        known: what the events before said.

    Raises:
        IllegalEvent: it may not follow, or this person may not do it. The code says why.
    """
    _check_parts(event)
    if before is None:
        return _begun(event)
    if before.closed:
        raise _illegal(event, "the model was deleted, and nothing follows that", code="model-deleted")
    _check_role(before, event)
    _check_version(before, event, known)
    return _ACTS[event.action](before, event, known)


def _illegal(
    event: Event, why: str, *, code: str, expected: str | None = None, found: str | None = None
) -> IllegalEvent:
    return IllegalEvent(
        f"{event.action} of {event.model}:{event.version.number}: {why}", code=code, expected=expected, found=found
    )


def _check_parts(event: Event) -> None:
    """Each act has the parts that belong to it, so that nothing is said where nobody looks."""
    target = event.target
    parts = {
        "gate": (event.gate is not None, event.action in _WITH_GATE),
        "claims": (bool(event.claims), event.action is Action.RECORD),
        "fork": (event.fork is not None, event.action is Action.RESOLVE_FORK),
        "origin": (event.origin is not None, event.sequence == 1),
        "an alias": (
            target.alias is not None,
            event.action in {Action.PROMOTE, Action.DEMOTE, Action.ROLLBACK, Action.BIND_POLICY},
        ),
        "a stage": (target.stage is not None, event.action in {Action.PROMOTE, Action.DEMOTE}),
        "a role": (target.role is not None, event.action is Action.GRANT),
    }
    for name, (there, allowed) in parts.items():
        if there and not allowed:
            raise _illegal(event, f"it has {name}, which does not belong there", code="event-parts")
    missing = {
        Action.RECORD: not event.claims,
        Action.RESOLVE_FORK: event.fork is None,
        Action.GRANT: target.role is None,
        Action.PROMOTE: event.gate is None or (target.alias is None and target.stage is None),
        Action.DEMOTE: target.alias is None and target.stage is None,
        Action.ROLLBACK: target.alias is None,
        Action.BIND_POLICY: target.alias is None,
    }
    if missing.get(event.action):
        raise _illegal(event, "it lacks what it acts on", code="event-parts")
    if target.alias is not None and (not _ALIAS.fullmatch(target.alias) or _RESERVED.fullmatch(target.alias)):
        raise _illegal(event, f"{target.alias[:80]!r} cannot be an alias", code="bad-alias")


def _begun(event: Event) -> State:
    """The first event registers version 1 and makes its signer an admin; the roles are his to give."""
    if event.action is not Action.REGISTER or event.version.number != 1:
        raise _illegal(event, "a log begins with the registration of version 1", code="log-beginning")
    roles = event.state.roles
    if not any(grant.who == event.by and grant.aliases is None for grant in roles.get(RoleName.ADMIN, ())):
        raise _illegal(
            event,
            "whoever begins a log is its first admin",
            code="log-beginning",
            expected="its signer among the admins",
            found=f"{len(roles.get(RoleName.ADMIN, ()))} others",
        )
    return State(roles=roles, next_number=2)


def _check_role(before: State, event: Event) -> None:
    """Who may do it: everybody who reads asks this himself (docs/threats.md row 65)."""
    stage = None if event.target.stage is None else event.target.stage.value
    alias = event.target.alias or stage
    needed = _ROLES[event.action]
    if any(before.allows(event.by, role, alias) for role in needed):
        return
    if event.action is Action.RECORD and set(needed) & set(before.roles_of(event.by)):
        return  # what an approver of one alias decided is about the version
    raise _illegal(
        event,
        "its signer has no role for that",
        code="role-missing",
        expected=" or ".join(needed) + (f" of @{alias}" if alias and needed == _APPROVER else ""),
        found=f"{event.by.title}, {', '.join(before.roles_of(event.by)) or 'who has no role'}",
    )


def _check_version(before: State, event: Event, known: Known) -> None:
    """The version is registered under this very digest; events about the model name its newest version."""
    if event.action is Action.REGISTER:
        return
    registered = known.registered(event.version.number)
    if registered is None:
        raise _illegal(event, "no such version is registered", code="version-unregistered")
    if not registered.manifest.matches(event.version.manifest) or event.version.label not in {None, registered.label}:
        raise _illegal(
            event,
            "it names another version than was registered",
            code="version-unregistered",
            expected=f"{registered.manifest}",
            found=f"{event.version.manifest}",
        )
    if event.action in _ABOUT_THE_MODEL and event.version.number != before.next_number - 1:
        raise _illegal(
            event,
            "an event about the whole model names its newest version",
            code="event-parts",
            expected=str(before.next_number - 1),
        )


def _register(before: State, event: Event, known: Known) -> State:
    version = event.version
    if version.number != before.next_number:
        raise _illegal(
            event, "it is not the next version", code="version-out-of-order", expected=str(before.next_number)
        )
    if version.label is not None and known.number_of(version.label) is not None:
        found = f"version {known.number_of(version.label)}"
        raise _illegal(event, f"the label {version.label} is taken", code="label-taken", found=found)
    return replace(before, next_number=before.next_number + 1)


def _record(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    return before


def _promote(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    version, target, gate = event.version, event.target, event.gate
    if version.number in before.revoked:
        raise _illegal(event, "the version is revoked", code="version-revoked")
    bound = before.policies.get(target.alias or str(target.stage))
    if gate is None or gate.policy != bound:
        raise _illegal(
            event,
            "its gate is not the one that is bound",
            code="gate-policy",
            expected="the built-in gate" if bound is None else str(bound),
            found="the built-in gate" if gate is None or gate.policy is None else str(gate.policy),
        )
    if target.alias is None:
        return _staged(before, version.number, target.stage)
    holder = before.aliases.get(target.alias)
    if gate.against is not None and gate.against != holder:
        raise _illegal(event, f"its gate compared with another holder of @{target.alias}", code="gate-against")
    return _moved(before, event, target.alias)


def _moved(before: State, event: Event, alias: str) -> State:
    """An alias points at another version, and stages follow."""
    holder, held = before.aliases.get(alias), event.version.held
    if holder is not None and holder.number == held.number:
        raise _illegal(event, f"@{alias} points at it already", code="alias-unchanged")
    if holder is None and len(before.aliases) >= MOST_ALIASES:
        raise _illegal(event, "there are too many aliases", code="alias-limit", expected=f"at most {MOST_ALIASES}")
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
            raise _illegal(event, f"it is not in {target.stage}", code="stage-unknown")
        return _staged(before, number, None)
    alias = target.alias or ""
    if before.aliases.get(alias) != event.version.held:
        holder = before.aliases.get(alias)
        found = "nothing" if holder is None else f"version {holder.number}"
        raise _illegal(event, f"@{alias} does not point at it", code="alias-unknown", found=found)
    rest = {name: held for name, held in before.aliases.items() if name != alias}
    after = replace(before, aliases=MappingProxyType(rest))
    stage = ALIAS_STAGES.get(alias)
    return after if stage is None else _unstaged(after, number, stage)


def _rollback(before: State, event: Event, known: Known) -> State:
    number, alias = event.version.number, event.target.alias or ""
    if number in before.revoked:
        raise _illegal(event, "the version is revoked", code="version-revoked")
    if number not in known.holders(alias):
        held = ", ".join(map(str, known.holders(alias)[-5:])) or "none"
        raise _illegal(
            event, f"@{alias} never pointed at it", code="rollback-target", expected="an earlier holder", found=held
        )
    return _moved(before, event, alias)


def _archive(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    number = event.version.number
    aliases = [alias for alias, held in before.aliases.items() if held.number == number]
    if aliases:
        raise _illegal(event, f"@{aliases[0]} points at it", code="alias-in-use", expected="no alias")
    return _staged(before, number, None)


def _revoke(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    number = event.version.number
    if number in before.revoked:
        raise _illegal(event, "it is revoked already", code="version-revoked")
    return replace(before, revoked=tuple(sorted({*before.revoked, number})))


def _bind_policy(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    alias = event.target.alias or ""
    policies = dict(before.policies)
    bound = event.state.policies.get(alias)
    if bound is None:
        policies.pop(alias, None)
    else:
        policies[alias] = bound
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
        raise _illegal(event, "a log needs an admin", code="last-admin", expected="at least one admin of everything")
    return replace(before, roles=MappingProxyType(roles))


def _resolve_fork(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    if event.fork is None or event.previous is None or not event.fork.stands.matches(event.previous):
        raise _illegal(event, "it names another event than the one that it follows", code="log-fork")
    return before


def _delete(before: State, event: Event, known: Known) -> State:  # noqa: ARG001
    if before.aliases:
        alias = next(iter(before.aliases))
        raise _illegal(event, f"@{alias} points at version {_number(before.aliases[alias])}", code="alias-in-use")
    return replace(before, closed=True)


def _number(held: Held) -> int:
    return held.number


_APPROVER: Final = (RoleName.APPROVER,)
_ADMIN: Final = (RoleName.ADMIN,)
_ROLES: Final[Mapping[Action, tuple[RoleName, ...]]] = MappingProxyType(
    {
        Action.REGISTER: (RoleName.CONTRIBUTOR,),
        Action.RECORD: (RoleName.EVALUATOR, RoleName.APPROVER, RoleName.CONTRIBUTOR),
        Action.PROMOTE: _APPROVER,
        Action.DEMOTE: _APPROVER,
        Action.ROLLBACK: _APPROVER,
        Action.ARCHIVE: _APPROVER,
        Action.REVOKE: _ADMIN,
        Action.BIND_POLICY: _ADMIN,
        Action.GRANT: _ADMIN,
        Action.RESOLVE_FORK: (RoleName.ADMIN, RoleName.RECOVERY),
        Action.DELETE: _ADMIN,
    }
)
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
