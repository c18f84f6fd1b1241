"""Whether a bundle holds certain words as a certain person signed them, whoever that is and whatever it is worth.

For claims that a log names: they have to be there, also those of people whom a policy does not believe. Equal words
under another signature are somebody else's claim (docs/threats.md rows 69 and 71).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.claims.signer_name import SignerName
from attest.errors import AttestError
from attest.signing.bundle import Bundle, CertificateMaterial
from attest.trust.managed_key import ManagedKey
from attest.verify.binding import own_name
from attest.verify.verifier import authenticate
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest.claims.approval import Reviewed
    from attest.evidence.evidence import Evidence
    from attest.trust.signatory import Signatory


def is_said_by(evidence: Evidence, claim: Reviewed, *, signatory_of: Callable[[SignerName], Signatory]) -> bool:
    """Whether it is that claim: its words, and its signer's signature.

    Args:
        evidence: a bundle from anywhere.
        claim: digest of the words, and who signed them.
        signatory_of: the key or holder of a name.
    """
    try:
        bundle = Bundle.parse(evidence.raw)
        if not Digest.of(bundle.payload).matches(claim.claim):
            return False
        if claim.signer.key is not None and isinstance(bundle.material, CertificateMaterial):
            return _by_certified_key(evidence.raw, claim.signer.key)
        signatory = signatory_of(claim.signer)
        if isinstance(signatory, ManagedKey):
            signatory = signatory.key  # for how long he counts is no part of the question
        signed = authenticate(evidence, [signatory])
        return SignerName.parse(own_name(signed.signer, signed.proven)) == claim.signer
    except AttestError:
        return False


def _by_certified_key(raw: bytes, key: Digest) -> bool:
    """By the key in a private authority's certificate, which is its holder's name; who certified it is not asked."""
    from attest.trust.verifying_key import VerifyingKey  # noqa: PLC0415  # X.509, for few claims
    from attest.trust.x509_path import UNREADABLE, load_certificate  # noqa: PLC0415
    from attest.verify import content  # noqa: PLC0415
    from attest.verify.sigstore_bundle import CertificateChain, SigstoreBundle  # noqa: PLC0415

    bundle = SigstoreBundle.parse(raw)
    if not isinstance(bundle.material, CertificateChain):
        return False
    leaf = load_certificate(bundle.material.leaf, what="the signing certificate")
    try:
        public = VerifyingKey.of(leaf.public_key(), what="the signing certificate")
    except UNREADABLE:
        return False
    if not Digest.of(public.spki).matches(key):
        return False
    content.check_signature(bundle, public, None)
    return True
