"""Machine code and byte code by their marks; and names for which a loader would unpickle whatever is inside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from attest.model.manifest import FileFormat, FileKind
from attest.model.sample import runs_code

if TYPE_CHECKING:
    from attest.model.sample import Sample

_MARKS: Final = {
    b"\x7fELF": "a Linux program or library (ELF)",
    b"\xfe\xed\xfa\xce": "a macOS program or library (Mach-O)",
    b"\xfe\xed\xfa\xcf": "a macOS program or library (Mach-O)",
    b"\xce\xfa\xed\xfe": "a macOS program or library (Mach-O)",
    b"\xcf\xfa\xed\xfe": "a macOS program or library (Mach-O)",
    b"\xca\xfe\xba\xbe": "Java byte code, or a macOS program",
    b"\xca\xfe\xd0\x0d": "compressed Java byte code",
    b"\x00asm": "WebAssembly",
    b"MZqFpD": "a program for several systems (llamafile, APE)",
    b"\x1bLua": "Lua byte code",
    b"\x1bLJ": "LuaJIT byte code",
    b"dex\n": "Android byte code",
    b"!<arch>\n": "a static library",
    b"BC\xc0\xde": "LLVM bit code",
}
_ANY_MARK: Final = tuple(_MARKS)
_PE_HEADER: Final = slice(60, 64)

_PYC_MAGIC: Final = range(3_300, 4_000)
"""Byte code versions of CPython 3.3 and later; the two bytes before \\r\\n."""
_PYC_CODE: Final = 16
_CODE_OBJECT: Final = (0x63, 0xE3)

_UNPICKLED: Final = frozenset({"pkl", "pickle", "joblib", "pt", "pth", "ckpt", "dill", "cloudpickle", "mar", "nemo"})
_LIBRARIES: Final = frozenset({"so", "dll", "dylib", "pyd", "exe", "jar", "class", "wasm", "node"})
_UNTOLD: Final = frozenset({FileKind.BINARY, FileKind.ARCHIVE})


def read_native(sample: Sample) -> FileFormat | None:
    """Recognise programs, libraries and byte code."""
    head = sample.head
    if head.startswith(_ANY_MARK):
        return runs_code(FileKind.NATIVE_CODE, next(what for mark, what in _MARKS.items() if head.startswith(mark)))
    if head.startswith(b"MZ") and head[int.from_bytes(head[_PE_HEADER], "little") :][:2] == b"PE":
        return runs_code(FileKind.NATIVE_CODE, "a Windows program or library (PE)")
    if head[2:4] == b"\r\n" and int.from_bytes(head[:2], "little") in _PYC_MAGIC and _is_code_object(head):
        return runs_code(FileKind.PYTHON, "compiled Python")
    return None


def _is_code_object(head: bytes) -> bool:
    return len(head) > _PYC_CODE and head[_PYC_CODE] in _CODE_OBJECT


def suspect_by_name(sample: Sample, found: FileFormat) -> FileFormat:
    """Fail closed where bytes told nothing: loaders choose by name, and theirs unpickle or run what is inside.

    What a loader would unpickle counts whatever its bytes told: one file can be two things.

    Args:
        sample: the file.
        found: what its bytes told.
    """
    unpickled = sample.suffix in _UNPICKLED
    if found.code_bearing or not sample.size or (found.kind not in _UNTOLD and not unpickled):
        return found
    details = dict(found.details)
    if unpickled:
        return runs_code(found.kind, f"named .{sample.suffix}, which loaders unpickle", **details)
    if sample.suffix in _LIBRARIES:
        return runs_code(found.kind, f"named .{sample.suffix}, which loaders run", **details)
    if sample.suffix in ("py", "pyc", "pyw"):
        return runs_code(FileKind.PYTHON, "named as Python source or byte code", **details)
    if sample.name == "saved_model.pb":
        return runs_code(found.kind, "a TensorFlow graph, whose operations can read and write files", **details)
    return found
