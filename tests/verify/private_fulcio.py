"""Fulcio in memory, and its certificate log; tests say what goes into a certificate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.verify import der
from tests.verify.private_authority import NOON, Authority, builder, issue, usage
from tests.verify.private_keys import new_key, sign, spki

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "https://github.com/acme/models/.github/workflows/train.yml@refs/heads/main"


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
