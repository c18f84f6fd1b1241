"""Row 22: a file of the model sends its loader to files or models that nobody signed; one fixture for each format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest
from msgspec.structs import replace

from attest.claims.predicates import ML_BOM
from attest.signing.bundle import sign_statement
from tests.attacks.release import FILES, claims_of
from tests.model.test_formats_outside import at, onnx, tensor

if TYPE_CHECKING:
    from tests.attacks.scene import Scene

INDEX: Final = "model.safetensors.index.json"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _weights(name: str) -> bytes:
    return _json({"weight_map": {"w": name}})


FORMATS: Final[dict[str, tuple[str, bytes, bytes]]] = {
    "weight-map": (INDEX, _weights("model.safetensors"), _weights("../other/model.safetensors")),
    "weight-map-twice": (
        INDEX,
        _weights("model.safetensors"),
        b'{"weight_map": {"w": "../x.safetensors"}, "weight_map": {"w": "model.safetensors"}}',
    ),
    "late-in-the-index": (INDEX, _weights("model.safetensors"), _weights("../x.bin").rjust(1024 * 1024 + 1)),
    "adapter": (
        "adapter_config.json",
        _json({"base_model_name_or_path": "acme/base"}),
        _json({"base_model_name_or_path": "../base"}),
    ),
    "tokenizer": ("tokenizer_config.json", _json({"vocab_file": None}), _json({"vocab_file": "../vocab.txt"})),
    "weights-by-configuration": (
        "config.json",
        _json({"transformers_weights": "model.safetensors"}),
        _json({"transformers_weights": "../model.safetensors"}),
    ),
    "sentence-transformers": ("modules.json", _json([{"path": "1_Pooling"}]), _json([{"path": "../1_Pooling"}])),
    "onnx": ("model.onnx", onnx(at(5, message=tensor(b"w.bin"))), onnx(at(5, message=tensor(b"../w.bin")))),
    "onnx-inside-a-branch": (
        "model.onnx",
        onnx(at(1, 5, 6, 5, message=tensor(b"w.bin"))),
        onnx(at(1, 5, 6, 5, message=tensor(b"../w.bin"))),
    ),
    "onnx-of-this-process": (
        "model.onnx",
        onnx(at(5, message=tensor(b"w.bin"))),
        onnx(at(5, message=tensor(b"*/_ORT_MEM_ADDR_/*"))),
    ),
    "onnx-written-oddly": (
        "model.onnx",
        onnx(at(5, message=tensor(b"w.bin"))),
        onnx(at(5, message=tensor(b"w.bin") + b"\xea\x80\x80\x80\x10\x16\n\x08location\x12\x0a/etc/passw")),
    ),
    "onnx-disguised": ("model.onnx", onnx(b""), b"x\x01" + onnx(at(5, message=tensor(b"../w.bin")))),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_leads_outside(scene: Scene, name: str) -> None:
    path, honest, attacked = FORMATS[name]
    scene.honest_pull(scene.served(scene.release({**FILES, path: honest})))
    bad = scene.served(scene.release({**FILES, path: attacked}), tag="2")
    scene.pull(bad, code="reference-outside", status=1)


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("config.json", {"auto_map": {"AutoModel": "evil/repo--modeling.Model"}}),
        ("config.json", {"custom_pipelines": {"x": {"impl": "evil/repo--pipeline.P"}}}),
        ("tokenizer_config.json", {"auto_map": ["evil/repo--tok.T", None]}),
        ("adapter_config.json", {"tokenizer_kwargs": {"trust_remote_code": True}}),
    ],
    ids=["model", "pipeline", "tokenizer", "adapter"],
)
def test_code_of_another_repository(scene: Scene, name: str, document: dict[str, Any]) -> None:
    scene.honest_pull(scene.served(scene.release({**FILES, name: b"{}"})))
    bad = scene.served(scene.release({**FILES, name: _json(document)}), tag="2")
    scene.pull(bad, code="code-bearing-file", status=1)


def test_a_bom_that_keeps_quiet_about_it(scene: Scene) -> None:
    """A careless signer says nothing of it; the bytes are looked at again before anybody gets them."""
    scene.honest_pull(scene.served(scene.release({**FILES, INDEX: _weights("model.safetensors")})))
    release = scene.release({**FILES, INDEX: _weights("../x.safetensors")})
    files = release.folder.manifest
    silent = replace(files, files=tuple(replace(each, format=replace(each.format, outside="")) for each in files.files))
    claims = {**release.claims, ML_BOM: claims_of(silent, release.digest)[ML_BOM]}
    reference = scene.registry.serve(release, bundles=[], tag="2")
    scene.registry.attach([sign_statement(claim, scene.alice.signer) for claim in claims.values()], release.digest)
    scene.pull(reference, code="reference-outside", status=1)


def test_a_bom_that_says_so_is_enough(scene: Scene) -> None:
    """Before a byte of the model is fetched."""
    scene.honest("verify", scene.served(scene.release({**FILES, INDEX: _weights("model.safetensors")})), *scene.by_key)
    reference = scene.served(scene.release({**FILES, INDEX: _weights("../x.safetensors")}), tag="2")
    scene.attack("verify", reference, *scene.by_key, code="reference-outside", status=1)


def test_a_folder_that_leads_outside(scene: Scene) -> None:
    """`attest verify` of a folder looks at the bytes that lie there."""
    good, bad = (scene.release({**FILES, INDEX: _weights(name)}) for name in ("model.safetensors", "../x.safetensors"))
    for release in (good, bad):
        folder = scene.folder / "home" / release.digest.hex[:8]
        for path, data in release.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        bundle = folder.with_suffix(".sig")
        bundle.write_bytes(release.signed_by(scene.alice)[0])
        asked = ("verify", str(folder), "--bundle", str(bundle), *scene.by_key)
        if release is good:
            scene.honest(*asked)
            continue
        outcome = scene.run(*asked)
        scene.judge(outcome="refused" if outcome.status else "got through", code=outcome.code, status=outcome.status)
        assert (outcome.code, outcome.status) == ("denied", 1)
        scene.harmless(scene.run(*asked, "--allow-code", INDEX).status == 0, why="naming the file lets it be")
