"""The rule about the log through which a version was reached: it is the one that the policy means, and it is fresh.

    1  it holds: every event of it was verified by whoever gathered it
    2  it is the one that the policy means (`log_pins.py`)
    3  it goes as far as the policy knows, no checkpoint contradicts it, and where one is asked for it is fresh
       (`log_freshness.py`)

Pins that a policy writes down, `min-sequence` and what contradicts a checkpoint go for every version of a model with a
log. That there is a pin, and a fresh checkpoint, is asked where an alias led to the version: what a digest names needs
no log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.errors import LogBroken
from attest.policy.case import failed
from attest.policy.log_demand import NO_DEMAND
from attest.policy.log_freshness import Freshness
from attest.policy.log_people import People
from attest.policy.log_pins import Pins
from attest.policy.verdict import Finding, Status, Step
from attest.trust.window import shown

if TYPE_CHECKING:
    from attest.errors import AttestError
    from attest.policy.ancestry import GivenLog
    from attest.policy.case import Case

RULE: Final = "log"
_INCIDENT: Final = 3


def judge_log(case: Case) -> Finding:
    """The finding.

    Args:
        case: the version; `gathered.log` is the log of its model.
    """
    given = case.gathered.log
    if given is None or (case.policy.log is None and given.alias is None):
        summary = "not reached through an alias"
        return Finding(rule=RULE, status=Status.NOT_APPLICABLE, summary=summary, step=Step.RESOLVE)
    if given.error is not None or given.log is None:
        return _unheld(given.error or LogBroken("nobody read the log of the model"))
    people, pins = People.of(case), Pins.of(case.policy)
    freshness = Freshness(given=given, demand=case.policy.log or NO_DEMAND, people=people)
    problems = pins.problems(given, people) or freshness.problems()
    if problems:
        return failed(RULE, problems, (), step=Step.RESOLVE)
    return _passed(given, pins, people, freshness)


def _unheld(error: AttestError) -> Finding:
    """One that contradicts itself is an incident; one that could not be asked for is unknown, and allows nothing."""
    broken = error.exit_status == _INCIDENT
    return Finding(
        rule=RULE,
        status=Status.FAILED if broken else Status.UNKNOWN,
        code=error.code,
        exit_status=_INCIDENT if broken else 1,
        expected=error.expected or "a log of the model that holds",
        found="; ".join(part for part in (error.message, error.found) if part),
        hint=error.hint,
        step=Step.RESOLVE,
    )


def _passed(given: GivenLog, pins: Pins, people: People, freshness: Freshness) -> Finding:
    alias = "" if given.alias is None else f"@{given.alias}, "
    parts = [f"{alias}event {given.sequence} of the log {pins.words(given, people)}"]
    said = freshness.said
    if said is not None:
        parts.append(f"checkpoint of event {said.sequence} from {shown(said.issued)}")
    if given.first_use:
        parts.append(freshness.memory())
    fact = None if said is None else given.checkpoint
    return Finding(
        rule=RULE,
        status=Status.PASSED,
        summary="; ".join(parts),
        evidence=None if fact is None else fact.evidence.digest,
        signer=None if fact is None else freshness.signer,
        step=Step.RESOLVE,
    )
