"""OpenSSF's reference implementation reads our model signatures, and we read those it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.changes import copy_of, edited, flip_byte, other_payload, other_signature, payload_of
from tests.interop.tools import model_signing, succeed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.conftest import Published
    from tests.interop.tools import Outcome, Person

pytestmark = pytest.mark.interop

SIGNATURE = "model-signature"


def check(person: Person, model: Path, signature: Path, *options: str, public: Path | None = None) -> Outcome:
    return person.run(
        model_signing(), "verify", "key", "--public_key", public or person.public, "--signature", signature,
        *options, model,
    )  # fmt: skip


def sign(person: Person, model: Path, signature: Path, *options: str) -> Path:
    succeed(
        model_signing(), "sign", "key", "--private_key", person.key, "--signature", signature, *options, model,
        cwd=person.home, env=person.env,
    )  # fmt: skip
    return signature


# ---- ours, read by theirs


@pytest.mark.witness("model_signing reads attest", how="key", claims=("model signature",))
def test_our_signature_is_accepted_and_its_names_are_in_code_point_order(published: Published) -> None:
    names = [resource["name"] for resource in payload_of(published.bundles[SIGNATURE])["predicate"]["resources"]]
    assert names == sorted(names)
    assert names.index("vae-extra") < names.index("vae.json") < names.index("vae/x.json")  # paths would sort otherwise
    outcome = check(published.person, published.folder, published.bundles[SIGNATURE])
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.strip() == "Verification succeeded"


@pytest.mark.witness("model_signing reads attest", how="key", claims=("model signature",))
@pytest.mark.parametrize("model", ["plain", "sharded", "gguf", "onnx", "pickle", "code"])
def test_models_of_every_shape_are_accepted(model: str, alice: Person, models: Path) -> None:
    alice.push(models / model, f"demo/{model}")
    bundles = alice.export(f"demo/{model}:1", f"exported-{model}")
    assert check(alice, models / model, bundles[SIGNATURE]).status == 0


@pytest.mark.witness("model_signing refuses attest", how="key", claims=("model signature",))
@pytest.mark.parametrize("name", ["vae.json", "vae/x.json", ".hidden"])
def test_flipped_byte_is_refused(name: str, published: Published, tmp_path: Path) -> None:
    spoilt = copy_of(published.folder, tmp_path / "spoilt")
    flip_byte(spoilt / name)
    outcome = check(published.person, spoilt, published.bundles[SIGNATURE])
    assert outcome.status == 1
    assert f"Hash mismatch for '{name}'" in outcome.err


@pytest.mark.witness("model_signing refuses attest", how="key", claims=("model signature",))
def test_added_file_is_refused(published: Published, tmp_path: Path) -> None:
    spoilt = copy_of(published.folder, tmp_path / "spoilt")
    (spoilt / "planted.py").write_text("print()\n")
    outcome = check(published.person, spoilt, published.bundles[SIGNATURE])
    assert outcome.status == 1
    assert "Extra files found" in outcome.err


@pytest.mark.witness("model_signing refuses attest", how="key", claims=("model signature",))
@pytest.mark.parametrize("change", [other_payload, other_signature])
def test_changed_bundle_is_refused(change: object, published: Published, tmp_path: Path) -> None:
    assert callable(change)
    bundle = edited(published.bundles[SIGNATURE], tmp_path / "bundle", change)
    assert check(published.person, published.folder, bundle).status == 1


@pytest.mark.witness("model_signing refuses attest", how="key", claims=("model signature",))
def test_another_key_is_refused(published: Published, mallory: Person) -> None:
    outcome = check(published.person, published.folder, published.bundles[SIGNATURE], public=mallory.public)
    assert outcome.status == 1
    assert "Key mismatch" in outcome.err


def test_single_file_is_named_as_the_spec_says_so_that_they_take_it_inside_a_folder_only(
    alice: Person, models: Path, tmp_path: Path
) -> None:
    """OMS 6.1.2 names a single file by its own name; model_signing 1.1.1 names it `.` and knows no other."""
    file = models / "single" / "model.safetensors"
    alice.push(file, "demo/single")
    signature = alice.export("demo/single:1", "exported-single")[SIGNATURE]
    assert [one["name"] for one in payload_of(signature)["predicate"]["resources"]] == ["model.safetensors"]
    assert check(alice, file.parent, signature).status == 0
    outcome = check(alice, file, signature)
    assert outcome.status == 1
    assert "Missing files in model 'model.safetensors': model.safetensors" in outcome.err
    ours = alice.attest("verify", file, "--evidence", signature, "--key", alice.public)
    assert ours.status == 0, ours.err


def test_git_files_that_we_sign_have_to_be_looked_at_by_them_too(alice: Person, models: Path, tmp_path: Path) -> None:
    """A closed world has no files that do not count; theirs leaves git's out unless told otherwise."""
    folder = copy_of(models / "plain", tmp_path / "model")
    (folder / ".gitattributes").write_text("*.safetensors filter=lfs\n")
    alice.push(folder, "demo/git")
    signature = alice.export("demo/git:1", "exported-git")[SIGNATURE]
    assert check(alice, folder, signature, "--no-ignore-git-paths").status == 0
    outcome = check(alice, folder, signature)
    assert outcome.status == 1
    assert "Missing files in model 'model': .gitattributes" in outcome.err


# ---- theirs, read by ours


@pytest.mark.witness("attest reads model_signing", how="key", claims=("model signature",))
def test_their_signature_is_accepted_in_their_order(alice: Person, models: Path, tmp_path: Path) -> None:
    signature = sign(alice, models / "nested", tmp_path / "model.sig")
    names = [resource["name"] for resource in payload_of(signature)["predicate"]["resources"]]
    assert names != sorted(names)
    outcome = alice.attest("verify", models / "nested", "--evidence", signature, "--key", alice.public)
    assert outcome.status == 0, outcome.err
    assert outcome.out.rstrip().splitlines()[-1].startswith("ALLOWED")


@pytest.mark.witness("attest reads model_signing", how="key", claims=("model signature",))
def test_their_signature_is_accepted_in_the_order_of_the_spec(alice: Person, models: Path, tmp_path: Path) -> None:
    signature = sign(alice, models / "plain", tmp_path / "model.sig")
    names = [resource["name"] for resource in payload_of(signature)["predicate"]["resources"]]
    assert names == sorted(names)
    assert alice.attest("verify", models / "plain", "--evidence", signature, "--key", alice.public).status == 0


@pytest.mark.witness("attest refuses model_signing", how="key", claims=("model signature",))
@pytest.mark.parametrize(("name", "status"), [("vae.json", "differs"), ("vae/x.json", "differs")])
def test_flipped_byte_under_their_signature_is_tampering(
    name: str, status: str, alice: Person, models: Path, tmp_path: Path
) -> None:
    signature = sign(alice, models / "nested", tmp_path / "model.sig")
    spoilt = copy_of(models / "nested", tmp_path / "spoilt")
    flip_byte(spoilt / name)
    outcome = alice.attest("verify", spoilt, "--evidence", signature, "--key", alice.public, "--json")
    assert outcome.status == 3
    wrong = {finding["path"]: finding["status"] for finding in outcome.json["findings"] if finding["status"] != "same"}
    assert wrong == {name: status}


@pytest.mark.witness("attest refuses model_signing", how="key", claims=("model signature",))
def test_file_on_their_ignore_list_is_not_signed_for_us(alice: Person, models: Path, tmp_path: Path) -> None:
    """Their tool leaves git's files out by default; a planted one would pass them (docs/threats.md rows 9 and 10)."""
    folder = copy_of(models / "plain", tmp_path / "model")
    signature = sign(alice, folder, tmp_path / "model.sig")
    (folder / ".gitattributes").write_text("planted\n")
    assert check(alice, folder, signature).status == 0
    outcome = alice.attest("verify", folder, "--evidence", signature, "--key", alice.public, "--json")
    assert outcome.status == 3
    wrong = {finding["path"]: finding["status"] for finding in outcome.json["findings"] if finding["status"] != "same"}
    assert wrong == {".gitattributes": "not-signed"}
    whole = sign(alice, folder, tmp_path / "whole.sig", "--no-ignore-git-paths")
    assert alice.attest("verify", folder, "--evidence", whole, "--key", alice.public).status == 0


def test_signature_kept_inside_the_folder_is_not_signed_itself(alice: Person, models: Path, tmp_path: Path) -> None:
    folder = copy_of(models / "plain", tmp_path / "model")
    signature = sign(alice, folder, folder / "model.sig")
    assert check(alice, folder, signature).status == 0
    outcome = alice.attest("verify", folder, "--evidence", signature, "--key", alice.public, "--json")
    assert outcome.status == 3
    assert [f["path"] for f in outcome.json["findings"] if f["status"] != "same"] == ["model.sig"]
    outside = signature.rename(tmp_path / "model.sig")
    assert alice.attest("verify", folder, "--evidence", outside, "--key", alice.public).status == 0


@pytest.mark.witness("attest refuses model_signing", how="key", claims=("model signature",))
def test_signature_that_ignores_everything_is_refused(alice: Person, models: Path, tmp_path: Path) -> None:
    """It lists no file and ignores `.`; theirs accepts any folder under it (docs/threats.md row 31)."""
    folder = copy_of(models / "plain", tmp_path / "model")
    signature = sign(alice, folder, tmp_path / "model.sig", "--ignore-paths", str(folder))
    assert payload_of(signature)["predicate"]["resources"] == []
    outcome = alice.attest("verify", folder, "--evidence", signature, "--key", alice.public, "--json")
    assert outcome.status == 3
    assert outcome.json["code"] == "ignore-too-wide"


@pytest.mark.witness("attest refuses model_signing", how="key", claims=("model signature",))
def test_their_signature_by_an_unnamed_key_is_refused(
    alice: Person, mallory: Person, models: Path, tmp_path: Path
) -> None:
    signature = sign(mallory, models / "plain", tmp_path / "model.sig")
    outcome = alice.attest("verify", models / "plain", "--evidence", signature, "--key", alice.public, "--json")
    assert outcome.status == 1
    assert outcome.json["code"] == "signer-not-trusted"
