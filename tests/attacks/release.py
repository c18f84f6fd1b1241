"""A version that somebody made, with everything that an honest push claims about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from attest.claims import mlbom, provenance, signature
from attest.claims.predicates import ML_BOM, MODEL_SIGNATURE, PROVENANCE
from attest.claims.training import Build, Operation, Training
from attest.signing.bundle import sign_statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.claims.statement import Statement
    from attest.model.manifest import ModelManifest
    from attest.publish import ReadFolder
    from attest_registry.digest import Digest
    from tests.verify.evidence import Person

MODEL: Final = "demo/model"
_HEADER: Final = b'{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'.ljust(64)


def weights(fill: bytes = b"w") -> bytes:
    """A safetensors file; the same size for every `fill`."""
    return len(_HEADER).to_bytes(8, "little") + _HEADER + fill * 16


FILES: Final[Mapping[str, bytes]] = {
    "README.md": b"# A model\n",
    "config.json": b'{"model_type": "mlp"}\n',
    "model.safetensors": weights(),
}
TRAINING: Final = Training(
    build=Build(builder="urn:attest:builders:local:v1", finished="2026-11-20T21:04:00Z"), operation=Operation.TRAIN
)


@dataclass(frozen=True, kw_only=True)
class Release:
    """A version that somebody made, with what is claimed about it.

    Args:
        model: its model's name.
        files: path → bytes.
        folder: the same after the real reader of folders.
        claims: predicate type → statement.
    """

    model: str
    files: Mapping[str, bytes]
    folder: ReadFolder
    claims: Mapping[str, Statement]

    @property
    def digest(self) -> Digest:
        return self.folder.artefact.digest

    @property
    def document(self) -> dict[str, Any]:
        """A copy of its manifest to change."""
        found: dict[str, Any] = json.loads(self.folder.artefact.manifest.raw)
        return found

    def signed_by(self, who: Person, *kinds: str) -> list[bytes]:
        """Bundles of its claims, all of them where no kinds are named."""
        return [sign_statement(self.claims[kind], who.signer) for kind in kinds or self.claims]


def claims_of(files: ModelManifest, digest: Digest, *, model: str = MODEL) -> dict[str, Statement]:
    """What an honest push would claim of these files under this manifest."""
    where: dict[str, Any] = {"model": model, "manifest_digest": digest, "oms_root": files.oms_root}
    return {
        MODEL_SIGNATURE: signature.build(files, name=model),
        PROVENANCE: provenance.build(TRAINING, **where),
        ML_BOM: mlbom.build(
            TRAINING,
            files,
            timestamp="2026-11-20T21:04:05Z",
            serial="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
            **where,
        ),
    }
