"""What an act needs before it may follow a state: its parts, its signer's role, its version, its gate.

The second half of the table in `transitions.py`; what earlier events said is asked of `Known`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from attest.claims.event import Action
from attest.claims.log_state import RoleName, Stage
from attest.errors import IllegalEvent
from attest_registry.reference import can_be_alias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.claims.event import Event, Versioned
    from attest.claims.log_state import State
    from attest_registry.digest import Digest

ALIAS_STAGES: Final[Mapping[str, Stage]] = MappingProxyType({"production": Stage.PRODUCTION, "staging": Stage.STAGING})
"""The aliases whose holder has the stage of the same name; every other alias leaves stages alone."""

_WITH_GATE: Final = frozenset({Action.PROMOTE, Action.ROLLBACK})
_ABOUT_THE_MODEL: Final = frozenset({Action.BIND_POLICY, Action.GRANT, Action.RESOLVE_FORK, Action.DELETE})
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


class Known(Protocol):
    """What the events before said."""

    def registered(self, number: int) -> Versioned | None:
        """The version of a number; `None` where none was registered."""
        ...

    def number_of(self, label: str) -> int | None:
        """The number that a label was registered for."""
        ...

    def numbers_for(self, manifest: Digest) -> tuple[int, ...]:
        """Every number under which a manifest was registered."""
        ...

    def holders(self, alias: str) -> tuple[int, ...]:
        """The numbers of the versions that an alias has pointed at, each once, the latest last."""
        ...


class NothingKnown(Struct, frozen=True, kw_only=True):
    """Before the first event."""

    def registered(self, number: int) -> Versioned | None:  # noqa: ARG002
        """None yet."""
        return None

    def number_of(self, label: str) -> int | None:  # noqa: ARG002
        """None yet."""
        return None

    def numbers_for(self, manifest: Digest) -> tuple[int, ...]:  # noqa: ARG002
        """None yet."""
        return ()

    def holders(self, alias: str) -> tuple[int, ...]:  # noqa: ARG002
        """None yet."""
        return ()


def illegal(
    event: Event, why: str, *, code: str, expected: str | None = None, found: str | None = None
) -> IllegalEvent:
    """The refusal of an event, in words."""
    return IllegalEvent(
        f"{event.action} of {event.model}:{event.version.number}: {why}", code=code, expected=expected, found=found
    )


def check_parts(event: Event) -> None:
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
            raise illegal(event, f"it has {name}, which does not belong there", code="event-parts")
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
        raise illegal(event, "it lacks what it acts on", code="event-parts")
    if sum(each is not None for each in (target.alias, target.stage, target.role)) > 1:
        raise illegal(event, "it acts on several things at once", code="event-parts")
    if target.alias is not None and not can_be_alias(target.alias):
        raise illegal(event, f"{target.alias[:80]!r} cannot be an alias", code="bad-alias")


def check_role(before: State, event: Event) -> None:
    """Who may do it: everybody who reads asks this himself (docs/threats.md row 65)."""
    stage = None if event.target.stage is None else event.target.stage.value
    alias = event.target.alias or stage
    needed = _ROLES[event.action]
    if any(before.allows(event.by, role, alias) for role in needed):
        _check_stage_left(before, event)
        return
    if event.action is Action.RECORD and set(needed) & set(before.roles_of(event.by)):
        return  # what an approver of one alias decided is about the version
    raise illegal(
        event,
        "its signer has no role for that",
        code="role-missing",
        expected=" or ".join(needed) + (f" of @{alias}" if alias and needed == _APPROVER else ""),
        found=f"{event.by.title}, {', '.join(before.roles_of(event.by)) or 'who has no role'}",
    )


def _check_stage_left(before: State, event: Event) -> None:
    """Nobody takes a version out of production by the way, who may not act on production."""
    production = Stage.PRODUCTION.value
    entered = event.target.stage or ALIAS_STAGES.get(event.target.alias or "")
    leaves = event.action in _WITH_GATE and entered is Stage.STAGING
    if not leaves or event.version.number not in before.stages.get(production, ()):
        return
    if not before.allows(event.by, RoleName.APPROVER, production):
        raise illegal(
            event,
            "it would leave the stage production, and its signer has no role for that",
            code="role-missing",
            expected=f"{RoleName.APPROVER} of @{production}",
            found=event.by.title,
        )


def check_version(before: State, event: Event, known: Known) -> None:
    """The version is registered under this very digest; events about the model name its newest version."""
    if event.action is Action.REGISTER:
        return
    registered = known.registered(event.version.number)
    if registered is None:
        raise illegal(event, "no such version is registered", code="version-unregistered")
    if not registered.manifest.matches(event.version.manifest) or event.version.label not in {None, registered.label}:
        raise illegal(
            event,
            "it names another version than was registered",
            code="version-unregistered",
            expected=f"{registered.manifest}",
            found=f"{event.version.manifest}",
        )
    if event.action in _ABOUT_THE_MODEL and event.version.number != before.next_number - 1:
        raise illegal(
            event,
            "an event about the whole model names its newest version",
            code="event-parts",
            expected=str(before.next_number - 1),
        )


def check_revoked(before: State, event: Event, known: Known) -> None:
    """What was revoked are the files: the same ones under another number are revoked with them.

    Raises:
        IllegalEvent: `version-revoked`.
    """
    numbers = {event.version.number, *known.numbers_for(event.version.manifest)}
    for number in sorted(numbers & set(before.revoked)):
        what = "the version is" if number == event.version.number else f"its files are version {number}, which is"
        raise illegal(event, f"{what} revoked", code="version-revoked")


def check_gate(before: State, event: Event) -> None:
    """The gate, where the event has one, is that of the policy that is bound.

    Raises:
        IllegalEvent: `gate-policy`.
    """
    target, gate = event.target, event.gate
    bound = before.policies.get(target.alias or str(target.stage))
    if gate is not None and gate.policy != bound:
        raise illegal(
            event,
            "its gate is not the one that is bound",
            code="gate-policy",
            expected="the built-in gate" if bound is None else str(bound),
            found="the built-in gate" if gate.policy is None else str(gate.policy),
        )
