"""What a file tells a loader to look for outside of the model (docs/threats.md row 22)."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.model.formats import recognise
from attest.model.manifest import FileFormat, FileKind
from tests.model.conftest import load_maker

if TYPE_CHECKING:
    from collections.abc import Callable

    Look = Callable[..., FileFormat]

MAKE = load_maker()
INDEX = "model.safetensors.index.json"
HARMLESS: dict[str, Any] = {
    INDEX: {"metadata": {"total_size": 1}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "sub/b.bin"}},
    "adapter_config.json": {"base_model_name_or_path": "meta-llama/Llama-3.1-8B", "peft_type": "LORA"},
    "config.json": {"_name_or_path": "/home/alice/llama", "model_type": "llama"},
    "tokenizer_config.json": {"special_tokens_map_file": "/var/cache/x.json", "tokenizer_file": None},
    "modules.json": [{"path": "", "type": "x.Transformer"}, {"path": "1_Pooling", "type": "x.Pooling"}],
    "generation_config.json": {"anything": "/etc/passwd"},
}
OUTSIDE: list[tuple[str, Any]] = [
    (INDEX, {"weight_map": {"a": "model.safetensors", "b": "../other/model.safetensors"}}),
    (INDEX, {"weight_map": {"a": "/srv/other.bin"}}),
    (INDEX, {"weight_map": {"a": "C:\\other.bin"}}),
    ("any.json", {"weight_map": {"a": "sub/../../other.bin"}}),
    ("adapter_config.json", {"base_model_name_or_path": "../llama"}),
    ("adapter_config.json", {"base_model_name_or_path": "/models/llama"}),
    ("adapter_config.json", {"base_model_name_or_path": "~/llama"}),
    ("adapter_config.json", {"base_model_name_or_path": "https://evil.example/llama"}),
    ("adapter_config.json", {"base_model_name_or_path": "acme/..", "peft_type": "LORA"}),
    ("adapter_config.json", {"tokenizer_name_or_path": "./llama"}),
    ("tokenizer_config.json", {"vocab_file": "../vocab.txt"}),
    ("config.json", {"transformers_weights": "../model.safetensors"}),
    ("modules.json", [{"path": ""}, {"path": "../pooling"}]),
    ("sentence_bert_config.json", {"tokenizer_name_or_path": "/models/bert"}),
]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_stays_inside_is_let_be(recognised: Look, name: str) -> None:
    assert recognised(json.dumps(HARMLESS[name]).encode(), name).outside == ""


@pytest.mark.parametrize(("name", "document"), OUTSIDE)
def test_a_configuration_that_leads_outside(recognised: Look, name: str, document: Any) -> None:
    found = recognised(json.dumps(document).encode(), f"sub/{name}")
    assert "leads to" in found.outside
    assert (found.kind, found.code_bearing) == (FileKind.JSON, False)


@pytest.mark.parametrize(
    "text",
    [
        '{"weight_map": {"a": "../x.bin"}, "weight_map": {"a": "x.bin"}}',
        '{"weight_map": {"a": "../x.bin", "a": "x.bin"}}',
    ],
)
def test_a_name_that_stands_twice_has_no_one_meaning(recognised: Look, text: str) -> None:
    assert "stands twice" in recognised(text.encode(), INDEX).outside
    assert recognised(b'{"a": 1, "a": 2}', INDEX).outside == ""


def test_an_index_is_looked_through_whole(recognised: Look) -> None:
    """Those of large models have megabytes, and white space is free."""
    names = {f"layers.{number}.weight": "model.safetensors" for number in range(30_000)}
    assert recognised(json.dumps({"weight_map": names}).encode(), INDEX).outside == ""
    late = json.dumps({"weight_map": {**names, "last": "../x.safetensors"}}).encode()
    assert len(late) > 1024 * 1024
    assert "../x.safetensors" in recognised(late, INDEX).outside
    assert "too large" in recognised(b"{}".ljust(32 * 1024 * 1024 + 1), INDEX).outside
    assert "../x" in recognised(b" " * 70_000 + b'{"weight_map": {"a": "../x"}}', INDEX).outside


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("config.json", {"custom_pipelines": {"x": {"impl": "evil/repo--m.C"}}}),
        ("tokenizer_config.json", {"auto_map": ["evil/repo--m.C", None]}),
        ("adapter_config.json", {"tokenizer_kwargs": {"trust_remote_code": True}}),
    ],
)
def test_code_elsewhere_is_code(recognised: Look, name: str, document: Any) -> None:
    assert recognised(json.dumps(document).encode(), name).code_bearing
    assert recognised(b" " * 70_000 + json.dumps(document).encode(), name).code_bearing


# ---- ONNX


def tensor(*location: bytes, key: bytes = b"location", padding: bytes = b"") -> bytes:
    """A TensorProto; with a location its bytes are elsewhere."""
    pairs = b"".join(MAKE.protobuf(13, MAKE.protobuf(1, key) + MAKE.protobuf(2, each)) for each in location)
    return bytes(MAKE.protobuf(1, 1) + MAKE.protobuf(9, padding) + pairs + MAKE.protobuf(14, 1))


def onnx(graph: bytes, more: bytes = b"") -> bytes:
    return bytes(MAKE.protobuf(1, 10) + MAKE.protobuf(7, graph) + more)


def at(*numbers: int, message: bytes) -> bytes:
    """A message inside others, by the numbers of the fields from the outermost on."""
    for number in reversed(numbers):
        message = MAKE.protobuf(number, message)
    return message


@pytest.mark.parametrize("location", ["model.onnx_data", "weights/w.bin"])
def test_data_beside_the_model_are_let_be(recognised: Look, location: str) -> None:
    found = recognised(onnx(at(5, message=tensor(location.encode()))), "m.onnx")
    assert (found.kind, found.outside) == (FileKind.ONNX, "")
    assert recognised(MAKE.onnx_bytes(), "m.onnx").outside == ""


@pytest.mark.parametrize(
    "location", [b"../w.bin", b"/etc/passwd", b"a/../../w.bin", b"*/_ORT_MEM_ADDR_/*", b"\xff", b"c:w"]
)
def test_data_that_lie_outside(recognised: Look, location: bytes) -> None:
    found = recognised(onnx(at(5, message=tensor(location))), "m.onnx")
    assert found.kind is FileKind.ONNX
    assert found.outside


@pytest.mark.parametrize(
    "where",
    [(5,), (15, 1), (15, 2), (1, 5, 5), (1, 5, 10), (1, 5, 22, 1), (1, 5, 23, 2), (1, 5, 6, 5), (1, 5, 11, 1, 5, 5)],
)
def test_a_tensor_is_found_wherever_a_graph_holds_it(recognised: Look, where: tuple[int, ...]) -> None:
    bad = at(*where, message=tensor(b"../w.bin"))
    assert "../w.bin" in recognised(onnx(bad), "m.onnx").outside
    padded = at(5, message=tensor(padding=bytes(100_000))) + bad
    assert "../w.bin" in recognised(onnx(padded), "m.onnx").outside


@pytest.mark.parametrize("where", [(7,), (20, 1, 5), (20, 2, 5), (25, 7, 5, 5), (25, 11, 5)])
def test_a_tensor_is_found_outside_of_the_main_graph(recognised: Look, where: tuple[int, ...]) -> None:
    message = MAKE.protobuf(5, tensor(b"../w.bin")) if where == (7,) else tensor(b"../w.bin")
    assert "../w.bin" in recognised(onnx(b"", at(*where, message=message)), "m.onnx").outside


def test_each_location_counts(recognised: Look) -> None:
    assert "../w" in recognised(onnx(at(5, message=tensor(b"../w", b"w"))), "m.onnx").outside
    pair = MAKE.protobuf(2, b"../w") + MAKE.protobuf(2, b"w") + MAKE.protobuf(1, b"x") + MAKE.protobuf(1, b"location")
    assert "../w" in recognised(onnx(at(5, 13, message=pair)), "m.onnx").outside
    assert recognised(onnx(at(5, message=tensor(b"../w", key=b"checksum"))), "m.onnx").outside == ""


@pytest.mark.parametrize(
    "odd",
    [
        b"\xea\x80\x80\x80\x10\x00",  # field 13 after the cut to 32 bits
        b"\x6b\x6c",  # a group
        b"\x6a\x7f",  # longer than what is there
        b"\x08" + b"\xff" * 10,
        b"\x0d\x00",
    ],
)
def test_what_cannot_be_walked_through_counts_as_outside(recognised: Look, odd: bytes) -> None:
    found = recognised(onnx(at(5, message=tensor(b"w") + odd)), "m.onnx")
    assert "cannot be looked through" in found.outside


def test_a_graph_without_an_end_counts_as_outside(recognised: Look) -> None:
    assert "cannot be looked through" in recognised(onnx(b"\x08\x00" * 600_000 + b"location"), "m.onnx").outside
    deep = tensor(b"w")
    for _ in range(60):
        deep = at(1, 5, 6, message=deep)
    assert "cannot be looked through" in recognised(onnx(deep), "m.onnx").outside


def test_a_model_that_is_none_by_its_bytes_and_one_by_its_name(recognised: Look) -> None:
    """Text in front of it, in fields that every runtime passes over, and the rest is read all the same."""
    disguised = MAKE.protobuf(6, b"x" * 100) * 800 + onnx(at(5, message=tensor(b"../w.bin")))
    assert recognised(disguised, "m.onnx").outside
    assert recognised(b"anything", "m.onnx").outside
    assert recognised(b"", "m.onnx").outside == ""


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 8))
def test_no_damage_makes_it_crash(new: bytes, where: int, cut: int) -> None:
    data = onnx(at(1, 5, 6, message=MAKE.protobuf(5, tensor(b"../w.bin", padding=bytes(300)))))
    data = data[:where] + new + data[where + cut :]
    assert isinstance(recognise("m.onnx", io.BytesIO(data), len(data)), FileFormat)
