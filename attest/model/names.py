"""Names of files inside a model: one rule, for folders that are pushed and for manifests that nobody vouches for yet.

A name that this module lets pass means the same file on every system: it stays below the folder that it is joined to,
looks like what it is, and no other name of the same model becomes the same file where case or Unicode form do not
count (docs/threats.md rows 11 and 13; CVE-2024-45436, CVE-2007-4559, oras-go GHSA-8xwf-rjm4-xvhv).
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from attest.errors import ModelError
from attest_registry import limits

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_\-]|[./](?=[A-Za-z0-9_]))*", re.ASCII)
"""Names to which only the rules on length and device names apply; nearly all names are of this form."""

_DEVICE: Final = re.compile(
    r"(?:^|/)(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)[ ]*(?:\.[^/]*)?(?:/|$)",
    re.IGNORECASE,
)
"""What Windows opens as a device, with any ending (learn.microsoft.com: Naming Files, Paths, and Namespaces)."""

_DRIVE: Final = re.compile(r"(?:^|/)[A-Za-z]:", re.ASCII)

_INVISIBLE: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that show as nothing (Unicode Default_Ignorable_Code_Point); `isprintable` finds all the others."""

_SHOWN: Final = 120


def shown(path: str) -> str:
    """A name as it may be printed: quoted, cut short, with everything escaped that could fool a terminal."""
    return repr(path if len(path) <= _SHOWN else f"{path[:_SHOWN]}…")


def check_path(path: str) -> str:
    """The same path, if it is a safe name of a file inside a model.

    Args:
        path: relative POSIX path.

    Raises:
        ModelError: `unsafe-name`: absolute, climbing, ambiguous, invisible in part, over a limit, or not portable.
    """
    fault = None if _PLAIN.fullmatch(path) else _fault_of_form(path)
    fault = fault or _fault_of_length(path) or ("is a device's name on Windows" if _DEVICE.search(path) else None)
    if fault is not None:
        raise ModelError(
            f"{shown(path)} {fault}",
            code="unsafe-name",
            expected="a relative path with / between its parts, as plain as it looks",
            hint="rename the file, or leave it out with --exclude",
        )
    return path


def check_paths(paths: Iterable[str]) -> None:
    """Check each path, and that they can lie in one folder together on any system.

    Args:
        paths: relative POSIX paths, in any order.

    Raises:
        ModelError: `unsafe-name` as `check_path`; `name-collision`: two are the same, or become the same where case
            or Unicode form do not count, or one would have to be both file and folder.
    """
    check_apart(check_path(path) for path in paths)


def check_apart(paths: Iterable[str]) -> None:
    """The second half of `check_paths`, for paths of which each has passed `check_path` already.

    Raises:
        ModelError: `name-collision`, as `check_paths`.
    """
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    known: set[str] = set()
    for path in paths:
        folded = _folded(path)
        if folded in files:
            raise _collision(files[folded], path)
        files[folded] = path
        parent = path.rpartition("/")[0]
        while parent and parent not in known:
            known.add(parent)
            if folders.setdefault(_folded(parent), parent) != parent:
                raise _collision(folders[_folded(parent)], parent)
            parent = parent.rpartition("/")[0]
    for folded in files.keys() & folders.keys():
        raise _collision(files[folded], folders[folded])


def _fault_of_form(path: str) -> str | None:
    parts = path.split("/")
    faults = {
        "is an empty name": not path,
        "is an absolute path, or starts with a drive's letter": path.startswith("/") or bool(_DRIVE.search(path)),
        "has a backslash, which is a separator on Windows": "\\" in path,
        "climbs out of the folder": ".." in parts,
        "has an empty or . part, so that one file would have many names": "" in parts or "." in parts,
        "has a part that ends in a dot or space, which Windows drops": any(part.endswith((".", " ")) for part in parts),
    }
    return next((fault for fault, found in faults.items() if found), None) or _fault_of_characters(path)


def _fault_of_characters(path: str) -> str | None:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "is not UTF-8"
    if not path.isprintable():
        return "has control, formatting or unassigned characters"
    if _INVISIBLE.search(path):
        return "has characters that cannot be seen"
    if not unicodedata.is_normalized("NFC", path):
        return "is not in Unicode's composed form (NFC)"
    return None


def _fault_of_length(path: str) -> str | None:
    if path.count("/") >= limits.PATH_PARTS:
        return f"is more than {limits.PATH_PARTS} parts deep"
    if len(path) <= limits.NAME_BYTES and path.isascii():
        return None
    if len(path.encode("utf-8")) > limits.PATH_BYTES:
        return f"is longer than {limits.PATH_BYTES} bytes"
    if any(len(part.encode("utf-8")) > limits.NAME_BYTES for part in path.split("/")):
        return f"has a part of more than {limits.NAME_BYTES} bytes"
    return None


def _folded(path: str) -> str:
    """One form for all names that some file system takes for the same (Unicode 3.13, canonical caseless matching)."""
    if path.isascii():
        return path.lower()
    folded = unicodedata.normalize("NFD", path).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded))


def _collision(first: str, second: str) -> ModelError:
    if first == second:
        said = f"{shown(first)} stands twice, or as a file and a folder"
    else:
        said = f"{shown(first)} and {shown(second)} are one name where case and Unicode form do not count"
    return ModelError(
        said,
        code="name-collision",
        expected="names that stay apart on every file system",
        hint="rename one of them, or leave it out with --exclude",
    )
