"""Rows 11 and 13: names that climb out, mean something else elsewhere, or fall together."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attest.errors import AttestError, ModelError
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest.model.names import check_paths
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import FILEPATH, TITLE
from tests.attacks.release import FILES, weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.attacks.scene import Scene

CLIMBING = [
    "../escape",
    "a/../../escape",
    "a/../b",
    "..",
    "../",
    "./a",
    "a/./b",
    ".",
    "/nowhere/escape",
    "//nowhere/escape",
    "a//b",
    "a/",
    "",
    "..\\escape",
    "a\\..\\escape",
    "C:\\escape",
    "C:escape",
    "c:/escape",
    "\\\\host\\share",
    "~/escape\\",
]
AMBIGUOUS = [
    "a\x00b",
    "a\nb",
    "a\rb",
    "a\tb",
    "a\x1b[2Kb",
    "a\x7fb",
    "model\u202efs.safetensors",
    "a\u200bb",
    "a\u200db",
    "a\ufeffb",
    "a\u2028b",
    "\u3164",
    "a\ufe0f",
    "a\u034fb",
    "cafe\u0301",
    "\u212b",
    "\u1112\u1161\u11ab",
    "a.",
    "a ",
    "a./b",
    "a /b",
    "...",
    "con",
    "CON.txt",
    "a/nul",
    "nul.tar.gz",
    "aux ",
    "com1",
    "COM\u00b9",
    "lpt9.log",
    "conin$",
    "prn .txt",
    "\ud800",
    "a\U000e0041b",
    "\U000e0100",
]
TOO_LONG = ["a" * 256, "é" * 128, "/".join(["a" * 200] * 6)]
COLLIDING = [
    ("Model.bin", "model.bin"),
    ("README.md", "readme.md"),
    ("Straße", "STRASSE"),
    ("\ufb01le", "file"),
    ("\u01c5", "\u01c6"),
    ("\u0130x", "i\u0307x"),
    ("Dir/a", "dir/b"),
    ("a", "a/b"),
    ("A", "a/b"),
    ("same", "same"),
    ("\u03a3", "\u03c2"),
]


def _named(scene: Scene, *names: str) -> tuple[dict[str, Any], ModelManifest]:
    """A manifest with these names besides the honest files, and what a careless signer would sign for it."""
    release = scene.release()
    for data in release.files.values():
        scene.registry.put_blob(data)
    document = release.document
    files = list(release.folder.manifest.files)
    for number, name in enumerate(names):
        data = weights(bytes([number]))
        digest = scene.registry.put_blob(data)
        document["layers"].append(
            {
                "mediaType": "application/vnd.cncf.model.weight.v1.raw",
                "digest": str(digest),
                "size": len(data),
                "annotations": {FILEPATH: name, TITLE: name},
            }
        )
        form = FileFormat(kind=FileKind.SAFETENSORS)
        files.append(ModelFile(path=name, digest=digest, size=len(data), format=form))
    return document, ModelManifest(files=tuple(sorted(files, key=lambda file: file.path)))


def _serve(scene: Scene, names: Sequence[str]) -> str:
    document, files = _named(scene, *names)
    try:
        return scene.vouched(document, files)
    except (UnicodeEncodeError, AttestError):  # nobody can sign such a name; the manifest can still hold it
        scene.registry.put_manifest(document, tag="1")
        return f"{scene.registry.name}:1"


def _short(name: str) -> str:
    return "".join(each if each.isalnum() or each in "./~:$ " else f"<{ord(each):x}>" for each in name[:20])


@pytest.mark.parametrize("name", CLIMBING + AMBIGUOUS + TOO_LONG, ids=_short)
def test_a_name_in_a_manifest(scene: Scene, name: str) -> None:
    scene.honest_pull(_serve(scene, ["plain/name-1.bin"]))
    reference = _serve(scene, [name])
    code = "malformed-json" if name == "\ud800" else "unsafe-name"
    scene.pull(reference, code=code, status=3)
    assert not list(scene.folder.parent.glob("escape*"))


@pytest.mark.parametrize("names", COLLIDING, ids=lambda names: ascii("-".join(names))[1:-1])
def test_names_in_a_manifest_that_fall_together(scene: Scene, names: tuple[str, str]) -> None:
    scene.honest_pull(_serve(scene, ["plain/name-1.bin", "plain/name-2.bin"]))
    scene.pull(_serve(scene, names), code="name-collision", status=3)


def test_two_names_for_one_layer(scene: Scene) -> None:
    """Clients that go by the title would write another file than those that go by the path."""
    document, files = _named(scene, "plain.bin")
    scene.honest_pull(scene.vouched(document, files))
    document["layers"][-1]["annotations"][TITLE] = "model.safetensors"
    scene.pull(scene.vouched(document, files), code="malformed-manifest", status=3)


ON_DISK = ["a\\b", "a\nb", "cafe\u0301", "a\u202eb", "trailing ", "con.txt", "a\u200bb", "a:b\x7f"]


@pytest.mark.parametrize("name", ON_DISK, ids=_short)
def test_a_name_on_disk(scene: Scene, name: str) -> None:
    own = _model(scene)
    scene.honest("push", "model", "demo/named", "--key", own)
    (scene.folder / "model" / name).write_bytes(b"x")
    scene.attack("push", "model", "demo/named", "--key", own, code="unsafe-name", status=2)


def test_a_name_on_disk_that_is_not_utf8(scene: Scene) -> None:
    own = _model(scene)
    scene.honest("push", "model", "demo/named", "--key", own)
    (scene.folder / "model" / os.fsdecode(b"a\xff")).write_bytes(b"x")
    scene.attack("push", "model", "demo/named", "--key", own, code="unsafe-name", status=2)


def test_names_on_disk_that_fall_together(scene: Scene) -> None:
    own = _model(scene)
    scene.honest("push", "model", "demo/named", "--key", own)
    (scene.folder / "model/CONFIG.json").write_bytes(b"{}")
    if len(list((scene.folder / "model").iterdir())) == len(FILES):
        pytest.skip("this file system does not tell case apart, so the two cannot be there")
    scene.attack("push", "model", "demo/named", "--key", own, code="name-collision", status=2)


def _model(scene: Scene) -> str:
    (scene.folder / "model").mkdir()
    for path, data in FILES.items():
        (scene.folder / "model" / path).write_bytes(data)
    return str(scene.alice.key.origin)[:-4] + ".key"


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(paths=st.lists(st.text(st.sampled_from("aAbé\u0301ß./\\ \x00:~S"), min_size=1, max_size=9), max_size=3))
def test_what_passes_stays_below_and_apart(paths: list[str]) -> None:
    try:
        check_paths(paths)
    except ModelError:
        return
    for path in paths:
        assert os.path.normpath(path) == path
        assert path != ".."
        assert not path.startswith(("../", "/"))
    assert len({path.casefold() for path in paths}) == len(paths)


def test_a_name_in_a_signature_that_no_manifest_holds(scene: Scene) -> None:
    """The signed list is read by the same rule as the manifest: nobody signs a way out of the folder."""
    from attest.claims.predicates import MODEL_SIGNATURE
    from tests.verify.evidence import signed_payload

    release = scene.release()
    for path, data in FILES.items():
        (scene.folder / "copy").mkdir(exist_ok=True)
        (scene.folder / "copy" / path).write_bytes(data)
    (scene.folder / "home/good.sig").write_bytes(release.signed_by(scene.alice, MODEL_SIGNATURE)[0])
    scene.honest("verify", "./copy", "--evidence", "home/good.sig", *scene.by_key)
    document = json.loads(release.claims[MODEL_SIGNATURE].raw)
    listed = [*document["predicate"]["resources"]]
    listed.insert(0, {"name": "../copy/README.md", "algorithm": "sha256", "digest": Digest.of(b"").hex})
    document["predicate"]["resources"] = listed
    document["subject"][0]["digest"]["sha256"] = Digest.of(b"".join(bytes.fromhex(e["digest"]) for e in listed)).hex
    (scene.folder / "home/bad.sig").write_bytes(signed_payload(json.dumps(document).encode(), scene.alice).raw)
    scene.attack("verify", "./copy", "--evidence", "home/bad.sig", *scene.by_key, code="unsafe-name", status=3)
