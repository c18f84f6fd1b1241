"""A scene in which evidence is signed by certificates and by stamped keys, for an operator with pinned roots.

The attacker may strip, exchange and reorder whatever a bundle brings, runs a Sigstore and an authority of his own, and
holds what he stole. What he cannot do is to sign as the pinned services.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attest.claims.predicates import PROVENANCE
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from tests.attacks.release import Release
    from tests.attacks.scene import Scene
    from tests.verify.private_pki import PrivatePki
    from tests.verify.private_sigstore import PrivateSigstore

ALICE = "alice@acme.example"


@dataclass(kw_only=True)
class Witnessed:
    """One version whose provenance is judged.

    Args:
        scene: the host.
        sigstore: the pinned instance.
        pki: the pinned private authority.
    """

    scene: Scene
    sigstore: PrivateSigstore
    pki: PrivatePki
    release: Release = field(init=False)
    reference: str = field(init=False)

    def __post_init__(self) -> None:
        """Serve a version without evidence."""
        self.release = self.scene.release()
        self.reference = self.scene.registry.serve(self.release, bundles=[])

    @property
    def words(self) -> bytes:
        """What the bundles sign: a provenance of the version."""
        return self.release.claims[PROVENANCE].raw

    def policy(
        self, signer: str, *, root: dict[str, Any] | None = None, require: str = "provenance: {by: [ci]}"
    ) -> tuple[str, str]:
        """`--policy` with a claim by `signer`; `root.json` and `ca.pem` in it are the pinned files."""
        home = self.scene.folder / "home"
        (home / "root.json").write_text(json.dumps(root or self.sigstore.root_document()))
        (home / "ca.pem").write_bytes(self.pki.pem())
        text = (
            "apiVersion: attest/v1\nkind: Policy\nname: test\n"
            f"identities:\n  ci: {signer}\ntrust: {{root: root.json}}\n"
            f"require: {{{require}}}\nformats: any\n"
        )
        path = home / f"policy-{Digest.of(text.encode()).hex[:12]}.yaml"
        path.write_text(text)
        return "--policy", str(path)

    def honest(self, bundle: dict[str, Any], *trust: str) -> None:
        """Attach it, pull, and demand that it is allowed; then lose it again."""
        self._attach(bundle)
        self.scene.honest_pull(self.reference, *trust)
        self.scene.registry.strip(self.release.digest)

    def attack(self, bundle: dict[str, Any], *trust: str, code: str, status: int) -> None:
        """Attach it instead, pull, and demand that it is refused for this reason."""
        self._attach(bundle)
        self.scene.pull(self.reference, *trust, code=code, status=status)

    def verdict_of(self, bundles: list[bytes], *trust: str) -> str:
        """The one word about the version with all of these as evidence."""
        self.scene.registry.attach(bundles, self.release.digest)
        return str(self.scene.run("verify", self.reference, *trust).document["verdict"])

    def _attach(self, bundle: dict[str, Any]) -> None:
        self.scene.registry.attach([json.dumps(bundle).encode()], self.release.digest)
