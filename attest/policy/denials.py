"""What no longer counts: by the deny list of a policy, or by the revocation feed that it names.

deny:
  - {manifest: sha256:…, since: 2026-11-01, reason: trained on leaked data}     # and what was made from it
  - {dataset: sha256:…, since: 2026-11-01, reason: consent withdrawn, scope: self}
  - {key: sha256:…, since: 2026-10-15T08:00:00Z, reason: laptop stolen}
  - {identity: {issuer: https://…, subject: alice@acme.example}, since: 2026-06-30, reason: left the company}
  - {log-index: 4711, since: 2026-10-15, reason: signed by the thief}
  - {claim: sha256:…, since: 2026-10-15, reason: withdrawn}

A signature that is revoked supports nothing any more, but what it said against a version stays said: a denial never
allows anything. It spares signatures that are proven to be older than `since`; what a signer says of the time proves
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field

from attest.claims.revocations import Holder, Kind, Scope
from attest.claims.training import MODEL_ROLES
from attest.errors import Refusal
from attest.policy.ancestry import Ancestor
from attest.policy.lineage_ancestors import ARROW
from attest.policy.lineage_walk import stories_of, title
from attest.policy.verdict import Finding, Status
from attest.verify.facts import Judged, Rejected
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from attest.claims.revocations import Revocation
    from attest.policy.case import Case
    from attest.policy.lineage_walk import Met, Walk
    from attest.verify.facts import Fact

    Value: TypeAlias = Digest | Holder | int

RULE: Final = "denials"


class Denial(Struct, frozen=True, kw_only=True):
    """Something that does not count, and who says so.

    Args:
        revocation: what, since when and why.
        source: the policy or feed, for people.
    """

    revocation: Revocation
    source: str

    @property
    def title(self) -> str:
        """For messages."""
        return f"{self.revocation.title}, by {self.source}"


class Denials(Struct, kw_only=True):
    """All that are in force.

    Args:
        entries: each of them.
    """

    entries: tuple[Denial, ...] = ()
    _by_value: dict[tuple[Kind, Value], list[Denial]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Index them. Several may be about one thing; every one of them goes on counting."""
        self._by_value = {}
        for each in self.entries:
            self._by_value.setdefault((each.revocation.kind, each.revocation.value), []).append(each)

    @property
    def reach_descendants(self) -> bool:
        """Whether anything made from something revoked is revoked as well."""
        return any(each.revocation.scope is Scope.DESCENDANTS for each in self.entries)

    def of(self, kind: Kind, value: Value) -> tuple[Denial, ...]:
        """What goes for one thing."""
        return tuple(self._by_value.get((kind, value), ()))

    def of_fact(self, fact: Fact) -> tuple[Denial, ...]:
        """Why a signature does not count; nothing where it does."""
        found = [each for kind, value in _names(fact) for each in self.of(kind, value)]
        return tuple(each for each in found if not _spared(fact, each.revocation))

    def keep(self, judged: Judged) -> Judged:
        """The evidence without those facts whose signatures do not count."""
        if not self.entries:
            return judged
        facts, rejected = [], list(judged.rejected)
        for fact in judged.facts:
            denials = self.of_fact(fact)
            if denials:
                rejected.append(_rejected(fact, denials[0]))
            else:
                facts.append(fact)
        return judged if len(facts) == len(judged.facts) else Judged(facts=tuple(facts), rejected=tuple(rejected))


def in_force(sources: Iterable[tuple[str, Sequence[Revocation]]], *, now: datetime) -> Denials:
    """What counts at a time.

    Args:
        sources: who says it, for people, and what.
        now: the time.
    """
    return Denials(
        entries=tuple(
            Denial(revocation=entry, source=source)
            for source, entries in sources
            for entry in entries
            if entry.since <= now
        )
    )


def _names(fact: Fact) -> Iterator[tuple[Kind, Value]]:
    """Everything by which a signature can be revoked."""
    yield Kind.CLAIM, Digest.of(fact.statement.raw)
    yield Kind.KEY, fact.signer.fingerprint
    proven = fact.proven
    if proven is None:
        return
    if proven.logged is not None:
        yield Kind.LOG_INDEX, proven.logged.index
    if proven.certificate is not None:
        from attest.verify.fulcio import CertificateSigner  # noqa: PLC0415  # only where X.509 was loaded anyway
        from attest.verify.proven import PkiSigner  # noqa: PLC0415

        signer = proven.signer
        if isinstance(signer, CertificateSigner):
            yield Kind.IDENTITY, Holder(subject=signer.subject, issuer=signer.issuer)
        elif isinstance(signer, PkiSigner):
            yield Kind.IDENTITY, Holder(subject=signer.subject)
            yield Kind.KEY, signer.key


def _spared(fact: Fact, revocation: Revocation) -> bool:
    """Whether it is proven to be older than the loss. One entry of a log, or one claim, is meant as it stands."""
    if revocation.kind not in {Kind.KEY, Kind.IDENTITY}:
        return False
    return bool(fact.times) and fact.times[0].moment < revocation.since


def _rejected(fact: Fact, denial: Denial) -> Rejected:
    error = Refusal(
        f"what {fact.signer.name} signed does not count",
        code="signer-revoked",
        expected="a signature that is not revoked, or is proven to be older",
        found=denial.title,
    )
    return Rejected(
        evidence=fact.evidence,
        error=error,
        predicate_type=fact.statement.predicate_type,
        key_hint=f"{fact.signer.name} ({fact.signer.title})",
    )


def judge_denials(case: Case, walk: Walk, denials: Denials) -> list[Finding]:
    """Neither the version nor what it was made from is revoked.

    Args:
        case: the version, with all its facts, those of revoked signers too.
        walk: the way to its ancestors; to the roots, where revocations go for descendants.
        denials: what is revoked.
    """
    if not denials.entries:
        return []
    findings = _own(case, walk.places[0].path[0], denials)
    seen: set[tuple[str, str]] = set()
    for met in walk.met:
        for finding in _of_ancestor(met, denials):
            key = (met.item.name if met.item.digest is None else met.item.digest.hex, str(finding.code))
            if key not in seen:
                seen.add(key)
                findings.append(finding)
    if walk.cut and denials.reach_descendants:
        findings.append(_denied_by("lineage-too-large", f"more than {len(walk.met)} inputs", (), unknown=True))
    return findings or [_nothing(case, walk, denials)]


def _own(case: Case, name: str, denials: Denials) -> list[Finding]:
    return [
        _denied_by("version-revoked", f"{name.partition('@')[0]}@{case.digest}: {denial.title}", ())
        for denial in denials.of(Kind.MANIFEST, case.digest)[:1]
    ]


def judge_itself(case: Case, denials: Denials) -> list[Finding]:
    """Whether a version that is judged as an ancestor is revoked itself, or one of its datasets is."""
    findings = _own(case, case.reference, denials)
    known = {item.digest: item for story in stories_of(case.judged) for item in story.inputs if item.digest is not None}
    for digest, item in known.items():
        for denial in denials.of(Kind.DATASET, digest)[:1]:
            findings.append(_denied_by("dataset-revoked", f"{title(item)}: {denial.title}", ()))
    return findings


def _of_ancestor(met: Met, denials: Denials) -> Iterator[Finding]:
    where = ARROW.join(met.path)
    if met.item.digest is not None:
        for denial in _reaching(denials, Kind.MANIFEST, met.item.digest, met)[:1]:
            yield _denied_by("ancestor-revoked", f"{where}: {denial.title}", met.path)
        for denial in _reaching(denials, Kind.DATASET, met.item.digest, met)[:1]:
            yield _denied_by("dataset-revoked", f"{where}: {denial.title}", met.path)
    if isinstance(met.found, Ancestor):
        signers = [denial for fact in met.found.judged.facts for denial in denials.of_fact(fact)]
        hit = [denial for denial in signers if denial.revocation.scope is Scope.DESCENDANTS]
        if hit:
            yield _denied_by("ancestor-revoked", f"{where}: its signature is {hit[0].title}", met.path)
    if denials.reach_descendants and met.item.role in MODEL_ROLES and met.reference is not None:
        yield from _not_followed(met, denials, where)


def _not_followed(met: Met, denials: Denials, where: str) -> Iterator[Finding]:
    """An ancestor with an address has ancestors of its own that may be revoked, so it has to be looked at."""
    if not isinstance(met.found, Ancestor):
        why = "nobody looked for it" if met.found is None else met.found.why
        yield _denied_by("ancestor-unreachable", f"{where}: {why}", met.path, unknown=True)
    elif not stories_of(denials.keep(met.found.judged)):
        why = "nobody whom the policy names says what it was made from"
        yield _denied_by("lineage-unknown", f"{where}: {why}", met.path, unknown=True)


def _reaching(denials: Denials, kind: Kind, digest: Digest, met: Met) -> list[Denial]:
    """A revoked dataset goes for what was trained on it in any scope; all else only where its scope says so."""
    trained_on = kind is Kind.DATASET and len(met.below.path) == 1
    return [denial for denial in denials.of(kind, digest) if trained_on or denial.revocation.scope is Scope.DESCENDANTS]


def _denied_by(code: str, found: str, path: tuple[str, ...], *, unknown: bool = False) -> Finding:
    return Finding(
        rule=RULE,
        status=Status.UNKNOWN if unknown else Status.FAILED,
        code=code,
        expected="nothing revoked in it, or in what it was made from",
        found=found,
        path=path,
    )


def _nothing(case: Case, walk: Walk, denials: Denials) -> Finding:
    count = len(denials.entries)
    known = {met.item.digest for met in walk.met if met.item.digest is not None}
    inputs = f" or the {len(known)} known inputs above it" if known else ""
    left_out = sum(bool(denials.of_fact(fact)) for fact in case.judged.facts)
    revoked = f"; {left_out} of its claims {'is' if left_out == 1 else 'are'} revoked" if left_out else ""
    summary = f"{count} revocation{'' if count == 1 else 's'}, none for it{inputs}{revoked}"
    return Finding(rule=RULE, status=Status.PASSED, summary=summary)
