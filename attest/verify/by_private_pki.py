"""Bundles signed by the holder of a certificate of a private authority: no Fulcio, no log that has to be asked.

     1  the bundle was read strictly; it holds in-toto words, or signs the caller's
     2  a certificate has to be its material; the leaf is one for signing code
     3  what the trusted root can check: every timestamp, the log entry, its promise (steps 3 to 5 of `by_certificate`)
     4  the path, as the bundle gives it, to a pinned certificate: each issued by the next, each allowed to issue;
        a root that the bundle brings along counts only where it is the pinned one
     5  every certificate of the path valid at every proven time, the pinned one too
     6  the subject; there always has to be one, because such authorities issue for servers and people alike. Where an
        OIDC issuer vouched for it, the certificate is a Sigstore's, and is never judged without asking which issuer
     7  the signature, over the envelope's own type and payload
     8  the log entry, rebuilt whole from the bundle and compared
     9  a proven time, unless the operator said that none is required; then the whole path has to be valid when somebody
        looks, and whoever has a clock owes that (`VerifiedBundle.counts`)

Not looked at: revocation lists and OCSP. Taking the subject out of the policy revokes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from attest.errors import EvidenceMissing, ProofInvalid, SignerNotTrusted
from attest.trust.private_pki import NameKind
from attest.trust.window import Span
from attest.trust.x509_path import UNREADABLE, check_authorities, check_issued, extension, named
from attest.verify import content, log_body
from attest.verify.certificates import check_valid, read_certificate
from attest.verify.fulcio import vouched_for
from attest.verify.proven import _SEAL, PkiSigner, VerifiedBundle
from attest.verify.sigstore_bundle import CertificateChain, Envelope
from attest.verify.witnesses import check_witnesses, count_witnesses, demand_times
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from attest.trust.trusted_holder import PkiHolder
    from attest.verify.certificates import SigningCertificate
    from attest.verify.proven import ProvenTime
    from attest.verify.sigstore_bundle import SigstoreBundle

_KINDS = {
    x509.RFC822Name: NameKind.EMAIL,
    x509.UniformResourceIdentifier: NameKind.URI,
    x509.DNSName: NameKind.DNS,
}
_MOST_NAMES = 64
_WAYS = (
    "--tsa-chain FILE names a timestamp authority; attest sign --tsa URL asks one",
    "--accept-unproven-time does without (in a policy, time: not-required), while the certificate is valid",
)
_TIME = "a log or a timestamp authority of the trusted root"


def verify_pki_bundle(
    bundle: SigstoreBundle, *, holder: PkiHolder, message: bytes | Digest | None = None
) -> VerifiedBundle:
    """All steps for one bundle.

    Args:
        bundle: as read; see `SigstoreBundle.parse`.
        holder: whom the operator believes, by which authority.
        message: for a bundle without an envelope: the signed bytes, or their SHA-256 digest.

    Raises:
        MalformedEvidence: it is not what was asked for, or cannot be read in one way.
        ProofInvalid: a log entry, timestamp or certificate does not hold.
        SignatureInvalid: the signature does not fit.
        SubjectMismatch: it says another digest than the message has.
        OutsideWindow: something was signed at a time at which its signer did not count.
        EvidenceMissing: `time-missing`.
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
    signing = read_certificate(bundle.material, private=True, accept_any_usage=holder.any_usage)
    times, logged = ((), None) if holder.root is None else check_witnesses(bundle, root=holder.root)  # 3
    path = _path(signing, holder.authority.anchors)  # 4
    for proven in times:
        check_valid(path, proven)  # 5
    _refuse_sigstore(signing.certificate)
    subject = holder.identity.find(read_names(signing.certificate))  # 6
    words = content.check_signature(bundle, signing.key, message)  # 7
    if holder.root is not None and bundle.log_entry is not None:  # 8
        log_body.check_body(
            bundle.log_entry,
            log_body.Signed(content=words, signature=bundle.signature, key=signing.key, certificate=signing.der),
        )
    _demand_time(times, bundle, holder)  # 9
    return VerifiedBundle(
        signer=PkiSigner(subject=subject, kind=holder.identity.said_as, key=Digest.of(signing.key.spki)),
        payload=words.payload if isinstance(words, Envelope) else None,
        payload_type=words.payload_type if isinstance(words, Envelope) else None,
        message=Digest.of(message) if isinstance(message, bytes) else message,
        times=times,
        logged=logged,
        certificate=Digest.of(signing.der),
        counts=Span(
            start=max(each.not_valid_before_utc for each in path), end=min(each.not_valid_after_utc for each in path)
        ),
        unchecked=count_witnesses(bundle) if holder.root is None else 0,
        seal=_SEAL,
    )


def _refuse_sigstore(leaf: x509.Certificate) -> None:
    if vouched_for(leaf):
        raise SignerNotTrusted(
            "the certificate is one of a Sigstore, where the issuer of the login has to be asked for",
            code="issuer-mismatch",
            expected="a certificate of a private authority",
            found="a certificate that names an OIDC issuer",
        )


def _demand_time(times: Sequence[ProvenTime], bundle: SigstoreBundle, holder: PkiHolder) -> None:
    """A certificate lives for years: whoever finds its key later could sign under it, were no time asked for."""
    unchecked = count_witnesses(bundle) if holder.root is None else 0
    try:
        demand_times(len(times), 1 if holder.time_required else 0, of=_TIME, unchecked=unchecked)
    except EvidenceMissing as missing:
        missing.hint = "\n".join(filter(None, (missing.hint, *_WAYS)))
        raise


def read_names(leaf: x509.Certificate) -> dict[NameKind, tuple[str, ...]]:
    """All names of a certificate's holder, by kind; other kinds of names count for nothing.

    Raises:
        ProofInvalid: `certificate-identity`: there are too many, or some cannot be shown.
    """
    found: dict[NameKind, list[str]] = {}
    try:
        listed = list(extension(leaf, x509.SubjectAlternativeName) or ())
        if leaf.subject:
            found[NameKind.NAME] = [leaf.subject.rfc4514_string()]
    except UNREADABLE as error:
        raise _unclear("cannot be read", found=str(error)[:120]) from error
    for name in listed:
        kind = _KINDS.get(type(name))
        if kind is not None:
            found.setdefault(kind, []).append(name.value)
    shown = [name for several in found.values() for name in several]
    if len(listed) > _MOST_NAMES or not all(name and name.isprintable() for name in shown):
        raise _unclear(f"has more than {_MOST_NAMES} names, or one that cannot be shown", found=f"{len(listed)} names")
    return {kind: tuple(several) for kind, several in found.items()}


def _path(signing: SigningCertificate, anchors: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """From the leaf to a pinned certificate; what the bundle brings above that one is not needed and not looked at."""
    given = (signing.certificate, *signing.above)
    pinned = {anchor.public_bytes(Encoding.DER): anchor for anchor in anchors}
    ends = [index for index, each in enumerate(given) if each.public_bytes(Encoding.DER) in pinned]
    if ends:
        path = given[: ends[0] + 1]
        _check_path(path)
        return path
    issuers = [anchor for anchor in anchors if anchor.subject == given[-1].issuer]
    refusal: ProofInvalid | None = None
    for anchor in issuers:  # a renewed authority keeps its name
        try:
            _check_path((*given, anchor))
        except ProofInvalid as error:
            refusal = error
        else:
            return (*given, anchor)
    raise refusal or SignerNotTrusted(
        "the signing certificate was issued by an authority that the operator did not name",
        code="certificate-authority-unknown",
        expected=", ".join(named(anchor) for anchor in anchors[:5]),
        found=named(given[-1].issuer),
    )


def _check_path(path: Sequence[x509.Certificate]) -> None:
    leaf, *authorities = path
    if not authorities:
        raise ProofInvalid("the signing certificate is itself the pinned one", code="certificate-chain")
    check_issued(leaf, authorities[0], what="the signing certificate")
    check_authorities(authorities, what="the path's", purpose=ExtendedKeyUsageOID.CODE_SIGNING)


def _unclear(what: str, *, found: str) -> ProofInvalid:
    return ProofInvalid(f"the certificate {what}", code="certificate-identity", found=found)
