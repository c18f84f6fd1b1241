"""What a policy asks beyond the version itself, in words: inputs and ancestors, what was revoked, exceptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from attest.claims.training import Role
from attest.policy.requirements import Lineage, SourceState
from attest.trust.times import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from attest.claims.revocations import Revocation
    from attest.policy.requirements import AncestorDemand, Exemption, FeedDemand, LineageDemand, Policy

    By: TypeAlias = Callable[[tuple[str, ...]], str]

_PLURALS: Final = {
    Role.DATASET: "datasets",
    Role.BASE_MODEL: "base models",
    Role.TEACHER_MODEL: "teacher models",
    Role.ADAPTER_BASE: "adapter bases",
    Role.EMBEDDING_MODEL: "embedding models",
    Role.INDEX: "indexes",
    Role.PROMPTS: "prompts",
}


def lineage(demand: LineageDemand, by: By) -> list[str]:
    """Where the version came from.

    Args:
        demand: the demand.
        by: names of identities → "signed by …".
    """
    found = []
    known = [role for role, word in demand.inputs.items() if word is Lineage.KNOWN]
    if known:
        found.append(f"{_roles(known)}: each is stated with its digest, and none is missing for what was done")
    for asked, roles in _together(demand):
        found += [f"{_roles(roles)}{_reach(asked)}: each {what}" for what in _asked(asked, by)]
    if demand.source is SourceState.KNOWN:
        found.append("the code is known by its commit")
    if demand.source is SourceState.CLEAN:
        found.append("the code is known by its commit, with nothing uncommitted beside it")
    return found


def beyond(policy: Policy, by: By) -> list[str]:
    """What was revoked, which log is meant, and what need not hold.

    Args:
        policy: the policy.
        by: names of identities → "signed by …".
    """
    found = [_denied(entry) for entry in policy.deny]
    if policy.revocations is not None:
        found.append(_feed(policy.revocations, by))
    if policy.log is not None:
        from attest.policy import log_demand  # noqa: PLC0415  # few policies have one

        found += log_demand.explain(policy.log, by)
    return found + [_excepted(entry) for entry in policy.exceptions]


def _together(demand: LineageDemand) -> list[tuple[AncestorDemand, list[Role]]]:
    """Roles of which the same is asked, in one sentence."""
    found: list[tuple[AncestorDemand, list[Role]]] = []
    for role, asked in demand.ancestors.items():
        same = next((roles for other, roles in found if other == asked), None)
        if same is None:
            found.append((asked, [role]))
        else:
            same.append(role)
    return found


def _roles(roles: Iterable[Role]) -> str:
    words = [_PLURALS[role] for role in roles]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _reach(demand: AncestorDemand) -> str:
    if demand.depth is None:
        return ", also those of every ancestor, to the roots"
    return "" if demand.depth == 1 else f", also those of ancestors, for {demand.depth} generations"


def _asked(demand: AncestorDemand, by: By) -> list[str]:
    found = [f"has a model signature that is {by(demand.signed_by)}"] if demand.signed_by else []
    if demand.same:
        found.append("is allowed by this very policy")
    if demand.satisfies is not None:
        found.append(f'is allowed by the policy "{demand.satisfies.name}" ({demand.satisfies.digest.short})')
    return found


def _denied(entry: Revocation) -> str:
    from attest.claims.revocations import Scope  # noqa: PLC0415  # most policies deny nothing

    value = entry.value if isinstance(entry.value, str | int) else str(entry.value)
    descendants = ", nor anything that was made from it" if entry.scope is Scope.DESCENDANTS else ""
    return f"the {entry.kind.value} {value} does not count{descendants}: {entry.reason}, since {shown(entry.since)}"


def _feed(demand: FeedDemand, by: By) -> str:
    where = demand.file or demand.ref
    least = f", number {demand.min_sequence} or later" if demand.min_sequence else ""
    return f"nothing of it was revoked by the feed {where}{least}, {by(demand.by)}, which has not expired"


def _excepted(entry: Exemption) -> str:
    return (
        f"but the version {entry.digest.short} need not meet the rule {entry.rule} until {shown(entry.expires)}: "
        f"{entry.name}, on account of {entry.owner}: {entry.reason}"
    )
