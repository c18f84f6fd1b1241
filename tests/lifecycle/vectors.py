"""The vectors of transitions.json as values: names become keys, digests and states."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from attest.claims.approval import Reviewed
from attest.claims.event import Action, Event, Fork, Gate, Target, Versioned
from attest.claims.log_state import Grant, Held, RoleName, Stage, State
from attest.claims.signer_name import SignerName
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Mapping

TABLE: dict[str, Any] = json.loads((Path(__file__).parent / "transitions.json").read_text())
PEOPLE = ("alice", "adam", "paul", "peter", "carol", "erin", "rita", "nobody")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HEAD = Digest.of(b"the event before")


def who(name: str) -> SignerName:
    return SignerName(key=Digest.of(name.encode()))


def manifest(name: str) -> Digest:
    return Digest.of(f"manifest {name}".encode())


def policy(name: str) -> Digest:
    return Digest.of(f"policy {name}".encode())


def grant(entry: str | Mapping[str, Any]) -> Grant:
    if isinstance(entry, str):
        return Grant(who=who(entry))
    return Grant(who=who(entry["who"]), aliases=tuple(entry["aliases"]))


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the events before said, as the vectors have it."""

    manifests: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    holdings: Mapping[str, list[int]] = field(default_factory=dict)

    def registered(self, number: int) -> Versioned | None:
        name = self.manifests.get(str(number))
        label = next((label for label, held in self.labels.items() if held == number), None)
        return None if name is None else Versioned(number=number, manifest=manifest(name), label=label)

    def number_of(self, label: str) -> int | None:
        return self.labels.get(label)

    def numbers_for(self, digest: Digest) -> tuple[int, ...]:
        return tuple(int(number) for number, name in self.manifests.items() if manifest(name) == digest)

    def holders(self, alias: str) -> tuple[int, ...]:
        return tuple(self.holdings.get(alias, ()))


def known(changes: Mapping[str, Any] | None = None) -> Memory:
    said = TABLE["known"] | (changes or {})
    return Memory(manifests=said["manifests"], labels=said["labels"], holdings=said["holders"])


def state(changes: Mapping[str, Any] | None = None, before: State | None = None) -> State:
    """The state of the table, or `before`, with changes."""
    if before is None:
        before = state(TABLE["before"], State())
    parts: dict[str, Any] = dict(changes or {})
    names = TABLE["known"]["manifests"]
    if "aliases" in parts:
        parts["aliases"] = MappingProxyType(
            {
                alias: Held(number=number, manifest=manifest(names[str(number)]))
                for alias, number in parts["aliases"].items()
            }
        )
    if "stages" in parts:
        parts["stages"] = MappingProxyType({stage: tuple(numbers) for stage, numbers in parts["stages"].items()})
    if "policies" in parts:
        parts["policies"] = MappingProxyType({alias: policy(name) for alias, name in parts["policies"].items()})
    if "roles" in parts:
        roles = {**before.roles, **{role: tuple(map(grant, listed or ())) for role, listed in parts["roles"].items()}}
        parts["roles"] = MappingProxyType({role: listed for role, listed in roles.items() if listed})
    if "revoked" in parts:
        parts["revoked"] = tuple(parts["revoked"])
    return replace(before, **parts)


def act(vector: Mapping[str, Any], by: str, before: State | None) -> Event:
    """The event of a vector, with the state that its signer would write down."""
    said = TABLE["acts"][vector["act"]] | vector.get("with", {})
    number = said["version"]
    name = said.get("manifest") or TABLE["known"]["manifests"].get(str(number), f"v{number}")
    stage, role = said.get("stage"), said.get("role")
    first = vector.get("first", False)
    return Event(
        by=who(by),
        model="acme/credit-risk",
        environment="test",
        sequence=1 if first else 17,
        action=Action(said["action"]),
        time=NOON,
        version=Versioned(number=number, manifest=manifest(name), label=said.get("label")),
        log=None if first else Digest.of(b"log"),
        previous=None if first else HEAD,
        target=Target(
            alias=said.get("alias"),
            stage=None if stage is None else Stage(stage),
            role=None if role is None or first else RoleName(role),
        ),
        gate=_gate(said),
        claims=tuple(
            Reviewed(claim=Digest.of(b"%d" % each), signer=who("erin")) for each in range(said.get("claims", 0))
        ),
        fork=_fork(said.get("fork")),
        state=_wanted(said, before or State()),
    )


def _gate(said: Mapping[str, Any]) -> Gate | None:
    if "gate" not in said or said.get("no-gate"):
        return None
    against = said.get("against")
    held = None if against is None else Held(number=against, manifest=manifest(f"v{against}"))
    return Gate(policy=None if said["gate"] is None else policy(said["gate"]), evidence=(), against=held)


def _fork(named: str | None) -> Fork | None:
    if named is None:
        return None
    return Fork(stands=HEAD if named == "stands" else Digest.of(b"other"), abandoned=(Digest.of(b"abandoned"),))


def _wanted(said: Mapping[str, Any], before: State) -> State:
    """What the signer says of the parts that are his to say."""
    roles, policies = dict(before.roles), dict(before.policies)
    granted = said.get("granted")
    if granted is not None and said.get("role"):
        many = [f"person {each}" for each in range(granted)] if isinstance(granted, int) else granted
        roles[said["role"]] = tuple(map(grant, many))
    if said.get("policy"):
        policies[said["alias"] or ""] = policy(said["policy"])
    elif said["action"] == "bind-policy":
        policies.pop(said["alias"] or "", None)
    return replace(before, roles=roles, policies=policies)
