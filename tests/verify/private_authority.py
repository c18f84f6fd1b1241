"""A certificate authority in memory, with a root and an intermediate, and how certificates are put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import NameOID

from tests.verify.private_keys import PrivateKey, new_key, serial

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


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
