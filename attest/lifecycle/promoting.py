"""Moving aliases and stages: promote, demote, rollback, archive.

A promotion asks the gate first and writes down what it saw. A rollback goes to a version that held the alias before;
it checks signatures, revocations and denials again, and nothing that depends on the time: a rollback in an emergency
does not fail because an evaluation has become old.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from attest.claims.event import Action, Gate, Target
from attest.claims.log_state import Stage
from attest.errors import IllegalEvent
from attest.lifecycle.gates import BUILT_IN
from attest.lifecycle.writing import Draft

if TYPE_CHECKING:
    from attest.claims.event import Versioned
    from attest.claims.log_state import Held
    from attest.lifecycle.log import Log
    from attest.lifecycle.session import Session
    from attest.policy.document import Policy
    from attest.policy.verdict import Verdict


class Judged(Struct, frozen=True, kw_only=True):
    """What a gate says of a version before anything is moved.

    Args:
        log: the log as it was read.
        version: the candidate.
        target: the alias or stage.
        policy: the gate.
        verdict: what it says.
        gate: what an event says of it.
        holder: the version that held the alias before.
    """

    log: Log
    version: Versioned
    target: Target
    policy: Policy
    verdict: Verdict
    gate: Gate
    holder: Held | None

    @property
    def built_in(self) -> bool:
        """Whether no policy is bound."""
        return self.gate.policy is None


class Moved(Struct, frozen=True, kw_only=True):
    """What changed.

    Args:
        log: the log after it.
        version: the version that the alias points at now; `None` after a demotion.
        before: the version that it pointed at before.
        already: whether it was so before, and nothing was written.
    """

    log: Log
    version: Versioned | None
    before: Held | None
    already: bool = False


def judge(session: Session, version: Versioned, target: Target) -> Judged:
    """Ask the gate. Nothing is written.

    Args:
        session: the model; its signer is the one who would promote.
        version: the candidate.
        target: an alias or a stage.

    Raises:
        EvidenceMissing: the bound policy is not in the store.
        StoreError: evidence could not be asked for.
    """
    log = session.log()
    keeper = session.keeper(log)
    alias = named(target)
    promoter = None if session.signer is None else session.writer.who
    policy = keeper.policy(log.state, alias)
    holder = log.state.aliases.get(target.alias or "")
    verdict, seen = keeper.judge(
        version,
        policy,
        use=alias,
        holders=log.state.aliases.get,
        now=session.clock(),
        promoter=promoter,
    )
    against = holder if any(each.regression is not None for each in policy.evaluations) else None
    gate = Gate(policy=log.state.policies.get(alias), evidence=seen, against=against)
    return Judged(log=log, version=version, target=target, policy=policy, verdict=verdict, gate=gate, holder=holder)


def promote(session: Session, judged: Judged, *, reason: str | None = None) -> Moved:
    """Move an alias or stage, where the gate allowed it.

    Raises:
        IllegalEvent: the gate did not allow it (`gate-denied`), or the log does not.
        Conflict: the log moved since the gate was asked (`log-conflict`); the gate is not asked again by itself.
    """
    if not judged.verdict.allowed:
        raise IllegalEvent(
            f"the gate of {named(judged.target)} does not let version {judged.version.number} pass", code="gate-denied"
        )
    if judged.holder is not None and judged.holder == judged.version.held:
        session.catch_up(judged.log)
        return Moved(log=judged.log, version=judged.version, before=judged.holder, already=True)
    draft = Draft(action=Action.PROMOTE, version=judged.version, target=judged.target, gate=judged.gate, reason=reason)
    after = session.write(judged.log, draft)
    return Moved(log=after, version=judged.version, before=judged.holder)


def named(target: Target) -> str:
    """The alias, or the stage as a name that policies are bound to and roles go for."""
    return target.alias or str(target.stage)


def demote(session: Session, target: Target, version: Versioned | None, *, reason: str | None = None) -> Moved:
    """Take an alias away, or a version out of its stage.

    Args:
        session: the model, with a signer.
        target: the alias, or the stage.
        version: with a stage: which version; with an alias its holder is meant.
        reason: why.
    """
    log = session.log()
    held = None
    if target.alias is not None:
        held = log.resolve(target.alias, name=session.reference.name)
        version = session.place.registered(held.number)
    draft = Draft(action=Action.DEMOTE, version=version, target=target, reason=reason)
    return Moved(log=session.write(log, draft), version=None, before=held)


def rollback(session: Session, alias: str, *, to: Versioned | None = None, reason: str | None = None) -> Moved:
    """Point an alias at a version that held it before.

    Args:
        session: the model, with a signer.
        alias: the alias.
        to: which version; the last other one that is not revoked, when left out.
        reason: why.

    Raises:
        IllegalEvent: there is no such version (`rollback-target`), or the one named is not allowed.
    """
    log = session.log()
    held = log.state.aliases.get(alias)
    version = to or _last_other(session, log, alias, held)
    policy = _lasting(session.keeper(log).policy(log.state, alias))
    verdict, seen = session.keeper(log).judge(
        version,
        policy,
        use=alias,
        holders=log.state.aliases.get,
        now=session.clock(),
        promoter=session.writer.who,
    )
    if not verdict.allowed:
        failed = next(finding for finding in verdict.findings if finding.stands_in_the_way)
        raise IllegalEvent(
            f"version {version.number} cannot hold @{alias} again: {failed.rule}",
            code=failed.code or "gate-denied",
            expected=failed.expected,
            found=failed.found,
            hint=f"attest rollback {session.reference.name}@{alias} --to VERSION     names another one",
        )
    gate = Gate(policy=log.state.policies.get(alias), evidence=seen)
    draft = Draft(action=Action.ROLLBACK, version=version, target=Target(alias=alias), gate=gate, reason=reason)
    return Moved(log=session.write(log, draft), version=version, before=held)


def rollback_target(session: Session, alias: str, *, to: Versioned | None = None) -> Versioned:
    """The version that a rollback would go to. Nothing is written."""
    log = session.log()
    return to or _last_other(session, log, alias, log.state.aliases.get(alias))


def _last_other(session: Session, log: Log, alias: str, held: Held | None) -> Versioned:
    revoked = set(log.state.revoked) | ({held.number} if held is not None else set())
    earlier = [number for number in session.place.holders(alias) if number not in revoked]
    found = session.place.registered(earlier[-1]) if earlier else None
    if found is None:
        raise IllegalEvent(
            f"there is nothing to roll {session.reference.name}@{alias} back to",
            code="rollback-target",
            expected="another version that held it and is not revoked",
            found=", ".join(map(str, session.place.holders(alias))) or "it never pointed at anything",
        )
    return found


def _lasting(policy: Policy) -> Policy:
    """What of a policy still goes when a version comes back: no ages, nothing to compare with, no new approvals."""
    if policy.name == BUILT_IN:
        return policy
    return replace(
        policy,
        evaluations=tuple(replace(each, most_age=None, regression=None) for each in policy.evaluations),
        scans=tuple(replace(each, most_age=None) for each in policy.scans),
        approvals=(),
        summary=None,
    )


def archive(session: Session, version: Versioned, *, reason: str | None = None) -> Log:
    """Take a version out of use: it leaves the stages."""
    return session.write(session.log(), Draft(action=Action.ARCHIVE, version=version, reason=reason))


def stage_target(stage: str) -> Target:
    """A stage by its name."""
    return Target(stage=Stage(stage))
