"""Name in an event → whom to check its signature against. A name selects; that its owner has the role, the log says.

Keys are found by their fingerprint: in the log's own manifest, in what this machine remembers, among those that the
operator named. A key from anywhere is as good, since its fingerprint is the name. Logins need the pinned root.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import Struct, field

from attest.errors import AttestError, LogBroken, NoTrust
from attest.signing.algorithms import supported_public_key
from attest.signing.fingerprint import fingerprint
from attest.trust.identity import TrustedKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from attest.claims.signer_name import SignerName
    from attest.trust.roots import TrustedRoot
    from attest.trust.signatory import Signatory
    from attest_registry.digest import Digest


class Keyring(Struct, frozen=True, kw_only=True):
    """Where keys and roots are found.

    Args:
        named: fingerprint → key, of those whom the operator named.
        root: loads the pinned root that vouches for logins; `None` where there is none.
        roots: issuer → the root that vouches for its logins, of those whom the operator named with one of their own.
    """

    named: Mapping[Digest, Signatory] = field(default_factory=dict)
    root: Callable[[], TrustedRoot] | None = None
    roots: Mapping[str, TrustedRoot] = field(default_factory=dict)

    def signatory_of(self, who: SignerName, *, found: Callable[[Digest], bytes | None]) -> Signatory:
        """Whom an event's signature is checked against.

        Args:
            who: as the event names its signer.
            found: DER of a public key by its fingerprint, from wherever the log lies.

        Raises:
            LogBroken: his key is nowhere (`log-key-missing`).
            NoTrust: he signs with a login, and no root is pinned (`no-trusted-root`).
        """
        if who.key is None:
            return self._holder(who)
        if who.key in self.named:
            return self.named[who.key]
        der = found(who.key)
        if der is None:
            raise LogBroken(
                f"the public key of an event's signer is nowhere: key {who.key.short}",
                code="log-key-missing",
                expected="the key beside the log, or named in the policy",
            )
        return trusted_key(der, name=f"key {who.key.short}", origin="the log")

    def _holder(self, who: SignerName) -> Signatory:
        from attest.trust.certificate_identity import CertificateIdentity  # noqa: PLC0415  # X.509 is for logins
        from attest.trust.trusted_holder import TrustedHolder  # noqa: PLC0415

        root = self.roots.get(who.issuer or "") or (None if self.root is None else self.root())
        if root is None:
            raise NoTrust(
                f"nothing says which root vouches for {who.subject}",
                code="no-trusted-root",
                expected="a pinned trusted_root.json, since the log has events that were signed with a login",
                hint="attest trust fetch          pins that of Sigstore's public instance\n"
                "attest trust pin FILE       pins one that you were given",
            )
        return TrustedHolder(
            name=who.subject or "",
            identity=CertificateIdentity(issuer=who.issuer or "", subject=who.subject),
            root=root,
            origin="the pinned root",
        )


@lru_cache(maxsize=64)
def trusted_key(der: bytes, *, name: str, origin: str) -> TrustedKey:
    """A public key from its DER.

    Raises:
        LogBroken: it is none, or of a kind that is not used (`log-key-missing`).
    """
    try:
        key = supported_public_key(load_der_public_key(der), origin=origin)
    except (ValueError, TypeError, UnsupportedAlgorithm, AttestError) as error:
        raise LogBroken(
            f"{name} is no public key that attest uses", code="log-key-missing", expected="P-256, P-384 or Ed25519"
        ) from error
    return TrustedKey(name=name, public_key=key, fingerprint=fingerprint(key), origin=origin)
