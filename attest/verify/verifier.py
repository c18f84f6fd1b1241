"""Evidence → facts. Each piece is judged on its own; a bad one spoils nothing else (docs/threats.md row 36).

     1  read the bundle: bounded, strict JSON, version 0.3, one signature, payload type exactly in-toto
     2  its material decides how it is checked: a key never stands in for a certificate, nor the reverse
     3  find the trusted key that made the signature: each is tried, the hint selects nothing;
        what log entries and timestamps it brings is held against the root pinned for that key (by_managed_key.py);
        or the trusted holder of its certificate: the steps of by_certificate.py or by_private_pki.py, for each
     4  the signature covers the payload type and the payload as they stand in the envelope
     5  read the statement: strict JSON, Statement v1, SHA-256 subjects
     6  the predicate type decides how the rest is read, by exact comparison; unknown types are kept as such; our own
        kinds name their signer
     7  bind: subject[0] is this version's manifest digest, under this model's name
     8  a model signature binds otherwise: its root recomputed (by its reader), its list equal to the version's files,
        under the same name
     9  read the predicate with the claim's own reader

What is proven is who said which words about which version, and when only where a witness of a pinned root says so; not
that they are true. Whoever calls owes: keys from the operator, an artefact whose manifest was checked against its
digest, and a look at the clock for signers that count for a while (`Fact.counts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from attest.claims import mlbom, provenance, signature
from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PAYLOAD_TYPE, PROVENANCE, VERIFICATION_SUMMARY
from attest.claims.statement import Statement
from attest.errors import AttestError, Incident, MalformedEvidence, Refusal
from attest.signing.bundle import Bundle, CertificateMaterial, KeyMaterial
from attest.trust.identity import TrustedKey
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.verify import binding, by_key
from attest.verify.facts import _SEAL, Fact, Judged, Rejected
from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from attest.evidence.evidence import Evidence
    from attest.model.artefact import Artefact
    from attest.trust.signatory import KeyHolder, Signatory
    from attest.trust.window import Span
    from attest.verify.facts import Claim
    from attest.verify.proven import VerifiedBundle


def _read_summary(statement: Statement) -> Claim:
    from attest.claims import vsa  # noqa: PLC0415  # few versions have one

    return vsa.parse(statement)


_READERS: Final[Mapping[str, Callable[[Statement], Claim]]] = {
    MODEL_SIGNATURE: signature.parse,
    PROVENANCE: provenance.parse,
    ML_BOM: mlbom.parse,
    VERIFICATION_SUMMARY: _read_summary,
}

_MODEL_SIGNATURES: Final = "https://model_signing/"


class Signed(Struct, frozen=True, kw_only=True):
    """Words whose signer is known, before it is known what they are about.

    Args:
        statement: the words.
        signer: the trusted key or holder that signed them.
        evidence: the bundle.
        proven: what certificate, log and timestamps prove besides; `None` for a bare key.
        counts: when the signer counts; `None` for always, and for holders whose certificates say it.
        unchecked: how many log entries and timestamps nothing was there to check against.
    """

    statement: Statement
    signer: Signatory
    evidence: Evidence
    proven: VerifiedBundle | None = None
    counts: Span | None = None
    unchecked: int = 0


def authenticate(evidence: Evidence, keys: Sequence[Signatory]) -> Signed:
    """Steps 1 to 6: who signed which words, in his own name.

    Raises:
        MalformedEvidence: the bundle or the statement cannot be read in one way.
        SignerNotTrusted: none of the keys signed it.
        SignatureInvalid: it claims one of the keys and its signature does not fit, or it is in another's name.
    """
    return authenticate_read(evidence, Bundle.parse(evidence.raw), keys)  # bounded there, before anything is parsed


def authenticate_read(
    evidence: Evidence, bundle: Bundle, keys: Sequence[Signatory], *, statement: Statement | None = None
) -> Signed:
    """The same of a bundle that was read already, for those who had to look who is named before they know the keys.

    Args:
        evidence: the bundle as it came.
        bundle: what was read from it.
        keys: who may have signed it.
        statement: what was read from its payload; read here when left out.

    Raises:
        AttestError: as `authenticate`.
    """
    if statement is not None and statement.raw is not bundle.payload:
        raise TypeError("the statement is that of the bundle")
    if bundle.payload_type != PAYLOAD_TYPE:
        raise MalformedEvidence(
            "the bundle holds another kind of payload", expected=PAYLOAD_TYPE, found=bundle.payload_type[:120]
        )
    signer: Signatory
    proven = None
    if isinstance(bundle.material, CertificateMaterial):
        from attest.verify import by_holder  # noqa: PLC0415  # X.509 and time stamps cost a key's verifier nothing

        signer, proven = by_holder.find_holder(evidence.raw, keys, what="the bundle")
    else:
        signer = by_key.find_signer(bundle, only_keys(keys), what="the bundle")
        if not isinstance(signer, TrustedKey):
            from attest.verify import by_managed_key  # noqa: PLC0415  # nor do those that count for a while

            proven = by_managed_key.check_witnesses_of(bundle, evidence.raw, key=signer)
    if statement is None:
        statement = Statement.parse(bundle.payload)
    binding.bind_signer(statement, signer=signer, proven=proven)
    return Signed(
        statement=statement,
        signer=signer,
        evidence=evidence,
        proven=proven,
        counts=_counts(signer, proven),
        unchecked=bundle.log_entries + bundle.timestamps if proven is None else proven.unchecked,
    )


def _counts(signer: Signatory, proven: VerifiedBundle | None) -> Span | None:
    if proven is not None:
        return proven.counts
    return None if isinstance(signer, TrustedKey | TrustedHolder | PkiHolder) else signer.span


def only_keys(trusted: Sequence[Signatory]) -> list[KeyHolder]:
    """The keys among those that the operator named."""
    return [each for each in trusted if not isinstance(each, TrustedHolder | PkiHolder)]


def establish(signed: Signed, claim: Claim | None) -> Fact:
    """A fact, once its caller inside this package has bound the words to what they are about."""
    return Fact(
        statement=signed.statement,
        signer=signed.signer,
        evidence=signed.evidence,
        claim=claim,
        claimed_time=_claimed_time(signed.statement),
        proven=signed.proven,
        counts=signed.counts,
        unchecked=signed.unchecked,
        seal=_SEAL,
    )


def verify(
    evidence: Evidence,
    *,
    artefact: Artefact,
    model: str,
    keys: Sequence[Signatory],
    other_names: Sequence[str] = (),
) -> Fact:
    """All steps for one piece of evidence.

    Args:
        evidence: a bundle from anywhere.
        artefact: the version that it has to be about.
        model: the model's name without host.
        keys: whom the operator named.
        other_names: names under which the operator accepts the model as well.

    Raises:
        MalformedEvidence: it cannot be read in one way.
        SignerNotTrusted: somebody else signed it.
        SignatureInvalid: it claims one of the keys and its signature does not fit.
        SubjectMismatch: it is about something else.
        Tampered: it is a model signature, and the version's files are not the signed ones.
    """
    signed = authenticate(evidence, keys)
    names = (model, *other_names)
    if is_model_signature(signed.statement.predicate_type):
        listed = signature.parse(signed.statement)
        binding.bind_files(listed, artefact=artefact)
        binding.bind_name(signed.statement, names=names)
        return establish(signed, listed)
    binding.bind_version(signed.statement, artefact=artefact, names=names)
    return establish(signed, read_claim(signed.statement))


def is_model_signature(predicate_type: str | None) -> bool:
    """Whether it has to be read as a model signature; its reader refuses all versions but v1.0 by name."""
    return predicate_type is not None and predicate_type.startswith(_MODEL_SIGNATURES)


def read_claim(statement: Statement) -> Claim | None:
    """Step 9: the predicate as its own type; `None` for types that no rule of ours reads.

    Raises:
        MalformedEvidence: it is not what its type promises.
    """
    reader = _READERS.get(statement.predicate_type)
    return None if reader is None else reader(statement)


def judge(
    evidence: Sequence[Evidence],
    *,
    artefact: Artefact,
    model: str,
    keys: Sequence[Signatory],
    other_names: Sequence[str] = (),
) -> Judged:
    """All evidence of one version, each piece on its own, in the order of the bundles' digests.

    The same words by the same signer count once, however many copies of the bundle there are: signatures can be made
    again, and JSON can be spelt differently. A copy from which the proofs of its time were taken never hides the whole
    one.

    Raises:
        MalformedEvidence: more than `limits.REFERRERS_PER_ARTEFACT` pieces (`too-much-evidence`).
    """
    check_amount(evidence)
    facts: dict[tuple[bytes, str], Fact] = {}
    rejected: list[Rejected] = []
    for piece in in_order(evidence):
        try:
            fact = verify(piece, artefact=artefact, model=model, keys=keys, other_names=other_names)
        except AttestError as error:
            rejected.append(reject(piece, error))
        else:
            keep(facts, fact)
    return Judged(facts=tuple(facts.values()), rejected=tuple(rejected))


def keep(facts: dict[tuple[bytes, str], Fact], fact: Fact) -> None:
    """Add a fact, unless the same words by the same signer are there with as good a proof of their time."""
    kept = facts.setdefault((fact.statement.raw, fact.signer.fingerprint.hex), fact)
    if not kept.times and fact.times:
        facts[fact.statement.raw, fact.signer.fingerprint.hex] = fact


def check_amount(evidence: Sequence[Evidence]) -> None:
    """Refuse more evidence than anybody can want to have judged."""
    if len(evidence) > limits.REFERRERS_PER_ARTEFACT:
        raise MalformedEvidence(
            "there is too much evidence for one version",
            code="too-much-evidence",
            expected=f"at most {limits.REFERRERS_PER_ARTEFACT}",
            found=str(len(evidence)),
        )


def in_order(evidence: Sequence[Evidence]) -> list[Evidence]:
    """Each bundle once, in the order of their digests: the verdict must not depend on the order of a listing."""
    return [piece for _, piece in sorted({piece.digest: piece for piece in evidence}.items())]


def reject(evidence: Evidence, error: AttestError) -> Rejected:
    """Evidence that did not hold, with what it says of itself, for the finding."""
    if not isinstance(error, Refusal | Incident) and error.exit_status != Incident.exit_status:
        # an error that blames the person at the keyboard was raised over somebody else's words
        malformed = MalformedEvidence(error.message, expected=error.expected, found=error.found)
        malformed.__cause__ = error
        error = malformed
    predicate_type = hint = None
    try:
        bundle = Bundle.parse(evidence.raw)
        if isinstance(bundle.material, KeyMaterial):
            hint = by_key.describe_hint(bundle.material.hint)
        predicate_type = Statement.parse(bundle.payload).predicate_type
    except AttestError:
        pass  # what cannot be read says nothing of itself
    return Rejected(evidence=evidence, error=error, predicate_type=predicate_type, key_hint=hint)


def _claimed_time(statement: Statement) -> str | None:
    """When the signer says that it was made. Nobody else confirms it."""
    paths = {
        ML_BOM: ("metadata", "timestamp"),
        PROVENANCE: ("runDetails", "metadata", "finishedOn"),
        VERIFICATION_SUMMARY: ("timeVerified",),
    }
    value: Any = statement.predicate
    for key in paths.get(statement.predicate_type, ()):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
