from __future__ import annotations

import io
import json
import os
import struct
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from safetensors.numpy import save

from attest.model.formats import recognise
from attest.model.manifest import FileFormat, FileKind
from tests.model.conftest import load_maker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Look = Callable[..., FileFormat]

MAKE = load_maker()


# safetensors


def test_safetensors_written_by_their_own_package_tell_parameters_and_types(recognised: Look) -> None:
    tensors: dict[str, Any] = {
        "a": np.zeros((3, 5), np.float32),
        "b": np.zeros(7, np.float16),
        "c": np.zeros((), np.int64),
    }
    found = recognised(save(tensors, {"format": "pt", "licence": "x" * 500}), "model.safetensors")
    assert (found.kind, found.parameters, found.code_bearing) == (FileKind.SAFETENSORS, 23, False)
    assert found.dtypes == {"float16": 7, "float32": 15, "int64": 1}
    assert found.details["metadata.format"] == "pt"
    assert len(found.details["metadata.licence"]) == 201
    assert "damaged" not in found.details


def test_safetensors_are_known_under_any_name(recognised: Look) -> None:
    data = save({"a": np.zeros(3, np.float32)})
    assert recognised(data, "README.md").kind is FileKind.SAFETENSORS
    assert recognised(data, "README.md").details["misnamed"] == "its name says md"


def framed(header: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def one(**change: Any) -> bytes:
    tensor = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8], **change}
    return framed(json.dumps({"a": tensor}).encode(), bytes(8))


TWICE = b'{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}'
OVERLAP = b'{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}'


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<Q", 1 << 63) + b"{}",
        struct.pack("<Q", (1 << 64) - 1) + b"{" + bytes(100),
        struct.pack("<Q", 40) + b"{}",
        framed(b'{"a":'),
        framed(b'{"a":1}'),
        framed(TWICE, bytes(8)),
        framed(b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
        framed(b'{"a":' + b"[" * 100_000),
        framed(b'{"__metadata__":{"x":1}}'),
        framed(b'{"__metadata__":[]}'),
        framed(b'{"a":NaN}'),
        framed(b"{\xff}"),
        framed(OVERLAP, bytes(8)),
        framed(b"{}", b"trailing"),
        one(dtype="F31"),
        one(dtype=1),
        one(shape=[-2]),
        one(shape=[1.5]),
        one(shape=[True, 2]),
        one(shape=[1 << 40, 1 << 40]),
        one(shape=[3]),
        one(shape=[1] * 100),
        one(data_offsets=[8, 0]),
        one(data_offsets=[-8, 0]),
        one(data_offsets=[0]),
        one(data_offsets=[4, 12]),
        one(data_offsets=[0, 10**30]),
        save({"a": np.zeros(3, np.float32)})[:-1],
        save({"a": np.zeros(3, np.float32)}) + b"x",
    ],
    ids=range(29),
)  # fmt: skip
def test_safetensors_that_a_reader_would_refuse_are_binary_with_the_reason(recognised: Look, data: bytes) -> None:
    found = recognised(data, "model.safetensors")
    assert found.kind is FileKind.BINARY
    assert found.details["damaged"]
    assert found.details["misnamed"] == "its name says safetensors"


def test_a_header_that_says_it_is_huge_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", 1 << 35) + b"{")
    os.truncate(path, 1 << 36)
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            found = recognise("x.safetensors", file, 1 << 36)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert "larger than is read" in found.details["damaged"]


# GGUF


def pair(key: str, value: bytes, kind: int = 8) -> tuple[str, int, bytes]:
    return key, kind, value


LLAMA = pair("general.architecture", MAKE.gguf_text("llama"))


def test_gguf_tells_architecture_quantisation_and_parameters(models: dict[str, Any]) -> None:
    data = (models["gguf"] / "tiny-q4_0.gguf").read_bytes()
    found = recognise("x.gguf", io.BytesIO(data), len(data))
    assert (found.kind, found.architecture, found.quantisation, found.parameters) == (
        FileKind.GGUF,
        "llama",
        "Q4_0",
        96,
    )
    assert found.dtypes == {"F32": 32, "Q4_0": 64}
    assert found.details == {"version": "3", "tensors": "2", "general.name": "tiny llama"}


def test_big_endian_gguf_and_version_2_are_read(recognised: Look) -> None:
    text = MAKE.gguf_text("mpt", ">")
    big = MAKE.gguf_bytes([pair("general.architecture", text)], [("t", [4], 1, 8)], order=">")
    assert (recognised(big).architecture, recognised(big).dtypes) == ("mpt", {"F16": 4})
    assert recognised(MAKE.gguf_bytes([LLAMA], [], version=2)).details["version"] == "2"


def test_quantisation_is_that_of_most_parameters_where_the_file_does_not_say(recognised: Look) -> None:
    data = MAKE.gguf_bytes([LLAMA], [("a", [256, 4], 12, 576), ("b", [4], 0, 16)])
    assert recognised(data).quantisation == "Q4_K"
    assert recognised(MAKE.gguf_bytes([LLAMA], [("a", [4], 0, 16)])).quantisation is None


def test_pairs_of_every_type_are_walked_over(recognised: Look) -> None:
    scalars = [
        (f"k{kind}", kind, bytes(size))
        for kind, size in zip((0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12), (1, 1, 2, 2, 4, 4, 4, 1, 8, 8, 8), strict=True)
    ]
    nested = struct.pack("<IQ", 9, 1) + MAKE.gguf_texts(["a", "b"])
    numbers = struct.pack("<IQ", 6, 100_000) + bytes(400_000)
    texts = MAKE.gguf_texts([f"token {number}" for number in range(50_000)])
    data = MAKE.gguf_bytes([*scalars, ("n", 9, nested), ("s", 9, numbers), ("t", 9, texts), LLAMA], [])
    assert recognised(data).architecture == "llama"


def gguf_head(tensors: int, pairs: int, rest: bytes = b"", version: int = 3) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", version, tensors, pairs) + rest


HUGE = struct.pack("<Q", 1 << 63)


@pytest.mark.parametrize(
    "data",
    [
        b"GGUF",
        gguf_head(0, 0, version=1),
        gguf_head(0, 0, version=99),
        gguf_head(1 << 63, 0),
        gguf_head(0, 1 << 63),
        gguf_head(0, 1),
        gguf_head(5, 0),
        gguf_head(0, 1, HUGE),
        gguf_head(0, 1, MAKE.gguf_text("k") + struct.pack("<I", 99)),
        gguf_head(0, 1, MAKE.gguf_text("k") + struct.pack("<I", 8) + HUGE),
        gguf_head(0, 1, MAKE.gguf_text("k") + struct.pack("<II", 9, 8) + HUGE),
        gguf_head(0, 1, MAKE.gguf_text("k") + struct.pack("<II", 9, 4) + HUGE),
        gguf_head(0, 1, MAKE.gguf_text("k") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 1000),
        gguf_head(1, 0, MAKE.gguf_text("t") + struct.pack("<I", 1 << 31)),
        MAKE.gguf_bytes([LLAMA, LLAMA], []),
        MAKE.gguf_bytes([LLAMA], [("t", [1 << 40, 1 << 40], 0, 0)]),
        gguf_head(1, 0, MAKE.gguf_text("t") + struct.pack("<IQIQ", 1, 1, 0, 1 << 50)),
        MAKE.gguf_bytes([LLAMA], [("t", [4], 0, 16)])[:60],
    ],
    ids=range(18),
)  # fmt: skip
def test_gguf_whose_numbers_cannot_be_true_is_binary_with_the_reason(recognised: Look, data: bytes) -> None:
    found = recognised(data, "model.gguf")
    assert found.kind is FileKind.BINARY
    assert found.details["damaged"]


# ONNX


@pytest.mark.parametrize(
    "first", [b"\xa2\x01\x00", b"\x08\x08", b"\x88\x00\x08"], ids=["field-20", "field-1", "padded"]
)
def test_onnx_may_begin_with_any_of_its_fields(recognised: Look, first: bytes) -> None:
    assert recognised(first + MAKE.onnx_bytes(), "model.onnx").kind is FileKind.ONNX


def test_onnx_is_known_by_its_structure(recognised: Look) -> None:
    for path in ("model.onnx", "model.bin", "weights"):
        found = recognised(MAKE.onnx_bytes(), path)
        assert (found.kind, found.code_bearing) == (FileKind.ONNX, False)
        assert found.details == {
            "ir_version": "10",
            "opsets": "1",
            "producer": "attest-fixtures",
            "producer_version": "1",
        }


@pytest.mark.parametrize(
    "data",
    [
        b"\x08\x0a",
        MAKE.onnx_bytes()[:-1],
        MAKE.onnx_bytes() + b"\x00",
        MAKE.protobuf(1, 10) + MAKE.protobuf(99, b"x") + MAKE.protobuf(7, b""),
        MAKE.protobuf(1, 10) + MAKE.protobuf(2, b"m" * 50),
        MAKE.protobuf(1, 1 << 40) + MAKE.protobuf(7, b""),
        b"\x08" + b"\xff" * 40,
        b"\x08\x0a\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x08\x0a" * 30_000,
        b"not onnx",
    ],
    ids=range(10),
)
def test_what_has_not_the_structure_of_onnx_is_not_onnx_whatever_its_name(recognised: Look, data: bytes) -> None:
    found = recognised(data, "model.onnx")
    assert found.kind in {FileKind.BINARY, FileKind.TEXT}
    assert found.details["misnamed"] == "its name says onnx"
