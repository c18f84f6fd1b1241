"""Whose certificate made a signature, among the holders that the operator named, each with his own pinned root.

A certificate that names an OIDC issuer is a Sigstore's and is judged as one; any other is a private authority's. The
two never stand in for one another: the first needs its issuer asked for, the second has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import AttestError, MalformedEvidence, SignerNotTrusted
from attest.trust.trusted_holder import PkiHolder, TrustedHolder
from attest.trust.x509_path import load_certificate
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.fulcio import vouched_for
from attest.verify.sigstore_bundle import CertificateChain, SigstoreBundle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.trust.signatory import CertificateHolder, Signatory
    from attest.verify.proven import VerifiedBundle


def find_holder(raw: bytes, trusted: Sequence[Signatory], *, what: str) -> tuple[CertificateHolder, VerifiedBundle]:
    """Steps 2 to 4 of the verifier for certificates: all steps of `by_certificate` or `by_private_pki`, for each.

    Args:
        raw: the bundle's bytes.
        trusted: whom the operator named; keys among them never stand in for a certificate.
        what: the evidence's name for messages.

    Raises:
        SignerNotTrusted: it is somebody else's, or no certificate is believed at all.
        AttestError: what the holder who came closest was refused for.
    """
    holders = [each for each in trusted if isinstance(each, TrustedHolder | PkiHolder)]
    if not holders:
        raise SignerNotTrusted(
            f"{what} is signed with a certificate",
            code="certificate-unsupported",
            expected="a signature by a public key that the policy names",
            found="a certificate (keyless signing), which is never taken in a key's place",
            hint="--identity SUBJECT --issuer URL --trusted-root FILE believes a certificate's holder\n"
            "--identity SUBJECT --root CA.pem believes one of a private authority's",
        )
    bundle = SigstoreBundle.parse(raw)
    refusals: list[AttestError] = []
    for holder in _of_its_kind(bundle, holders):
        try:
            proven = _verify(bundle, holder)
        except AttestError as error:
            refusals.append(error)
            continue
        if proven.payload is None:
            raise MalformedEvidence(f"{what} signs bare bytes", expected="an in-toto statement in a DSSE envelope")
        return holder, proven
    raise min(refusals, key=_distance)


def _verify(bundle: SigstoreBundle, holder: CertificateHolder) -> VerifiedBundle:
    if isinstance(holder, TrustedHolder):
        return verify_certificate_bundle(bundle, root=holder.root, identity=holder.identity)
    from attest.verify.by_private_pki import verify_pki_bundle  # noqa: PLC0415  # only where a policy names one

    return verify_pki_bundle(bundle, holder=holder)


def _of_its_kind(bundle: SigstoreBundle, holders: Sequence[CertificateHolder]) -> Sequence[CertificateHolder]:
    """Whoever can have such a certificate at all; everybody where nobody can, so that each says why not."""
    if not isinstance(bundle.material, CertificateChain):
        return holders
    leaf = load_certificate(bundle.material.leaf, what="the signing certificate")
    kind = TrustedHolder if vouched_for(leaf) else PkiHolder
    return [each for each in holders if isinstance(each, kind)] or holders


def _distance(error: AttestError) -> tuple[bool, bool, int]:
    """How far from acceptance somebody was: whose certificate it cannot be says less than what is wrong with it."""
    return (
        isinstance(error, SignerNotTrusted),
        error.code == "certificate-authority-unknown",
        -error.exit_status,
    )
