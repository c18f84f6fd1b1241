"""Trusted roots: which authorities and logs count, and when. A pinned file in, a frozen value out; no network.

Where the file comes from is the operator's business: a file that he names, or one that a verified TUF refresh wrote. A
TUF cache is never read here (sigstore-python does, and takes what it finds for verified).

What is read strictly: both media types of protobuf-specs' `TrustedRoot`; every key, chain and window; a window without
a start is refused, because "since ever" is not what it says (TOB-SIGSTORE-5). Keys of algorithms that we cannot verify
are named in `unsupported` and count for nothing, so that a root may bring newer ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from cryptography.x509.oid import ExtendedKeyUsageOID
from msgspec import Struct

from attest.errors import AttestError, InputError, MalformedEvidence
from attest.trust.proto_json import Message
from attest.trust.verifying_key import KNOWN_DETAILS, VerifyingKey
from attest.trust.window import Window, read_time
from attest.trust.x509_path import check_authorities, check_issued, issuing_key, load_certificate
from attest_registry.digest import Digest
from attest_registry.strict_json import parse_object

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography import x509

MEDIA_TYPES: Final = (
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
)
_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_INSTANCES: Final = 256
_MOST_CERTIFICATES: Final = 16
_MOST_CERTIFICATE_BYTES: Final = 64 * 1024
_KEY_ID_BYTES: Final = (4, 32)  # a checkpoint's key id, or a whole SHA-256

_ROOT: Final = frozenset({"mediaType", "tlogs", "certificateAuthorities", "ctlogs", "timestampAuthorities"})
_LOG: Final = frozenset({"baseUrl", "hashAlgorithm", "publicKey", "logId", "checkpointKeyId", "operator"})
_KEY: Final = frozenset({"rawBytes", "keyDetails", "validFor"})
_ID: Final = frozenset({"keyId"})
_SPAN: Final = frozenset({"start", "end"})
_AUTHORITY: Final = frozenset({"subject", "uri", "certChain", "validFor", "operator"})
_SUBJECT: Final = frozenset({"organization", "commonName"})
_CHAIN: Final = frozenset({"certificates"})
_CERTIFICATE: Final = frozenset({"rawBytes"})


class Log(Struct, frozen=True, kw_only=True):
    """A transparency log or a certificate transparency log.

    Args:
        base_url: where it is; its host is the origin that a Rekor v2 log signs checkpoints as.
        log_id: how entries and SCTs name it.
        checkpoint_id: the first four bytes of the id that its checkpoints name.
        key: what it signs with.
        window: when it counts.
    """

    base_url: str
    log_id: bytes
    checkpoint_id: bytes
    key: VerifyingKey
    window: Window

    @property
    def hosts(self) -> frozenset[str]:
        """The host of its address, without and with port."""
        parts = urlsplit(self.base_url)
        return frozenset({parts.hostname or "", parts.netloc})


class CertificateAuthority(Struct, frozen=True, kw_only=True):
    """An authority that issues signing certificates.

    Args:
        uri: where it is.
        path: its certificates, from the one that issues to the anchor.
        spki: DER of the public key that issues.
        window: when it counts.
    """

    uri: str
    path: tuple[x509.Certificate, ...]
    spki: bytes
    window: Window


class TimestampAuthority(Struct, frozen=True, kw_only=True):
    """An authority that says when.

    Args:
        uri: where it is.
        leaf: the certificate that signs timestamps.
        path: the certificates above it, up to the anchor.
        window: when it counts.
    """

    uri: str
    leaf: x509.Certificate
    path: tuple[x509.Certificate, ...]
    window: Window


class TrustedRoot(Struct, frozen=True, kw_only=True):
    """Everything that certificates, log entries and timestamps are measured against.

    Args:
        digest: of the file's bytes, to pin and to show.
        certificate_authorities: who issues certificates.
        logs: Rekor, v1 and v2.
        certificate_logs: who promises that a certificate was made public.
        timestamp_authorities: who says when.
        unsupported: instances that count for nothing because we cannot verify their algorithm.
    """

    digest: Digest
    certificate_authorities: tuple[CertificateAuthority, ...]
    logs: tuple[Log, ...]
    certificate_logs: tuple[Log, ...]
    timestamp_authorities: tuple[TimestampAuthority, ...]
    unsupported: tuple[str, ...] = ()

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read one.

        Raises:
            InputError: `bad-trusted-root`: anything about it is not as it has to be. It is used whole or not at all.
        """
        try:
            document = parse_object(raw, what="the trusted root", limit=_MOST_BYTES)
            return cls._of(document, Digest.of(raw))
        except AttestError as error:
            raise InputError(
                error.message, code="bad-trusted-root", expected=error.expected, found=error.found
            ) from error

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file that the operator pinned.

        Raises:
            InputError: `trusted-root-not-found`, or as `parse`.
        """
        try:
            with path.open("rb") as file:
                raw = file.read(_MOST_BYTES + 1)
        except OSError as error:
            raise InputError(
                f"{path} cannot be read: {error.strerror}",
                code="trusted-root-not-found",
                expected="a trusted_root.json",
            ) from error
        return cls.parse(raw)

    @classmethod
    def _of(cls, document: dict[str, Any], digest: Digest) -> Self:
        root = Message.of(document, what="the trusted root", known=_ROOT)
        if root.text("mediaType") not in MEDIA_TYPES:
            raise MalformedEvidence(
                "the trusted root has another version",
                expected=" or ".join(MEDIA_TYPES),
                found=root.text("mediaType")[:120],
            )
        unsupported: list[str] = []
        return cls(
            digest=digest,
            certificate_authorities=tuple(
                _certificate_authority(each)
                for each in root.messages("certificateAuthorities", _AUTHORITY, most=_MOST_INSTANCES)
            ),
            logs=_logs(root, "tlogs", unsupported),
            certificate_logs=_logs(root, "ctlogs", unsupported),
            timestamp_authorities=tuple(
                _timestamp_authority(each)
                for each in root.messages("timestampAuthorities", _AUTHORITY, most=_MOST_INSTANCES)
            ),
            unsupported=tuple(unsupported),
        )


def _logs(root: Message, key: str, unsupported: list[str]) -> tuple[Log, ...]:
    found = (_log(each, unsupported) for each in root.messages(key, _LOG, most=_MOST_INSTANCES))
    return tuple(log for log in found if log is not None)


def _log(message: Message, unsupported: list[str]) -> Log | None:
    base_url = message.text("baseUrl")
    public = message.message("publicKey", _KEY)
    window, details = _window(public), public.text("keyDetails")
    algorithm = message.text("hashAlgorithm")
    if details not in KNOWN_DETAILS or algorithm != "SHA2_256":
        unsupported.append(f"{base_url} ({details}, {algorithm})"[:200])
        return None
    log_id = _key_id(message, "logId")
    return Log(
        base_url=base_url,
        log_id=log_id,
        checkpoint_id=(_key_id(message, "checkpointKeyId") if "checkpointKeyId" in message else log_id)[:4],
        key=VerifyingKey.load(
            public.data("rawBytes", longest=_MOST_CERTIFICATE_BYTES), details=details, what=f"the key of {base_url}"
        ),
        window=window,
    )


def _key_id(message: Message, key: str) -> bytes:
    found = message.message(key, _ID).data("keyId", longest=max(_KEY_ID_BYTES))
    if len(found) not in _KEY_ID_BYTES:
        raise MalformedEvidence(f"{key} has another length", expected="4 or 32 bytes", found=f"{len(found)} bytes")
    return found


def _certificate_authority(message: Message) -> CertificateAuthority:
    uri, path = _uri(message), _certificates(message)
    check_authorities(path, what=f"authority {uri}", purpose=ExtendedKeyUsageOID.CODE_SIGNING)
    return CertificateAuthority(uri=uri, path=path, spki=issuing_key(path[0]), window=_window(message))


def _timestamp_authority(message: Message) -> TimestampAuthority:
    uri = _uri(message)
    leaf, *above = _certificates(message)
    if above:
        check_issued(leaf, above[0], what=f"the certificate of {uri}")
        check_authorities(above, what=f"timestamp authority {uri}", purpose=ExtendedKeyUsageOID.TIME_STAMPING)
    return TimestampAuthority(uri=uri, leaf=leaf, path=tuple(above), window=_window(message))


def _uri(message: Message) -> str:
    """Where an authority is. Its subject is only for people, and read so that nothing hides in it."""
    if "subject" in message:
        subject = message.message("subject", _SUBJECT)
        for name in subject.fields:
            subject.text(name)
    return message.text("uri") if "uri" in message else ""


def _certificates(message: Message) -> tuple[x509.Certificate, ...]:
    listed = message.message("certChain", _CHAIN).messages("certificates", _CERTIFICATE, most=_MOST_CERTIFICATES)
    if not listed:
        raise MalformedEvidence(f"{message.what} has no certificate")
    return tuple(
        load_certificate(each.data("rawBytes", longest=_MOST_CERTIFICATE_BYTES), what=each.what) for each in listed
    )


def _window(message: Message) -> Window:
    span = message.message("validFor", _SPAN)
    return Window(
        start=read_time(span.text("start"), what=f"start of {span.what}"),
        end=read_time(span.text("end"), what=f"end of {span.what}") if "end" in span else None,
    )
