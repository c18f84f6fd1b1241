"""Archives and containers: what matters is whether a loader would find code or a pickle inside."""

from __future__ import annotations

import bz2
import lzma
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Final, cast

from attest.model.formats_numpy import MAGIC, OBJECTS, describe_array
from attest.model.formats_pickle import looks_like_pickle
from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import HEAD_BYTES, Damaged, runs_code

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from attest.model.sample import Sample

_HDF5: Final = b"\x89HDF\r\n\x1a\n"
_USER_BLOCKS: Final = (0, 512, 1024, 2048, 4096, 8192, 16384)
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_END_BYTES: Final = 22
_READ_BYTES: Final = 4 * 1024 * 1024
"""Directory of a zip archive: enough for 40,000 tensors of a PyTorch archive."""
_MOST_PEEKED: Final = 2_000
_PEEK_BYTES: Final = 4_096
_PEEKED: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Of the others `zipfile` gives out nothing before it has unpacked all that 4 KiB hold: 100 MB with bzip2."""
_TAR_MARK: Final = slice(257, 262)
_TAR: Final = b"ustar"
_TAR_SUM: Final = slice(148, 156)
_TAR_HEADER_BYTES: Final = 512
_TAR_REASON: Final = "a tar archive, which is not looked into"
_STREAM_BYTES: Final = 1024 * 1024
"""Of a compressed stream; bzip2 gives out nothing before a whole block of up to 900 kB."""
_OTHERS: Final = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")

_CODE_ENDINGS: Final = (".py", ".pyc", ".class", ".so", ".dll", ".dylib", ".pyd", ".exe", ".sh", ".jar")
_PICKLE_ENDINGS: Final = (".pkl", ".pickle", ".pt", ".pth", ".ckpt", ".joblib")
_UNREADABLE: Final = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OverflowError, EOFError, KeyError, OSError,
    zlib.error, lzma.LZMAError,
)  # fmt: skip


def read_archive(sample: Sample) -> FileFormat | None:
    """Recognise HDF5, zip (PyTorch, Keras, NumPy, Java …), tar and compressed streams."""
    if _HDF5 in sample.head and any(sample.head.startswith(_HDF5, offset) for offset in _USER_BLOCKS):
        return runs_code(FileKind.HDF5, "HDF5, in which Keras stores Lambda layers, which are code")
    if sample.head.startswith(_ZIP) or _zip_at_the_end(sample):
        return _zip(sample)
    if _is_tar(sample.head):
        return runs_code(FileKind.ARCHIVE, _TAR_REASON)
    if sample.head.startswith(_OTHERS):
        return FileFormat(kind=FileKind.ARCHIVE)
    return _compressed(sample)


def _zip_at_the_end(sample: Sample) -> bool:
    """Python finds a zip by its end, whatever stands before it; so one file can be two things."""
    if sample.size < _ZIP_END_BYTES:
        return False
    if sample.size == len(sample.head):
        return sample.head.startswith(_ZIP_END, sample.size - _ZIP_END_BYTES)
    tail = sample.read(sample.size - _ZIP_END_BYTES, _ZIP_END_BYTES, what="the end")
    return tail.startswith(_ZIP_END)


def _is_tar(head: bytes) -> bool:
    """By its mark, or as `tarfile` does: the oldest form has none, only the sum of its header (PyTorch reads it)."""
    if head[_TAR_MARK] == _TAR:
        return True
    stated = head[_TAR_SUM].strip(b" \x00")
    if len(head) < _TAR_HEADER_BYTES or not re.fullmatch(rb"[0-7]{1,8}", stated):
        return False
    counted = head[: _TAR_SUM.start] + b" " * 8 + head[_TAR_SUM.stop : _TAR_HEADER_BYTES]
    signed = sum(counted) - 256 * sum(byte > 127 for byte in counted)  # noqa: PLR2004  # some tars sum signed bytes
    return int(stated, 8) in {sum(counted), signed}


class _Bounded:
    """A file for `zipfile`, which reads an archive's directory at once, however large the archive says it is."""

    def __init__(self, sample: Sample) -> None:
        self._file = sample.file
        self.seek, self.tell = sample.file.seek, sample.file.tell

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes."""
        data = self._file.read(_READ_BYTES + 1 if size < 0 else min(size, _READ_BYTES + 1))
        if len(data) > _READ_BYTES:
            raise Damaged(f"a zip archive whose directory is larger than is read ({_READ_BYTES} bytes)")
        return data

    def seekable(self) -> bool:
        """Yes."""
        return True


def _zip(sample: Sample) -> FileFormat:
    try:
        with zipfile.ZipFile(cast("BinaryIO", _Bounded(sample))) as archive:
            return _members(archive)
    except (Damaged, *_UNREADABLE) as error:
        fault = error.message if isinstance(error, Damaged) else type(error).__name__
        return runs_code(FileKind.ARCHIVE, "a zip archive that cannot be looked into", damaged=fault)


def _members(archive: zipfile.ZipFile) -> FileFormat:
    names = [info.filename for info in archive.infolist()]
    lower = [name.lower() for name in names]
    if any(name.rpartition("/")[2] == "data.pkl" for name in lower):
        kind = (
            "TorchScript: programs and a pickle"
            if any("/code/" in name for name in lower)
            else "a PyTorch archive with a pickle"
        )
        return runs_code(FileKind.PICKLE, f"{kind}, which can call anything when loaded")
    if {"config.json", "metadata.json"} <= set(lower) and any(name.endswith(".weights.h5") for name in lower):
        return runs_code(FileKind.KERAS, "a Keras model: Lambda layers are code (CVE-2025-1550)")
    for name in lower:
        if name == "meta-inf/manifest.mf" or name.endswith(_CODE_ENDINGS):
            return runs_code(FileKind.ARCHIVE, "an archive that holds code")
        if name.endswith(_PICKLE_ENDINGS):
            return runs_code(FileKind.PICKLE, "an archive that holds a pickle, which can call anything when loaded")
    return _peek(archive)


def _peek(archive: zipfile.ZipFile) -> FileFormat:
    """Look at the first bytes of each member: names inside an archive prove nothing."""
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]  # is_dir fails at an empty name
    if len(infos) > _MOST_PEEKED:
        return runs_code(FileKind.ARCHIVE, "a zip archive with too many members to look into")
    if not {info.compress_type for info in infos} <= _PEEKED:
        return runs_code(
            FileKind.ARCHIVE, "a zip archive whose members are compressed in a way that is not looked into"
        )
    arrays = 0
    for info in infos:
        with archive.open(info) as member:
            head = member.read(_PEEK_BYTES)
        if head.startswith(MAGIC):
            arrays += 1
            if describe_array(head, size=max(info.file_size, 0)).code_bearing:
                return runs_code(FileKind.NUMPY, OBJECTS)
        elif looks_like_pickle(head, size=info.file_size):
            return runs_code(FileKind.PICKLE, "an archive that holds a pickle, which can call anything when loaded")
    return FileFormat(kind=FileKind.NUMPY if infos and arrays == len(infos) else FileKind.ARCHIVE)


def _compressed(sample: Sample) -> FileFormat | None:
    """Joblib writes compressed pickles; at most HEAD_BYTES come out, whatever the stream promises."""
    if not sample.head.startswith(_STREAM_MARKS):
        return None
    opener = next(make for mark, make in _STREAMS.items() if sample.head.startswith(mark))
    try:
        inside = opener(sample.read(0, min(sample.size, _STREAM_BYTES), what="a compressed stream"))
    except _UNREADABLE:
        return None  # two bytes of anything else
    if not inside and sample.size > _STREAM_BYTES:
        return runs_code(FileKind.ARCHIVE, "a compressed stream that cannot be looked into")
    if looks_like_pickle(inside, size=1 << 62):
        return runs_code(FileKind.PICKLE, "a compressed pickle, which can call anything when loaded")
    if _is_tar(inside):
        return runs_code(FileKind.ARCHIVE, _TAR_REASON)
    return FileFormat(kind=FileKind.ARCHIVE)


def _zlib(data: bytes, wbits: int = 15) -> bytes:
    return zlib.decompressobj(wbits).decompress(data, HEAD_BYTES)


def _lzma(data: bytes) -> bytes:
    return lzma.LZMADecompressor(memlimit=1 << 27).decompress(data, HEAD_BYTES)


_STREAMS: Final[dict[bytes, Callable[[bytes], bytes]]] = {
    b"\x1f\x8b": lambda data: _zlib(data, 31),
    b"\x78\x01": _zlib,
    b"\x78\x5e": _zlib,
    b"\x78\x9c": _zlib,
    b"\x78\xda": _zlib,
    b"BZh": lambda data: bz2.BZ2Decompressor().decompress(data, HEAD_BYTES),
    b"\xfd7zXZ\x00": _lzma,
    b"\x5d\x00\x00": _lzma,
}
_STREAM_MARKS: Final = tuple(_STREAMS)
