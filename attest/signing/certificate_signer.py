"""Signing with a key whose certificate a private authority issued: the method `certificate` of OMS.

The bundle holds leaf and chain in `x509CertificateChain`, which OMS asks for and Sigstore's own clients do not read in
a bundle v0.3: such bundles are for OMS's verifiers, which is why only `attest sign` makes them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Struct

from attest.signing.dsse import encode_base64
from attest.trust.private_pki import PrivateAuthority
from attest.trust.trusted_holder import PkiHolder
from attest_registry.strict_json import to_compact_json

if TYPE_CHECKING:
    from attest.claims.statement import Statement
    from attest.signing.bundle_signer import KeyBundleSigner
    from attest.signing.certificate_chain import SigningChain
    from attest.signing.signer import KeyWarning


class CertificateBundleSigner(Struct, frozen=True, kw_only=True):
    """Signs with a key, as the holder of its certificate.

    Args:
        key: the key, with its timestamps; without a log, whose entries name a key.
        chain: the key's certificate, and who vouches for it.
    """

    key: KeyBundleSigner
    chain: SigningChain

    @classmethod
    def of(cls, key: KeyBundleSigner, chain: SigningChain) -> Self:
        """The two together, once they belong together.

        Raises:
            InputError: `certificate-key-mismatch`.
        """
        chain.check_key(key.signer.public_key)
        return cls(key=key, chain=chain)

    @property
    def description(self) -> str:
        """The signer, for people."""
        return self.chain.title

    @property
    def warnings(self) -> tuple[KeyWarning, ...]:
        """What the key's owner should hear."""
        return self.key.warnings

    @property
    def trusted(self) -> PkiHolder:
        """The signer, as somebody who is believed under the uppermost certificate of his own chain."""
        top = self.chain.above[-1].public_bytes(Encoding.PEM)
        return PkiHolder(
            name="this certificate",
            identity=self.chain.identity,
            authority=PrivateAuthority.parse(top, what="the uppermost certificate of the chain"),
            time_required=False,
            origin="the certificate chain",
        )

    def sign_statement(self, statement: Statement) -> bytes:
        """A bundle by the certificate's holder, with all the timestamps that were asked for.

        Raises:
            ServiceError: an authority did not do its part; nothing is given out.
        """
        document: dict[str, Any] = json.loads(self.key.sign_statement(statement))
        material = document["verificationMaterial"]
        del material["publicKey"]
        certificates = [{"rawBytes": encode_base64(der)} for der in self.chain.der]
        document["verificationMaterial"] = {"x509CertificateChain": {"certificates": certificates}, **material}
        return to_compact_json(document)
