"""Keys and the certificate authority of one instance, in the files that Sigstore's programs read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "fulcio"  # of a key that lives as long as the tests
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Material:
    """Files: Fulcio's authority, TesseraCT's key, Rekor's key, and the public halves."""

    authority: Path
    authority_key: Path
    ct_key: Path
    ct_public: Path
    rekor_key: Path
    rekor_public: Path

    @classmethod
    def make(cls, folder: Path) -> Material:
        """Everything, freshly made."""
        made = cls(
            authority=folder / "fulcio.pem",
            authority_key=folder / "fulcio.key",
            ct_key=folder / "ct.key",
            ct_public=folder / "ct.pub",
            rekor_key=folder / "rekor.key",
            rekor_public=folder / "rekor.pub",
        )
        key = ec.generate_private_key(ec.SECP256R1())
        made.authority.write_bytes(_authority(key).public_bytes(Encoding.PEM))
        secret = BestAvailableEncryption(PASSWORD.encode())
        made.authority_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
        log = ec.generate_private_key(ec.SECP256R1())
        # TesseraCT reads SEC 1 and nothing else
        made.ct_key.write_bytes(log.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
        made.ct_public.write_bytes(_public(log.public_key()))
        rekor = ed25519.Ed25519PrivateKey.generate()
        made.rekor_key.write_bytes(rekor.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        made.rekor_public.write_bytes(_public(rekor.public_key()))
        return made


def _public(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    # Fulcio refuses a root without both names
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "attest tests"),
            x509.NameAttribute(NameOID.COMMON_NAME, "fulcio of the tests"),
        ]
    )
    now = dt.datetime.now(dt.UTC)
    usage = x509.KeyUsage(
        key_cert_sign=True,
        crl_sign=True,
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + 30 * _DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
