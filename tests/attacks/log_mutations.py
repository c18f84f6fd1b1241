"""What stops the attacks on the log of a model, and the lines of the table that take it out (see `mutations.py`)."""

from __future__ import annotations

from typing import Final

from tests.attacks.attack import attack
from tests.attacks.checks import evidence
from tests.attacks.checks.check import Check


def _check(name: str, file: str, snippet: str, replacement: str) -> Check:
    return Check(name=name, edits=((f"attest/{file}", snippet, replacement),))


# ---- what is remembered

LOG_REMEMBERED = _check(
    "what is remembered of the log",
    "lifecycle/log.py",
    "remembered, segment = place.recall(), store.newest()",
    "remembered, segment = None, store.newest()",
)
LOG_GONE = _check(
    "a log that was there",
    "lifecycle/log.py",
    'raise _older(model, remembered, found="no log")',
    "return None",
)
FORK_NOTICED = _check(
    "noticing a fork", "lifecycle/log.py", "if seen is None or not any(", "if seen is None and not any("
)
FORK_ENDED_BY = _check(
    "who may end a fork",
    "lifecycle/log.py",
    "return all(any(state.allows(event.by, role) for role in roles) for state in states)",
    "return True",
)
SAME_BEGINNING = _check("one beginning", "lifecycle/log.py", "if fork == 0:", "if False:")
LEAST_NUMBER = _check("the least number", "policy/log_freshness.py", "return [*self._behind(), ", "return [")
NOT_CONTRADICTED = _check(
    "the checkpoint's word",
    "policy/log_freshness.py",
    "*self._contradicted(), *self._not_fresh()",
    "*self._not_fresh()",
)
CHECKPOINT_FRESH = _check(
    "the checkpoint's age",
    "policy/log_freshness.py",
    "*self._contradicted(), *self._not_fresh()",
    "*self._contradicted()",
)
LOG_PINNED = _check(
    "which log it has to be",
    "policy/log_rules.py",
    "problems = pins.problems(given, people) or freshness.problems()",
    "problems = freshness.problems()",
)

# ---- the chain

EVENT_NUMBER = _check(
    "the numbers of events", "lifecycle/chain.py", "if event.sequence != expected.sequence:", "if False:"
)
EVENT_BEFORE = _check(
    "the event before",
    "lifecycle/chain.py",
    "if event.previous != expected.previous or event.log != expected.log:",
    "if event.log != expected.log:",
)
EVENT_STATE = _check("the state after an event", "lifecycle/chain.py", "if state != event.state:", "if False:")
EVENT_MODEL = _check("the event's model", "lifecycle/chain.py", "if event.model != expected.model or ", "if ")
EVENT_ENVIRONMENT = _check(
    "the event's environment",
    "lifecycle/chain.py",
    "or (not first and event.environment != expected.environment)",
    "or False",
)
EVENT_ROLE = _check("the role of the event's signer", "lifecycle/transitions.py", "    check_role(before, event)\n", "")
EVENT_AFTER = _check(
    "times that do not go back", "lifecycle/chain.py", "if before is not None and event.time < before:", "if False:"
)
EVENT_NOT_AHEAD = _check("times that are not ahead", "lifecycle/chain.py", "if event.time > limit:", "if False:")
NOT_REVOKED = _check(
    "revoked versions stay where they are",
    "lifecycle/transitions.py",
    "version, target, gate = event.version, event.target, event.gate\n    check_revoked(before, event, known)",
    "version, target, gate = event.version, event.target, event.gate",
)

# ---- gates and recorded claims

GATE_AGAIN = _check(
    "asking the gate again",
    "lifecycle/admission.py",
    "gate=None if moved is None else _gate_again(log, keeper, *moved),",
    "gate=None,",
)
MOVER_COUNTS = _check(
    "who moved the alias",
    "policy/denied.py",
    "findings = [*_own(case, walk.places[0].path[0], denials), *judge_move(case, denials)]",
    "findings = _own(case, walk.places[0].path[0], denials)",
)
GATE_EVIDENCE = _check(
    "the evidence that the gate saw", "lifecycle/gates.py", "if each.claim not in digests:", "if False:"
)
RECORDED_THERE = _check("what the log names", "policy/log_standing.py", "if not found.missing:", "if True:")
RECORDED_SIGNED = _check(
    "the signature of what the log names",
    "verify/said_by.py",
    "        signatory = signatory_of(claim.signer)\n",
    "        return True\n        signatory = signatory_of(claim.signer)\n",
)
BY_THE_LOG = _check("aliases by the log", "cli/resolve.py", "    if from_catalogue:", "    if True:")
REGISTERED_DIGEST = _check(
    "the digest that was registered",
    "lifecycle/admission.py",
    "return reference.with_version(str(number)).pinned(found.manifest)",
    "return reference",
)
NAMES_FROM_THE_LOG = _check(
    "names from the log alone",
    "admit.py",
    "if log is not None and policy.log is not None:",
    "if False:",
)
NOT_RETAGGED = _check(
    "a digest that was registered so",
    "lifecycle/admission.py",
    "if reference.digest is not None and not reference.digest.matches(found.manifest):",
    "if False:",
)

_LOGS: Final = "logs.py::test_"
_GATES: Final = "gates.py::test_"

LINES: Final = (
    attack(3, "a number moved back", f"{_LOGS}a_number_that_is_moved_back", NAMES_FROM_THE_LOG, REGISTERED_DIGEST),
    attack(5, "aliases swapped in the catalogue", f"{_GATES}aliases_that_are_swapped", BY_THE_LOG),
    attack(19, "a stolen key moves an alias", f"{_GATES}a_stolen_key_moves_an_alias", MOVER_COUNTS),
    attack(60, "an older head", f"{_LOGS}an_older_head", LOG_REMEMBERED),
    attack(60, "a log that is gone", f"{_LOGS}a_log_that_is_gone", LOG_GONE),
    attack(61, "a frozen head", f"{_LOGS}a_frozen_head", CHECKPOINT_FRESH),
    attack(62, "two events of one number", f"{_LOGS}two_events_of_one_number", FORK_NOTICED),
    attack(62, "a fork ended with a removed key", f"{_LOGS}a_fork_that_the_thief_of_a_removed_key_ends", FORK_ENDED_BY),
    attack(
        62,
        "a fork of another log",
        f"{_LOGS}another_log_that_says_ours_is_abandoned",
        SAME_BEGINNING,
        FORK_ENDED_BY,
    ),
    attack(63, "an event left out", f"{_LOGS}an_event_is_left_out", EVENT_NUMBER, EVENT_BEFORE, EVENT_STATE),
    attack(64, "another model's log", f"{_LOGS}the_log_of_another_model", EVENT_MODEL),
    attack(64, "another environment's event", f"{_LOGS}an_event_of_another_environment", EVENT_ENVIRONMENT),
    attack(64, "a log of mallory's", f"{_LOGS}a_log_of_the_attackers_own", LOG_PINNED),
    attack(65, "no role", f"{_LOGS}a_promotion_without_the_role", EVENT_ROLE),
    attack(65, "bob's name", f"{_LOGS}a_promotion_in_somebody_elses_name", evidence.SIGNATURE),
    attack(65, "a role by the way", f"{_LOGS}a_role_that_an_event_gives_by_the_way", EVENT_STATE),
    attack(65, "a revoked version", f"{_LOGS}a_revoked_version_is_promoted", NOT_REVOKED),
    attack(66, "other evidence", f"{_GATES}the_evidence_that_a_gate_saw_is_exchanged", GATE_EVIDENCE),
    attack(67, "an edited catalogue", f"{_GATES}an_edited_catalogue", BY_THE_LOG),
    attack(68, "a gate never asked", f"{_GATES}a_gate_that_was_never_asked", GATE_AGAIN),
    attack(68, "a rollback to it", f"{_GATES}a_rollback_to_what_no_gate_let_pass", GATE_AGAIN),
    attack(69, "a rejection withheld", f"{_GATES}a_rejection_is_withheld", RECORDED_THERE),
    attack(69, "its words alone", f"{_GATES}a_rejection_under_another_signature", RECORDED_SIGNED),
    attack(70, "a label moved", f"{_GATES}a_label_that_is_moved", NAMES_FROM_THE_LOG, REGISTERED_DIGEST),
    attack(70, "a label beside the log", f"{_GATES}a_name_beside_the_log[2.0.0]", NAMES_FROM_THE_LOG),
    attack(70, "a number beside the log", f"{_GATES}a_name_beside_the_log[7]", NAMES_FROM_THE_LOG),
    attack(70, "a label with another digest", f"{_GATES}a_label_with_another_digest", NOT_RETAGGED),
    attack(74, "an event dated back", f"{_LOGS}an_event_that_is_dated_back", EVENT_AFTER),
    attack(74, "an event from the future", f"{_LOGS}an_event_from_the_future", EVENT_NOT_AHEAD),
    attack(75, "an old head, checked", f"{_LOGS}an_old_head_on_a_host_without_memory", NOT_CONTRADICTED),
    attack(75, "an old head, counted", f"{_LOGS}an_old_head_below_the_least_number", LEAST_NUMBER),
)
