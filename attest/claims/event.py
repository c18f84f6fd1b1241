"""Events: what changes the meaning of a model's names, as signed, hash-chained claims (docs/formats.md, `event:v1`).

This module reads and writes single events. Whether one may follow another is decided in
`attest.lifecycle.transitions`, and whether a chain of them holds in `attest.lifecycle.chain`.
"""

from __future__ import annotations

from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.claims import fields
from attest.claims.approval import Reviewed
from attest.claims.log_state import Held, RoleName, Stage, State, digest_at, number
from attest.claims.predicates import EVENT
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement, Subject
from attest.errors import MalformedEvidence
from attest.trust.window import read_time, shown
from attest_registry.reference import can_be_label

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from attest_registry.digest import Digest

_FIELDS: Final = {
    "by",
    "log",
    "model",
    "environment",
    "sequence",
    "previous",
    "action",
    "time",
    "version",
    "target",
    "reason",
    "gate",
    "claims",
    "fork",
    "origin",
    "state",
}
_REASON_CHARACTERS: Final = 2_000
_MOST_EVENTS: Final = 100_000


class Action(StrEnum):
    """What an event does."""

    REGISTER = "register"
    RECORD = "record"
    PROMOTE = "promote"
    DEMOTE = "demote"
    ROLLBACK = "rollback"
    ARCHIVE = "archive"
    REVOKE = "revoke"
    BIND_POLICY = "bind-policy"
    GRANT = "grant"
    RESOLVE_FORK = "resolve-fork"
    DELETE = "delete"


class Versioned(Struct, frozen=True, kw_only=True):
    """The version that an event is about.

    Args:
        number: its number.
        manifest: its manifest digest.
        label: its label, where it has one.
    """

    number: int
    manifest: Digest
    label: str | None = None

    @property
    def held(self) -> Held:
        """The same as an alias has it."""
        return Held(number=self.number, manifest=self.manifest)


class Target(Struct, frozen=True, kw_only=True):
    """What an event acts on; at most one of them.

    Args:
        alias: a name that points at a version.
        stage: a stage.
        role: a role whose list is replaced.
    """

    alias: str | None = None
    stage: Stage | None = None
    role: RoleName | None = None


class Gate(Struct, frozen=True, kw_only=True):
    """What a gate saw before it let a version pass.

    Args:
        policy: digest of the policy that was bound; `None` for the built-in gate.
        evidence: the claims that it looked at.
        against: the version that held the alias before, where the policy compared with it.
    """

    policy: Digest | None
    evidence: tuple[Reviewed, ...]
    against: Held | None = None


class Fork(Struct, frozen=True, kw_only=True):
    """How a fork ends.

    Args:
        stands: the event, one of two with one number, that this one follows.
        abandoned: every event of the other branch.
    """

    stands: Digest
    abandoned: tuple[Digest, ...]


class Origin(Struct, frozen=True, kw_only=True):
    """Where a log that was copied goes on from.

    Args:
        log: digest of the first event of the other log.
        sequence: number of its event that was the newest.
        event: that event's digest.
    """

    log: Digest
    sequence: int
    event: Digest


class Event(Struct, frozen=True, kw_only=True):
    """One event.

    Args:
        by: who signs it.
        model: the model's name without host.
        environment: which of several registries it is of.
        sequence: counts up by one from 1.
        action: what it does.
        time: when, by its signer's word.
        version: the version concerned; for events about the whole model the newest registered one.
        state: what everything means from then on.
        log: digest of the first event's words; `None` in the first one.
        previous: digest of the words of the event before; `None` in the first one.
        target: what it acts on.
        reason: why, for people.
        gate: what the gate saw.
        claims: the claims that are recorded.
        fork: how a fork ends.
        origin: where a copied log comes from; in the first event alone.
    """

    by: SignerName
    model: str
    environment: str | None
    sequence: int
    action: Action
    time: datetime
    version: Versioned
    state: State
    log: Digest | None = None
    previous: Digest | None = None
    target: Target = Target()
    reason: str | None = None
    gate: Gate | None = None
    claims: tuple[Reviewed, ...] = ()
    fork: Fork | None = None
    origin: Origin | None = None


def build(event: Event) -> Statement:
    """The claim "this happened, and now it is so".

    Raises:
        MalformedEvidence: it says something that no reader would accept.
    """
    statement = Statement.build(
        subjects=[Subject(name=event.model, digest=event.version.manifest)],
        predicate_type=EVENT,
        predicate={key: value for key, value in _written(event).items() if value not in (None, [], {})},
    )
    parse(statement)
    return statement


def _written(event: Event) -> dict[str, Any]:
    version: dict[str, Any] = {"number": event.version.number, "manifest": {"sha256": event.version.manifest.hex}}
    if event.version.label is not None:
        version["label"] = event.version.label
    return {
        "by": event.by.to_json(),
        "log": _digest(event.log),
        "model": event.model,
        "environment": event.environment,
        "sequence": event.sequence,
        "previous": _digest(event.previous),
        "action": event.action.value,
        "time": shown(event.time.astimezone(UTC)),
        "version": version,
        "target": _target(event.target),
        "reason": event.reason,
        "gate": None if event.gate is None else _gate(event.gate),
        "claims": [claim.to_json() for claim in event.claims],
        "fork": None if event.fork is None else _fork(event.fork),
        "origin": None if event.origin is None else _origin(event.origin),
        "state": event.state.to_json(),
    }


def _digest(digest: Digest | None) -> dict[str, str] | None:
    return None if digest is None else {"sha256": digest.hex}


def _target(target: Target) -> dict[str, str]:
    named = {"alias": target.alias, "stage": target.stage, "role": target.role}
    return {key: str(value) for key, value in named.items() if value is not None}


def _gate(gate: Gate) -> dict[str, Any]:
    found: dict[str, Any] = {"verdict": "allowed", "evidence": [each.to_json() for each in gate.evidence]}
    if gate.policy is not None:
        found["policy"] = {"sha256": gate.policy.hex}
    return found | ({} if gate.against is None else {"against": gate.against.to_json()})


def _fork(fork: Fork) -> dict[str, Any]:
    return {"stands": _digest(fork.stands), "abandoned": [_digest(each) for each in fork.abandoned]}


def _origin(origin: Origin) -> dict[str, Any]:
    return {"log": _digest(origin.log), "sequence": origin.sequence, "event": _digest(origin.event)}


def parse(statement: Statement) -> Event:
    """What an event says; its signature and its place in a chain are not looked at.

    Raises:
        MalformedEvidence: it is none, or holds anything that is not understood.
    """
    if statement.predicate_type != EVENT:
        raise MalformedEvidence("the claim is no event", expected=EVENT, found=statement.predicate_type[:120])
    said = statement.predicate
    fields.only(said, _FIELDS, "fields")
    action = fields.text(said, "action")
    if action not in set(Action):
        raise MalformedEvidence("the event does something unknown", expected=", ".join(Action), found=action[:80])
    event = Event(
        by=SignerName.parse(fields.mapping(said, "by")),
        model=fields.text(said, "model"),
        environment=fields.optional_text(said, "environment"),
        sequence=number(said, "sequence"),
        action=Action(action),
        time=read_time(fields.text(said, "time"), what="time").astimezone(UTC),
        version=_read_version(fields.mapping(said, "version")),
        state=State.parse(fields.mapping(said, "state")),
        log=digest_at(said, "log") if "log" in said else None,
        previous=digest_at(said, "previous") if "previous" in said else None,
        target=_read_target(fields.optional_mapping(said, "target")),
        reason=_reason(said),
        gate=_read_gate(fields.mapping(said, "gate")) if "gate" in said else None,
        claims=tuple(Reviewed.parse(item) for item in fields.objects(said, "claims")),
        fork=_read_fork(fields.mapping(said, "fork")) if "fork" in said else None,
        origin=_read_origin(fields.mapping(said, "origin")) if "origin" in said else None,
    )
    _bind(event, statement)
    return event


def _bind(event: Event, statement: Statement) -> None:
    """An event is about the version that it names, and under the model's name: nothing else may be its subject."""
    subject = statement.subjects[0]
    if subject.name != event.model or not subject.digest.matches(event.version.manifest):
        raise MalformedEvidence(
            "the event is about something else than it names",
            expected=f"{event.model} {event.version.manifest}",
            found=f"{subject.name[:120]} {subject.digest}",
        )
    first = event.sequence == 1
    if first != (event.log is None) or first != (event.previous is None):
        raise MalformedEvidence(
            "only the first event of a log follows no other",
            expected="log and previous in every event but the first",
            found=f"event {event.sequence}",
        )


def _reason(said: Mapping[str, Any]) -> str | None:
    reason = fields.optional_text(said, "reason")
    if reason is not None and len(reason) > _REASON_CHARACTERS:
        raise MalformedEvidence("the reason is too long", expected=f"at most {_REASON_CHARACTERS} characters")
    return reason


def _read_version(value: Mapping[str, Any]) -> Versioned:
    fields.only(value, {"number", "manifest", "label"}, "fields of a version")
    label = fields.optional_text(value, "label")
    if label is not None and not can_be_label(label):
        raise MalformedEvidence("what stands as a label can be none", code="bad-label", found=label[:80])
    return Versioned(number=number(value, "number"), manifest=digest_at(value, "manifest"), label=label)


def _read_target(value: Mapping[str, Any]) -> Target:
    fields.only(value, {"alias", "stage", "role"}, "fields of a target")
    if len(value) > 1:
        raise MalformedEvidence("an event acts on one thing", found=", ".join(sorted(value)))
    stage, role = fields.optional_text(value, "stage"), fields.optional_text(value, "role")
    if stage is not None and stage not in set(Stage):
        raise MalformedEvidence("the stage is not known", expected=", ".join(Stage), found=stage[:80])
    if role is not None and role not in set(RoleName):
        raise MalformedEvidence("the role is not known", expected=", ".join(RoleName), found=role[:80])
    return Target(
        alias=fields.optional_text(value, "alias"),
        stage=None if stage is None else Stage(stage),
        role=None if role is None else RoleName(role),
    )


def _read_gate(value: Mapping[str, Any]) -> Gate:
    fields.only(value, {"policy", "verdict", "evidence", "against"}, "fields of a gate")
    if value.get("verdict") != "allowed":
        raise MalformedEvidence("a gate that let nothing pass is no part of an event", expected="verdict: allowed")
    against = None
    if "against" in value:
        named = fields.mapping(value, "against")
        fields.only(named, {"number", "manifest"}, "fields of a version")
        against = Held(number=number(named, "number"), manifest=digest_at(named, "manifest"))
    return Gate(
        policy=digest_at(value, "policy") if "policy" in value else None,
        evidence=tuple(Reviewed.parse(item) for item in fields.objects(value, "evidence")),
        against=against,
    )


def _read_fork(value: Mapping[str, Any]) -> Fork:
    fields.only(value, {"stands", "abandoned"}, "fields of a fork")
    abandoned = value.get("abandoned")
    if not isinstance(abandoned, list) or not 1 <= len(abandoned) <= _MOST_EVENTS:
        raise MalformedEvidence("the end of a fork names the events that it abandons")
    return Fork(
        stands=digest_at(value, "stands"),
        abandoned=tuple(digest_at({"event": each}, "event") for each in abandoned),
    )


def _read_origin(value: Mapping[str, Any]) -> Origin:
    fields.only(value, {"log", "sequence", "event"}, "fields of an origin")
    return Origin(log=digest_at(value, "log"), sequence=number(value, "sequence"), event=digest_at(value, "event"))
