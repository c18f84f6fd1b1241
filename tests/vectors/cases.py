"""Bundles with the verdict that each has to get: sigstore-conformance, and fixtures/sigstore for what it leaves out.

A case is a folder as upstream has it (its README): `bundle.sigstore.json`, and where it differs from the suite's own,
`artifact`, `trusted_root.json`, `identity`, `issuer` and `key.pub`. A name that ends in `fail` has to be refused. Ours
may hold `demands.json` besides: what has to be proven of a key's signature, and when the key counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attest.errors import InputError, MalformedEvidence
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
    from collections.abc import Mapping

    from attest.verify.proven import VerifiedBundle

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_ENDS = ("not_before", "not_after")
ISSUER = "https://token.actions.githubusercontent.com"


@dataclass(frozen=True, kw_only=True)
class Suite:
    """A folder of cases with what they share.

    Args:
        name: for people.
        folder: the cases, and the artifact `a.txt` of those that have none of their own.
        root: of those that have none of their own.
        identity: who signed, where they do not say.
        codes: of each refused case that was looked into, the code of the step that has to refuse it.
    """

    name: str
    folder: Path
    root: Path
    identity: str
    codes: Mapping[str, str]

    @property
    def cases(self) -> list[Case]:
        """Every folder of the suite, but for what Python leaves; empty where it is not beside this checkout."""
        if not self.folder.is_dir():
            return []
        folders = [path for path in sorted(self.folder.iterdir()) if path.is_dir() and path.name != "__pycache__"]
        return [Case(folder=path, suite=self) for path in folders]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One folder."""

    folder: Path
    suite: Suite

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def must_verify(self) -> bool:
        return not self.name.endswith("fail")

    @property
    def artifact(self) -> bytes:
        return (self._own("artifact") or self.suite.folder / "a.txt").read_bytes()

    @property
    def bundle(self) -> bytes:
        return (self.folder / "bundle.sigstore.json").read_bytes()

    @property
    def root_path(self) -> Path:
        return self._own("trusted_root.json") or self.suite.root

    @property
    def key_path(self) -> Path | None:
        return self._own("key.pub")

    @property
    def identity(self) -> str:
        return self._text("identity", self.suite.identity)

    @property
    def issuer(self) -> str:
        return self._text("issuer", ISSUER)

    @property
    def demands(self) -> dict[str, Any]:
        own = self._own("demands.json")
        return {} if own is None else dict(json.loads(own.read_text()))

    def verify(self, *, by_digest: bool) -> VerifiedBundle:
        """What the suite's client does: the file itself, or only its digest."""
        return verify_file(
            self.bundle,
            Digest.of(self.artifact) if by_digest else self.artifact,
            root=self.root_path,
            key=self.key_path,
            identity=self.identity,
            issuer=self.issuer,
            demands=self.demands,
        )

    def _own(self, name: str) -> Path | None:
        own = self.folder / name
        return own if own.exists() else None

    def _text(self, name: str, default: str) -> str:
        own = self._own(name)
        return default if own is None else own.read_text().strip()


def verify_file(
    raw: bytes,
    file: bytes | Digest,
    *,
    root: Path,
    key: Path | None,
    identity: str,
    issuer: str,
    demands: Mapping[str, Any] | None = None,
    in_toto: bool = False,
) -> VerifiedBundle:
    """One bundle for one file, as the suite asks for it: old versions too, and key bundles with their log entry."""
    trusted = _root(root)
    bundle = SigstoreBundle.parse(raw, accept_old_versions=True)
    if in_toto and isinstance(bundle.content, BareMessage):
        raise MalformedEvidence("the bundle signs bare bytes", code="content-kind", expected="a DSSE envelope")
    message = file if isinstance(bundle.content, BareMessage) else None
    if key is not None:
        said = {"log_entry": True} | dict(demands or {})
        start, end = (datetime.fromisoformat(said.pop(name)) if name in said else None for name in _ENDS)
        holder = ManagedKey(key=load_trusted_key(key), not_before=start, not_after=end)
        verified = verify_key_bundle(bundle, key=holder, root=trusted, demands=KeyDemands(**said), message=message)
    else:
        believed = CertificateIdentity(issuer=issuer, subject=identity)
        verified = verify_certificate_bundle(bundle, root=trusted, identity=believed, message=message)
    bind_file(verified, file if isinstance(file, Digest) else Digest.of(file))
    return verified


@cache
def _root(path: Path) -> TrustedRoot:
    return TrustedRoot.load(path)


def embedded_root(*, staging: bool) -> Path:
    """The trusted root of a public instance, as the installed sigstore-python brings it.

    Raises:
        InputError: it brings none.
    """
    from importlib.resources import files
    from urllib.parse import quote

    from attest.trust.tuf_mirror import PUBLIC_GOOD, STAGING, TRUSTED_ROOT

    place = files("sigstore") / "_store" / quote(STAGING if staging else PUBLIC_GOOD, safe="") / TRUSTED_ROOT
    found = Path(str(place))
    if not found.is_file():
        raise InputError("no trusted root is known for the public instance", code="trusted-root-not-found")
    return found


def _table(path: Path) -> dict[str, str]:
    return {name: str(code) for name, code in json.loads(path.read_text()).items()}


_SHARED = ROOT.parent / "shared" / "vectors" / "sigstore-conformance"
UPSTREAM = Suite(
    name="sigstore-conformance",
    folder=_SHARED / "bundle-verify",
    root=_SHARED / "trusted_root.public-good.json",
    identity=(
        "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/"
        ".github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main"
    ),
    codes=_table(HERE / "expected.json"),
)
OURS = Suite(
    name="fixtures/sigstore",
    folder=ROOT / "fixtures" / "sigstore",
    root=ROOT / "fixtures" / "sigstore" / "trusted_root.json",
    identity="https://github.com/acme/models/.github/workflows/train.yml@refs/heads/main",
    codes=_table(ROOT / "fixtures" / "sigstore" / "expected.json"),
)
SUITES = (UPSTREAM, OURS)
