"""With ancestors and revocations too, less evidence, more demands and more denials never allow anything.

A family of three, each signed by two people: a base, the teacher that was tuned from it, and the teacher's student. As
in `test_monotone.py` nobody says two different things; but one provenance is a careless one, and a denial of its signer
does not take away what it says against the student.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest.claims import provenance
from attest.claims.predicates import PROVENANCE
from attest.claims.revocations import Kind, Revocation, Scope
from attest.claims.training import Input, Operation, Role, Source, Standing
from attest.policy import beyond
from attest.policy.ancestry import Ancestor, Gathered, Unreached
from attest.policy.case import Case
from attest.policy.document import policy_for_keys
from attest.policy.evaluate import evaluate
from attest.policy.requirements import (
    AncestorDemand,
    ClaimDemand,
    Identity,
    Lineage,
    LineageDemand,
    Policy,
    ProvenanceDemand,
)
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from tests.verify.evidence import DATASET, NOW, SAFE, Person, Version, bundle, model_files, training

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest.evidence.evidence import Evidence

ALICE, BOB = Person.named("alice"), Person.named("bob")
SOURCE = Source(uri="git+https://git.example.com/acme/train", commit="41c9d2e" + "0" * 33, clean=True)
NAMES: Final = ("acme/base", "acme/large", "acme/student")


def _from(name: str, version: Version, role: Role) -> Input:
    return Input(
        role=role, name=role.value, standing=Standing.UNVERIFIED, digest=version.artefact.digest, uri=f"attest:{name}"
    )


def _version(name: str, operation: Operation, *inputs: Input) -> Version:
    files = model_files({"model.safetensors": (name.encode(), SAFE)})
    return Version.of(files, model=name, about=training(operation=operation, source=SOURCE, inputs=(DATASET, *inputs)))


def _family() -> dict[str, Version]:
    base = _version("acme/base", Operation.TRAIN)
    large = _version("acme/large", Operation.FINE_TUNE, _from("acme/base", base, Role.BASE_MODEL))
    student = _version("acme/student", Operation.DISTILL, _from("acme/large", large, Role.TEACHER_MODEL))
    return dict(zip(NAMES, (base, large, student), strict=True))


FAMILY: Final = _family()
STUDENT: Final = FAMILY["acme/student"]


def _careless() -> Evidence:
    """Another story about the student, which no policy with a clean source accepts."""
    said = training(operation=Operation.DISTILL, source=replace(SOURCE, clean=False), inputs=(DATASET,))
    where: dict[str, Any] = {"model": "acme/student", "manifest_digest": STUDENT.artefact.digest}
    return bundle(provenance.build(said, oms_root=STUDENT.manifest.oms_root, **where), BOB)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Evidence about one of them."""

    name: str
    evidence: Evidence


POOL: Final = [
    Piece(name=name, evidence=piece)
    for name, version in FAMILY.items()
    for person in (ALICE, BOB)
    for piece in version.evidence(person)[:3]
]


def _denial(kind: Kind, value: Any, scope: Scope) -> Revocation:
    return Revocation(kind=kind, value=value, since=NOW - timedelta(days=1), reason="why", scope=scope)


DENIALS: Final = [
    *(_denial(Kind.KEY, person.key.fingerprint, scope) for person in (ALICE, BOB) for scope in Scope),
    *(_denial(Kind.MANIFEST, version.artefact.digest, scope) for version in FAMILY.values() for scope in Scope),
    *(_denial(Kind.MANIFEST, Digest.of(b"other"), scope) for scope in Scope),
    *(_denial(Kind.DATASET, DATASET.digest, scope) for scope in Scope),
    _denial(Kind.CLAIM, Digest.of(STUDENT.provenance.raw), Scope.SELF),
]


def _policies() -> dict[str, Policy]:
    both = policy_for_keys([ALICE.key, BOB.key])
    people = {name: Identity(name=name, keys=(who.key,)) for name, who in (("alice", ALICE), ("bob", BOB))}
    by: dict[str, Any] = {"by": ("alice", "bob")}
    assert both.signature is not None
    assert both.ml_bom is not None
    plain = replace(
        both,
        identities=MappingProxyType(people),
        signature=ClaimDemand(predicate_type=both.signature.predicate_type, **by),
        provenance=ProvenanceDemand(predicate_type=PROVENANCE, clean=True, **by),
        ml_bom=replace(both.ml_bom, **by),
    )

    def asking(demand: AncestorDemand) -> Policy:
        roles = (Role.BASE_MODEL, Role.TEACHER_MODEL)
        lineage = LineageDemand(inputs=dict.fromkeys(roles, Lineage.KNOWN), ancestors=dict.fromkeys(roles, demand))
        return replace(plain, lineage=lineage)

    return {
        "plain": plain,
        "signed": asking(AncestorDemand(signed_by=("alice", "bob"))),
        "signed-to-the-roots": asking(AncestorDemand(signed_by=("alice", "bob"), depth=None)),
        "same": asking(AncestorDemand(same=True, depth=None)),
        "by-alice": asking(AncestorDemand(signed_by=("alice",), depth=None)),
    }


POLICIES: Final = _policies()
STRICTER: Final = [("plain", "signed"), ("signed", "signed-to-the-roots"), ("signed-to-the-roots", "by-alice"),
                   ("signed", "same"), ("signed-to-the-roots", "same")]  # fmt: skip


def _found(policy: Policy, name: str, pieces: Sequence[Piece]) -> Ancestor | Unreached:
    own = [piece.evidence for piece in pieces if piece.name == name]
    if not own:
        return Unreached(why="gone")
    artefact = FAMILY[name].artefact
    judged = judge(own, artefact=artefact, model=name, keys=policy.keys)
    files = {file.path: file.digest for file in artefact.files}
    return Ancestor(digest=artefact.digest, files=files, judged=judged)


def _judged(policy: Policy, pieces: Sequence[Piece]) -> bool:
    artefact = STUDENT.artefact
    own = [piece.evidence for piece in pieces if piece.name == "acme/student"]
    judged = judge(own, artefact=artefact, model="acme/student", keys=policy.keys)
    case = Case(policy=policy, judged=judged, digest=artefact.digest, files={}, reference="acme/student:1", now=NOW)
    found = beyond.ancestors(case, lambda sought, other: _found(other, sought.reference.model, pieces))
    gathered = Gathered(ancestors=found)
    return evaluate(policy, judged, artefact=artefact, reference="acme/student:1", now=NOW, gathered=gathered).allowed


def _some(numbers: set[int]) -> list[Piece]:
    return [POOL[number] for number in sorted(numbers)]


def _denying(policy: Policy, numbers: set[int]) -> Policy:
    return replace(policy, deny=tuple(DENIALS[number] for number in sorted(numbers)))


PIECES: Final = st.sets(st.sampled_from(range(len(POOL))))
MOST: Final = st.sets(st.sampled_from(range(len(POOL))), max_size=4).map(lambda gone: set(range(len(POOL))) - gone)
DENIED: Final = st.sets(st.sampled_from(range(len(DENIALS))), max_size=3)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_all_of_it_is_allowed_and_none_is_not(policy: Policy) -> None:
    assert _judged(policy, POOL)
    assert not _judged(policy, [])


@pytest.mark.parametrize("name", ["signed-to-the-roots", "same", "by-alice"])
def test_an_ancestor_that_is_asked_for_is_needed(name: str) -> None:
    for gone in NAMES:
        assert not _judged(POLICIES[name], [piece for piece in POOL if piece.name != gone])


@settings(max_examples=120, deadline=None)
@given(name=st.sampled_from(sorted(POLICIES)), denied=DENIED, kept=MOST | PIECES, data=st.data())
def test_taking_evidence_away_allows_nothing(name: str, denied: set[int], kept: set[int], data: st.DataObject) -> None:
    fewer = kept - data.draw(st.sets(st.sampled_from(range(len(POOL)))))
    policy = _denying(POLICIES[name], denied)
    if _judged(policy, _some(fewer)):
        assert _judged(policy, _some(kept))


@settings(max_examples=120, deadline=None)
@given(name=st.sampled_from(sorted(POLICIES)), kept=MOST, denied=DENIED, more=DENIED, careless=st.booleans())
def test_denying_more_allows_nothing(
    name: str, kept: set[int], denied: set[int], more: set[int], *, careless: bool
) -> None:
    pieces = _some(kept) + ([Piece(name="acme/student", evidence=_careless())] if careless else [])
    if _judged(_denying(POLICIES[name], denied | more), pieces):
        assert _judged(_denying(POLICIES[name], denied), pieces)


def test_denying_a_careless_signer_does_not_take_back_what_he_said() -> None:
    pieces = [*POOL, Piece(name="acme/student", evidence=_careless())]
    bob = replace(POLICIES["plain"], deny=(_denial(Kind.KEY, BOB.key.fingerprint, Scope.SELF),))
    assert not _judged(POLICIES["plain"], pieces)
    assert not _judged(bob, pieces)
    assert _judged(bob, POOL)


@settings(max_examples=80, deadline=None)
@given(pair=st.sampled_from(STRICTER), kept=MOST, denied=DENIED)
def test_asking_for_more_allows_nothing(pair: tuple[str, str], kept: set[int], denied: set[int]) -> None:
    lax, strict = (_denying(POLICIES[name], denied) for name in pair)
    if _judged(strict, _some(kept)):
        assert _judged(lax, _some(kept))


def test_some_denials_allow_and_some_deny() -> None:
    """So that the properties above are about something."""
    answers: Mapping[int, bool] = {
        number: _judged(_denying(POLICIES["same"], {number}), POOL) for number in range(len(DENIALS))
    }
    assert set(answers.values()) == {True, False}
