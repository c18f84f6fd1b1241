"""Whose certificate made a signature, among the holders that the operator named, each with his own pinned root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import AttestError, MalformedEvidence, SignerNotTrusted
from attest.trust.trusted_holder import TrustedHolder
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.sigstore_bundle import SigstoreBundle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.trust.identity import TrustedKey
    from attest.verify.proven import VerifiedBundle


def find_holder(
    raw: bytes, trusted: Sequence[TrustedKey | TrustedHolder], *, what: str
) -> tuple[TrustedHolder, VerifiedBundle]:
    """Steps 2 to 4 of the verifier for certificates: all steps of `by_certificate`, for each holder in turn.

    Args:
        raw: the bundle's bytes.
        trusted: whom the operator named; keys among them never stand in for a certificate.
        what: the evidence's name for messages.

    Raises:
        SignerNotTrusted: it is somebody else's, or no certificate is believed at all.
        AttestError: what the holder who came closest was refused for.
    """
    holders = [each for each in trusted if isinstance(each, TrustedHolder)]
    if not holders:
        raise SignerNotTrusted(
            f"{what} is signed with a certificate",
            code="certificate-unsupported",
            expected="a signature by a public key that the policy names",
            found="a certificate (keyless signing), which is never taken in a key's place",
            hint="--identity SUBJECT --issuer URL --trusted-root FILE believes a certificate's holder",
        )
    bundle = SigstoreBundle.parse(raw)
    refusals: list[AttestError] = []
    for holder in holders:
        try:
            proven = verify_certificate_bundle(bundle, root=holder.root, identity=holder.identity)
        except AttestError as error:
            refusals.append(error)
            continue
        if proven.payload is None:
            raise MalformedEvidence(f"{what} signs bare bytes", expected="an in-toto statement in a DSSE envelope")
        return holder, proven
    raise min(refusals, key=lambda error: (isinstance(error, SignerNotTrusted), -error.exit_status))
