"""An authority of a company's own, in memory, and bundles by certificates of it; each part can be told to be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from attest.claims.predicates import PAYLOAD_TYPE
from attest.signing.dsse import encode_base64, pae
from attest.trust.private_pki import PrivateAuthority
from tests.verify.private_authority import DAY, NOON, Authority, builder, named, usage
from tests.verify.private_keys import new_key, sign
from tests.verify.private_sigstore import PAYLOAD, PrivateSigstore

if TYPE_CHECKING:
    from datetime import datetime

RELEASE = "release@acme.example"


@dataclass(kw_only=True)
class Employee:
    """What goes into a certificate; tests change single fields."""

    names: tuple[x509.GeneralName, ...] = (x509.RFC822Name(RELEASE),)
    subject: x509.Name = field(default_factory=lambda: named("release"))
    start: datetime = NOON - 30 * DAY
    end: datetime = NOON + 30 * DAY
    purpose: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CODE_SIGNING
    usage: x509.KeyUsage = field(default_factory=lambda: usage(signs_certificates=False))
    extensions: tuple[x509.ExtensionType, ...] = ()
    key: Any = field(default_factory=new_key)


class PrivatePki:
    """A root, an intermediate, and whom they name."""

    def __init__(self, name: str = "acme ca", **span: Any) -> None:
        self.authority = Authority.make(name, **span)

    def pem(self, *, intermediate: bool = False) -> bytes:
        """What an operator pins."""
        pinned = self.authority.certificate if intermediate else self.authority.root
        return pinned.public_bytes(Encoding.PEM)

    def pinned(self, *, intermediate: bool = False) -> PrivateAuthority:
        return PrivateAuthority.parse(self.pem(intermediate=intermediate), what="ca.pem")

    def issue(self, employee: Employee) -> x509.Certificate:
        issuer = self.authority.certificate.subject
        made = builder(employee.subject, issuer, employee.key.public_key(), start=employee.start, end=employee.end)
        made = made.add_extension(employee.usage, critical=True)
        if employee.purpose is not None:
            made = made.add_extension(x509.ExtendedKeyUsage([employee.purpose]), critical=False)
        if employee.names:
            made = made.add_extension(x509.SubjectAlternativeName(employee.names), critical=False)
        for extension in employee.extensions:
            made = made.add_extension(extension, critical=False)
        return made.sign(self.authority.key, hashes.SHA256())

    def bundle(
        self,
        sigstore: PrivateSigstore | None = None,
        employee: Employee | None = None,
        *,
        payload: bytes = PAYLOAD,
        stamps: tuple[datetime, ...] = (NOON,),
        version: int | None = None,
        chain: tuple[x509.Certificate, ...] | None = None,
    ) -> dict[str, Any]:
        """An envelope by certificate, stamped and logged by that instance where there is one."""
        who = employee or Employee()
        leaf = self.issue(who)
        signed = pae(PAYLOAD_TYPE, payload)
        signature = sign(who.key, signed)
        above = (self.authority.certificate,) if chain is None else chain
        listed = [{"rawBytes": encode_base64(each.public_bytes(Encoding.DER))} for each in (leaf, *above)]
        material: dict[str, Any] = {"x509CertificateChain": {"certificates": listed}, "tlogEntries": []}
        instance = sigstore or PrivateSigstore()
        if version is not None:
            verifier = {"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": listed[0]}
            pem = leaf.public_bytes(Encoding.PEM)
            entry = instance.entry(version, signed, payload, signature, verifier=verifier, pem=pem, moment=NOON)
            material["tlogEntries"] = [entry]
        return instance.assemble(material, signature, payload, PAYLOAD_TYPE, stamps if sigstore else ())
