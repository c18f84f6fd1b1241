from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import marshal
import pickle  # noqa: TID251  # pickles are made here, never loaded
import struct
import sys
import tarfile
import time
import zipfile
import zlib
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


# pickles

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4) | st.tuples(inner, inner)
    ),
    max_leaves=12,
)


@given(value=_values, protocol=st.integers(0, 5))
def test_every_pickle_is_known_whatever_its_protocol_and_name(value: Any, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    found = recognise("harmless.txt", io.BytesIO(data), len(data))
    assert (found.kind, found.code_bearing) == (FileKind.PICKLE, True)


@pytest.mark.parametrize("protocol", range(6))
def test_pickled_objects_are_known_large_ones_too(recognised: Look, protocol: int) -> None:
    value = {"model": np.arange(100_000.0), "name": "x" * 100_000, "when": time.struct_time(range(9))}
    assert recognised(pickle.dumps(value, protocol), "m.bin").kind is FileKind.PICKLE


CALL = MAKE.CALLING_PICKLE


@pytest.mark.parametrize(
    "data",
    [
        CALL,
        b"N0" + CALL,
        b"(0" + CALL,
        b"X" + struct.pack("<I", 100_000) + b"a" * 100_000 + b"0" + CALL,
        b"\x80\x02" + CALL,
        CALL[:-1] + b"\xff\xff rubbish",
        CALL + b"rubbish" * 1000,
        b"(S'true'\nios\nsystem\n.",
        b"\x8c\x02os\x8c\x06system\x93(\x8c\x04truetR.",
        pickle.dumps({"w": 1}, 2) + bytes(10_000),
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + pickle.dumps({}, 2),
    ],
    ids=range(11),
)
def test_a_pickle_that_hides_is_found(recognised: Look, data: bytes) -> None:
    found = recognised(data, "notes.txt")
    assert (found.kind, found.code_bearing) == (FileKind.PICKLE, True)


HARMLESS_LINES = [
    b"V" + b"A" * 5_000 + b"\n", b"V" + b"A" * 200_000 + b"\n", b"Va\rb\n", b"S'" + b"a" * 5_000 + b"'\n",
    b"I 1\n", b"I+1\n", b"I0x1f\n", b"I1_0\n", b"L1_0L\n", b"L+1\n",
    b"Finfinity\n", b"FNaN\n", b"Np+1\n", b"Np1_0\n", b"Np 1\n",
]  # fmt: skip


@pytest.mark.parametrize("line", HARMLESS_LINES, ids=range(len(HARMLESS_LINES)))
def test_every_form_of_a_line_that_python_reads_is_followed(recognised: Look, line: bytes) -> None:
    """One form too few ended the look before the call, and the file was text."""
    quiet = line + b"0cbuiltins\nlen\n(S'true'\ntR."
    assert pickle.loads(quiet) == len("true")  # noqa: S301  # made here: Python's own reader takes it
    for name in ("scaler.pkl", "pytorch_model.bin", "notes.txt"):
        found = recognised(line + b"0" + CALL, name)
        assert (found.kind, found.code_bearing) == (FileKind.PICKLE, True)


def test_a_line_longer_than_is_read_hides_nothing(recognised: Look) -> None:
    found = recognised(b"V" + b"A" * 5_000_000 + b"\n0" + CALL, "weights.bin")
    assert (found.kind, found.code_bearing) == (FileKind.PICKLE, True)


def test_a_pickle_behind_pickles_without_a_mark_is_found(recognised: Look) -> None:
    """Old PyTorch files are several in a row, and protocol 0 has no mark."""
    data = b"L119547037146038801333356L\n.I1001\n." + CALL + b"\xff" * 100
    assert recognised(data, "pytorch_model.bin").kind is FileKind.PICKLE


def polyglot_safetensors() -> bytes:
    body = b"\n0" + CALL
    header = json.dumps({"a": {"dtype": "U8", "shape": [len(body)], "data_offsets": [0, len(body)]}}).encode()
    length = 0x156  # begins with V, whose line ends where the data begin
    whole: bytes = length.to_bytes(8, "little") + header.ljust(length) + body
    return whole


@pytest.mark.parametrize(
    "data",
    [
        polyglot_safetensors(),
        b"GGUF\x03" + bytes(4) + b"0" + CALL,
        b"N0" + CALL + zipped({"readme.txt": b"hello"}),
    ],
    ids=["safetensors", "damaged gguf", "zip by its end"],
)
def test_what_is_a_pickle_as_well_counts_as_one(recognised: Look, data: bytes) -> None:
    for name in ("pytorch_model.bin", "model.pkl", "model"):
        assert recognised(data, name).code_bearing


def test_safetensors_keep_their_kind_under_their_own_name(recognised: Look) -> None:
    assert not recognised(polyglot_safetensors(), "model.safetensors").code_bearing


@pytest.mark.parametrize("suffix", ["pkl", "pt", "joblib"])
def test_text_counts_as_code_where_loaders_would_unpickle_it(recognised: Look, suffix: str) -> None:
    found = recognised(b"# no pickle\n", f"model.{suffix}")
    assert (found.kind, found.code_bearing) == (FileKind.TEXT, True)


@pytest.mark.parametrize(
    "text",
    [
        "import os\nprint(1)\n", "class A:\n  pass\n", "conclusion\nsummary\n(hello", "I am\n.", ".", "(c) 2026 acme\n",
        "s.", "RRRR.", "Vocabulary\n", "g1\n", "See also\n", "Licence\n", "# title\n", "The quick brown fox.\n",
        "a.b.c", "0", "1.5\n", "",
    ],
)  # fmt: skip
def test_prose_is_no_pickle(recognised: Look, text: str) -> None:
    assert recognised(text.encode(), "x.txt").kind is FileKind.TEXT


@given(st.binary(min_size=64, max_size=2000))
def test_weights_of_chance_are_no_pickle(data: bytes) -> None:
    data = b"\xfe" + data
    assert recognise("w.bin", io.BytesIO(data), len(data)).kind is not FileKind.PICKLE


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, zlib.compress, lambda d: lzma.compress(d, lzma.FORMAT_ALONE)]
)
def test_compressed_pickles_are_found(recognised: Look, pack: Callable[[bytes], bytes]) -> None:
    data = pack(pickle.dumps({"w": list(range(1000))}))
    assert recognised(data, "model.z").kind is FileKind.PICKLE
    assert recognised(pack(b"just text " * 100), "notes.z").kind is FileKind.ARCHIVE


@pytest.mark.parametrize("suffix", ["pkl", "pt", "pth", "ckpt", "joblib"])
def test_bytes_that_tell_nothing_count_as_code_where_loaders_would_unpickle_them(recognised: Look, suffix: str) -> None:
    found = recognised(b"\xfe\xfd" * 100, f"model.{suffix}")
    assert (found.kind, found.code_bearing) == (FileKind.BINARY, True)
    assert suffix in found.reason


# archives, arrays, code


@pytest.mark.parametrize(
    ("members", "kind", "word"),
    [
        ({"archive/data.pkl": MAKE.PICKLE, "archive/data/0": b""}, FileKind.PICKLE, "PyTorch"),
        ({"m/data.pkl": MAKE.PICKLE, "m/code/__torch__.py": b""}, FileKind.PICKLE, "TorchScript"),
        ({"weights.bin": MAKE.PICKLE}, FileKind.PICKLE, "pickle"),
        ({"notes.txt": CALL}, FileKind.PICKLE, "pickle"),
        ({"a/model.pt": b"?"}, FileKind.PICKLE, "pickle"),
        ({"config.json": b"{}", "metadata.json": b"{}", "model.weights.h5": b""}, FileKind.KERAS, "Lambda"),
        ({"META-INF/MANIFEST.MF": b""}, FileKind.ARCHIVE, "code"),
        ({"handler.py": b""}, FileKind.ARCHIVE, "code"),
        ({"a.npy": array(np.zeros(3)), "b.npy": array(np.array([{}], dtype=object))}, FileKind.NUMPY, "pickle"),
    ],
)
def test_archives_that_loaders_would_run_are_named(
    recognised: Look, members: dict[str, bytes], kind: FileKind, word: str
) -> None:
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for prefix in (b"", b"\x00polyglot" * 10):
            found = recognised(prefix + zipped(members, compression), "model.bin")
            assert (found.kind, found.code_bearing) == (kind, True)
            assert word in found.reason


def test_archives_of_data_are_only_archives(recognised: Look) -> None:
    assert recognised(zipped({"a.txt": b"hello"}), "x.zip") == FileFormat(kind=FileKind.ARCHIVE)
    arrays = zipped({"a.npy": array(np.zeros(3))}, zipfile.ZIP_DEFLATED)
    assert (recognised(arrays, "x.npz").kind, recognised(arrays, "x.npz").code_bearing) == (FileKind.NUMPY, False)


def test_safetensors_with_a_zip_behind_are_no_safetensors(recognised: Look) -> None:
    data = save({"a": np.zeros(3, np.float32)}) + zipped({"data.pkl": MAKE.PICKLE})
    assert recognised(data, "model.safetensors").kind is FileKind.PICKLE


def test_a_zip_bomb_is_not_unpacked(recognised: Look) -> None:
    inside = zipped({"bomb": bytes(50_000_000)}, zipfile.ZIP_DEFLATED)
    started = time.monotonic()
    assert recognised(zipped({f"{n}": inside for n in range(20)}), "x.zip").kind is FileKind.ARCHIVE
    assert recognised(gzip.compress(bytes(50_000_000)), "x.gz").kind is FileKind.ARCHIVE
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("cut", [4, 30, -1, -10, -22, -60])
def test_a_broken_zip_counts_as_code(recognised: Look, cut: int) -> None:
    found = recognised(zipped({"data.pkl": MAKE.PICKLE, "b": b""})[:cut], "model.pt")
    assert found.code_bearing
    assert found.kind is FileKind.ARCHIVE


def test_a_zip_with_a_directory_too_large_to_read_counts_as_code(recognised: Look) -> None:
    data = zipped({f"{number:0200}": b"" for number in range(20_000)})
    found = recognised(data, "x.zip")
    assert (found.kind, found.code_bearing) == (FileKind.ARCHIVE, True)


def test_a_tar_is_not_looked_into_and_counts_as_code(recognised: Look) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x"))
    for data in (out.getvalue(), gzip.compress(out.getvalue())):
        assert (recognised(data, "x.nemo").kind, recognised(data, "x.nemo").code_bearing) == (FileKind.ARCHIVE, True)


def test_a_tar_without_a_mark_counts_as_code(recognised: Look) -> None:
    """The form of 1979, which `tarfile` takes and with it PyTorch's oldest loader."""
    with tarfile.open(fileobj=(out := io.BytesIO()), mode="w", format=tarfile.USTAR_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("pickle"))
    data = bytearray(out.getvalue())
    data[257:265] = bytes(8)
    data[148:156] = b"%06o\0 " % (sum(data[:148]) + 8 * ord(" ") + sum(data[156:512]))
    with tarfile.open(fileobj=io.BytesIO(bytes(data)), mode="r:") as archive:
        assert archive.getnames() == ["pickle"]
    for whole in (bytes(data), gzip.compress(bytes(data))):
        assert recognised(whole, "model.bin").code_bearing


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_unpack_without_a_bound_are_not_looked_into(recognised: Look, compression: int) -> None:
    """4 KiB of bzip2 are 100 MB of nothing, for each of 2,000 members."""
    data = zipped({f"{number}": bytes(30_000_000) for number in range(3)}, compression)
    started = time.process_time()
    found = recognised(data, "x.zip")
    assert (found.kind, found.code_bearing) == (FileKind.ARCHIVE, True)
    assert time.process_time() - started < 0.2


def test_arrays_of_numbers_are_data_and_tell_their_size(recognised: Look) -> None:
    found = recognised(array(np.zeros((3, 4), np.float32)), "x.npy")
    assert (found.kind, found.code_bearing, found.parameters, found.dtypes) == (
        FileKind.NUMPY,
        False,
        12,
        {"float32": 12},
    )
    structured = array(np.zeros(3, dtype=[("a", "<f4"), ("b", "<i2")]))
    assert (recognised(structured).kind, recognised(structured).code_bearing) == (FileKind.NUMPY, False)


@pytest.mark.parametrize("value", [np.array([{}], dtype=object), np.zeros(2, dtype=[("a", "<f4"), ("b", "O")])])
def test_arrays_of_objects_are_pickles(recognised: Look, value: Any) -> None:
    assert recognised(array(value), "x.npy").code_bearing


def described(descr: str) -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(64)


@pytest.mark.parametrize(
    "descr",
    [
        "'O'", "'|O8'", "'object'", "'f4,O'", "'\\x7cO'", "'|' 'O'", "u'O'", "[('a', 'f4'), ('b', [('c', 'O')])]",
        "('O', 1)", "[]", "{'names': ['a'], 'formats': ['O']}", "None", "'p'", "[('a', 'f4', (2,), 'O')]",
    ],
)  # fmt: skip
def test_objects_are_found_however_the_header_spells_them(recognised: Look, descr: str) -> None:
    assert recognised(described(descr), "x.npy").code_bearing
    assert recognised(zipped({"a.npy": described(descr)}), "x.npz").code_bearing


@pytest.mark.parametrize("descr", ["'<f4'", "'|b1'", "'<M8[ns]'", "[('a', '<f4', (2,)), ('b', [('c', '|S3')])]"])
def test_plain_types_are_data(recognised: Look, descr: str) -> None:
    assert recognised(described(descr), "x.npy").kind is FileKind.NUMPY
    assert not recognised(described(descr), "x.npy").code_bearing


@pytest.mark.parametrize(
    "data",
    [
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00\xff",
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
        array(np.zeros(3))[:40],
        described("(" * 5_000),
        described("f()"),
    ],
)
def test_arrays_with_impossible_headers_are_binary(recognised: Look, data: bytes) -> None:
    assert recognised(data, "x.npy").kind is FileKind.BINARY
    assert recognised(data, "x.npy").details["damaged"]


@pytest.mark.parametrize(
    ("data", "path", "kind"),
    [
        (b"\x7fELF\x02\x01\x01", "notes.txt", FileKind.NATIVE_CODE),
        (b"MZ" + bytes(58) + b"\x40\x00\x00\x00PE\x00\x00", "x.bin", FileKind.NATIVE_CODE),
        (b"MZqFpD='\n", "x.llamafile", FileKind.NATIVE_CODE),
        (b"\xca\xfe\xba\xbe\x00\x00", "X.class", FileKind.NATIVE_CODE),
        (b"\xcf\xfa\xed\xfe\x07", "lib.dylib", FileKind.NATIVE_CODE),
        (b"\x00asm\x01\x00\x00\x00", "x.wasm", FileKind.NATIVE_CODE),
        (b"\xfe\xfe\xfe", "lib.so", FileKind.BINARY),
        (b"print(1)\n", "modeling_x.py", FileKind.PYTHON),
        (b"caf\xe9 = 1\n", "latin.py", FileKind.PYTHON),
        (b"", "sub/__init__.py", FileKind.PYTHON),
        (b"#!/usr/bin/env python3\nprint(1)\n", "run", FileKind.PYTHON),
        (b"#!/bin/sh\nid\n", "run", FileKind.TEXT),
        (b"id\n", "run.sh", FileKind.TEXT),
        (b"\x89HDF\r\n\x1a\n\x00", "model.h5", FileKind.HDF5),
        (bytes(512) + b"\x89HDF\r\n\x1a\n\x00", "model.bin", FileKind.HDF5),
        (b"\x08\x01\x12\x00", "saved_model.pb", FileKind.BINARY),
    ],
)
def test_code_is_named_with_a_reason(recognised: Look, data: bytes, path: str, kind: FileKind) -> None:
    found = recognised(data, path)
    assert (found.kind, found.code_bearing) == (kind, True)
    assert found.reason


def test_compiled_python_is_known_by_its_bytes(recognised: Look) -> None:
    code = compile("print(1)", "x", "exec")
    data = (3495).to_bytes(2, "little") + b"\r\n" + bytes(12) + marshal.dumps(code)
    assert sys.version_info >= (3, 11)
    assert recognised(data, "weights.bin").kind is FileKind.PYTHON


def nameless(data: bytes) -> bytes:
    """A zip archive of one member without a name, which `zipfile` reads and does not write."""
    common = struct.pack("<5H3L2H", 20, 0, 0, 0, 33, zlib.crc32(data), len(data), len(data), 0, 0)
    member = b"PK\x03\x04" + common + data
    listed = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2L", 0, 0, 0, 0, 0)
    return member + listed + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 1, 1, len(listed), len(member), 0)


def test_a_member_without_a_name_is_looked_into_like_any_other(recognised: Look) -> None:
    """Python's own `ZipInfo.is_dir` fails at it; found by fuzzing."""
    calls = b"\x80\x02cbuiltins\neval\n(X\x01\x00\x00\x001tR."
    assert recognised(nameless(calls), "weights.bin").code_bearing
    assert not recognised(nameless(b"plain text"), "weights.bin").code_bearing
