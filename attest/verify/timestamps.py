"""RFC 3161 timestamps over a signature, by authorities of the trusted root.

Every timestamp that a bundle brings has to hold: a bad one is not made good by another (TOB-SIGSTORE-4). For each, one
authority is chosen by the signer that the token names; its whole chain, its own window and its own certificate are what
the token is checked against, never a certificate or a window of another authority (TOB-SIGSTORE-11, CVE-2026-39984).

`VerifierBuilder` of rfc3161-client 1.0.9 keeps its lists when it is copied, so that two verifiers built from one would
share their roots: each check starts from lists of its own.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from rfc3161_client import VerificationError, decode_timestamp_response
from rfc3161_client.verify import VerifierBuilder

from attest.errors import OutsideWindow, ProofInvalid, SignerNotTrusted
from attest.trust.times import shown
from attest.trust.x509_path import UNREADABLE
from attest.verify.proven import ProvenTime, TimeSource

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rfc3161_client.tsp import TimeStampResponse

    from attest.trust.roots import TimestampAuthority, TrustedRoot

_UNREADABLE: Final = (*UNREADABLE, AttributeError, AssertionError, KeyError)  # what the library lets through
_HASHES: Final = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


def check_timestamps(timestamps: Sequence[bytes], *, signature: bytes, root: TrustedRoot) -> tuple[ProvenTime, ...]:
    """The times of all timestamps, each by an authority of its own.

    Args:
        timestamps: DER of the responses.
        signature: what they have to be over.
        root: whose authorities count.

    Raises:
        ProofInvalid: `timestamp-duplicate`: one authority's same time twice, however written; `timestamp-invalid`.
        SignerNotTrusted: `timestamp-authority-unknown`.
        OutsideWindow: `tsa-window` or `tsa-certificate-expired`.
    """
    times = tuple(_check(der, signature, root) for der in timestamps)
    if len({(time.witness, time.moment) for time in times}) != len(times):
        raise ProofInvalid("the bundle brings one authority's time twice", code="timestamp-duplicate")
    return times


def _check(der: bytes, signature: bytes, root: TrustedRoot) -> ProvenTime:
    try:
        response = decode_timestamp_response(der)
        signers = {(signer.issuer, signer.serial_number) for signer in response.signed_data.signer_infos}
        moment = response.tst_info.gen_time
        imprint = response.tst_info.message_imprint
        algorithm, stated = _HASHES.get(imprint.hash_algorithm.dotted_string), imprint.message
    except _UNREADABLE as error:
        raise _invalid("cannot be read", found=str(error)[:120]) from error
    if algorithm is None or hashlib.new(algorithm, signature).digest() != stated:
        raise _invalid("is over something else", expected="this bundle's signature")
    named = [each for each in root.timestamp_authorities if (each.leaf.issuer, each.leaf.serial_number) in signers]
    if not named or len(signers) != 1:
        raise SignerNotTrusted(
            "a timestamp was made by an authority that the trusted root does not name",
            code="timestamp-authority-unknown",
            expected=", ".join(each.uri for each in root.timestamp_authorities[:5]) or "a timestamp authority",
        )
    refusal: Exception | None = None
    for authority in named:  # a renewed authority may keep its names
        try:
            _verify(response, signature, authority)
            _check_windows(authority, moment)
        except (ProofInvalid, OutsideWindow) as error:
            if refusal is None or isinstance(error, OutsideWindow):
                refusal = error
            continue
        return ProvenTime(moment=moment, source=TimeSource.TIMESTAMP, witness=authority.uri)
    raise refusal or _invalid("does not hold")


def _verify(response: TimeStampResponse, signature: bytes, authority: TimestampAuthority) -> None:
    *intermediates, anchor = authority.path or (authority.leaf,)
    verifier = VerifierBuilder(
        tsa_certificate=authority.leaf, intermediates=list(intermediates), roots=[anchor]
    ).build()
    try:
        verifier.verify_message(response, signature)
    except (VerificationError, *_UNREADABLE) as error:
        raise _invalid("does not hold", expected=f"a token of {authority.uri}", found=str(error)[:160]) from error


def _check_windows(authority: TimestampAuthority, moment: datetime) -> None:
    if moment not in authority.window:
        raise OutsideWindow(
            "a timestamp is from a time at which its authority did not count",
            code="tsa-window",
            expected=str(authority.window),
            found=shown(moment),
        )
    for certificate in (authority.leaf, *authority.path):
        if not certificate.not_valid_before_utc <= moment <= certificate.not_valid_after_utc:
            raise OutsideWindow(
                "a timestamp is from a time at which its authority's certificates were not valid",
                code="tsa-certificate-expired",
                expected=f"{shown(certificate.not_valid_before_utc)} to {shown(certificate.not_valid_after_utc)}",
                found=shown(moment),
            )


def _invalid(what: str, **detail: Any) -> ProofInvalid:
    return ProofInvalid(f"a timestamp {what}", code="timestamp-invalid", **detail)
