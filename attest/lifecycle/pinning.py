"""Whether a model's log is the one that somebody means: held against the pins of a policy, without any version.

Anybody can begin a log of any name. Where an alias leads to bytes, the verdict says whose log it was; who only asks
where an alias points, or looks at a log, asks here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from attest.errors import LogBroken, Refusal
from attest.lifecycle.given_log import given_log
from attest.lifecycle.opening import keyring_for
from attest.policy.ancestry import Gathered
from attest.policy.case import Case
from attest.policy.log_rules import judge_log
from attest.verify.facts import Judged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest.policy.document import Policy
    from attest.policy.verdict import Finding
    from attest_registry.reference import Reference


def judge_pins(log: Log, *, reference: Reference, alias: str | None, policy: Policy, now: datetime) -> Finding:
    """The rule `log`, as it is judged wherever an alias leads to a version.

    Args:
        log: verified.
        reference: the model.
        alias: the alias that somebody asks for; `None` for a look at the log itself.
        policy: what the operator says about which log he means.
        now: the time.

    Raises:
        LogBroken: an event of it is not there any more.
    """
    return judge_log(_case(log, reference=reference, alias=alias, policy=policy, now=now))


def _case(log: Log, *, reference: Reference, alias: str | None, policy: Policy, now: datetime) -> Case:
    """A log without a version."""
    return Case(
        policy=policy,
        judged=Judged(facts=(), rejected=()),
        digest=log.head.head,
        files={},
        reference=reference.name,
        now=now,
        gathered=Gathered(log=given_log(log, reference=reference, alias=alias, policy=policy)),
    )


def _judge_move(case: Case, log: Log, session: Session, *, alias: str) -> Iterator[Finding]:
    """Nobody whom the policy denies gave the alias its version, as far as the feed that it names tells."""
    if not case.policy.goes_beyond:
        return
    from attest.gathering import gather  # noqa: PLC0415  # most policies need none of it
    from attest.lifecycle.admission import latest_move  # noqa: PLC0415
    from attest.policy import beyond  # noqa: PLC0415

    gathered = gather(case, session.surroundings, host=session.reference.host)
    gathered = replace(gathered, moved=latest_move(log, alias), use=alias)
    yield from beyond.judge_move(replace(case, gathered=gathered))


def read_meant(session: Session, policy: Policy | None, *, alias: str) -> tuple[Log, Finding | None]:
    """The log of a session's model, for whoever wants no other than the one that he means.

    Args:
        session: the model.
        policy: what he says about which log that is; `None` where he takes any that holds.
        alias: the alias that he asks for.

    Returns:
        the log, and how it was found to be the one.

    Raises:
        NotFound: there is none (`log-unknown`).
        LogBroken: it does not hold, is another one, too old, or contradicts a checkpoint.
        Refusal: nothing says that it is the one (`log-not-pinned`), or that it is fresh (`log-stale`); whoever moved
            the alias is denied (`mover-revoked`), or nobody can know that.
    """
    if policy is None:
        return session.log(), None
    log = replace(session, keyring=keyring_for(session.settings, policy.keys)).log()
    reference = session.reference
    case = _case(log, reference=reference, alias=alias, policy=policy, now=session.clock())
    pinned = judge_log(case)
    for finding in (pinned, *_judge_move(case, log, session, alias=alias)):
        if not finding.stands_in_the_way:
            continue
        kind = LogBroken if finding.exit_status == LogBroken.exit_status else Refusal
        raise kind(
            f"the log of {reference.name} is not shown to be the one that is meant"
            if finding is pinned
            else f"{reference.name}@{alias} means nothing under {policy.name}",
            code=finding.code or kind.code,
            expected=finding.expected,
            found=finding.found,
            hint=finding.hint,
        )
    return log, pinned
