from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from attest.model.formats import recognise
from attest.model.manifest import FileFormat, FileKind
from tests.model.conftest import load_maker

if TYPE_CHECKING:
    from collections.abc import Callable

    Look = Callable[..., FileFormat]

MAKE = load_maker()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def array(value: Any) -> bytes:
    out = io.BytesIO()
    np.save(out, value, allow_pickle=True)
    return out.getvalue()


def pair(key: str, value: bytes, kind: int = 8) -> tuple[str, int, bytes]:
    return key, kind, value


LLAMA = pair("general.architecture", MAKE.gguf_text("llama"))


@pytest.mark.parametrize(
    ("data", "path", "kind"),
    [
        (b'{"a": [1, 2]}', "a.json", FileKind.JSON),
        (b"\xef\xbb\xbf {}", "a.json", FileKind.JSON),
        (b"[1]", "noname", FileKind.JSON),
        (b"{not json", "a.json", FileKind.TEXT),
        (b"[" * 200_000, "a.json", FileKind.TEXT),
        (b"\x00\x01", "a.json", FileKind.BINARY),
        ("é模型".encode(), "a.txt", FileKind.TEXT),
        (b"x" * 65_535 + "é".encode() + b"x", "a.txt", FileKind.TEXT),
        (b"caf\xe9", "a.txt", FileKind.BINARY),
        (b"", "a", FileKind.TEXT),
        (b'{"a": "' + b"x" * 2_000_000 + b'"}', "a.json", FileKind.JSON),
        (b"\x89PNG\r\n\x1a\n\x00", "a.png", FileKind.BINARY),
    ],
    ids=range(12),
)  # fmt: skip
def test_text_and_json_are_told_apart_by_what_parses(recognised: Look, data: bytes, path: str, kind: FileKind) -> None:
    assert (recognised(data, path).kind, recognised(data, path).code_bearing) == (kind, False)


def test_a_configuration_tells_the_architecture(recognised: Look) -> None:
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "quantization_config": {"quant_method": "awq"},
        "dtype": "bfloat16",
    }
    found = recognised(json.dumps(config).encode(), "sub/config.json")
    assert (found.architecture, found.quantisation) == ("LlamaForCausalLM", "awq")
    assert found.details == {"model_type": "llama", "dtype": "bfloat16"}
    assert recognised(b'{"model_type": "bert"}', "config.json").architecture == "bert"
    assert recognised(b'{"_class_name": "UNet"}', "config.json").architecture == "UNet"
    assert recognised(b'{"architectures": [{}], "model_type": 3}', "config.json").architecture is None


def test_a_configuration_that_fetches_code_from_elsewhere_is_code_bearing(recognised: Look) -> None:
    for name in ("config.json", "tokenizer_config.json"):
        found = recognised(b'{"auto_map": {"AutoModel": ["x.Y", "evil/repo--mod.Class"]}}', name)
        assert found.code_bearing
        assert "evil/repo--mod.Class" in found.reason
    assert not recognised(b'{"auto_map": {"AutoModel": "modeling.Class"}}', "config.json").code_bearing


@given(
    st.binary(max_size=3000),
    st.sampled_from(["m.safetensors", "m.gguf", "m.onnx", "m.pkl", "m.npy", "m.zip", "config.json", "x"]),
)
def test_no_bytes_make_it_crash(data: bytes, path: str) -> None:
    assert isinstance(recognise(path, io.BytesIO(data), len(data)), FileFormat)


_SEEDS = [
    save({"a": np.zeros((3, 5), np.float32)}, {"format": "pt"}),
    MAKE.gguf_bytes([LLAMA, ("t", 9, MAKE.gguf_texts(["a", "b"]))], [("t", [4], 0, 16)]),
    MAKE.onnx_bytes(),
    MAKE.torch_zip_bytes(),
    array(np.zeros(3)),
    zipped({"a.npy": array(np.zeros(3))}, zipfile.ZIP_DEFLATED),
    MAKE.PICKLE,
    gzip.compress(MAKE.PICKLE),
]  # fmt: skip


@given(seed=st.sampled_from(_SEEDS), at=st.integers(0, 10_000), new=st.binary(max_size=8), cut=st.integers(0, 10_000))
def test_no_damage_to_a_real_file_makes_it_crash(seed: bytes, at: int, new: bytes, cut: int) -> None:
    at %= len(seed)
    data = (seed[:at] + new + seed[at + len(new) :])[: len(seed) - cut % len(seed)]
    assert isinstance(recognise("model.bin", io.BytesIO(data), len(data)), FileFormat)


def test_details_cannot_speak_to_a_terminal(recognised: Look) -> None:
    found = recognised(MAKE.gguf_bytes([pair("general.name", MAKE.gguf_text("\x1b[2J\u202ex\n"))], []))
    assert found.details["general.name"].isprintable()


def test_a_file_shorter_than_it_was_said_to_be_is_damaged() -> None:
    data = save({"a": np.zeros(30_000, np.float32)})
    found = recognise("m.safetensors", io.BytesIO(data[:20]), len(data))
    assert found.kind is FileKind.BINARY


@pytest.mark.parametrize(
    "name", ["preprocessor_config.json", "processor_config.json", "video_preprocessor_config.json"]
)
def test_code_elsewhere_is_found_in_every_configuration_that_transformers_reads(recognised: Look, name: str) -> None:
    assert recognised(b'{"auto_map": {"AutoProcessor": "evil/repo--m.C"}}', name).code_bearing


def test_a_configuration_too_large_to_be_looked_through_counts_as_code(recognised: Look) -> None:
    """White space is free: behind a megabyte of it `auto_map` was not seen."""
    data = b'{"auto_map": {"AutoModel": "evil/repo--m.C"}}'.ljust(1024 * 1024 + 1)
    found = recognised(data, "config.json")
    assert (found.kind, found.code_bearing) == (FileKind.JSON, True)
