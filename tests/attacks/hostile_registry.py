"""The attacker's registry: a `FakeRegistry` whose memory he writes to as he likes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attest.evidence.attach import referrer
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import EMPTY_BYTES, IMAGE_MANIFEST, Descriptor
from tests.attacks.release import MODEL, Release

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.services.fake_registry import FakeRegistry


@dataclass(kw_only=True)
class Registry:
    """The attacker's registry.

    Args:
        fake: what answers.
    """

    fake: FakeRegistry
    model: str = MODEL

    @property
    def name(self) -> str:
        return f"{self.fake.host}/{self.model}"

    def put_blob(self, data: bytes) -> Digest:
        digest = Digest.of(data)
        self.fake.blobs[(self.model, str(digest))] = data
        return digest

    def put_manifest(self, content: Mapping[str, Any] | bytes, *, tag: str | None = None) -> Digest:
        """Keep a manifest, however wrong it is, and point a tag at it."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        digest = Digest.of(raw)
        self.fake.manifests[(self.model, str(digest))] = (IMAGE_MANIFEST, raw)
        if tag is not None:
            self.fake.tags[(self.model, tag)] = str(digest)
        return digest

    def attach(self, bundles: Sequence[bytes], subject: Digest, *, predicate_type: str = "anything") -> None:
        """List bundles as evidence of a manifest, whatever they are about."""
        self.put_blob(EMPTY_BYTES)
        size = len(self.fake.manifests.get((self.model, str(subject)), ("", b""))[1])
        about = Descriptor(media_type=IMAGE_MANIFEST, digest=subject, size=size)
        for bundle in bundles:
            self.put_blob(bundle)
            made = referrer(bundle, subject=about, predicate_type=predicate_type, created=None)
            self.put_manifest(made.raw)

    def serve(self, release: Release, *, bundles: Sequence[bytes], tag: str = "1") -> str:
        """Serve a version as it is; the reference."""
        for data in (*release.files.values(), release.folder.artefact.config or b""):
            self.put_blob(data)
        digest = self.put_manifest(release.folder.artefact.manifest.raw, tag=tag)
        self.attach(bundles, digest)
        return f"{self.name}:{tag}"

    def strip(self, subject: Digest, *, keep: int = 0) -> None:
        """Lose the evidence of a version but for its first pieces."""
        found = [
            key
            for key, (_, raw) in self.fake.manifests.items()
            if (json.loads(raw).get("subject") or {}).get("digest") == str(subject)
        ]
        for key in found[keep:]:
            del self.fake.manifests[key]
