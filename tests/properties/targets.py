"""Every door through which somebody else's bytes come in: good input for it, and what may come out.

What comes out is a value or an `AttestError`; anything else is a fault of ours, a wrong exit status or a stack trace
for a person. Some values are held against what they promise as well.
"""

from __future__ import annotations

import atexit
import base64
import io
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric import ec

from attest.claims import cosign, mlbom, provenance, signature
from attest.claims.record import load_record
from attest.claims.statement import Statement
from attest.errors import ModelError
from attest.evidence.evidence import Evidence
from attest.model import packaging
from attest.model.formats import recognise
from attest.model.names import check_paths
from attest.policy import shipped
from attest.policy.document import load_policy
from attest.record_template import read_card, write_template
from attest.signing.signer import KeySigner
from attest.strict_yaml import load as load_yaml
from attest.trust.identity import TrustedKey, load_trusted_key
from attest.verify.verifier import judge
from attest_registry.digest import Digest
from attest_registry.oci import authentication, credentials, http
from attest_registry.oci.layout_index import IndexLines
from attest_registry.oci.manifest import Index, Manifest
from attest_registry.reference import Reference
from attest_registry.strict_json import parse_json, to_compact_json
from tests.model.conftest import load_maker
from tests.properties import sigstore_doors
from tests.verify.evidence import MODEL, PICKLE, SAFE, Person, Version, model_files, training

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LIMIT: Final = 1 << 20
_FOLDER: Final = Path(tempfile.mkdtemp(prefix="attest-fuzz-"))
atexit.register(shutil.rmtree, _FOLDER, ignore_errors=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A door.

    Args:
        name: for reports.
        seeds: good input.
        call: what takes it in; raises nothing but `AttestError`.
        good: whether every seed has to be accepted.
    """

    name: str
    seeds: tuple[bytes, ...]
    call: Callable[[bytes], object]
    good: bool = True


def _file(name: str, data: bytes) -> Path:
    path = _FOLDER / name
    path.write_bytes(data)
    return path


# ---- what is called


def _strict_json(data: bytes) -> None:
    value = parse_json(data, what="it", limit=_LIMIT)
    assert parse_json(to_compact_json(value), what="it again", limit=2 * _LIMIT) == value


def _unpack(data: bytes) -> None:
    artefact = packaging.unpack(Manifest.parse(data, what="it"))
    check_paths(file.path for file in artefact.files)
    assert artefact.digest == Digest.of(data)


def _statement(data: bytes) -> None:
    assert Statement.parse(data).raw == data


def _claims(data: bytes) -> None:
    statement = Statement.parse(data)
    for reader in (signature.parse, provenance.parse, mlbom.parse, cosign.parse):
        try:
            reader(statement)
        except ValueError as error:  # each may refuse it on its own; the next one sees it all the same
            raise AssertionError(f"{reader.__module__}: {error!r}") from error
        except Exception as error:
            if not hasattr(error, "exit_status"):
                raise


def _reference(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    reference = Reference.parse(text)
    again = Reference.parse(str(reference))
    assert again == reference, f"{reference} is read as {again}"
    assert ".." not in Path(reference.model).parts
    assert not Path(reference.model).is_absolute()


def _digest(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    assert str(Digest.parse(text)) == text


def _names(data: bytes) -> None:
    paths = data.decode("utf-8", "surrogateescape").split("\n")
    try:
        check_paths(paths)
    except ModelError:
        return
    for path in paths:
        assert os.path.normpath(path) == path
        assert not path.startswith(("/", "../"))
        path.encode("utf-8")


def _recognise(name: str) -> Callable[[bytes], object]:
    return lambda data: recognise(name, io.BytesIO(data), len(data))


def _credentials(data: bytes) -> None:
    _file("config.json", data)
    nowhere = {"DOCKER_CONFIG": str(_FOLDER), "HOME": str(_FOLDER / "none"), "PATH": str(_FOLDER / "none")}
    found = credentials.find("ghcr.io", "acme/model", environment=nowhere)
    assert found is None or repr(found) == f"Credentials(source={found.source!r})"


def _card(data: bytes) -> None:
    """A record is made of somebody's model card; what is made has to be a record."""
    _file("README.md", data)
    card = read_card(_FOLDER)
    load_record(_file("attest.yaml", write_template(model="acme/model", source=None, card=card).encode()))


def _headers(data: bytes) -> None:
    text = data.decode("latin-1")
    authentication.parse_challenges(text)
    http.retry_after(text, now=0.0)
    authentication.merged_scopes(text, "repository:x:pull")


def _alice() -> Person:
    """Somebody with the same key in each process, so that what she signed can be kept."""
    signer = KeySigner(private_key=ec.derive_private_key(0xA11CE, ec.SECP256R1()))
    key = TrustedKey(name="alice", public_key=signer.public_key, fingerprint=signer.fingerprint, origin="alice")
    return Person(signer=signer, key=key)


_ALICE: Final = _alice()
_VERSION: Final = Version.of()
_KEYS: Final = (_ALICE.key,)


def _judge(data: bytes) -> None:
    """One piece of evidence is whatever it is: judged, never raised."""
    judged = judge([Evidence(raw=data, origin="it")], artefact=_VERSION.artefact, model=MODEL, keys=_KEYS)
    assert len(judged.facts) + len(judged.rejected) == 1
    assert all(rejected.error.exit_status in {1, 3} for rejected in judged.rejected)


# ---- what it is called with


def _statements() -> tuple[bytes, ...]:
    other = Version.of(
        model_files({"a/b.pkl": (b"p", PICKLE), "m.safetensors": (b"w", SAFE)}), about=training(inputs=())
    )
    versions = (_VERSION, other)
    return tuple(
        claim.raw
        for version in versions
        for claim in (version.signature, version.provenance, version.ml_bom, version.cosign)
    )


def _models() -> dict[str, bytes]:
    made = _FOLDER / "models"
    made.mkdir()
    found = {}
    for root in load_maker().make_all(made).values():
        for path in sorted(Path(root).rglob("*")):
            if path.is_file() and path.stat().st_size < 64 * 1024:
                found[path.name] = path.read_bytes()
    return found


def _of(models: dict[str, bytes], *endings: str) -> tuple[bytes, ...]:
    return tuple(data for name, data in models.items() if name.endswith(endings))


_PICKLES: Final = (
    b"\x80\x04\x95\x15\x00\x00\x00\x00\x00\x00\x00\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
    b"\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01X\x01\x00\x00\x00bq\x02]q\x03(K\x01K\x02eu.",
    b"(dp0\nS'a'\np1\nI1\ns.",
)
_ARRAYS: Final = (
    b"\x93NUMPY\x01\x00\x76\x00"
    + b"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }".ljust(117)
    + b"\n"
    + bytes(8),
    b"\x93NUMPY\x01\x00\x76\x00"
    + b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".ljust(117)
    + b"\n\x80\x04N.",
)
_RECORD: Final = b"""apiVersion: attest/v1
kind: TrainingRecord
model: {name: acme/credit-risk, label: 1.4.0, licence: Apache-2.0, task: tabular-classification}
operation: distill
source: {uri: git+https://git.example.com/acme/train, commit: auto, entry_point: train.py}
inputs:
  - {role: dataset, name: transactions, uri: s3://b/tx, digest: sha256:%s, split: train, personal_data: false}
  - {role: teacher-model, name: teacher, ref: acme/credit-large:7}
  - {role: dataset, name: legacy, provenance: unknown}
parameters: {learning_rate: "1e-4", epochs: 3, seed: 42}
metrics: [{name: accuracy, value: "0.923", dataset: golden}]
interface: {inputs: [{name: features, dtype: float32, shape: [-1, 20]}], outputs: []}
card: {intended_use: scoring}
files: {roles: {"prompts/*": prompt}}
""" % (b"0" * 64)
_CONFIG: Final = {
    "auths": {
        "ghcr.io": {"auth": base64.b64encode(b"alice:secret").decode()},
        "ghcr.io/acme": {"username": "bob", "password": "secret", "identitytoken": "t", "registrytoken": "r"},
        "https://index.docker.io/v1/": {},
    },
    "credHelpers": {"quay.io": "none"},
    "credsStore": "",
}
_REFERENCES: Final = tuple(
    text.encode()
    for text in (
        *("credit-risk:1", "acme/credit-risk@production", "ghcr.io/acme/credit-risk:1.4.0", "localhost:5000/a/b:7"),
        *(
            f"a/b@sha256:{'0' * 64}",
            f"[::1]:5000/a:2@sha256:{'a' * 64}",
            "models:/a/3",
            "attest://127.0.0.1:1/a/3",
            "a_b__c-d.e",
        ),
    )
)
_CARD: Final = b"""---
license: apache-2.0
base_model: acme/base
base_model_relation: finetune
datasets: [a, b]
---
# A model
"""


def _policies() -> tuple[bytes, ...]:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = _ALICE.signer.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _file("alice.pub", pem)
    whole = {
        "apiVersion": "attest/v1",
        "kind": "Policy",
        "name": "production",
        "description": "for the fuzzer",
        "identities": {"publisher": {"key": "alice.pub"}},
        "names": ["acme/credit-risk"],
        "require": {
            "signature": {"by": ["publisher"]},
            "provenance": {
                "by": ["publisher"],
                "builder": "https://b",
                "source": {"repository": "https://r", "clean": True},
                "operation": ["train"],
            },
            "ml-bom": {"by": ["publisher"], "consistent": True},
            "claims": [{"type": "test-result", "by": ["publisher"]}],
        },
        "formats": {"allow": ["safetensors", "json"], "code-bearing": ["scaler.pkl"]},
        "lineage": {"datasets": "known", "source": "clean"},
    }
    profiles = [shipped.path_of(name).read_bytes() for name in shipped.names()]
    local = [text.replace(b"key: publisher.pub", b"key: alice.pub") for text in profiles]
    return (json.dumps(whole).encode(), *local)


@cache
def targets() -> Sequence[Target]:
    """All doors, with their seeds; made once in a process."""
    from tests.verify.evidence import artefact_of

    statements, models = _statements(), _models()
    manifests = tuple(
        raw
        for raw in (
            packaging.pack(model_files()).manifest.raw,
            artefact_of(model_files()).manifest.raw,
            packaging.pack(model_files({"a/b.bin": (b"1", SAFE), "a/c.bin": (b"2", SAFE)})).manifest.raw,
        )
    )
    index = Index.build([Manifest.parse(raw, what="it").descriptor for raw in manifests]).raw
    bundles = tuple(piece.raw for piece in _VERSION.evidence(_ALICE))
    certified, roots = sigstore_doors.bundles(), sigstore_doors.roots()
    policies = _policies()
    json_seeds = (*statements[:3], *manifests[:1], index, bundles[0], b'{"a":[1,-2,0.5,"\\u00e9",null,true]}')
    pem = (_FOLDER / "alice.pub").read_bytes()
    return (
        Target(name="strict_json", seeds=json_seeds, call=_strict_json),
        Target(name="bundle", seeds=bundles, call=sigstore_doors.bundle),
        Target(name="certificate-bundle", seeds=certified, call=sigstore_doors.certificate_bundle),
        Target(name="trusted-root", seeds=roots, call=sigstore_doors.trusted_root),
        Target(name="statement", seeds=statements, call=_statement),
        Target(name="claims", seeds=statements, call=_claims),
        Target(name="judge", seeds=bundles, call=_judge),
        Target(name="manifest", seeds=manifests, call=lambda data: Manifest.parse(data, what="it")),
        Target(name="index", seeds=(index,), call=lambda data: Index.parse(data, what="it")),
        Target(name="index-lines", seeds=(index, IndexLines.empty().in_order(what="it").raw), call=_index_lines),
        Target(name="unpack", seeds=manifests[:1] + manifests[2:], call=_unpack),
        Target(name="strict_yaml", seeds=(*policies, _RECORD), call=lambda data: load_yaml(_text(data), what="it")),
        Target(name="policy", seeds=policies, call=lambda data: load_policy(_file("p.yaml", data)), good=False),
        Target(name="record", seeds=(_RECORD,), call=lambda data: load_record(_file("r.yaml", data))),
        Target(name="model-card", seeds=(_CARD, b"# no front matter\n"), call=_card),
        Target(name="safetensors", seeds=_of(models, ".safetensors"), call=_recognise("m.safetensors")),
        Target(name="gguf", seeds=_of(models, ".gguf"), call=_recognise("m.gguf")),
        Target(name="onnx", seeds=_of(models, ".onnx"), call=_recognise("m.onnx")),
        Target(name="pickle", seeds=_PICKLES, call=_recognise("m.pkl")),
        Target(name="numpy", seeds=_ARRAYS, call=_recognise("m.npy")),
        Target(name="any-format", seeds=(*models.values(), *_PICKLES, *_ARRAYS), call=_recognise("some")),
        Target(name="reference", seeds=_REFERENCES, call=_reference),
        Target(name="digest", seeds=(f"sha256:{'0' * 64}".encode(),), call=_digest),
        Target(name="names", seeds=(b"a\nb/c.bin\nd-e_f.g", "é/ü\nStraße".encode()), call=_names),
        Target(name="credentials", seeds=(json.dumps(_CONFIG).encode(), b"{}"), call=_credentials),
        Target(
            name="challenge",
            seeds=(b'Bearer realm="https://t/x",service="s",scope="repository:a:pull"',),
            call=_headers,
        ),
        Target(name="public-key", seeds=(pem,), call=lambda data: load_trusted_key(_file("k.pub", data))),
    )


def _index_lines(data: bytes) -> None:
    lines, _ = IndexLines.parse(data, what="it", limit=_LIMIT)
    lines.names()
    lines.numbers(3, what="it")
    for entry in lines.entries(what="it"):
        for name, value in (entry.get("annotations") or {}).items():
            lines.find(name, value, what="it")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
