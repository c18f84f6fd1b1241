"""Real keys, real claims, real bundles for a small version, and the knives to spoil them with."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from attest.claims import cosign, mlbom, provenance, signature
from attest.claims.statement import Statement
from attest.claims.training import Build, Input, Operation, Role, Source, Standing, Training
from attest.evidence.evidence import Evidence
from attest.model.artefact import Artefact, ArtefactFile
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest.signing.algorithms import new_private_key
from attest.signing.bundle import sign_statement
from attest.signing.signer import KeySigner
from attest.trust.identity import TrustedKey
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import FILEPATH, MODEL_ARTIFACT, MODEL_CONFIG, Descriptor
from attest_registry.oci.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=UTC)
MODEL = "acme/credit-risk"
SAFE = FileFormat(kind=FileKind.SAFETENSORS)
JSON = FileFormat(kind=FileKind.JSON)
PICKLE = FileFormat(kind=FileKind.PICKLE, code_bearing=True, reason="pickle")
DATASET = Input(role=Role.DATASET, name="transactions", standing=Standing.HASHED, digest=Digest.of(b"tx"))


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with a key."""

    signer: KeySigner
    key: TrustedKey

    @classmethod
    def named(cls, name: str) -> Person:
        signer = KeySigner(private_key=new_private_key())
        key = TrustedKey(name=name, public_key=signer.public_key, fingerprint=signer.fingerprint, origin=name)
        return cls(signer=signer, key=key)


def model_files(files: Mapping[str, tuple[bytes, FileFormat]] | None = None) -> ModelManifest:
    chosen = files or {"config.json": (b"{}", JSON), "model.safetensors": (b"weights", SAFE)}
    return ModelManifest(
        files=tuple(
            ModelFile(path=path, digest=Digest.of(data), size=len(data), format=form)
            for path, (data, form) in sorted(chosen.items())
        )
    )


def artefact_of(manifest: ModelManifest) -> Artefact:
    files = tuple(
        ArtefactFile(
            path=file.path,
            blob=Descriptor(
                media_type="application/octet-stream",
                digest=file.digest,
                size=file.size,
                annotations={FILEPATH: file.path},
            ),
        )
        for file in manifest.files
    )
    config = Descriptor.of(b"{}", MODEL_CONFIG)
    built = Manifest.build(artifact_type=MODEL_ARTIFACT, config=config, layers=[file.blob for file in files])
    return Artefact(manifest=built, files=files)


def training(**values: Any) -> Training:
    source = Source(uri="git+https://git.example.com/acme/train", commit="41c9d2e" + "0" * 33, clean=False, changes=2)
    defaults: dict[str, Any] = {
        "build": Build(builder="urn:attest:builders:local:v1", finished="2026-11-20T21:04:00Z"),
        "operation": Operation.TRAIN,
        "source": source,
        "inputs": (DATASET,),
    }
    return Training(**(defaults | values))


@dataclass(frozen=True, kw_only=True)
class Version:
    """A version and the statements that are made about it."""

    manifest: ModelManifest
    artefact: Artefact
    signature: Statement
    provenance: Statement
    ml_bom: Statement
    cosign: Statement

    @classmethod
    def of(cls, manifest: ModelManifest | None = None, *, model: str = MODEL, about: Training | None = None) -> Version:
        files = manifest or model_files()
        artefact = artefact_of(files)
        said = about or training()
        where: dict[str, Any] = {"model": model, "manifest_digest": artefact.digest, "oms_root": files.oms_root}
        return cls(
            manifest=files,
            artefact=artefact,
            signature=signature.build(files, name=model),
            provenance=provenance.build(said, **where),
            ml_bom=mlbom.build(
                said,
                files,
                timestamp="2026-11-20T21:04:05Z",
                serial="urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
                **where,
            ),
            cosign=cosign.build(model=model, manifest_digest=artefact.digest),
        )

    def evidence(self, person: Person) -> list[Evidence]:
        said = (self.signature, self.provenance, self.ml_bom, self.cosign)
        return [bundle(statement, person) for statement in said]


def bundle(statement: Statement, person: Person) -> Evidence:
    return Evidence(raw=sign_statement(statement, person.signer), origin=statement.predicate_type)


def restated(statement: Statement, **changes: Any) -> Statement:
    """The same statement with other top-level fields; `None` takes one out."""
    document = json.loads(statement.raw) | changes
    return Statement.parse(json.dumps({key: value for key, value in document.items() if value is not None}).encode())


def edited(evidence: Evidence, change: Callable[[dict[str, Any]], None]) -> Evidence:
    """The bundle after somebody without the key changed it."""
    document = json.loads(evidence.raw)
    change(document)
    return Evidence(raw=json.dumps(document).encode(), origin="edited")


def signed_payload(payload: bytes, person: Person, *, payload_type: str = "application/vnd.in-toto+json") -> Evidence:
    """Any bytes under any type, with a good signature and no hint."""
    from attest.signing.dsse import pae

    document = {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [{"sig": base64.b64encode(person.signer.sign(pae(payload_type, payload))).decode()}],
        },
    }
    return Evidence(raw=json.dumps(document).encode(), origin="signed payload")
