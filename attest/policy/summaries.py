"""A fresh verdict of a named verifier in place of the whole evaluation: the fast path of a serving fleet.

vsa: {by: [gate], policy: same, max-age: 24h}
vsa: {by: [gate], verifier: https://gate.acme.example, policy: 'sha256:…', max-age: 15m}

The verdict has to be a SLSA verification summary, signed by one of `by`, about this very digest and name, PASSED, under
the policy of that digest, and fresh. The newest one decides. Where any of this does not hold, everything is evaluated
as if the key were not there, and the finding says why; so the key never refuses anything. What is denied or revoked is
looked at in both cases (`evaluate.py`).

How old it is: since it was verified, as the verifier states it, or since the signature is proven to have existed,
whichever was earlier. A proven time shows that the statement is not from later than it; that it is not from much
earlier, only the verifier can say, who is believed in everything else of it too.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from attest.claims import vsa
from attest.claims.predicates import VERIFICATION_SUMMARY
from attest.policy.case import Problem, failed
from attest.policy.durations import in_words, read_duration
from attest.policy.key_rows import TABLE
from attest.policy.reading import read_by, read_text, read_texts
from attest.policy.requirements import ClaimDemand
from attest.policy.verdict import Finding, Status
from attest.trust.times import shown
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from attest.policy.case import Case
    from attest.strict_yaml import Document
    from attest.verify.facts import Fact

_RULE: Final = "vsa"
_SAME: Final = "same"
_AHEAD: Final = timedelta(minutes=5)
"""By how much clocks may disagree."""


class SummaryDemand(ClaimDemand, frozen=True, kw_only=True):
    """Whose verdict stands in for the whole evaluation.

    Args:
        max_age: how old it may be.
        policy: digest of the policy that it has to have been given under; `None` for this very policy.
        verifiers: URIs of which it has to name one; empty where the signer alone decides.
    """

    max_age: timedelta
    policy: Digest | None = None
    verifiers: tuple[str, ...] = ()


def read_summary(document: Document, identities: Iterable[str]) -> SummaryDemand:
    """The key `vsa`, which is there.

    Raises:
        PolicyError: it is not sound.
    """
    value = TABLE.checked(document, (_RULE,), document.value[_RULE])
    verifiers = read_texts(document, (_RULE, "verifier"), value["verifier"]) if "verifier" in value else ()
    return SummaryDemand(
        predicate_type=VERIFICATION_SUMMARY,
        by=read_by(document, (_RULE,), value, identities),
        max_age=read_duration(document, (_RULE, "max-age"), value["max-age"]),
        policy=_policy(document, value["policy"]),
        verifiers=verifiers,
    )


def _policy(document: Document, value: Any) -> Digest | None:
    text = read_text(document, (_RULE, "policy"), value)
    if text == _SAME:
        return None
    try:
        return Digest.parse(text)
    except BadReference as error:
        raise document.error(
            (_RULE, "policy"),
            f"vsa.policy cannot be '{text[:80]}'",
            code="unknown-word",
            expected="same, or sha256:… as attest policy check prints it",
        ) from error


def explain(demand: SummaryDemand, *, by: str) -> str:
    """The demand as a sentence.

    Args:
        demand: the demand.
        by: "signed by …", as elsewhere.
    """
    policy = "this very policy" if demand.policy is None else f"the policy {demand.policy.short}"
    verifiers = f" as {' or '.join(demand.verifiers)}" if demand.verifiers else ""
    age = in_words(demand.max_age)
    return f"or, instead of all that, there is a verdict that it passed {policy}, {by}{verifiers}, at most {age} old"


def standing_in(case: Case, demand: SummaryDemand) -> tuple[Finding, Fact | None]:
    """Whether a verdict stands in for the evaluation: the finding, and the verdict where one does.

    Args:
        case: the version; the verifier has bound every claim about it to its digest and name.
        demand: whose verdict, how old.
    """
    facts = [fact for fact in case.accepted(demand) if isinstance(fact.claim, vsa.Summary)]
    if not facts:
        return _aside(case.missing(_RULE, demand)), None
    elsewhere = {fact.evidence.digest: _elsewhere(case, demand, fact) for fact in facts}
    about = [fact for fact in facts if elsewhere[fact.evidence.digest] is None]
    newest = max(
        about or facts, key=lambda fact: (_claim(fact).verified, not _claim(fact).passed, fact.evidence.digest)
    )
    problem = elsewhere[newest.evidence.digest] or _problem(case, demand, newest)
    if problem is not None:
        return _aside(failed(_RULE, [problem], [newest], signer=case.policy.describe(newest.signer))), None
    policy = "this policy" if demand.policy is None else f"policy {demand.policy.short}"
    age = in_words(case.now - _begun(newest))
    verifier = f" at {_claim(newest).verifier}" if demand.verifiers else ""
    summary = f"passed {policy}{verifier} {age} ago, by a signed verdict; not evaluated again"
    return case.passed(_RULE, summary, [newest]), newest


def _claim(fact: Fact) -> vsa.Summary:
    if not isinstance(fact.claim, vsa.Summary):  # chosen by the caller
        raise TypeError("no verification summary")
    return fact.claim


def _elsewhere(case: Case, demand: SummaryDemand, fact: Fact) -> Problem | None:
    """What is wrong with a verdict that is about something else than what is asked here."""
    said = _claim(fact)
    policy = demand.policy or case.policy.digest
    expected = vsa.resource_uri(fact.statement.subjects[0].name, case.digest)
    if said.resource != expected:
        return Problem(code="verdict-other-resource", expected=expected, found=said.resource[:200])
    if said.policy_digest is None or not said.policy_digest.matches(policy):
        found = "no digest" if said.policy_digest is None else str(said.policy_digest)
        return Problem(code="verdict-other-policy", expected=f"a verdict under {policy}", found=found)
    if demand.verifiers and said.verifier not in demand.verifiers:
        expected = f"a verdict by {' or '.join(demand.verifiers)}"
        return Problem(code="verdict-other-verifier", expected=expected, found=said.verifier[:200])
    return None


def _problem(case: Case, demand: SummaryDemand, fact: Fact) -> Problem | None:
    """What is wrong with the newest verdict that is about this."""
    said = _claim(fact)
    if not said.passed:
        return Problem(code="claim-negative", expected=f"a verdict that says {vsa.PASSED}", found=vsa.FAILED)
    stated = f"verified {shown(said.verified)}"
    if said.verified > case.now + _AHEAD:
        return Problem(code="verdict-time", expected=f"a verdict from before {shown(case.now)}", found=stated)
    if fact.times and said.verified > fact.times[0].moment + _AHEAD:
        return Problem(code="verdict-time", expected=f"a verdict from before {fact.times[0]}", found=stated)
    age = case.now - _begun(fact)
    if age > demand.max_age:
        expected = f"a verdict at most {in_words(demand.max_age)} old"
        return Problem(code="verdict-stale", expected=expected, found=f"{in_words(age)} old")
    return None


def _begun(fact: Fact) -> datetime:
    return min([_claim(fact).verified, *(time.moment for time in fact.times)])


def _aside(finding: Finding) -> Finding:
    """It refuses nothing: everything else is evaluated instead."""
    why = "; ".join(part for part in (finding.found, finding.expected and f"expected {finding.expected}") if part)
    return replace(
        finding,
        status=Status.NOT_APPLICABLE,
        summary=f"no verdict stands in, so all was evaluated: {why}",
        exit_status=1,
        hint=None,
    )
