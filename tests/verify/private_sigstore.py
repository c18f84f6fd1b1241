"""A whole Sigstore in memory: certificate authority, certificate log, Rekor v1 and v2, timestamp authority.

Everything it makes is made for a time of the test's choosing, and each part can be told to be wrong in one way. What it
writes was checked with sigstore-python (test_private_sigstore.py), so that a refusal is not one of a broken fixture.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from attest.claims.predicates import PAYLOAD_TYPE
from attest.signing.dsse import encode_base64, pae
from attest.trust.roots import TrustedRoot
from attest.verify.sigstore_bundle import MEDIA_TYPES
from tests.verify import der

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "https://github.com/acme/models/.github/workflows/train.yml@refs/heads/main"
PAYLOAD = json.dumps(
    {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "credit-risk", "digest": {"sha256": hashlib.sha256(b"weights").hexdigest()}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {},
    }
).encode()

PrivateKey = ec.EllipticCurvePrivateKey


class _Chance:
    """Where keys and serial numbers come from. Signatures are by RFC 6979, so nothing else is left to chance."""

    seed: bytes | None = None
    drawn = 0

    def number(self, bits: int) -> int:
        if self.seed is None:
            return secrets.randbits(bits)
        self.drawn += 1
        return int.from_bytes(hashlib.shake_256(self.seed + self.drawn.to_bytes(8, "big")).digest(bits // 8), "big")


_CHANCE = _Chance()


@contextlib.contextmanager
def repeatable(seed: bytes) -> Iterator[None]:
    """Within, everything comes out the same at each run: for fixtures that are kept (fixtures/sigstore/make.py)."""
    _CHANCE.seed, _CHANCE.drawn = seed, 0
    try:
        yield
    finally:
        _CHANCE.seed = None


def new_key() -> PrivateKey:
    return ec.derive_private_key(1 + _CHANCE.number(248), ec.SECP256R1())


def new_ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(_CHANCE.number(256).to_bytes(32, "big"))


def serial() -> int:
    return 1 + _CHANCE.number(152)


def spki(key: Any) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def sign(key: PrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))


def issue(made: x509.CertificateBuilder, key: PrivateKey) -> x509.Certificate:
    return made.sign(key, hashes.SHA256(), ecdsa_deterministic=True)


def named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "acme"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def builder(
    subject: x509.Name, issuer: x509.Name, key: Any, *, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(serial())
        .not_valid_before(start)
        .not_valid_after(end)
    )


@dataclass(frozen=True, kw_only=True)
class Authority:
    """A root and an intermediate of its own."""

    root: x509.Certificate
    certificate: x509.Certificate
    key: PrivateKey

    @classmethod
    def make(cls, name: str, *, start: datetime = NOON - 365 * DAY, end: datetime = NOON + 365 * DAY) -> Authority:
        root_key, key = new_key(), new_key()
        root_name = named(f"{name} root")
        root = issue(
            builder(root_name, root_name, root_key.public_key(), start=NOON - 999 * DAY, end=NOON + 999 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
            .add_extension(usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False),
            root_key,
        )
        certificate = issue(
            builder(named(name), root_name, key.public_key(), start=start, end=end)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False),
            root_key,
        )
        return cls(root=root, certificate=certificate, key=key)


@dataclass(kw_only=True)
class Holder:
    """What goes into a signing certificate; tests change single fields."""

    subject: x509.GeneralName | None = field(default_factory=lambda: x509.UniformResourceIdentifier(SUBJECT))
    more_subjects: tuple[x509.GeneralName, ...] = ()
    issuer: str | None = ISSUER
    old_issuer: str | None = ISSUER
    extensions: dict[int, str] = field(default_factory=dict)
    start: datetime = NOON - timedelta(minutes=1)
    end: datetime = NOON + timedelta(minutes=9)
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.CODE_SIGNING
    scts: int = 1
    sct_time: datetime = NOON - timedelta(minutes=1)
    sct_issuer: bytes | None = None
    key: Any = field(default_factory=new_key)


class CertificateLog:
    """A CT log: one key, and SCTs without publication."""

    def __init__(self) -> None:
        self.key = new_key()
        self.log_id = hashlib.sha256(spki(self.key.public_key())).digest()
        self.algorithm = b"\4\3"  # SHA-256 and ECDSA

    def sct(self, tbs: bytes, *, issuer_spki: bytes, moment: datetime) -> bytes:
        algorithm = self.algorithm
        milliseconds = int(moment.timestamp() * 1000).to_bytes(8, "big")
        issuer = hashlib.sha256(issuer_spki).digest()
        signed = b"\0\0" + milliseconds + b"\0\1" + issuer + len(tbs).to_bytes(3, "big") + tbs + b"\0\0"
        signature = sign(self.key, signed)
        found = b"\0" + self.log_id + milliseconds + b"\0\0" + algorithm + len(signature).to_bytes(2, "big") + signature
        return len(found).to_bytes(2, "big") + found


class CertificateIssuer:
    """Fulcio."""

    def __init__(self, authority: Authority, log: CertificateLog) -> None:
        self.authority = authority
        self.log = log

    def issue(self, holder: Holder) -> x509.Certificate:
        made = self._builder(holder)
        if not holder.scts:
            return issue(made, self.authority.key)
        tbs = issue(made, self.authority.key).tbs_certificate_bytes
        issuer = holder.sct_issuer or spki(self.authority.key.public_key())
        sct = self.log.sct(tbs, issuer_spki=issuer, moment=holder.sct_time)
        listed = sct * holder.scts
        value = der.octets(len(listed).to_bytes(2, "big") + listed)
        extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2"), value)
        return issue(made.add_extension(extension, critical=False), self.authority.key)

    def _builder(self, holder: Holder) -> x509.CertificateBuilder:
        made = (
            builder(
                x509.Name([]),
                self.authority.certificate.subject,
                holder.key.public_key(),
                start=holder.start,
                end=holder.end,
            )
            .add_extension(usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([holder.purpose]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(holder.key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.key.public_key()), critical=False
            )
        )
        if holder.subject is not None:
            made = made.add_extension(
                x509.SubjectAlternativeName([holder.subject, *holder.more_subjects]), critical=True
            )
        said = {number: der.text(value) for number, value in holder.extensions.items()}
        said |= {8: der.text(holder.issuer)} if holder.issuer else {}
        said |= {1: holder.old_issuer.encode()} if holder.old_issuer else {}
        for number, value in sorted(said.items()):
            oid = x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{number}")
            made = made.add_extension(x509.UnrecognizedExtension(oid, value), critical=False)
        return made


class TimestampService:
    """An RFC 3161 authority: tokens for any time, signed attributes and all."""

    def __init__(self, name: str = "tsa") -> None:
        self.authority = Authority.make(name)
        self.key = new_key()
        self.certificate = issue(
            builder(
                named(f"{name} leaf"),
                self.authority.certificate.subject,
                self.key.public_key(),
                start=NOON - 200 * DAY,
                end=NOON + 200 * DAY,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.key.public_key()), critical=False
            ),
            self.authority.key,
        )

    def stamp(self, data: bytes, *, moment: datetime = NOON, embed: bool = True) -> bytes:
        sha256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
        info = der.sequence(
            der.integer(1),
            der.oid("1.3.6.1.4.1.57264.2"),
            der.sequence(sha256, der.octets(hashlib.sha256(data).digest())),
            der.integer(serial()),
            der.moment(moment),
        )
        encoded = self.certificate.public_bytes(Encoding.DER)
        attributes = (
            der.sequence(der.oid("1.2.840.113549.1.9.3"), der.set_of(der.oid("1.2.840.113549.1.9.16.1.4"))),
            der.sequence(der.oid("1.2.840.113549.1.9.4"), der.set_of(der.octets(hashlib.sha256(info).digest()))),
            der.sequence(
                der.oid("1.2.840.113549.1.9.16.2.47"),
                der.set_of(der.sequence(der.sequence(der.sequence(der.octets(hashlib.sha256(encoded).digest()))))),
            ),
        )
        signature = sign(self.key, der.set_of(*attributes))
        signer = der.sequence(
            der.integer(1),
            der.sequence(self.certificate.issuer.public_bytes(), der.integer(self.certificate.serial_number)),
            sha256,
            der.tlv(0xA0, *sorted(attributes)),
            der.sequence(der.oid("1.2.840.10045.4.3.2")),
            der.octets(signature),
        )
        signed = der.sequence(
            der.integer(3),
            der.set_of(sha256),
            der.sequence(der.oid("1.2.840.113549.1.9.16.1.4"), der.tlv(0xA0, der.octets(info))),
            der.tlv(0xA0, encoded) if embed else b"",
            der.set_of(signer),
        )
        token = der.sequence(der.oid("1.2.840.113549.1.7.2"), der.tlv(0xA0, signed))
        return der.sequence(der.sequence(der.integer(0)), token)


def tree(leaves: list[bytes], index: int) -> tuple[bytes, list[bytes]]:
    """Root hash and audit path by RFC 6962's own recursion: not how the verifier does it."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest(), []
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = leaves[:split], leaves[split:]
    if index < split:
        (root, path), (other, _) = tree(left, index), tree(right, 0)
        return hashlib.sha256(b"\1" + root + other).digest(), [*path, other]
    (other, _), (root, path) = tree(left, 0), tree(right, index - split)
    return hashlib.sha256(b"\1" + other + root).digest(), [*path, other]


class Rekor:
    """Both versions: v1 promises with ECDSA and a tree id, v2 is one Ed25519 key with its host's name."""

    def __init__(self, version: int, host: str) -> None:
        self.version = version
        self.host = host
        self.before = 3  # entries that are there already
        self.key: Any = new_key() if version == 1 else new_ed25519_key()
        self.spki = spki(self.key.public_key())
        noted = host.encode() + b"\n\x01" + self.spki[-32:]
        self.log_id = hashlib.sha256(self.spki if version == 1 else noted).digest()

    def sign(self, data: bytes) -> bytes:
        found: bytes = sign(self.key, data) if self.version == 1 else self.key.sign(data)
        return found

    def checkpoint(self, size: int, root: bytes, *, origin: str | None = None) -> str:
        name = origin or self.host
        first = f"{name} - 4711" if self.version == 1 else name
        note = f"{first}\n{size}\n{encode_base64(root)}\n"
        line = encode_base64(self.log_id[:4] + self.sign(note.encode()))
        return f"{note}\n\u2014 {name} {line}\n"

    def log(self, kind: tuple[str, str], body: dict[str, Any], *, moment: datetime = NOON) -> dict[str, Any]:
        raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        leaves = [*(b"one", b"two", b"three")[: self.before], raw, b"five", b"six", b"seven"]
        index, shift = self.before, 1000 if self.version == 1 else 0
        root, path = tree(leaves, index)
        entry: dict[str, Any] = {
            "logIndex": str(index + shift),
            "logId": {"keyId": encode_base64(self.log_id)},
            "kindVersion": {"kind": kind[0], "version": kind[1]},
            "inclusionProof": {
                "logIndex": str(index),
                "rootHash": encode_base64(root),
                "treeSize": str(len(leaves)),
                "hashes": [encode_base64(each) for each in path],
                "checkpoint": {"envelope": self.checkpoint(len(leaves), root)},
            },
            "canonicalizedBody": encode_base64(raw),
        }
        if self.version == 1:
            seconds = int(moment.timestamp())
            promised = (
                f'{{"body":"{encode_base64(raw)}","integratedTime":{seconds},'
                f'"logID":"{self.log_id.hex()}","logIndex":{index + shift}}}'
            )
            entry["integratedTime"] = str(seconds)
            entry["inclusionPromise"] = {"signedEntryTimestamp": encode_base64(self.sign(promised.encode()))}
        return entry


class PrivateSigstore:
    """All parts and the trusted root that names them."""

    def __init__(self) -> None:
        self.certificate_log = CertificateLog()
        self.fulcio = CertificateIssuer(Authority.make("fulcio"), self.certificate_log)
        self.tsa = TimestampService()
        self.rekor = {1: Rekor(1, "rekor.acme.example"), 2: Rekor(2, "log2026.rekor.acme.example")}

    def root_document(self) -> dict[str, Any]:
        span = {"start": "2026-01-01T00:00:00Z"}
        named_as = {"organization": "acme", "commonName": "acme"}

        def chain(*certificates: x509.Certificate) -> dict[str, Any]:
            return {
                "certificates": [{"rawBytes": encode_base64(each.public_bytes(Encoding.DER))} for each in certificates]
            }

        def log(url: str, key: bytes, details: str, log_id: bytes) -> dict[str, Any]:
            return {
                "baseUrl": url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {"rawBytes": encode_base64(key), "keyDetails": details, "validFor": dict(span)},
                "logId": {"keyId": encode_base64(log_id)},
            }

        ct, issuing, tsa = self.certificate_log, self.fulcio.authority, self.tsa
        p256 = "PKIX_ECDSA_P256_SHA_256"
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                log(
                    f"https://{rekor.host}",
                    rekor.spki,
                    p256 if rekor.version == 1 else "PKIX_ED25519",
                    rekor.log_id,
                )
                for rekor in self.rekor.values()
            ],
            "certificateAuthorities": [
                {
                    "subject": named_as,
                    "uri": "https://fulcio.acme.example",
                    "certChain": chain(issuing.certificate, issuing.root),
                    "validFor": dict(span),
                }
            ],
            "ctlogs": [log("https://ct.acme.example", spki(ct.key.public_key()), p256, ct.log_id)],
            "timestampAuthorities": [
                {
                    "subject": named_as,
                    "uri": "https://tsa.acme.example/api/v1/timestamp",
                    "certChain": chain(tsa.certificate, tsa.authority.certificate, tsa.authority.root),
                    "validFor": dict(span),
                }
            ],
        }

    def root(self) -> TrustedRoot:
        return TrustedRoot.parse(json.dumps(self.root_document()).encode())

    def bundle(
        self,
        *,
        version: int = 2,
        holder: Holder | None = None,
        payload: bytes = PAYLOAD,
        payload_type: str = PAYLOAD_TYPE,
        stamps: tuple[datetime, ...] | None = None,
        integrated: datetime = NOON,
        logged: bool = True,
    ) -> dict[str, Any]:
        """An envelope by certificate, logged in Rekor of that version; v2 with one timestamp at noon."""
        who = holder or Holder()
        certificate = self.fulcio.issue(who)
        signed = pae(payload_type, payload)
        signature = sign(who.key, signed)
        encoded = encode_base64(certificate.public_bytes(Encoding.DER))
        material: dict[str, Any] = {"certificate": {"rawBytes": encoded}}
        verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": {"rawBytes": encoded}}
        pem = certificate.public_bytes(Encoding.PEM)
        entry = self.entry(version, signed, payload, signature, verifier=verifier, pem=pem, moment=integrated)
        material["tlogEntries"] = [entry] if logged else []
        moments = stamps if stamps is not None else ((NOON,) if version == 2 else ())
        return self.assemble(material, signature, payload, payload_type, moments)

    def key_bundle(
        self,
        key: PrivateKey,
        *,
        version: int | None = None,
        stamps: tuple[datetime, ...] = (),
        payload: bytes = PAYLOAD,
    ) -> dict[str, Any]:
        """An envelope by key, logged in Rekor of that version or not at all."""
        signed = pae(PAYLOAD_TYPE, payload)
        signature = sign(key, signed)
        encoded = spki(key.public_key())
        material: dict[str, Any] = {"publicKey": {"hint": encode_base64(hashlib.sha256(encoded).digest())}}
        if version is not None:
            verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "publicKey": {"rawBytes": encode_base64(encoded)}}
            pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            material["tlogEntries"] = [
                self.entry(version, signed, payload, signature, verifier=verifier, pem=pem, moment=NOON)
            ]
        return self.assemble(material, signature, payload, PAYLOAD_TYPE, stamps)

    def entry(
        self,
        version: int,
        signed: bytes,
        payload: bytes,
        signature: bytes,
        *,
        verifier: dict[str, Any],
        pem: bytes,
        moment: datetime,
    ) -> dict[str, Any]:
        if version == 2:
            data = {"algorithm": "SHA2_256", "digest": encode_base64(hashlib.sha256(signed).digest())}
            spec: dict[str, Any] = {
                "hashedRekordV002": {
                    "data": data,
                    "signature": {"content": encode_base64(signature), "verifier": verifier},
                }
            }
            kind = ("hashedrekord", "0.0.2")
        else:
            spec = {
                "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(b"as sent").hexdigest()},
                "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
                "signatures": [{"signature": encode_base64(signature), "verifier": encode_base64(pem)}],
            }
            kind = ("dsse", "0.0.1")
        body = {"apiVersion": kind[1], "kind": kind[0], "spec": spec}
        return self.rekor[version].log(kind, body, moment=moment)

    def assemble(
        self,
        material: dict[str, Any],
        signature: bytes,
        payload: bytes,
        payload_type: str,
        stamps: tuple[datetime, ...],
    ) -> dict[str, Any]:
        if stamps:
            material["timestampVerificationData"] = {
                "rfc3161Timestamps": [
                    {"signedTimestamp": encode_base64(self.tsa.stamp(signature, moment=moment))} for moment in stamps
                ]
            }
        return {
            "mediaType": MEDIA_TYPES[0],
            "verificationMaterial": material,
            "dsseEnvelope": {
                "payload": encode_base64(payload),
                "payloadType": payload_type,
                "signatures": [{"sig": encode_base64(signature)}],
            },
        }
