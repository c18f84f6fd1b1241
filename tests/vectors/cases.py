"""The conformance suite's cases as they lie on disk, and what this program says about each.

A case is a folder: `bundle.sigstore.json`, and where they differ from the suite's defaults an `artifact`, a
`trusted_root.json`, an `identity`, an `issuer` or a `key.pub`. A name that ends in `fail` must be refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from attest.trust.certificate_identity import CertificateIdentity
from attest.trust.identity import load_trusted_key
from attest.trust.managed_key import ManagedKey
from attest.trust.roots import TrustedRoot
from attest.verify.about_file import bind_file
from attest.verify.by_certificate import verify_certificate_bundle
from attest.verify.by_managed_key import verify_key_bundle
from attest.verify.demands import KeyDemands
from attest.verify.sigstore_bundle import BareMessage, SigstoreBundle
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from attest.verify.proven import VerifiedBundle

SUITE = Path(__file__).parents[2].parent / "shared" / "vectors" / "sigstore-conformance"
FOLDER = SUITE / "bundle-verify"
PUBLIC_GOOD = SUITE / "trusted_root.public-good.json"
IDENTITY = (
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/"
    ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
)
ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True, kw_only=True)
class Case:
    """One folder."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def must_verify(self) -> bool:
        return not self.name.endswith("fail")

    @property
    def artifact(self) -> bytes:
        own = self.folder / "artifact"
        return (own if own.exists() else FOLDER / "a.txt").read_bytes()

    @property
    def bundle(self) -> bytes:
        return (self.folder / "bundle.sigstore.json").read_bytes()

    @property
    def root_path(self) -> Path:
        own = self.folder / "trusted_root.json"
        return own if own.exists() else PUBLIC_GOOD

    @property
    def key_path(self) -> Path | None:
        own = self.folder / "key.pub"
        return own if own.exists() else None

    def text(self, name: str, default: str) -> str:
        own = self.folder / name
        return own.read_text().strip() if own.exists() else default

    def verify(self, *, by_digest: bool) -> VerifiedBundle:
        """What the suite's client does: the file itself, or only its digest."""
        return verify_file(
            self.bundle,
            Digest.of(self.artifact) if by_digest else self.artifact,
            root=self.root_path,
            key=self.key_path,
            identity=self.text("identity", IDENTITY),
            issuer=self.text("issuer", ISSUER),
        )


def verify_file(
    raw: bytes, file: bytes | Digest, *, root: Path, key: Path | None, identity: str, issuer: str
) -> VerifiedBundle:
    """One bundle for one file, as the suite asks for it: old versions too, and key bundles with their log entry."""
    trusted = _root(root)
    bundle = SigstoreBundle.parse(raw, accept_old_versions=True)
    message = file if isinstance(bundle.content, BareMessage) else None
    if key is not None:
        holder = ManagedKey(key=load_trusted_key(key))
        demands = KeyDemands(log_entry=True)
        verified = verify_key_bundle(bundle, key=holder, root=trusted, demands=demands, message=message)
    else:
        believed = CertificateIdentity(issuer=issuer, subject=identity)
        verified = verify_certificate_bundle(bundle, root=trusted, identity=believed, message=message)
    bind_file(verified, file if isinstance(file, Digest) else Digest.of(file))
    return verified


@cache
def _root(path: Path) -> TrustedRoot:
    return TrustedRoot.load(path)


def all_cases() -> list[Case]:
    """Every folder of the suite; empty where it is not beside this checkout."""
    return [Case(folder=path) for path in sorted(FOLDER.iterdir()) if path.is_dir()] if FOLDER.is_dir() else []
