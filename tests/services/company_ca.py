"""A company's certificate authority in PEM files: a root, an intermediate, and certificates for keys, valid today."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

RELEASE = "release@acme.example"
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """What a certificate says; tests change single fields."""

    name: str = "release"
    names: tuple[x509.GeneralName, ...] = (x509.RFC822Name(RELEASE),)
    purposes: tuple[x509.ObjectIdentifier, ...] = (ExtendedKeyUsageOID.CODE_SIGNING,)
    ca: bool = False
    start: dt.timedelta = -DAY
    end: dt.timedelta = 30 * DAY


@dataclass(frozen=True, kw_only=True)
class CompanyCa:
    """The files: `root.pem`, `intermediate.pem`, `chain.pem` (root first, as people paste them), and what is issued."""

    folder: Path
    _root: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        authority = Leaf(name="acme root", names=(), purposes=(), ca=True, start=-60 * DAY, end=60 * DAY)
        root = _issued(authority, self._root.public_key(), "acme root", self._root)
        below = replace(authority, name="acme signing")
        between = _issued(below, self._key.public_key(), "acme root", self._root)
        self._write("root.pem", root)
        self._write("intermediate.pem", between)
        self._write("chain.pem", root, between)

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    @property
    def chain(self) -> Path:
        return self.folder / "chain.pem"

    def key(self, name: str = "release.key") -> Path:
        """A new private key, in a file."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self.folder / name
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path.chmod(0o600)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        path.with_suffix(".pub").write_bytes(public)
        return path

    def certificate(self, public: Path, leaf: Leaf | None = None, *, file: str = "release.pem") -> Path:
        """A certificate for the key in a public key's file."""
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        key = load_pem_public_key(public.read_bytes())
        self._write(file, _issued(leaf or Leaf(), key, "acme signing", self._key))
        return self.folder / file

    def _write(self, file: str, *certificates: x509.Certificate) -> None:
        (self.folder / file).write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))


def _issued(leaf: Leaf, key: Any, issuer: str, signing: Any) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(_named(leaf.name))
        .issuer_name(_named(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + leaf.start)
        .not_valid_after(now + leaf.end)
        .add_extension(x509.BasicConstraints(ca=leaf.ca, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=leaf.ca), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if leaf.purposes:
        built = built.add_extension(x509.ExtendedKeyUsage(leaf.purposes), critical=False)
    if leaf.names:
        built = built.add_extension(x509.SubjectAlternativeName(leaf.names), critical=False)
    return built.sign(signing, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)] if name else [])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
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
