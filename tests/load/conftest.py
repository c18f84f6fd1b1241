"""Real admissions: a folder is signed, stored, judged and admitted the way everybody does it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest.admit import Admission, admit, judge_version
from attest.claims.training import Build, Training
from attest.model import packaging
from attest.model.manifest import FileFormat, FileKind
from attest.policy.document import policy_for_keys
from attest.publish import ReadFolder, read_folder, sign_claims, store
from attest.signing import keyfile
from attest.signing.bundle_signer import KeyBundleSigner
from attest.signing.uri import open_signer
from attest.trust.identity import load_trusted_key
from attest_registry.oci.layout import LayoutRepository
from attest_registry.reference import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from attest.signing.bundle_signer import BundleSigner

HEADER = json.dumps({"w": {"dtype": "F32", "shape": [1024], "data_offsets": [0, 4096]}}).encode()
WEIGHTS = struct.pack("<Q", len(HEADER)) + HEADER + bytes(range(256)) * 16
FILES = {"model.safetensors": WEIGHTS, "config.json": b'{"layers": 1}', "tokenizer/vocab.json": b'{"a": 0}'}

PICKLE = b"\x80\x04\x95\x15\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R."
"""Calls eval when it is loaded."""

Admit = Callable[..., Admission]


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> BundleSigner:
    folder = tmp_path_factory.mktemp("keys")
    keyfile.generate(folder / "k.key", folder / "k.pub", passphrase=None)
    return KeyBundleSigner(signer=open_signer(str(folder / "k.key"), passphrase=lambda _: None))


@pytest.fixture
def make(tmp_path: Path, signer: BundleSigner) -> Admit:
    """Push files as the next version of `demo/model` and admit it; `said` replaces formats in what is signed."""
    key = tmp_path / "trusted.pub"
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    assert isinstance(signer, KeyBundleSigner)
    key.write_bytes(signer.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def make_one(
        files: dict[str, bytes] = FILES, *, said: dict[str, FileKind] | None = None, allow_code: tuple[str, ...] = ()
    ) -> Admission:
        root = tmp_path / "source"
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        folder = read_folder(root)
        if said:
            folder = lie(folder, said)
        reference = Reference.parse("demo/model")
        repository = LayoutRepository(tmp_path / "store", "demo/model")
        training = Training(build=Build(builder="https://example.com/tests"))
        signed = sign_claims(folder, training, model="demo/model", signer=signer)
        published = store(signed, repository, reference, signer=signer)
        policy = policy_for_keys([load_trusted_key(key)], allow_code=allow_code)
        return admit(judge_version(published.reference, repository, policy))

    return make_one


def lie(folder: ReadFolder, said: dict[str, FileKind]) -> ReadFolder:
    """What a publisher could sign about files whose bytes say otherwise."""
    files = tuple(
        replace(file, format=FileFormat(kind=said[file.path])) if file.path in said else file
        for file in folder.manifest.files
    )
    manifest = replace(folder.manifest, files=files)
    return replace(folder, manifest=manifest, artefact=packaging.pack(manifest))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if not path.is_dir()}


def stored_blob(tmp_path: Path, admission: Admission, path: str) -> Path:
    digest = next(file.digest for file in admission.artefact.files if file.path == path)
    return tmp_path / "store" / "demo" / "model" / "blobs" / "sha256" / digest.hex


def flip(path: Path, at: int = 0) -> None:
    mode = path.stat().st_mode
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    path.chmod(mode)
