"""A timestamp authority in memory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.verify import der
from tests.verify.private_authority import DAY, NOON, Authority, builder, issue, named, usage
from tests.verify.private_keys import new_key, serial, sign

if TYPE_CHECKING:
    from datetime import datetime


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
