"""What a person leaves out of a model: patterns on paths, counted so that one that matches nothing is noticed."""

from __future__ import annotations

import functools
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from attest.errors import ModelError
from attest.model.names import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHOLE: Final = ("/**", "/*", "/")
_ANYWHERE: Final = "**/"


def literally(path: str) -> str:
    """The pattern that matches just this path."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def excluding(path: str) -> str:
    """The option that leaves out just this path, as a shell takes it."""
    literal = literally(path)
    plain = re.fullmatch(r"[\w./+-]+", literal, re.ASCII)
    return f"--exclude {literal}" if plain else "--exclude '" + literal.replace("'", "'\\''") + "'"


class Exclusion:
    """The patterns of one walk.

    A pattern is compared with the whole path from the model's folder on, `*` crosses `/`, and a pattern that matches
    a folder (`.git`, `.git/`, `.git/*`, `.git/**`) leaves out all of it, without looking inside.

    Args:
        patterns: as typed.

    Raises:
        ModelError: `bad-exclude`: a pattern is empty or cannot be shown.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        for pattern in patterns:
            if not pattern.strip("/") or not pattern.isprintable():
                raise ModelError(
                    f"{shown(pattern)} excludes nothing that can be named",
                    code="bad-exclude",
                    expected="a path or pattern such as scaler.pkl or '.ipynb_checkpoints/*'",
                )
        self.patterns = tuple(dict.fromkeys(patterns))
        self._used: set[str] = set()

    def covers(self, path: str, *, folder: bool) -> bool:
        """Whether a path is left out."""
        hits = [pattern for pattern in self.patterns if _matches(path, pattern, folder=folder)]
        self._used.update(hits)
        return bool(hits)

    @property
    def unused(self) -> tuple[str, ...]:
        """Patterns that matched nothing."""
        return tuple(pattern for pattern in self.patterns if pattern not in self._used)


@functools.lru_cache(maxsize=256)
def _forms(pattern: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A pattern as it is compared with files, and with folders."""
    plain = pattern.removeprefix("./")
    files = (plain, plain.removeprefix(_ANYWHERE)) if plain.startswith(_ANYWHERE) else (plain,)
    return files, (*files, *(form.removesuffix(end) for form in files for end in _WHOLE if form.endswith(end)))


def _matches(path: str, pattern: str, *, folder: bool) -> bool:
    files, folders = _forms(pattern)
    return any(fnmatchcase(path, form) for form in (folders if folder else files))
