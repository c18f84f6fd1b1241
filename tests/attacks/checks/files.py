"""The checks of names, files and what files refer to."""

from __future__ import annotations

from typing import Final

from tests.attacks.checks.check import OCI, Check, check, off

# ---- names and files

SAFE_NAME = check(
    "the form of names",
    "attest/model/names.py",
    "    if fault is not None:\n        raise ModelError(",
    "    if False:\n        raise ModelError(",
)
NAMES_APART = check(
    "names that stay apart", "attest/model/names.py", "        if folded in files:", "        if False:"
)
ALL_THERE = check("every file where it should be", "attest/load/folder.py", "    if found != paths:", "    if False:")
NOTHING_MORE = check("nothing else in a folder", "attest/load/folder.py", "    if extra:", "    if False:")
REGULAR_FILE = Check(
    name="regular files only",
    edits=(
        ("attest/load/folder.py", "elif stat.S_ISREG(mode) and path in paths:", "elif path in paths:"),
        ("attest/load/folder.py", "_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW |", "_FILE: Final = os.O_RDONLY |"),
    ),
)
ONE_LINK = check("files of one name", "attest/load/folder.py", " or status.st_nlink != 1:", ":")
BYTES_IN_PLACE = check(
    "hashing at each use",
    "attest/load/folder.py",
    "if not stop.is_set() and digest.hexdigest() != file.digest.hex:",
    "if False:",
)
SIZE_IN_PLACE = check("the size at each use", "attest/load/folder.py", "if status.st_size != file.size:", "if False:")
OURS_ALONE = check(
    "files that only we can write to",
    "attest/load/cache.py",
    "if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or status.st_uid",
    "if status.st_uid",
)
PRIVATE_CACHE = check("a cache of one's own", "attest/load/private.py", " or status.st_mode & _OTHERS_WRITE ", " ")
NO_OUTER_LINKS = check(
    "links that stay inside", "attest/model/links.py", 'return f"it points outside: {name}"', "return None"
)
NO_LINKED_FOLDERS = check(
    "linked folders", "attest/model/links.py", 'return f"it points to a folder outside: {name}"', "return None"
)
NO_SPECIAL_FILES = check(
    "files that are files",
    "attest/model/tree.py",
    "        if not stat.S_ISREG(status.st_mode):\n            raise _special(path, status.st_mode)",
    "        if False:\n            raise _special(path, status.st_mode)",
)
NO_GIT = check("git's own folder", "attest/model/tree.py", 'if entry.name.casefold() == ".git":', "if False:")
ONE_NAME = check(
    "one name for a layer", "attest/model/packaging.py", "if path is None or title != path:", "if path is None:"
)
RAW_LAYER = check(
    "raw layers only", "attest/model/packaging.py", "if layer.media_type not in LAYER_TYPES:", "if False:"
)
MODEL_SIZE = check(
    "the size of a model",
    "attest/model/packaging.py",
    "if total > limits.MODEL_BYTES or manifest.config.size > limits.CONFIG_BYTES:",
    "if False:",
)
PEEK = check(
    "a look at the start only",
    "attest/model/formats_archive.py",
    "_PEEK_BYTES: Final = 4_096",
    "_PEEK_BYTES: Final = 1 << 40",
)
POSITIVE_SIZE = check(
    "sizes from 0 on",
    f"{OCI}/descriptor.py",
    "type(size) is int and size >= 0",
    "type(size) is int",
)
MOST_LAYERS = check(
    "the number of layers",
    f"{OCI}/manifest.py",
    "if layers > limits.FILES_PER_MODEL or len(raw) > limits.MANIFEST_BYTES:",
    "if False:",
)

# ---- references out of the model

_OUTSIDE: Final = "attest/model/formats_outside.py"
_ONNX: Final = "attest/model/formats_onnx_data.py"
REFERENCES_INSIDE = check("names of files of the model only", _OUTSIDE, "        check_path(path)\n", "        pass\n")
BASE_BY_NAME = check(
    "bases by name only", _OUTSIDE, '(_NAME.fullmatch(value) is None or ".." in value) if plain', "False if plain"
)
REFERENCE_ONCE = off("each reference once", "model/formats_outside.py", "if value is TWICE")
INDEX_WHOLE = Check(
    name="looking through a whole index",
    edits=(
        (
            "attest/model/formats_text.py",
            "if sample.size > (HEADER_BYTES if is_index(sample.name) else _WHOLE_JSON_BYTES):",
            "if sample.size > _WHOLE_JSON_BYTES:",
        ),
        ("attest/model/formats_text.py", "followed = is_index(sample.name) or ", "followed = "),
    ),
)
ONNX_BRANCHES = check("tensors inside of nodes", _ONNX, "_In.NODE: {5: _In.ATTRIBUTE},", "_In.NODE: {},")
ONNX_MEMORY = check("no address for a name", _ONNX, " or location.startswith(_MEMORY)", "")
ONNX_KEYS = off("keys of 32 bits", "model/formats_onnx_data.py", "if key >= _MOST_KEY")
ONNX_BY_NAME = off(".onnx is ONNX", "model/formats.py", 'if sample.suffix == "onnx" and not found.outside')
CODE_ELSEWHERE = check(
    "looking for code elsewhere",
    "attest/model/formats_text.py",
    "elsewhere = _code_elsewhere(config)",
    "elsewhere = None",
)
OUTSIDE_BY_BYTES = off("references by the bytes", "load/folder.py", "if found.outside")
OUTSIDE_BY_BOM = off("references by the ML-BOM", "policy/file_rules.py", "if file.outside is not None")
OUTSIDE_IN_FOLDER = check(
    "references in a folder",
    "attest/cli/verify_folder.py",
    "if (file.format.code_bearing or file.format.outside)",
    "if file.format.code_bearing",
)
CODE_BY_BOM = off(
    "code by the ML-BOM", "policy/file_rules.py", "if file.code_bearing is not False or kind in _ALWAYS_CODE"
)

# ---- after the check

OWN_COPY = check(
    "a copy for each start",
    "attest/cli/exec_.py",
    "give = cached if from_cache else hand_over",
    "give = cached",
)
READ_ONLY = check("read-only copies", "attest/load/handover.py", "sealed=True", "sealed=False")
NO_FUTURE = off("no claims from the future", "policy/moments.py", "if late or min(times) - case.now > _AHEAD")
