"""What a version was made from is fetched, judged and shown, by the real program over really pushed models."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.predicates import ML_BOM
from attest.claims.statement import Statement
from attest.claims.training import Operation, Role
from attest.cli.main import main
from attest_registry.digest import Digest
from tests.end_to_end.lineage_scene import HEAD, Scene, make_scene

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("made")
        patch.setenv("ATTEST_HOME", str(folder / "home"))
        patch.chdir(folder)
        return make_scene(folder)


@pytest.fixture
def scene(made: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A copy to spoil."""
    shutil.copytree(made.folder, tmp_path / "own", symlinks=True)
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "own/home"))
    monkeypatch.chdir(tmp_path / "own")
    return Scene(folder=tmp_path / "own", digests=dict(made.digests))


SIGNED = "lineage: {teacher-model: {must: signed, depth: roots}, base-model: {must: signed, depth: roots}}"
SAME = "lineage: {datasets: known, teacher-model: {satisfies: same}, base-model: {satisfies: same}}"
NEAR = "lineage: {teacher-model: signed, base-model: signed}"


@pytest.mark.parametrize("lineage", [SIGNED, SAME, NEAR])
def test_honest_ancestors_are_allowed_and_each_has_its_finding(scene: Scene, lineage: str) -> None:
    answer = scene.verify("acme/tuned:1", scene.policy(lineage))
    assert answer.status == 0
    paths = [each["path"] for each in answer.of("ancestors")]
    student = f"base acme/student@{scene.digests['acme/student']}"
    large = f"teacher acme/large@{scene.digests['acme/large']}"
    nearest = [["acme/tuned", student]]
    assert paths == nearest + ([] if lineage is NEAR else [["acme/tuned", student, large]])


def test_a_version_without_ancestors_has_none(scene: Scene) -> None:
    answer = scene.verify("acme/large:1", scene.policy(SIGNED))
    assert answer.status == 0
    assert [each["summary"] for each in answer.of("ancestors")] == ["none, by provenance and ML-BOM"]


@pytest.mark.parametrize(("lineage", "code"), [(SIGNED, "ancestor-not-signed"), (SAME, "ancestor-refused")])
def test_a_teacher_by_somebody_else_is_refused_two_generations_up(scene: Scene, lineage: str, code: str) -> None:
    teacher = scene.push("other/large", key="mallory", operation="import")
    scene.push("acme/pupil", operation="distill", teacher="other/large:1", datasets={"tx": "tx.csv"})
    pupil = scene.digests["acme/pupil"]
    scene.push("acme/derived", operation="fine-tune", base="acme/pupil:1", datasets={"tx": "tx.csv"})
    answer = scene.verify("acme/derived:1", scene.policy(lineage))
    assert answer.status == 1
    assert set(answer.wrong) == {("ancestors", code)}
    (finding,) = [each for each in answer.of("ancestors") if each["code"] == code]
    assert finding["path"] == ["acme/derived", f"base acme/pupil@{pupil}", f"teacher other/large@{teacher}"]
    assert finding["found"].startswith(f"acme/derived ← base acme/pupil@{pupil} ← teacher other/large@{teacher}: ")


def test_an_ancestor_that_is_gone_is_unknown_and_unknown_is_not_allowed(scene: Scene) -> None:
    scene.forget("acme/large")
    answer = scene.verify("acme/tuned:1", scene.policy(SIGNED))
    assert answer.status == 1
    assert answer.wrong == [("ancestors", "ancestor-unreachable")]


def test_what_is_further_up_than_asked_does_not_matter(scene: Scene) -> None:
    scene.forget("acme/large")
    assert scene.verify("acme/tuned:1", scene.policy(NEAR)).status == 0


@pytest.mark.parametrize(("depth", "status"), [(1, 0), (2, 1), ("roots", 1)])
def test_depth_counts_generations(scene: Scene, depth: Any, status: int) -> None:
    scene.forget("acme/large")
    lineage = (
        f"lineage: {{base-model: {{must: known, depth: {depth}}}, teacher-model: {{must: signed, depth: {depth}}}}}"
    )
    assert scene.verify("acme/tuned:1", scene.policy(lineage)).status == status


def test_a_base_without_an_address_cannot_be_looked_at(scene: Scene) -> None:
    record = scene.folder / "record.yaml"
    record.write_text(
        "apiVersion: attest/v1\nkind: TrainingRecord\nmodel: {name: acme/derived}\noperation: fine-tune\ninputs:\n"
        f"  - {{role: base-model, name: hub, digest: '{Digest.of(b'hub')}', uri: 'https://hub.example.com/base'}}\n"
        f"  - {{role: dataset, name: tx, digest: '{Digest.of(b'tx')}'}}\n"
    )
    scene.push("acme/derived", record=str(record))
    assert scene.verify("acme/derived:1", scene.policy("lineage: {base-model: known}")).status == 0
    answer = scene.verify("acme/derived:1", scene.policy(NEAR))
    assert answer.wrong == [("ancestors", "ancestor-unreachable")]
    (finding,) = answer.of("ancestors")
    assert "no address" in finding["found"]


def test_another_policy_judges_the_base(scene: Scene) -> None:
    scene.push("vendor/base", key="vendor", operation="import")
    scene.push("acme/derived", operation="fine-tune", base="vendor/base:1", datasets={"tx": "tx.csv"})
    scene.policy("lineage: {base-model: any}", head=HEAD.replace("[publisher]", "[vendor]"), name="vendor.yaml")
    policy = scene.policy("lineage: {base-model: {satisfies: vendor.yaml}}")
    answer = scene.verify("acme/derived:1", policy)
    assert answer.status == 0
    assert "allowed by production" in answer.of("ancestors")[0]["summary"]
    strict = HEAD.replace("[publisher]", "[vendor]").replace("formats: any", "formats: {allow: [safetensors]}")
    scene.policy(head=strict, name="vendor.yaml")
    answer = scene.verify("acme/derived:1", policy)
    assert answer.wrong == [("ancestors", "ancestor-refused")]
    assert "formats: format-not-allowed" in answer.of("ancestors")[0]["found"]


def test_a_vendors_base_is_no_publishers(scene: Scene) -> None:
    scene.push("vendor/base", key="vendor", operation="import")
    scene.push("acme/derived", operation="fine-tune", base="vendor/base:1", datasets={"tx": "tx.csv"})
    by_vendor = "lineage: {base-model: {must: signed, by: [vendor]}}"
    assert scene.verify("acme/derived:1", scene.policy(by_vendor)).status == 0
    answer = scene.verify("acme/derived:1", scene.policy(NEAR))
    assert answer.wrong == [("ancestors", "ancestor-not-signed")]
    assert "signer-not-trusted" in answer.of("ancestors")[0]["found"]


def test_an_ancestor_whose_evidence_was_tampered_with_is_an_incident(scene: Scene) -> None:
    """The blob of one bundle is another one than its digest says."""
    store = scene.folder / "home/store/acme/large"
    spoilt = 0
    for blob in (store / "blobs/sha256").iterdir():
        if b"dsseEnvelope" in (raw := blob.read_bytes()):
            blob.unlink()
            blob.write_bytes(raw.replace(b'"sig":"', b'"sig":"AAAA', 1)[: len(raw)])
            spoilt += 1
    assert spoilt >= 3
    answer = scene.verify("acme/student:1", scene.policy(SIGNED))
    assert answer.status == 3
    assert ("ancestors", "ancestor-not-signed") in answer.wrong


def test_pull_refuses_what_verify_refuses(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.forget("acme/large")
    assert main(["pull", "acme/student:1", "./out", "--policy", scene.policy(SIGNED)]) == 1
    assert "not in the store of this machine" in capsys.readouterr().err
    assert not (scene.folder / "out").exists()


def test_provenance_and_ml_bom_name_one_dataset(scene: Scene) -> None:
    """Each claim is good by itself; they name two datasets."""
    bom = scene.claim("acme/student", ML_BOM)
    (dataset,) = [part for part in bom["predicate"]["components"] if part["name"] == "tx"]
    dataset["hashes"] = [{"alg": "SHA-256", "content": Digest.of(b"another").hex}]
    scene.attach("acme/student", Statement.parse(json.dumps(bom).encode()))
    answer = scene.verify("acme/student:1", scene.policy())
    assert answer.status == 1
    assert answer.wrong == [("ml-bom", "claims-disagree")]
    assert "dataset 'tx'" in answer.of("ml-bom")[0]["found"]


def test_the_bases_of_an_adapter_are_one(scene: Scene) -> None:
    """Also where the policy does not ask that provenance and ML-BOM agree."""
    scene.push("acme/adapter", operation="fine-tune", adapter_of="acme/large:1", datasets={"tx": "tx.csv"})
    policy = scene.policy(head=HEAD.replace(", consistent: true", ""))
    honest = scene.verify("acme/adapter:1", policy)
    assert honest.status == 0
    assert str(scene.digests["acme/large"]) in honest.of("adapter")[0]["summary"]
    scene.tell("acme/adapter", Operation.FINE_TUNE, scene.input(Role.ADAPTER_BASE, "acme/student"))
    answer = scene.verify("acme/adapter:1", policy)
    assert answer.wrong == [("adapter", "adapter-base-differs")]
    assert str(scene.digests["acme/student"]) in answer.of("adapter")[0]["found"]


def test_what_was_made_from_itself_is_refused(scene: Scene) -> None:
    """A provenance is no part of what a digest names, so a careless signer can close a circle."""
    scene.tell("acme/large", Operation.MERGE, scene.input(Role.BASE_MODEL, "acme/student"))
    answer = scene.verify("acme/student:1", scene.policy(SIGNED))
    assert answer.status == 1
    assert ("ancestors", "lineage-cycle") in answer.wrong


def test_an_adapter_is_for_the_base_that_it_will_be_used_with(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    scene.push("acme/adapter", operation="fine-tune", adapter_of="acme/large:1", datasets={"tx": "tx.csv"})
    verify = ["verify", "acme/adapter:1", "--policy", scene.policy(), "--base"]
    assert main([*verify, "acme/large:1"]) == 0
    assert "the one that it was made for" in capsys.readouterr().out
    assert main([*verify, "acme/student:1"]) == 1
    shown = capsys.readouterr().out
    assert scene.digests["acme/student"].short in shown
    assert scene.digests["acme/large"].short in shown
    assert main(["verify", "acme/large:1", "--key", "publisher.pub", "--base", "acme/student:1"]) == 1
    assert main([*verify, "acme/nobody:1"]) == 2
    assert main(["verify", "./files-acme-large", "--key", "publisher.pub", "--base", "acme/large:1"]) == 2
