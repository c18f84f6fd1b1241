from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from attest.model.hashing import hash_tree
from attest.model.manifest import FileFormat, FileKind, ModelFile, ModelManifest
from attest.model.summary import ModelSummary, summarise
from attest.model.tree import walk
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from pathlib import Path


def of(**files: dict[str, Any]) -> ModelSummary:
    made = (
        ModelFile(path=path, digest=Digest.of(b""), size=0, format=FileFormat(**said)) for path, said in files.items()
    )
    return summarise(ModelManifest(files=tuple(sorted(made, key=lambda file: file.path))))


def weights(count: int, dtype: str = "float16", **said: Any) -> dict[str, Any]:
    return {"kind": FileKind.SAFETENSORS, "parameters": count, "dtypes": {dtype: count}, **said}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("plain", ("TinyModel", FileKind.SAFETENSORS, 40, "fp32", None)),
        ("sharded", ("TinyModel", FileKind.SAFETENSORS, 128, "bf16", None)),
        ("gguf", ("llama", FileKind.GGUF, 96, None, "Q4_0")),
        ("onnx", ("TinyModel", FileKind.ONNX, None, None, None)),
        ("pickle", (None, FileKind.PICKLE, None, None, None)),
        ("snapshot", ("TinyModel", FileKind.SAFETENSORS, 4, "fp16", None)),
    ],
)
def test_models_of_every_shape_say_what_they_are(
    models: dict[str, Path], name: str, expected: tuple[object, ...]
) -> None:
    found = summarise(hash_tree(walk(models[name])))
    assert (found.architecture, found.format, found.parameters, found.precision, found.quantisation) == expected


def test_copies_of_one_model_in_one_folder_are_counted_once() -> None:
    found = of(**{
        "model.safetensors": weights(100, "float32"),
        "model.fp16.safetensors": weights(100),
        "unet/model.safetensors": weights(10, "float32"),
        "model.onnx": {"kind": FileKind.ONNX},
    })  # fmt: skip
    assert found.parameters == 110


def test_shards_are_counted_together_and_the_consolidated_copy_is_not() -> None:
    shards = {f"model-0000{n}-of-00003.safetensors": weights(10) for n in (1, 2, 3)}
    assert of(**shards, **{"consolidated.safetensors": weights(30)}).parameters == 30


def test_a_few_norms_in_another_type_do_not_make_a_model_mixed() -> None:
    both = weights(100) | {"dtypes": {"float16": 98, "float32": 2}}
    assert of(w=both).precision == "fp16"
    assert of(w=both | {"dtypes": {"float16": 60, "float32": 40}}).precision == "mixed"
    assert of(w=weights(100, "float8_e4m3")).precision == "float8_e4m3"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, None),
        (999, None),
        (1000, "1K"),
        (22_713_216, "22.7M"),
        (999_999, "999.9K"),
        (7 * 10**9, "7B"),
        (10**15, "1Q"),
    ],
)
def test_the_number_of_parameters_is_written_as_modelpack_does(count: int, text: str | None) -> None:
    assert of(w=weights(count)).parameter_size == text


def test_nothing_said_is_nothing_claimed() -> None:
    found = of(a={"kind": FileKind.TEXT})
    assert (found.architecture, found.format, found.parameters, found.precision, found.parameter_size) == (None,) * 5
