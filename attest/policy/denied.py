"""What is revoked, held against a version, what it was made from, and whoever gave it its alias: the rule `denials`.

An alias is worth what the signature is worth that moved it last: where that one is revoked, the alias leads to nothing
until somebody who counts moves it again. Who gave a role is not asked here: a role from a thief is taken back by the
admins (`grant` replaces the whole list), and a log that a policy pins does not change its admins unnoticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from attest.claims.revocations import Kind, Scope
from attest.claims.training import MODEL_ROLES
from attest.policy.ancestry import Ancestor
from attest.policy.lineage_ancestors import ARROW
from attest.policy.lineage_walk import stories_of, title
from attest.policy.verdict import Finding, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from attest.policy.case import Case
    from attest.policy.denials import Denial, Denials
    from attest.policy.lineage_walk import Met, Walk
    from attest_registry.digest import Digest

RULE: Final = "denials"


def judge_denials(case: Case, walk: Walk, denials: Denials) -> list[Finding]:
    """Neither the version nor what it was made from is revoked.

    Args:
        case: the version, with all its facts, those of revoked signers too.
        walk: the way to its ancestors; to the roots, where revocations go for descendants.
        denials: what is revoked.
    """
    findings = [*_own(case, walk.places[0].path[0], denials), *judge_move(case, denials)]
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


def judge_move(case: Case, denials: Denials) -> Iterator[Finding]:
    """Whoever gave the version the alias that led to it, or is about to."""
    event, mover, use = case.gathered.moved, case.gathered.mover, case.gathered.use
    if event is not None:
        for denial in denials.of_fact(event)[:1]:
            found = f"{case.policy.describe(event.signer)} gave it @{use}, and is {denial.title}"
            yield replace(
                _denied_by("mover-revoked", found, ()),
                expected=f"@{use} moved by nobody who is revoked",
                hint=f"attest demote NAME@{use} and attest promote NAME:VERSION --to {use}     by somebody who counts",
            )
    if mover is not None:
        for denial in denials.of_name(mover)[:1]:
            found = f"{mover.title} is {denial.title}"
            yield replace(_denied_by("mover-revoked", found, ()), expected=f"{use} moved by nobody who is revoked")


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
