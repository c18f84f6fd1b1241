from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from msgspec.structs import replace

from attest.claims import approval
from attest.claims.approval import Approval, Decision
from attest.claims.predicates import APPROVAL, EVALUATION, ML_BOM, MODEL_SIGNATURE, PROVENANCE, SCAN
from attest.claims.signer_name import SignerName
from attest.claims.statement import Statement
from attest.evidence.evidence import Evidence
from attest.policy.ancestry import NOTHING, Gathered
from attest.policy.approvals import ApprovalDemand
from attest.policy.evaluate import evaluate
from attest.policy.evaluations import EvaluationDemand
from attest.policy.moments import MostAge, When
from attest.policy.requirements import BOMDemand, ClaimDemand, Identity, Policy, ProvenanceDemand
from attest.policy.scans import ScanDemand
from attest.policy.verdict import Finding, Status, Verdict
from attest.signing.bundle import Bundle
from attest.signing.fingerprint import fingerprint
from attest.trust.private_pki import PrivateIdentity
from attest.trust.trusted_holder import PkiHolder
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import MODEL, NOW, Person, Version, bundle, restated
from tests.verify.private_pki import Employee, PrivatePki
from tests.verify.review import GOLDEN, MEANING, accuracy, decided, evaluated, scanned

if TYPE_CHECKING:
    from attest.trust.signatory import Signatory

ALICE, BOT = Person.named("alice"), Person.named("bot")
RITA, OTTO, MALLORY = Person.named("rita"), Person.named("otto"), Person.named("mallory")
PEOPLE = {"alice": ALICE, "bot": BOT, "rita": RITA, "otto": OTTO}
VERSION = Version.of()
MADE = [bundle(VERSION.signature, ALICE), bundle(VERSION.provenance, ALICE), bundle(VERSION.ml_bom, ALICE)]
TESTED = evaluated(VERSION, BOT, accuracy("0.95"))
DAY = timedelta(days=1)


def asked(**values: Any) -> ApprovalDemand:
    return ApprovalDemand(**({"predicate_type": APPROVAL, "by": ("rita", "otto"), "covers": ()} | values))


def policy(demand: ApprovalDemand, **values: Any) -> Policy:
    defaults: dict[str, Any] = {
        "name": "gate",
        "identities": {name: Identity(name=name, keys=(person.key,)) for name, person in PEOPLE.items()},
        "digest": Digest.of(b"gate"),
        "signature": ClaimDemand(predicate_type=MODEL_SIGNATURE, by=("alice",)),
        "approvals": (demand,),
    }
    return Policy(**(defaults | values))


def judged_by(rules: Policy, *evidence: Evidence, gathered: Gathered = NOTHING, **values: Any) -> Verdict:
    outcome = judge([*MADE, *evidence], artefact=VERSION.artefact, model=MODEL, keys=rules.keys)
    arguments: dict[str, Any] = {"reference": f"{MODEL}:1", "now": NOW} | values
    return evaluate(rules, outcome, artefact=VERSION.artefact, gathered=gathered, **arguments)


def verdict(demand: ApprovalDemand, *evidence: Evidence, **values: Any) -> Verdict:
    return judged_by(policy(demand), *evidence, **values)


def approved(person: Person, **values: Any) -> Evidence:
    return decided(VERSION, person, **values)


def found(outcome: Verdict) -> Finding:
    (only,) = [each for each in outcome.findings if each.rule == "approvals"]
    return only


def refused(outcome: Verdict, code: str, status: Status = Status.FAILED) -> Finding:
    each = found(outcome)
    assert (each.status, each.code) == (status, code)
    assert each.expected
    assert each.found
    assert not outcome.allowed
    return each


# --- how many, and who --------------------------------------------------------------------------------------------


def test_enough_people_approved() -> None:
    outcome = verdict(asked(count=2), approved(RITA), approved(OTTO))
    assert outcome.allowed
    assert found(outcome).summary == "2 approvals: otto, rita"


def test_nobody_approved() -> None:
    each = refused(verdict(asked()), "evidence-missing")
    assert each.expected == f"approval by rita ({RITA.key.title}) or otto ({OTTO.key.title})"


def test_one_of_two_is_too_few() -> None:
    each = refused(verdict(asked(count=2), approved(RITA)), "approvals-too-few")
    assert each.found == "rita"


def test_nobody_counts_twice() -> None:
    refused(verdict(asked(count=2), approved(RITA), approved(RITA, comment="again")), "approvals-too-few")


def test_somebody_else_approved() -> None:
    refused(verdict(asked(), approved(MALLORY)), "signer-not-trusted")
    refused(verdict(asked(), approved(BOT)), "signer-not-trusted")


def test_an_approval_in_anothers_name_counts_for_nothing() -> None:
    words = Statement.parse(Bundle.parse(approved(RITA).raw).payload)
    refused(verdict(asked(by=("otto",)), bundle(words, OTTO)), "signer-mismatch")


def test_whoever_published_it_cannot_approve_it() -> None:
    demand = asked(by=("alice", "rita"))
    each = refused(verdict(demand, approved(ALICE)), "approver-is-publisher")
    assert each.found == "none that counts; alice published it"
    refused(verdict(replace(demand, count=2), approved(ALICE), approved(RITA)), "approvals-too-few")


def test_whoever_signed_its_ml_bom_cannot_approve_it_either() -> None:
    refused(verdict(asked(), approved(RITA), bundle(VERSION.ml_bom, RITA)), "approver-is-publisher")


def test_without_knowing_who_published_it_nobody_knows_whether_it_is_somebody_else() -> None:
    rules = policy(asked(), signature=None)
    outcome = judge([approved(RITA)], artefact=VERSION.artefact, model=MODEL, keys=rules.keys)
    outcome_verdict = evaluate(rules, outcome, artefact=VERSION.artefact, reference=f"{MODEL}:1", now=NOW)
    refused(outcome_verdict, "publisher-unknown", Status.UNKNOWN)


# --- people behind a pattern --------------------------------------------------------------------------------------

PKI = PrivatePki(start=NOW - 90 * DAY, end=NOW + 90 * DAY)
STAFF: PkiHolder = PkiHolder(
    name="staff",
    identity=PrivateIdentity(subject_glob="*@acme.example"),
    authority=PKI.pinned(),
    origin="ca.pem",
    time_required=False,
)


def by_certificate(address: str) -> Evidence:
    employee = Employee(names=(x509.RFC822Name(address),), start=NOW - 30 * DAY, end=NOW + 30 * DAY)
    by = SignerName(key=fingerprint(employee.key.public_key()))
    said = Approval(decision=Decision.APPROVE, meaning=MEANING)
    words = approval.build(said, by=by, model=MODEL, manifest_digest=VERSION.artefact.digest)
    return Evidence(raw=json.dumps(PKI.bundle(employee=employee, payload=words.raw)).encode(), origin=address)


def of_staff(count: int, *evidence: Evidence, also: Signatory | None = None) -> Verdict:
    rules = policy(asked(by=("staff",), count=count))
    people = dict(rules.identities) | {"staff": Identity(name="staff", keys=(also or STAFF,))}
    return judged_by(replace(rules, identities=people), *evidence)


def test_a_pattern_stands_for_several_people() -> None:
    outcome = of_staff(2, by_certificate("rita@acme.example"), by_certificate("otto@acme.example"))
    assert outcome.allowed
    assert found(outcome).summary == "2 approvals: otto@acme.example, rita@acme.example"


def test_two_certificates_of_one_person_are_one_person() -> None:
    pair = by_certificate("rita@acme.example"), by_certificate("rita@acme.example")
    refused(of_staff(2, *pair), "approvals-too-few")


def test_somebody_whom_the_pattern_does_not_fit_does_not_count() -> None:
    refused(of_staff(1, by_certificate("rita@other.example")), "identity-mismatch")


def test_each_key_from_the_command_line_is_a_person() -> None:
    given = Identity(name="given", keys=(RITA.key, OTTO.key), given=True)
    rules = replace(
        policy(asked(by=("given",), count=2)),
        identities={"alice": Identity(name="alice", keys=(ALICE.key,)), "given": given},
    )
    assert judged_by(rules, approved(RITA), approved(OTTO)).allowed
    refused(judged_by(rules, approved(RITA), approved(RITA, comment="again")), "approvals-too-few")


# --- what is said -------------------------------------------------------------------------------------------------


def test_a_rejection_counts_whatever_else_is_there() -> None:
    no = approved(OTTO, decision=Decision.REJECT, meaning="biased", comment="see report 7")
    each = refused(verdict(asked(), approved(RITA), no), "rejected")
    assert each.found == "rejected by otto: biased: see report 7"
    assert (each.evidence, each.signer) == (no.digest, f"otto ({OTTO.key.title})")
    also_yes = approved(OTTO)
    refused(verdict(asked(count=2), approved(RITA), no, also_yes), "rejected")


def test_a_rejection_does_not_run_out() -> None:
    no = approved(OTTO, decision=Decision.REJECT, expires=NOW - DAY)
    refused(verdict(asked(), approved(RITA), no), "rejected")


def test_a_rejection_by_somebody_who_may_not_approve_is_none() -> None:
    no = approved(BOT, decision=Decision.REJECT)
    assert verdict(asked(), approved(RITA), no).allowed


def test_what_cannot_be_read_may_be_a_rejection() -> None:
    words = Statement.parse(Bundle.parse(approved(OTTO).raw).payload)
    odd = bundle(restated(words, predicate=dict(words.predicate) | {"unless": "the data change"}), OTTO)
    refused(verdict(asked(), approved(RITA), odd), "unknown-parameter")


def test_the_meaning_is_compared_word_for_word() -> None:
    assert verdict(asked(meanings=("looks good", MEANING)), approved(RITA)).allowed
    each = refused(verdict(asked(meanings=("validated",)), approved(RITA)), "approval-meaning")
    assert each.found == f"none that counts; rita signed for '{MEANING}'"
    refused(verdict(asked(meanings=(MEANING.upper(),)), approved(RITA)), "approval-meaning")


@pytest.mark.parametrize(
    ("alias", "scope", "good"),
    [
        ("production", "production", True),
        ("production", None, True),
        (None, None, True),
        ("production", "staging", False),
        (None, "production", False),
    ],
)
def test_an_approval_for_one_use_is_none_for_another(alias: str | None, scope: str | None, good: bool) -> None:
    outcome = verdict(asked(alias=alias), approved(RITA, alias=scope))
    assert outcome.allowed is good
    if not good:
        refused(outcome, "approval-scope")


def test_an_approval_for_one_log_is_none_where_no_log_is_known() -> None:
    refused(verdict(asked(), approved(RITA, log=Digest.of(b"log"))), "approval-scope")


def test_a_rejection_for_another_use_is_none_for_this_one() -> None:
    no = approved(OTTO, decision=Decision.REJECT, alias="staging")
    assert verdict(asked(alias="production"), approved(RITA), no).allowed
    refused(verdict(asked(), approved(RITA), no), "rejected")


def test_an_approval_runs_out() -> None:
    until = approved(RITA, expires=NOW)
    assert verdict(asked(), until).allowed
    each = refused(verdict(asked(), until, now=NOW + DAY), "approval-expired")
    assert each.found == "none that counts; rita approved it until 2026-11-20T22:00:00Z"


def test_what_ran_out_after_the_promotion_still_counts_unless_use_is_asked() -> None:
    until = approved(RITA, expires=NOW)
    promoted = Gathered(promoted=NOW - DAY)
    assert verdict(asked(), until, now=NOW + DAY, gathered=promoted).allowed
    refused(verdict(asked(when=When.USE), until, now=NOW + DAY, gathered=promoted), "approval-expired")


# --- what it covers -----------------------------------------------------------------------------------------------


def whole(**values: Any) -> Policy:
    demands: dict[str, Any] = {
        "provenance": ProvenanceDemand(predicate_type=PROVENANCE, by=("alice",)),
        "ml_bom": BOMDemand(predicate_type=ML_BOM, by=("alice",)),
        "evaluations": (EvaluationDemand(predicate_type=EVALUATION, by=("bot",), metric="accuracy", dataset=GOLDEN),),
    }
    return policy(asked(covers=None), **(demands | values))


def seen(*evidence: Evidence) -> Evidence:
    return approved(RITA, seen=evidence, by=list(PEOPLE.values()))


def test_an_approval_that_lists_what_is_demanded_covers_it() -> None:
    assert judged_by(whole(), TESTED, seen(*MADE, TESTED)).allowed


@pytest.mark.parametrize(
    ("left_out", "word"), [(0, "model signature"), (1, "provenance"), (2, "ML-BOM"), (3, "evaluation")]
)
def test_an_approval_covers_nothing_that_it_does_not_list(left_out: int, word: str) -> None:
    listed = [piece for index, piece in enumerate([*MADE, TESTED]) if index != left_out]
    each = refused(judged_by(whole(), TESTED, seen(*listed)), "approval-not-covering")
    assert each.found == f"none that counts; rita had no {word} before him"


def test_new_evidence_does_not_inherit_an_approval() -> None:
    """The evaluation on which the verdict would rest came after the approval."""
    old = evaluated(VERSION, BOT, accuracy("0.95", dataset=Digest.of(b"other")))
    refused(judged_by(whole(), TESTED, old, seen(*MADE, old)), "approval-not-covering")


def test_a_scan_that_would_not_do_is_not_what_was_to_be_seen() -> None:
    demand = ScanDemand(predicate_type=SCAN, by=("bot",), scanner="picklescan", minimum_version="1.0.5")
    old, new = scanned(VERSION, BOT, version="1.0.4"), scanned(VERSION, BOT)
    rules = policy(asked(covers=None), scans=(demand,))
    assert judged_by(rules, old, new, seen(MADE[0], new)).allowed
    each = refused(judged_by(rules, old, new, seen(MADE[0], old)), "approval-not-covering")
    assert each.found == "none that counts; rita had no scan before him"


def test_more_of_what_was_seen_takes_no_approval_away() -> None:
    again = evaluated(VERSION, BOT, accuracy("0.96"))
    assert judged_by(whole(), TESTED, again, seen(*MADE, TESTED)).allowed


def test_an_evaluation_that_is_too_old_now_is_not_what_was_to_be_seen() -> None:
    demand = replace(whole().evaluations[0], most_age=MostAge(length=7 * DAY))
    old = evaluated(VERSION, BOT, accuracy("0.95"), finished=NOW - 30 * DAY)
    rules = whole(evaluations=(demand,))
    assert judged_by(rules, TESTED, old, seen(*MADE, TESTED)).allowed
    refused(judged_by(rules, TESTED, old, seen(*MADE, old)), "approval-not-covering")


def test_equal_words_of_another_signer_were_not_seen() -> None:
    """A claim is its words together with its signer."""
    by_otto = bundle(VERSION.provenance, OTTO)
    listed = seen(MADE[0], by_otto, MADE[2], TESTED)
    refused(judged_by(whole(), TESTED, by_otto, listed), "approval-not-covering")


def test_a_policy_names_the_kinds_that_have_to_be_seen() -> None:
    rules = replace(whole(), approvals=(asked(covers=(EVALUATION, ML_BOM)),))
    assert judged_by(rules, TESTED, seen(MADE[2], TESTED)).allowed
    refused(judged_by(rules, TESTED, seen(*MADE)), "approval-not-covering")
