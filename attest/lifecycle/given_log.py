"""A log that was verified, as a policy gets to see it: who began it, whose it is, how far it goes, its checkpoint.

Only what the policy asks for is fetched: a log that its digest pins needs no look at its first event, and a checkpoint
is there for those who demand one or name witnesses. What cannot be had is written down; no rule takes it for a pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.log_state import RoleName
from attest.errors import AttestError
from attest.policy.ancestry import GivenLog

if TYPE_CHECKING:
    from attest.lifecycle.log import Log
    from attest.policy.ancestry import LogMark
    from attest.policy.requirements import Policy
    from attest.verify.facts import Fact
    from attest_registry.reference import Reference


def given_log(log: Log, *, reference: Reference, alias: str | None, policy: Policy) -> GivenLog:
    """What a rule looks at.

    Args:
        log: the log, verified.
        reference: the model as it was asked for.
        alias: the alias that led to the version; `None` where it was named otherwise.
        policy: what is asked.

    Raises:
        LogBroken: an event of it is not there any more, or another one than was verified.
    """
    pinned = policy.log is not None or alias is not None
    first = log.event(1).by if pinned and _ask_people(policy) else None
    fact, error, mark = _checkpoint(log, policy, (reference.model, reference.name, *policy.other_names))
    return GivenLog(
        log=log.head.log,
        environment=log.head.environment,
        sequence=log.sequence,
        first=first,
        admins=tuple(grant.who for grant in log.state.roles.get(RoleName.ADMIN, ())),
        first_use=log.first_use,
        alias=alias,
        checkpoint=fact,
        checkpoint_error=error,
        mark=mark,
    )


def _ask_people(policy: Policy) -> bool:
    from attest.policy.log_pins import Pins  # noqa: PLC0415  # for policies that pin, and for aliases

    return Pins.of(policy).ask_people


def _checkpoint(
    log: Log, policy: Policy, names: tuple[str, ...]
) -> tuple[Fact | None, AttestError | None, LogMark | None]:
    demand = policy.log
    if demand is None or (demand.checkpoint is None and not demand.witnesses):
        return None, None, None
    from attest.claims.log_checkpoint import Checkpoint  # noqa: PLC0415  # few policies ask for one
    from attest.lifecycle.checkpoints import fetch_verified, mark_of  # noqa: PLC0415

    try:
        fact = fetch_verified(log.store.repository, policy.keys, names=names)
    except AttestError as error:
        return None, error, None
    said = None if fact is None or not isinstance(fact.claim, Checkpoint) else fact.claim
    return fact, None, None if said is None else mark_of(log, said.sequence)
