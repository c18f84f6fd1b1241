"""What is found about a log that was walked whole (`examining.py`): one finding per check, as a verdict has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.claims.event import Action
from attest.claims.log_state import RoleName
from attest.errors import AttestError, Incident, LogBroken, Refusal
from attest.evidence.collect import collect
from attest.lifecycle.examining import forked_at, in_force, keeper_of
from attest.lifecycle.log import ends_fork
from attest.lifecycle.pinning import judge_pins
from attest.lifecycle.rebuilding import Difference, differences
from attest.lifecycle.recorded import missing_among
from attest.policy.log_demand import is_named
from attest.policy.verdict import Finding, Status
from attest_registry.digest import Digest
from attest_registry.errors import ContentMismatch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.claims.signer_name import SignerName
    from attest.evidence.evidence import Evidence
    from attest.lifecycle.chain import Link
    from attest.lifecycle.examining import Walked
    from attest.lifecycle.remembered import Remembered
    from attest.lifecycle.session import Session
    from attest.policy.document import Policy
    from attest.trust.signatory import Signatory
    from attest_registry.digest import Digest

_CHAIN: Final[tuple[tuple[str, str, frozenset[str]], ...]] = (
    ("signatures", "each by whom it names", frozenset({"log-signature", "log-key-missing"})),
    ("place", "each of this model and environment", frozenset({"log-transplant"})),
    ("order", "no gap, each goes on from the one before", frozenset({"log-gap", "log-malformed"})),
    ("times", "never backwards, none from the future", frozenset({"log-time"})),
    ("roles", "each signer had the role for what he did", frozenset({"log-role"})),
    ("states", "each the one that follows", frozenset({"log-transition", "log-state"})),
)
"""The steps of the chain in their order: name, what holds, codes that mean it does not."""


_OF_THE_LOG: Final = frozenset({"", "manifest", "label"})
"""What a log says of a version; everything else in its row is from the evidence, for searching."""


def examine(
    session: Session, walked: Walked, *, named: Sequence[Signatory] | None = None, policy: Policy | None = None
) -> list[Finding]:
    """Every check, in order; what rests on a broken chain is not reached.

    Args:
        session: the model.
        walked: its log.
        named: whom the operator named as its admins; `None` where he named nobody.
        policy: what he says about which log he means, in place of that.

    Raises:
        StoreError: the store or the catalogue could not be asked.
    """
    found = _chain(walked)
    if walked.broken is None:
        found += [*_gates(session, walked), _claims(session, walked)]
        found += [_memory(session, walked), _catalogue(session, walked)]
        return [*found, _admins(walked, named) if policy is None else _pinned(session, walked, policy)]
    rest = ("gates", "claims", "memory", "catalogue", "admins")
    return [*found, *(Finding(rule=rule, status=Status.NOT_REACHED, summary="not reached") for rule in rest)]


def _chain(walked: Walked) -> list[Finding]:
    """One finding for each kind of rule; an event that breaks one is judged by none of those after it."""
    events = f"event{'' if walked.last == 1 else 's'} 1{'' if walked.last == 1 else f' to {walked.last}'}"
    broken = walked.broken
    rules = [rule for rule, _, codes in _CHAIN if broken is not None and broken.code in codes]
    at = rules[0] if rules else None if broken is None else _CHAIN[0][0]
    found = []
    for rule, holds, _ in _CHAIN:
        if rule == at and broken is not None:
            found.append(_failed(rule, broken))
        elif walked.last == 0:
            found.append(Finding(rule=rule, status=Status.NOT_REACHED, summary="not reached"))
        else:
            found.append(Finding(rule=rule, status=Status.PASSED, summary=f"{events}: {holds}{_proven(rule, walked)}"))
    return found


def _proven(rule: str, walked: Walked) -> str:
    if rule != "times":
        return ""
    proven = sum(bool(link.fact.times) for link in walked.links)
    return f"; {proven} proven, {walked.last - proven} claimed"


def _failed(rule: str, error: AttestError) -> Finding:
    return Finding(
        rule=rule,
        status=Status.FAILED,
        code=error.code,
        exit_status=error.exit_status,
        summary=error.message,
        expected=error.expected,
        found=error.found,
        hint=error.hint,
    )


def _gates(session: Session, walked: Walked) -> list[Finding]:
    """The gate of everything that is in force, asked again."""
    keeper = keeper_of(session, walked)
    found = []
    for name, link in in_force(walked):
        event = link.event
        what = f"{name}: version {event.version.number}, event {event.sequence}"
        gate = event.gate
        which = "the built-in gate" if gate is None or gate.policy is None else f"policy {gate.policy.short}"
        try:
            keeper.again(event, walked.links[event.sequence - 2].event.state)
        except (Incident, Refusal, ContentMismatch) as error:
            found.append(_failed("gates", error))
        else:
            found.append(Finding(rule="gates", status=Status.PASSED, summary=f"{what}, let pass by {which}"))
    return found or [Finding(rule="gates", status=Status.NOT_APPLICABLE, summary="nothing was promoted")]


def _claims(session: Session, walked: Walked) -> Finding:
    """Everything that was recorded is there: a registry that holds a rejection back is noticed."""
    recorded = [link for link in walked.links if link.event.action is Action.RECORD]
    if not recorded:
        return Finding(rule="claims", status=Status.NOT_APPLICABLE, summary="none was recorded")
    there: dict[Digest, Sequence[Evidence]] = {}

    def signatory_of(who: SignerName) -> Signatory:
        return session.keyring.signatory_of(who, found=walked.segment.key)

    for link in recorded:
        manifest = link.event.version.manifest
        if manifest not in there:
            there[manifest] = collect(session.repository, manifest).evidence
        missing = missing_among(there[manifest], link.event.claims, signatory_of=signatory_of)
        if missing:
            return Finding(
                rule="claims",
                status=Status.FAILED,
                code="evidence-withheld",
                expected=f"claim {missing[0].claim}, recorded by event {link.event.sequence}",
                found=f"{len(there[manifest])} others about version {link.event.version.number}",
                hint="attest evidence attach     puts an exported bundle back",
            )
    count = sum(len(link.event.claims) for link in recorded)
    return Finding(rule="claims", status=Status.PASSED, summary=f"all {count} that were recorded are in the store")


def _memory(session: Session, walked: Walked) -> Finding:
    seen = session.place.recall()
    if seen is None:
        return Finding(rule="memory", status=Status.NOT_APPLICABLE, summary="first use on this machine")
    fork = forked_at(session, walked)
    ended = fork is not None and _ends(walked, fork, session.place.event_at(fork), seen)
    if fork is not None and not ended:
        return _failed("memory", _forked(session, walked, fork))
    if seen.sequence > walked.last and not ended:
        return Finding(
            rule="memory",
            status=Status.FAILED,
            code="log-rollback",
            exit_status=LogBroken.exit_status,
            expected=f"event {seen.sequence}, which was seen here, or a later one",
            found=f"event {walked.last}",
            hint="ask who keeps the store",
        )
    what = (
        "the fork that was seen here was ended" if ended else f"event {seen.sequence}, the last one seen here, stands"
    )
    return Finding(rule="memory", status=Status.PASSED, summary=what)


def _ends(walked: Walked, fork: int, first: Digest | None, seen: Remembered) -> bool:
    """Whether an event of the log ends the fork for who saw the branch that was seen here."""
    if fork == 1 or first is None:  # another log from its beginning on
        return False
    common = walked.links[fork - 2].event.state
    return any(
        ends_fork(link.event, {first, seen.head}, states=(common, seen.state)) for link in walked.links[fork - 1 :]
    )


def _forked(session: Session, walked: Walked, fork: int) -> LogBroken:
    return LogBroken(
        f"event {fork} is another one than was seen here",
        code="log-fork",
        expected=str(session.place.event_at(fork)),
        found=str(walked.digest(fork)),
        hint=f"attest log resolve-fork {session.reference.name}     for its admins",
    )


def _catalogue(session: Session, walked: Walked) -> Finding:
    """It has the same rows as one that is made now; where it is behind, the next writer brings it up."""
    head = session.catalogue.head(session.name)
    if head is None:
        return Finding(rule="catalogue", status=Status.NOT_APPLICABLE, summary="it knows nothing of the model")
    if head[0] <= walked.last and head[1] == walked.digest(head[0]):
        if head[0] < walked.last:
            summary = f"it is {walked.last - head[0]} events behind, up to which it agrees"
            return Finding(rule="catalogue", status=Status.NOT_APPLICABLE, summary=summary)
        return _rows(differences(session))
    expected = f"event {walked.last} {walked.digest(walked.last).short}"
    return _catalogue_failed(expected, f"event {head[0]} {head[1].short}")


def _rows(different: Sequence[Difference]) -> Finding:
    """Events, aliases, stages and versions have to be the log's; what is only searched for may be out of date."""
    contradicting = [each for each in different if not each.what.startswith("version ") or each.field in _OF_THE_LOG]
    if contradicting:
        return _catalogue_failed("the same as a fresh one", str(contradicting[0])[:200])
    if different:
        summary = "it says the same of every name; what it can be searched for is out of date: attest catalogue rebuild"
        return Finding(rule="catalogue", status=Status.NOT_APPLICABLE, summary=summary)
    return Finding(rule="catalogue", status=Status.PASSED, summary="it says the same as a fresh one")


def _catalogue_failed(expected: str, found: str) -> Finding:
    return Finding(
        rule="catalogue",
        status=Status.FAILED,
        code="catalogue-differs",
        expected=expected,
        found=found,
        hint="attest catalogue rebuild     makes it again from the store; the log is the truth",
    )


def _pinned(session: Session, walked: Walked, policy: Policy) -> Finding:
    """The log before a policy, as it is judged wherever an alias leads to a version."""
    try:
        log = session.log()
    except LogBroken:  # said above
        return Finding(rule="admins", status=Status.NOT_REACHED, summary="not reached")
    alias = next(iter(sorted(walked.state.aliases)), None)
    finding = judge_pins(log, reference=session.reference, alias=alias, policy=policy, now=session.clock())
    return replace(finding, rule="admins")


def _admins(walked: Walked, named: Sequence[Signatory] | None) -> Finding:
    """Who begins a log says himself that he is its admin: whether it is the right one, only the operator knows."""
    admins = [grant.who for grant in walked.state.roles.get(RoleName.ADMIN, ())]
    first: Link = walked.links[0]
    everybody = list(dict.fromkeys((first.event.by, *admins)))
    shown = ", ".join(who.title for who in everybody)
    if named is None:
        return Finding(
            rule="admins", status=Status.NOT_APPLICABLE, summary=f"nobody was named to compare with: {shown}"
        )
    others = [who for who in everybody if not any(is_named(each, who) for each in named)]
    if others:
        return Finding(
            rule="admins",
            status=Status.FAILED,
            code="log-admin",
            expected="whoever began the log, and its admins, among those who were named",
            found=", ".join(who.title for who in others),
            hint="name every admin with --key, or find out who this is",
        )
    return Finding(rule="admins", status=Status.PASSED, summary=f"all of them were named: {shown}")
