"""What `attest approve` and `attest reject` have in common: what the reviewer sees, what he signs, and what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attest.claims.approval import Decision
from attest.cli import changing, render, times
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from datetime import datetime

    from attest.claims.event import Versioned
    from attest.lifecycle.log import Log
    from attest.lifecycle.recording import Recorded
    from attest.lifecycle.reviewing import Before
    from attest.lifecycle.session import Session

_DONE = {Decision.APPROVE: "approved", Decision.REJECT: "rejected"}


def run(
    reference: Reference, decision: Decision, *, alias: str | None, reason: str | None, values: dict[str, Any]
) -> None:
    """Show what there is, sign the decision, record it.

    Args:
        reference: the version.
        decision: approved or rejected.
        alias: the one use that it is for.
        reason: why.
        values: the options by name.
    """
    if alias is not None:
        Reference.parse(f"{reference.name}@{alias}")  # refuses what can be no alias
    expires = _expiry(values.get("expires"))
    with changing.session(values, reference) as session:
        from attest.claims.log_state import RoleName  # noqa: PLC0415
        from attest.lifecycle import recording, reviewing  # noqa: PLC0415

        log = session.log()
        version = session.version(log, reference)
        recording.check_role(session, log, RoleName.APPROVER)
        before = reviewing.before_reviewer(session, log, version, alias=alias)
        if not values["quiet"] and not values["as_json"]:
            _show(before, log)
        meaning = values["meaning"] or _meaning(decision, alias)
        recorded = None
        if not values["dry_run"]:
            recorded = reviewing.decide(
                session,
                version,
                before,
                decision=decision,
                meaning=meaning,
                alias=alias,
                comment=reason,
                expires=expires,
            )
        _report(session, version, recorded, decision=decision, meaning=meaning, count=len(before.facts), values=values)


def _expiry(text: str | None) -> datetime | None:
    """A moment, or so long from now."""
    if text is None:
        return None
    from attest.errors import InputError  # noqa: PLC0415
    from attest.policy import durations  # noqa: PLC0415

    now = changing.now().replace(microsecond=0)
    ahead = durations.parse(text)
    moment = now + ahead if ahead is not None else times.moment(text, option="--expires", now=now)
    if moment <= now:
        raise InputError(f"--expires {text[:40]!r} is over already", code="usage", expected="a time to come, or 90d")
    return moment


def _meaning(decision: Decision, alias: str | None) -> str:
    """What the signature stands for, in words that a policy can ask for."""
    return f"reviewed and {_DONE[decision]}" + (f" for {alias} use" if alias else " for use")


def _show(before: Before, log: Log) -> None:
    """What the decision is about, claim by claim."""
    from attest.claims.predicates import word_for  # noqa: PLC0415

    rows = [(word_for(fact.statement.predicate_type), changing.signatory(fact.signer)) for fact in before.facts]
    width = max((len(word) for word, _ in rows), default=0)
    for word, signer in sorted(rows):
        render.note(f"reviewed {render.clean(word).ljust(width)}   {render.clean(signer)}")
    if before.others:
        count = render.plural(before.others, "other piece")
        render.note(f"left out {count} of evidence: by nobody with a role in log {log.head.log.short}, or broken")


def _report(
    session: Session,
    version: Versioned,
    recorded: Recorded | None,
    *,
    decision: Decision,
    meaning: str,
    count: int,
    values: dict[str, Any],
) -> None:
    pinned = session.reference.with_version(str(version.number)).pinned(version.manifest)
    already = recorded is not None and recorded.already
    if values["as_json"]:
        render.document(
            {
                "schema": "attest/approval/v1",
                "reference": str(pinned),
                "digest": str(version.manifest),
                "number": version.number,
                "decision": decision.value,
                "meaning": meaning,
                "reviewed": count,
                "claim": None if recorded is None else str(recorded.claim),
                "already": already,
                "dry_run": recorded is None,
                "event": None if recorded is None or already else changing.event_document(recorded.log),
            }
        )
        return
    if not values["quiet"]:
        name = f"{session.reference.name}:{version.number}"
        if recorded is None:
            render.note(f"would sign for {name}: {meaning}, over {render.plural(count, 'claim')}")
            render.note("dry run: nothing was changed")
        elif already:
            render.note(f"already there: claim {recorded.claim.short} says so, nothing to do")
        else:
            said = f"{name}: {render.clean(meaning)}, over {render.plural(count, 'claim')}"
            render.note(f"{_DONE[decision]} {said}       {changing.event_line(recorded.log)}")
    render.result(str(pinned))
