"""What a model's names mean after an event: aliases, stages, policies, roles (docs/formats.md, `event:v1`, `state`).

Every event carries the whole of it, so that the newest verified one answers every question about now. It is bounded;
whoever decides by it has to understand every word, so that unknown fields are refused.
"""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Self

from msgspec import Struct, field

from attest.claims import fields
from attest.claims.signer_name import SignerName
from attest.errors import MalformedEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest_registry.digest import Digest

MOST_ALIASES: Final = 1_000
MOST_ROLE_ENTRIES: Final = 1_000
MOST_REVOKED: Final = 10_000
MOST_NUMBER: Final = 999_999_999  # nine digits, as references have them
_FIELDS: Final = {"aliases", "stages", "policies", "roles", "revoked", "next_number", "closed"}


class RoleName(StrEnum):
    """What somebody may do in a model's log."""

    CONTRIBUTOR = "contributor"  # registers versions, records claims
    EVALUATOR = "evaluator"  # records evaluations
    APPROVER = "approver"  # records approvals and rejections, moves aliases
    ADMIN = "admin"  # everything else
    RECOVERY = "recovery"  # repairs a fork


class Stage(StrEnum):
    """MLflow's closed set. A version that is in neither list has the stage none, or archived after such an event."""

    STAGING = "staging"
    PRODUCTION = "production"


class Held(Struct, frozen=True, kw_only=True):
    """The version that an alias points at.

    Args:
        number: its number.
        manifest: its manifest digest.
    """

    number: int
    manifest: Digest

    def to_json(self) -> dict[str, Any]:
        """As it stands in an event."""
        return {"number": self.number, "manifest": {"sha256": self.manifest.hex}}


class Grant(Struct, frozen=True, kw_only=True):
    """Somebody who has a role.

    Args:
        who: as he names himself in his events.
        aliases: the only aliases that it goes for; `None` for all.
    """

    who: SignerName
    aliases: tuple[str, ...] | None = None

    def covers(self, who: SignerName, alias: str | None) -> bool:
        """Whether it lets him act on an alias; `None` for an act that is about no alias."""
        return self.who == who and (self.aliases is None or alias in self.aliases)

    def to_json(self) -> dict[str, Any]:
        """As it stands in an event."""
        return self.who.to_json() | ({} if self.aliases is None else {"aliases": list(self.aliases)})


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


class State(Struct, frozen=True, kw_only=True):
    """All that a model's names mean.

    Args:
        aliases: alias → the version that it points at.
        stages: stage → numbers of the versions in it, ascending.
        policies: alias → digest of the policy that is bound to it.
        roles: role → who has it.
        revoked: numbers of revoked versions, ascending.
        next_number: the number of the version that is registered next.
        closed: whether the model was deleted; then nothing follows.
    """

    aliases: Mapping[str, Held] = field(default_factory=_nothing)
    stages: Mapping[str, tuple[int, ...]] = field(default_factory=_nothing)
    policies: Mapping[str, Digest] = field(default_factory=_nothing)
    roles: Mapping[str, tuple[Grant, ...]] = field(default_factory=_nothing)
    revoked: tuple[int, ...] = ()
    next_number: int = 1
    closed: bool = False

    def allows(self, who: SignerName, role: RoleName, alias: str | None = None) -> bool:
        """Whether somebody has a role, for an alias where the act is about one."""
        return any(grant.covers(who, alias) for grant in self.roles.get(role, ()))

    def roles_of(self, who: SignerName) -> tuple[str, ...]:
        """Every role of somebody, for messages."""
        return tuple(role for role in RoleName if any(grant.who == who for grant in self.roles.get(role, ())))

    @property
    def people(self) -> tuple[SignerName, ...]:
        """Everybody with a role, each once."""
        return tuple(dict.fromkeys(grant.who for grants in self.roles.values() for grant in grants))

    def to_json(self) -> dict[str, Any]:
        """As it stands in an event; the order of keys is fixed, so that equal states have equal bytes."""
        found: dict[str, Any] = {
            "aliases": {alias: self.aliases[alias].to_json() for alias in sorted(self.aliases)},
            "stages": {stage: list(self.stages[stage]) for stage in sorted(self.stages)},
            "policies": {alias: {"sha256": self.policies[alias].hex} for alias in sorted(self.policies)},
            "roles": {role: [grant.to_json() for grant in self.roles[role]] for role in sorted(self.roles)},
            "revoked": list(self.revoked),
            "next_number": self.next_number,
        }
        return found | ({"closed": True} if self.closed else {})

    @classmethod
    def parse(cls, value: Mapping[str, Any]) -> Self:
        """Read one.

        Raises:
            MalformedEvidence: anything in it is not understood, or too much.
        """
        fields.only(value, _FIELDS, "fields of a state")
        aliases = fields.mapping(value, "aliases")
        policies = fields.optional_mapping(value, "policies")
        roles = fields.mapping(value, "roles")
        _bounded(len(aliases), MOST_ALIASES, "aliases")
        _bounded(len(policies), MOST_ALIASES, "policies")
        if value.get("closed", True) is not True:
            raise MalformedEvidence(
                "a state is closed or says nothing about it", found=f"closed: {value['closed']}"[:80]
            )
        return cls(
            aliases=MappingProxyType({alias: _held(fields.mapping(aliases, alias)) for alias in aliases}),
            stages=_stages(fields.optional_mapping(value, "stages")),
            policies=MappingProxyType({alias: digest_at(policies, alias) for alias in policies}),
            roles=_roles(roles),
            revoked=numbers(value, "revoked", MOST_REVOKED),
            next_number=number(value, "next_number"),
            closed="closed" in value,
        )


def digest_at(value: Mapping[str, Any], key: str) -> Digest:
    """The digest at `key`: `{"sha256": …}` and nothing else.

    Raises:
        MalformedEvidence: it is not there, or something else.
    """
    named = fields.mapping(value, key)
    fields.only(named, {"sha256"}, "fields of a digest")
    digest = fields.sha256({"digest": named})
    if digest is None:
        raise MalformedEvidence(f"the claim needs a digest as {key}", expected='{"sha256": …}')
    return digest


def number(value: Mapping[str, Any], key: str) -> int:
    """The positive whole number at `key`.

    Raises:
        MalformedEvidence: it is not there, or something else.
    """
    found = value.get(key)
    if type(found) is not int or not 1 <= found <= MOST_NUMBER:
        raise MalformedEvidence(f"the claim needs a number as {key}", expected="1, 2, 3, …", found=str(found)[:40])
    return found


def numbers(value: Mapping[str, Any], key: str, most: int) -> tuple[int, ...]:
    """The ascending numbers at `key`; none where there is no such key.

    Raises:
        MalformedEvidence: something else is there, or too many.
    """
    found = value.get(key, [])
    if not isinstance(found, list) or not all(type(each) is int and 1 <= each <= MOST_NUMBER for each in found):
        raise MalformedEvidence(f"the claim needs a list of numbers as {key}")
    _bounded(len(found), most, key)
    if any(later <= earlier for earlier, later in pairwise(found)):
        raise MalformedEvidence(f"the numbers in {key} have to ascend", found=str(found)[:80])
    return tuple(found)


def _bounded(count: int, most: int, what: str) -> None:
    if count > most:
        raise MalformedEvidence(f"the state holds too many {what}", expected=f"at most {most}", found=str(count))


def _held(value: Mapping[str, Any]) -> Held:
    fields.only(value, {"number", "manifest"}, "fields of an alias")
    return Held(number=number(value, "number"), manifest=digest_at(value, "manifest"))


def _stages(value: Mapping[str, Any]) -> Mapping[str, tuple[int, ...]]:
    fields.only(value, set(Stage), "stages")
    return MappingProxyType({stage: numbers(value, stage, MOST_NUMBER) for stage in value})


def _roles(value: Mapping[str, Any]) -> Mapping[str, tuple[Grant, ...]]:
    fields.only(value, set(RoleName), "roles")
    found = {role: tuple(_grant(item) for item in fields.objects(value, role)) for role in value}
    _bounded(sum(map(len, found.values())), MOST_ROLE_ENTRIES, "role entries")
    return MappingProxyType(found)


def _grant(value: Mapping[str, Any]) -> Grant:
    who = SignerName.parse({key: item for key, item in value.items() if key != "aliases"})
    if "aliases" not in value:
        return Grant(who=who)
    aliases = value["aliases"]
    if not isinstance(aliases, list) or not aliases or not all(isinstance(each, str) and each for each in aliases):
        raise MalformedEvidence("a role goes for a list of aliases, or for all without one")
    return Grant(who=who, aliases=tuple(aliases))
