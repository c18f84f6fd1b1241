"""Units of base, adapter, prompts and configuration: the page's example runs, roles are shown, unknown is refused."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from attest.claims.behaviour import FILE_ROLES, may_be_weights, only_behaviour
from attest.claims.training import MODEL_ROLES, Role
from attest.model.manifest import FileFormat, FileKind, ModelFile
from attest_registry.digest import Digest
from tests.end_to_end.conftest import make_model
from tests.end_to_end.shell import Shell

PAGE = (Path(__file__).parents[1] / "docs/behaviour-units.md").read_text(encoding="utf-8")
KEY, PUBLIC = ("--key", "K/attest.key"), ("--key", "K/attest.pub")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def run(person: Shell, block: str) -> str:
    printed = ""
    for line in block.splitlines():
        assert line.startswith("$ attest "), line
        printed = person.attest(*shlex.split(line)[2:]).all
    return printed


@pytest.fixture(scope="module")
def support(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Everything that the page pushes."""
    person = Shell(folder=tmp_path_factory.mktemp("support"))
    for number, name in enumerate(("base", "adapter", "unit")):
        folder = make_model(person.folder / name)
        (folder / "config.json").write_text(f'{{"model_type": "mlp", "n": {number}}}\n')
    (person.folder / "unit/rag.yaml").write_text("top_k: 4\n")
    (person.folder / "prompts").mkdir()
    (person.folder / "prompts/system.txt").write_text("You answer from the handbook alone.\n")
    (person.folder / "prompts/few_shot.json").write_text("[]\n")
    (person.folder / "handbook.index").write_bytes(b"\x00index")
    prompts, unit, policy = blocks("yaml")
    for name, text in (("prompts", prompts), ("unit", unit), ("policy", policy)):
        (person.folder / f"{name}.yaml").write_text(text)
    first, second, third = blocks("console")
    run(person, first)
    assert "no weights: prompts and configuration only" in run(person, second)
    assert "handbook" not in run(person, third)
    return person


@pytest.fixture
def own(support: Shell, tmp_path: Path) -> Shell:
    shutil.copytree(support.folder, tmp_path / "own", symlinks=True)
    return Shell(folder=tmp_path / "own")


def refused(person: Shell, *arguments: str) -> dict[str, str]:
    """Code → what was found, of each rule that refuses."""
    document = json.loads(person.attest("verify", *arguments, "--json", expect=1).out)
    return {each["code"]: each["found"] for each in document["findings"] if each["status"] == "failed"}


def test_every_role_with_a_meaning_is_on_the_page() -> None:
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", PAGE, re.MULTILINE))
    assert rows == FILE_ROLES


def test_the_unit_shows_its_parts_with_digests(support: Shell) -> None:
    printed = support.attest("show", "support/assistant:1", *PUBLIC, "--files").out
    lineage = [line for line in printed.splitlines() if "─ " in line]
    for role in ("adapter-base", "prompts", "embedding-model", "index"):
        assert any(f"─ {role}" in line and "sha256:" in line for line in lineage), role
    assert re.search(r"^  roles +rag-configuration: rag\.yaml$", printed, re.MULTILINE)
    assert re.search(r"^    rag\.yaml .*   rag-configuration$", printed, re.MULTILINE)


def test_an_artefact_of_prompts_says_that_it_has_no_weights(support: Shell) -> None:
    printed = support.attest("push", "prompts", "support/again", "--record", "prompts.yaml", *KEY, "--dry-run")
    assert "no weights: prompts and configuration only" in printed.err
    assert "no weights" not in support.attest("push", "base", "support/again", *KEY, "--dry-run").err
    document = json.loads(support.attest("show", "support/prompts:1", "--json").out)
    assert {file["path"]: file["role"] for file in document["files"]} == {
        "few_shot.json": "examples",
        "system.txt": "prompt",
    }


def test_the_ml_bom_has_the_roles_of_files_and_inputs(support: Shell) -> None:
    bom = json.loads(support.attest("bom", "export", "support/assistant:1", *PUBLIC).out)
    said = {
        part["name"]: {each["name"]: each["value"] for each in part.get("properties", ())} for part in bom["components"]
    }
    assert said["rag.yaml"]["attest:file:role"] == "rag-configuration"
    relation = "attest:lineage:relation"
    words = {name: facts[relation] for name, facts in said.items() if relation in facts}
    assert words == {
        "base": "adapter-of",
        "prompts": "prompted-by",
        "embedder": "embeds-with",
        "handbook": "retrieves-from",
    }
    shown = support.attest("bom", "show", "support/assistant:1", *PUBLIC).out
    assert re.search(r"rag\.yaml .*rag-configuration$", shown, re.MULTILINE)


def test_versions_are_found_by_the_roles_of_their_files_and_inputs(support: Shell) -> None:
    def found(*arguments: str) -> list[str]:
        rows = json.loads(support.attest("ls", *arguments, "--json").out)["items"]
        return [row["reference"] for row in rows]

    assert found("--role", "prompt") == ["support/prompts:1"]
    assert found("--role", "rag-configuration") == ["support/assistant:1"]
    assert found("--role", "prompts") == ["support/assistant:1"]
    assert found("support/base", "--role", "prompt") == []
    assert "none has the role nothing" in support.attest("ls", "--role", "nothing").err
    assert "system.txt" in support.attest("ls", "support/prompts", "--role", "prompt").out


def test_another_base_than_the_pinned_one_is_refused(support: Shell) -> None:
    assert set(refused(support, "support/assistant:1", "--base", "support/adapter:1", *PUBLIC)) == {
        "adapter-base-differs"
    }


def test_the_policy_of_the_page_takes_the_unit_and_refuses_an_unknown_index(own: Shell) -> None:
    own.attest("verify", "support/assistant:1", "--policy", "policy.yaml")
    record = (own.folder / "unit.yaml").read_text()
    loose = re.sub(r"\{role: index.*\}", "{role: index, name: handbook, provenance: unknown}", record)
    assert loose != record
    (own.folder / "unit.yaml").write_text(loose)
    (own.folder / "unit/more.json").write_text("{}")
    own.attest("push", "unit", "support/assistant", "--record", "unit.yaml", *KEY, "-q")
    found = refused(own, "support/assistant:2", "--policy", "policy.yaml")
    assert found == {"lineage-unknown": "index: handbook of unknown origin"}
    assert "unknown" in own.attest("show", "support/assistant:2").out


def test_a_revoked_index_is_refused_in_the_unit(own: Shell) -> None:
    bom = json.loads(own.attest("bom", "show", "support/assistant:1", "--json").out)
    index = next(item["digest"] for item in bom["inputs"] if item["role"] == "index")
    policy = (own.folder / "policy.yaml").read_text()
    deny = f"deny:\n  - {{dataset: '{index}', since: 2026-01-01, reason: poisoned}}\n"
    (own.folder / "policy.yaml").write_text(policy + deny)
    assert set(refused(own, "support/assistant:1", "--policy", "policy.yaml")) == {"dataset-revoked"}


def test_weights_that_were_put_together_from_nothing_are_refused(own: Shell) -> None:
    policy = (own.folder / "policy.yaml").read_text().replace("{adapter-base", "{base-model: known, adapter-base")
    (own.folder / "policy.yaml").write_text(policy)
    own.attest("verify", "support/assistant:1", "--policy", "policy.yaml")
    own.attest("verify", "support/prompts:1", "--policy", "policy.yaml")
    own.attest("push", "adapter", "support/loose", "--operation", "assemble", *KEY, "-q")
    found = refused(own, "support/loose:1", "--policy", "policy.yaml")
    assert found == {"lineage-unknown": "none stated (operation assemble, with weights)"}


def file(kind: FileKind, role: str | None = None) -> ModelFile:
    return ModelFile(path="x", digest=Digest.of(b"x"), size=1, format=FileFormat(kind=kind), role=role)


@pytest.mark.parametrize("kind", [FileKind.SAFETENSORS, FileKind.GGUF, FileKind.ONNX, FileKind.PICKLE, FileKind.HDF5])
def test_a_role_makes_no_weights_harmless(kind: FileKind) -> None:
    assert not only_behaviour([file(FileKind.TEXT, "prompt"), file(kind, "prompt")])


def test_what_nobody_can_tell_may_be_weights() -> None:
    assert may_be_weights(None, None)
    assert may_be_weights("binary", None)
    assert may_be_weights("binary", "something")
    assert not may_be_weights("binary", "index")
    assert only_behaviour([file(FileKind.JSON), file(FileKind.TEXT), file(FileKind.NUMPY, "index")])


def test_an_embedding_model_is_a_model_and_an_index_is_none() -> None:
    assert Role.EMBEDDING_MODEL in MODEL_ROLES
    assert not {Role.INDEX, Role.PROMPTS, Role.DATASET} & MODEL_ROLES
