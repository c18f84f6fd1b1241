"""Rows 9, 10, 31, 33 and 77: files beside the signed ones, and signatures that look away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import MODEL_SIGNATURE
from attest_registry.digest import Digest
from tests.attacks.pulled_files import contents, remove
from tests.attacks.release import FILES, weights
from tests.verify.evidence import signed_payload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.attacks.release import Release
    from tests.attacks.scene import Scene

PLANTED = [
    "adapter_config.json",
    "adapter_model.safetensors",
    "consolidated.safetensors",
    "pytorch_model.bin",
    "modeling_model.py",
    "__pycache__/modeling_model.cpython-311.pyc",
    ".git/config",
    "model.sig/evil.py",
    ".hidden",
]
SIGNATURE = "signature: {by: [alice]}"


def _with(scene: Scene, release: Release, path: str, data: bytes = b"import os\n") -> dict[str, Any]:
    document = release.document
    digest = scene.registry.put_blob(data)
    document["layers"].append(
        {
            "mediaType": "application/vnd.cncf.model.code.v1.raw",
            "digest": str(digest),
            "size": len(data),
            "annotations": {"org.cncf.model.filepath": path, "org.opencontainers.image.title": path},
        }
    )
    return document


@pytest.mark.parametrize("path", PLANTED)
def test_a_file_too_many_in_the_manifest(scene: Scene, path: str) -> None:
    release = scene.release()
    trust = scene.policy(SIGNATURE)
    scene.honest_pull(scene.served(release), *trust)
    digest = scene.registry.put_manifest(_with(scene, release, path), tag="1")
    scene.registry.attach(release.signed_by(scene.alice, MODEL_SIGNATURE), digest)
    scene.pull(f"{scene.registry.name}:1", *trust, code="unsigned-file", status=3)


def test_a_file_too_many_that_only_the_bom_does_not_know(scene: Scene) -> None:
    """A careless signer signed all files and described all but one: nobody has said what the other one is."""
    release = scene.release()
    trust = scene.policy("ml-bom: {by: [alice]}", more="formats: {allow: [safetensors, json, text]}")
    scene.honest_pull(scene.served(release), *trust)
    reference = scene.vouched(_with(scene, release, "model.py"), release.folder.manifest)
    scene.pull(reference, *trust, code="file-not-in-bom", status=1)


@pytest.mark.parametrize("path", ["README.md", "model.safetensors"])
def test_a_signed_file_is_left_out(scene: Scene, path: str) -> None:
    release = scene.release()
    trust = scene.policy(SIGNATURE)
    scene.honest_pull(scene.served(release), *trust)
    document = release.document
    document["layers"] = [
        layer for layer in document["layers"] if layer["annotations"]["org.cncf.model.filepath"] != path
    ]
    digest = scene.registry.put_manifest(document, tag="1")
    scene.registry.attach(release.signed_by(scene.alice, MODEL_SIGNATURE), digest)
    scene.pull(f"{scene.registry.name}:1", *trust, code="file-missing", status=3)


def _folder(scene: Scene, files: Mapping[str, bytes], name: str = "copy") -> str:
    for path, data in files.items():
        target = scene.folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return f"./{name}"


@pytest.mark.parametrize("path", [path for path in PLANTED if not path.startswith(".git/")])
def test_a_planted_file_in_a_folder(scene: Scene, path: str) -> None:
    reference, folder = scene.served(), _folder(scene, FILES)
    judged = ("verify", folder, "--against", reference, *scene.by_key)
    scene.honest(*judged)
    _folder(scene, {path: b"planted"})
    outcome = scene.attack_folder(*judged)
    found = {finding["path"]: finding["status"] for finding in outcome.document["findings"]}
    assert found[path] == "not-signed"


def test_content_under_git_is_not_passed_over(scene: Scene) -> None:
    reference, folder = scene.served(), _folder(scene, FILES)
    judged = ("verify", folder, "--against", reference, *scene.by_key)
    scene.honest(*judged)
    _folder(scene, {".git/config": b"[core]\n"})
    scene.attack(*judged, code="git-folder", status=2)


def test_a_planted_file_where_a_pull_goes(scene: Scene) -> None:
    """A folder that holds the version and something else is not the version, and is not touched either."""
    reference = scene.served()
    scene.honest_pull(reference)
    assert scene.run("pull", reference, "out", *scene.by_key).status == 0
    scene.honest("verify", "./out", "--against", reference, *scene.by_key)
    (scene.folder / "out/adapter_config.json").write_text("{}")
    scene.pull(reference, code="target-not-empty", status=2)
    remove(scene.folder / "out")


def _signed(scene: Scene, release: Release, change: Mapping[str, Any]) -> bytes:
    """A model signature by alice whose predicate was changed before she signed it."""
    document = json.loads(release.claims[MODEL_SIGNATURE].raw)
    for key, value in change.items():
        place = document["predicate"] if key == "resources" else document["predicate"]["serialization"]
        place[key] = value
        if key == "resources":
            root = Digest.of(b"".join(bytes.fromhex(each["digest"]) for each in value))
            document["subject"][0]["digest"] = {"sha256": root.hex}
    return signed_payload(json.dumps(document).encode(), scene.alice).raw


UNIVERSAL = [
    pytest.param({"ignore_paths": ["adapter_config.json"]}, "unsigned-file", "tampered", id="ignores-a-file"),
    pytest.param({"ignore_paths": ["."]}, "ignore-too-wide", "ignore-too-wide", id="ignores-everything"),
    pytest.param({"ignore_paths": ["*.json"]}, "ignore-too-wide", "ignore-too-wide", id="ignores-a-pattern"),
    pytest.param({"resources": []}, "no-resources", "no-resources", id="signs-nothing"),
]


@pytest.mark.parametrize(("change", "code", "_"), UNIVERSAL)
def test_a_signature_that_looks_away_from_a_version(scene: Scene, change: dict[str, Any], code: str, _: str) -> None:
    """Rows 10 and 31: the signer says what to ignore, or signs nothing; the verifier does not listen."""
    release = scene.release()
    trust = scene.policy(SIGNATURE)
    scene.honest_pull(scene.served(release), *trust)
    digest = scene.registry.put_manifest(_with(scene, release, "adapter_config.json", b"{}"), tag="1")
    scene.registry.attach([_signed(scene, release, change)], digest)
    scene.pull(f"{scene.registry.name}:1", *trust, code=code, status=3)


@pytest.mark.parametrize(("change", "_", "word"), UNIVERSAL)
def test_a_signature_that_looks_away_from_a_folder(scene: Scene, change: dict[str, Any], _: str, word: str) -> None:
    release, folder = scene.release(), _folder(scene, FILES)
    (scene.folder / "home/good.sig").write_bytes(release.signed_by(scene.alice, MODEL_SIGNATURE)[0])
    (scene.folder / "home/bad.sig").write_bytes(_signed(scene, release, change))
    scene.honest("verify", folder, "--evidence", "home/good.sig", *scene.by_key)
    _folder(scene, {"adapter_config.json": b"{}"})
    judged = ("verify", folder, "--evidence", "home/bad.sig", *scene.by_key)
    if word == "tampered":
        scene.attack_folder(*judged)
    else:
        scene.attack(*judged, code=word, status=3)


def _sharded(scene: Scene, release: Release, size: int, *, without: str = "") -> bytes:
    """A model signature by alice over shards, but for one."""
    resources = [
        {"name": f"{path}:{start}:{start + len(part)}", "algorithm": "sha256", "digest": Digest.of(part).hex}
        for path, data in FILES.items()
        for start in range(0, len(data), size)
        for part in [data[start : start + size]]
    ]
    left = sorted((each for each in resources if each["name"] != without), key=lambda each: each["name"])
    assert len(left) == len(resources) - bool(without)
    return _signed(scene, release, {"method": "shards", "shard_size": size, "resources": left})


def _held_against(scene: Scene, bundle: bytes, name: str) -> tuple[str, ...]:
    (scene.folder / f"home/{name}.sig").write_bytes(bundle)
    return ("verify", _folder(scene, FILES), "--bundle", f"home/{name}.sig", *scene.by_key)


def test_a_shard_that_nobody_signed(scene: Scene) -> None:
    release = scene.release()
    scene.honest(*_held_against(scene, _sharded(scene, release, 20), "good"))
    judged = _held_against(scene, _sharded(scene, release, 20, without="model.safetensors:20:40"), "bad")
    scene.attack(*judged, code="shard-gap", status=3)


@pytest.mark.parametrize("planted", ["bytes-behind-the-last-shard", "an-empty-file"])
def test_what_is_in_no_shard(scene: Scene, planted: str) -> None:
    judged = _held_against(scene, _sharded(scene, scene.release(), len(FILES["README.md"])), "shards")
    scene.honest(*judged)
    change = {"README.md": FILES["README.md"] + b"more"} if planted != "an-empty-file" else {"sub/__init__.py": b""}
    _folder(scene, change)
    scene.attack_folder(*judged)


def test_a_linked_folder_is_not_signed_around(scene: Scene) -> None:
    """Row 33: model_signing left out what a linked folder held; here the push is refused."""
    _folder(scene, FILES, "model")
    own = str(scene.alice.key.origin)[:-4] + ".key"
    scene.honest("push", "model", "demo/linked", "--key", own)
    _folder(scene, {"extra.safetensors": weights(b"e")}, "elsewhere")
    (scene.folder / "model/more").symlink_to(scene.folder / "elsewhere")
    scene.attack("push", "model", "demo/linked", "--key", own, code="symlink", status=2)


def test_a_linked_folder_is_not_verified_around(scene: Scene) -> None:
    reference, folder = scene.served(), _folder(scene, FILES)
    judged = ("verify", folder, "--against", reference, *scene.by_key)
    scene.honest(*judged)
    _folder(scene, {"adapter_config.json": b"{}"}, "elsewhere")
    (scene.folder / "copy/more").symlink_to(scene.folder / "elsewhere")
    scene.attack(*judged, code="symlink", status=2)


def test_a_hub_repository_is_not_signed(scene: Scene) -> None:
    _folder(scene, FILES, "model")
    own = str(scene.alice.key.origin)[:-4] + ".key"
    scene.honest("push", "model", "demo/cloned", "--key", own)
    _folder(scene, {".git/config": b"[core]\n"}, "model")
    scene.attack("push", "model", "demo/cloned", "--key", own, code="git-folder", status=2)
    assert contents(scene.folder / "model").keys() > FILES.keys()
