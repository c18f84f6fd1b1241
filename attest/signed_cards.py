"""Signed model cards of stored versions: signed and attached, found again, and checked.

The signer's word is about the bytes. What a reader gets is what was signed, and beside it which of the claims that it
was made from hold for him now, and whether there are newer ones that it does not know of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest.claims import card as cards
from attest.claims.card import SignedCard
from attest.claims.predicates import CARD, EVALUATION, ML_BOM, MODEL_SIGNATURE, PROVENANCE, TEST_RESULT
from attest.claims.statement import check_with_library
from attest.errors import AttestError, EvidenceMissing, InputError, SignerNotTrusted
from attest.evidence.attach import attach
from attest.evidence.cards import fetch_card, store_card
from attest.evidence.evidence import Evidence
from attest.signed_claims import name_of, reviewed
from attest.trust.window import shown
from attest.verify.verifier import verify
from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import ContentMismatch, NotFound
from attest_registry.oci.descriptor import Descriptor

if TYPE_CHECKING:
    from datetime import datetime

    from attest.cards.facts import Facts
    from attest.describe import Description
    from attest.policy.document import Policy
    from attest.signing.bundle_signer import BundleSigner
    from attest.verify.facts import Fact, Judged
    from attest_registry.oci.content import Repository
    from attest_registry.reference import Reference

_SOURCES: Final = frozenset({MODEL_SIGNATURE, PROVENANCE, ML_BOM, EVALUATION, TEST_RESULT})


class Attached(Struct, frozen=True, kw_only=True):
    """A card that was signed.

    Args:
        digest: of its bytes.
        evidence: digest of the bundle.
        signer: for people.
        already: whether the same signer had signed the same bytes before, so that nothing was added.
    """

    digest: Digest
    evidence: Digest
    signer: str
    already: bool = False


class ReadCard(Struct, frozen=True, kw_only=True):
    """A signed card that was found.

    Args:
        text: its bytes, checked.
        said: what the claim says.
        signer: who signed it, for people.
        evidence: digest of the bundle.
        holds: how many of the claims that it was made from hold here and now.
        unknown: how many do not, or are not there.
        newer: how many claims there are that it was not made from.
    """

    text: bytes
    said: SignedCard
    signer: str
    evidence: Digest
    holds: int
    unknown: int
    newer: int


def sign_card(
    found: Description, facts: Facts, text: bytes, repository: Repository, *, signer: BundleSigner, now: datetime
) -> Attached:
    """Sign a card, check it, store its bytes, and attach the claim to the version.

    Args:
        found: the version.
        facts: what the card was made from.
        text: the card, as Markdown.
        repository: where the version is.
        signer: a key, or an identity.
        now: when.

    Raises:
        InputError: it is larger than any reader accepts.
        MalformedEvidence: our own verifier does not take what was signed; nothing was attached.
        StoreError: the store could not take it; the same call can be repeated.
    """
    if len(text) > limits.CARD_BYTES:
        raise InputError(
            "the card is too large",
            code="content-too-large",
            expected=f"at most {limits.CARD_BYTES} bytes",
            found=f"{len(text)} bytes",
        )
    digest, subject = Digest.of(text), found.artefact.manifest.descriptor
    before = _by(found.judged, signer, digest)
    if before is not None:
        store_card(repository, text, media_type=cards.MARKDOWN, subject=subject)
        return Attached(digest=digest, evidence=before.evidence.digest, signer=signer.description, already=True)
    said = SignedCard(digest=digest, size=len(text), issued=now, generated_from=reviewed(_used(found.judged, facts)))
    statement = cards.build(said, by=name_of(signer), model=found.reference.model, manifest_digest=subject.digest)
    check_with_library(statement)
    bundle = Evidence(raw=signer.sign_statement(statement), origin="just signed")
    verify(bundle, artefact=found.artefact, model=found.reference.model, keys=[signer.trusted])
    store_card(repository, text, media_type=cards.MARKDOWN, subject=subject)
    attach(repository, [(bundle.raw, CARD)], subject=subject, created=shown(now))
    return Attached(digest=digest, evidence=bundle.digest, signer=signer.description)


def _used(judged: Judged, facts: Facts) -> list[Fact]:
    """The model signature, and every claim whose words are on the card."""
    said = (facts.bom, facts.provenance, *facts.evaluations)
    words = {each.source.words for each in said if each is not None}
    return [
        fact
        for fact in _sources(judged)
        if fact.statement.predicate_type == MODEL_SIGNATURE or Digest.of(fact.statement.raw) in words
    ]


def _by(judged: Judged, signer: BundleSigner, digest: Digest) -> Fact | None:
    """The card in force, where it is this signer's and the same already."""
    newest = max(_readable(judged), key=_order, default=None)
    if newest is None or newest[1].digest != digest or newest[0].signer.fingerprint != signer.trusted.fingerprint:
        return None
    return newest[0]


def _order(each: tuple[Fact, SignedCard]) -> tuple[datetime, Digest]:
    return each[1].issued, each[0].evidence.digest


def read_card(found: Description, repository: Repository, *, policy: Policy) -> ReadCard:
    """The signed card of a version: the latest by anybody whom the policy names.

    Args:
        found: the version, with its facts.
        repository: where it is.
        policy: whose cards count.

    Raises:
        EvidenceMissing: there is none.
        SignerNotTrusted: somebody else signed one.
        Incident: there is one, and it does not hold.
        ContentMismatch: the store has other bytes for it, or none.
    """
    rejected = _worst(found.judged, {CARD})
    if rejected is not None and rejected.exit_status > SignerNotTrusted.exit_status:
        raise rejected
    cards_there = _parsed(found.judged)
    if not cards_there:
        raise _none(found.reference, rejected or _worst(found.judged, {None}))  # what cannot be read may have been one
    fact, said = max(cards_there, key=_order)
    try:
        text = fetch_card(repository, Descriptor(media_type=said.media_type, digest=said.digest, size=said.size))
    except NotFound as error:
        raise ContentMismatch(
            f"the signed card of {found.reference} is not in the store",
            code="card-missing",
            expected=str(said.digest),
            found="no such content",
            hint="attest card REF --sign signs and stores one again",
        ) from error
    there = set(reviewed(_sources(found.judged)))
    return ReadCard(
        text=text,
        said=said,
        signer=policy.describe(fact.signer),
        evidence=fact.evidence.digest,
        holds=len(set(said.generated_from) & there),
        unknown=len(set(said.generated_from) - there),
        newer=len(there - set(said.generated_from)),
    )


def _sources(judged: Judged) -> list[Fact]:
    return [fact for fact in judged.facts if fact.statement.predicate_type in _SOURCES]


def _worst(judged: Judged, types: set[str | None]) -> AttestError | None:
    errors = [each.error for each in judged.rejected if each.predicate_type in types]
    return max(errors, key=lambda error: error.exit_status, default=None)


def _parsed(judged: Judged) -> list[tuple[Fact, SignedCard]]:
    return [(fact, cards.parse(fact.statement)) for fact in judged.facts if fact.statement.predicate_type == CARD]


def _readable(judged: Judged) -> list[tuple[Fact, SignedCard]]:
    found = []
    for fact in judged.facts:
        if fact.statement.predicate_type == CARD:
            try:
                found.append((fact, cards.parse(fact.statement)))
            except AttestError:
                continue  # whoever reads it will hear of it; it keeps nobody from signing a sound one
    return found


def _none(reference: Reference, rejected: AttestError | None) -> AttestError:
    if rejected is not None:
        return rejected
    return EvidenceMissing(
        f"no signed card is attached to {reference}",
        expected="a model card, signed",
        found="none",
        hint="attest card REF --sign --key PUBLIC_KEY     signs one",
    )
