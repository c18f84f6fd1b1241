"""Bundles signed by the holder of a short-lived certificate (Sigstore, keyless): offline, against a pinned root.

The steps, in order; the code is tagged with their numbers, and each refuses with codes of its own:

     1  the bundle was read strictly (`SigstoreBundle.parse`); it holds in-toto words, or signs the caller's
     2  a certificate has to be its material, never a key instead; the leaf is one for signing code, no root is brought
     3  every timestamp: over this signature, by one authority of the root, inside its window and its certificates
     4  the log entry: a log of the root; index, size and root hash of its checkpoint; the log's signature and name
     5  the log's promise, where there is one: only it makes the log's time a proven one; inside the log's window
     6  enough proven times: without any, a certificate that lived ten minutes proves nothing
     7  the certificate's path to an authority of the root, whole, valid at every proven time, inside its window
     8  exactly one SCT, over this certificate and its issuer's key, by a certificate log of the root, inside its window
     9  the issuer, then the subject and whatever else the identity asks for
    10  the signature, over the envelope's own type and payload
    11  the log entry, rebuilt whole from the bundle and compared

What is proven is who signed which words, and that they existed at the proven times. Whoever calls owes: a root that was
pinned, and the reading of the payload (subject, predicate type); nothing here says what the words are about.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attest.errors import SignerNotTrusted
from attest.verify import content, log_body
from attest.verify.certificates import check_path, read_certificate
from attest.verify.demands import STRICT
from attest.verify.fulcio import read_signer
from attest.verify.proven import _SEAL, TimeSource, VerifiedBundle
from attest.verify.sct import check_sct
from attest.verify.sigstore_bundle import CertificateChain, Envelope
from attest.verify.witnesses import check_witnesses, count_times, demand_log_entry, demand_times
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.trust.certificate_identity import CertificateIdentity
    from attest.trust.roots import TrustedRoot
    from attest.verify.demands import Demands
    from attest.verify.sigstore_bundle import SigstoreBundle


def verify_certificate_bundle(
    bundle: SigstoreBundle,
    *,
    root: TrustedRoot,
    identity: CertificateIdentity,
    demands: Demands = STRICT,
    message: bytes | Digest | None = None,
) -> VerifiedBundle:
    """All steps for one bundle.

    Args:
        bundle: as read; see `SigstoreBundle.parse`.
        root: pinned by the operator.
        identity: whom he believes.
        demands: what has to be proven besides.
        message: for a bundle without an envelope: the signed bytes, or their SHA-256 digest.

    Raises:
        MalformedEvidence: it is not what was asked for, or cannot be read in one way.
        ProofInvalid: a log entry, timestamp, SCT or certificate does not hold.
        SignatureInvalid: the signature does not fit.
        SubjectMismatch: it says another digest than the message has.
        OutsideWindow: something was signed at a time at which its signer did not count.
        EvidenceMissing: no log entry, or too few proven times.
        SignerNotTrusted: somebody else signed it, or vouched for it.
    """
    content.check_kind(bundle, message)  # 1
    if not isinstance(bundle.material, CertificateChain):  # 2
        raise SignerNotTrusted(
            "the bundle is signed with a key",
            code="certificate-missing",
            expected="a certificate",
            found="a public key, which is never taken in its place",
        )
    signing = read_certificate(bundle.material)
    if not demands.accept_without_log_entry:
        demand_log_entry(bundle)
    times, logged = check_witnesses(bundle, root=root)  # 3, 4, 5
    stamped = count_times(time for time in times if time.source is TimeSource.TIMESTAMP)
    demand_times(stamped, demands.timestamps, of="timestamp authorities")  # 6
    demand_times(count_times(times), demands.times, of="a log or timestamp authorities")
    path = check_path(signing, root=root, times=times)  # 7
    check_sct(  # 8
        signing.certificate, issuer_spki=path.issuer_spki, root=root, accept_none=demands.accept_without_sct
    )
    signer = read_signer(signing.certificate)
    identity.check(signer)  # 9
    words = content.check_signature(bundle, signing.key, message)  # 10
    if bundle.log_entry is not None:  # 11
        log_body.check_body(
            bundle.log_entry,
            log_body.Signed(
                content=words,
                signature=bundle.signature,
                key=signing.key,
                certificate=signing.der,
            ),
        )
    return VerifiedBundle(
        signer=signer,
        payload=words.payload if isinstance(words, Envelope) else None,
        payload_type=words.payload_type if isinstance(words, Envelope) else None,
        message=Digest.of(message) if isinstance(message, bytes) else message,
        times=times,
        logged=logged,
        certificate=Digest.of(signing.der),
        seal=_SEAL,
    )
