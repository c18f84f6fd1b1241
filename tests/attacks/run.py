"""Take one check after the other out of a copy of the program, and see whether the test of its attack fails."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from tests.attacks import record
from tests.attacks.warm import Warm

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.attacks.attack import Attack
    from tests.attacks.checks.check import Check

ROOT: Final = Path(__file__).parents[2]
COPIED: Final = ("attest", "registry", "policies", "fixtures", "tests", "pyproject.toml")
SERVICES: Final = ROOT / ".interop"
"""What `make services` has fetched: not the program's, so that a link to it does."""

SKIPPED: Final = "its test tried nothing here; python -m pytest -rs says what is missing"

_WORKERS: Final = 2
_PASSED, _FAILED = 0, 1
_SECONDS: Final = 120


class WrongCopy(Exception):
    """What ran was not the copy, or was no test: then nothing was shown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A line of the table.

    Args:
        attack: what was tried.
        honest: what became of the honest case.
        attacked: what became of the attack.
        without: what became of it without the check.
        fault: whether the table shows something that must not be.
    """

    attack: Attack
    honest: str
    attacked: str
    without: str
    fault: bool


class Copy:
    """A copy of the program in which checks can be taken out.

    Args:
        folder: where it is put.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir()
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
            else:
                shutil.copy(source, folder / name)
        if SERVICES.is_dir():
            (folder / SERVICES.name).symlink_to(SERVICES)
        self._warm = Warm(folder, seconds=_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._warm.__exit__()

    def try_without(self, checks: Sequence[Check], test: str) -> tuple[bool, list[record.Seen]]:
        """Whether the test still passes without these checks, and what it saw."""
        before: dict[Path, str] = {}
        for check in checks:
            for name, snippet, replacement in check.edits:
                path = self._folder / name
                before.setdefault(path, path.read_text(encoding="utf-8"))
                path.write_text(replaced(path.read_text(encoding="utf-8"), snippet, replacement), encoding="utf-8")
                _forget(path)
        try:
            return self._run(test)
        finally:
            for path, text in before.items():
                path.write_text(text, encoding="utf-8")
                _forget(path)

    def _run(self, test: str) -> tuple[bool, list[record.Seen]]:
        seen = self._folder / "record"
        seen.unlink(missing_ok=True)
        environment = {
            "PYTHONPATH": f"{self._folder}{os.pathsep}{self._folder / 'registry'}",
            record.COPY: str(self._folder),
            record.RECORD: str(seen),
        }
        status, said = self._warm.run(test, environment)
        if status not in {_PASSED, _FAILED}:
            raise WrongCopy(f"{test} ended with {status}: {said}")
        return status == _PASSED, record.read(seen)


def replaced(text: str, snippet: str, replacement: str) -> str:
    """The text with the one place of `snippet` changed."""
    if text.count(snippet) != 1:
        raise WrongCopy(f"stands {text.count(snippet)} times where it should stand once: {snippet!r}")
    return text.replace(snippet, replacement)


def _forget(path: Path) -> None:
    """Remove the compiled form: two edits in one second look like one to its time stamp."""
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def without_each_check(table: Sequence[Attack], seen: Iterable[record.Seen], folder: Path) -> list[Line]:
    """Judge every line of the table, a few at a time, each worker in a copy of its own."""
    found: dict[str, list[record.Seen]] = {}
    for each in seen:
        found.setdefault(each.test, []).append(each)
    copies: queue.Queue[Copy] = queue.Queue()

    def judge(attack: Attack) -> Line:
        copy = copies.get()
        try:
            return _judge(attack, found.get(attack.test, []), copy)
        finally:
            copies.put(copy)

    with contextlib.ExitStack() as stack:
        for number in range(_WORKERS):
            copies.put(stack.enter_context(Copy(folder / f"copy-{number}")))
        with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
            return list(pool.map(judge, table))


def _judge(attack: Attack, before: Sequence[record.Seen], copy: Copy) -> Line:
    honest, attacked = _honest(before), _attacked(before)
    steps: list[str] = []
    red = False
    for count in range(1, len(attack.checks) + 1):
        try:
            passes, seen = copy.try_without(attack.checks[:count], attack.test)
        except WrongCopy as error:
            steps.append(f"no answer: {error}")
            break
        red = red or not passes
        last = _attacked(seen)
        name = attack.checks[count - 1].name
        if not passes and _honest(before) != _honest(seen):
            steps.append(f"{name}: the honest case fails too")
            red = False
            break
        steps.append(f"{name}: {('still ' + last if last else SKIPPED) if passes else last or 'noticed'}")
        if not passes and last.startswith(record.GOT_THROUGH):
            break
    return Line(
        attack=attack,
        honest=honest,
        attacked=attacked,
        without=("red    without " if red else "GREEN  without ") + ", and ".join(steps),
        fault=not red or honest.startswith("refused") or attacked.startswith(record.GOT_THROUGH),
    )


def _honest(seen: Sequence[record.Seen]) -> str:
    outcomes = [each.outcome for each in seen if each.honest]
    return "–" if not outcomes else "allowed" if set(outcomes) == {"allowed"} else "refused"


def _attacked(seen: Sequence[record.Seen]) -> str:
    """The worst that became of the attacks of a test."""
    attacks = [each for each in seen if not each.honest]
    worst = next((each for each in attacks if each.outcome == record.GOT_THROUGH), attacks[0] if attacks else None)
    if worst is None:
        return ""
    if worst.outcome == record.GOT_THROUGH:
        return record.GOT_THROUGH
    status = "" if worst.status is None else f" ({worst.status})"
    return f"{worst.outcome}: {worst.code}{status}"


def shown(lines: Sequence[Line]) -> list[str]:
    """The table, aligned."""
    rows = [("row", "attack", "honest", "attacked", "and without what stops it")]
    rows += [(str(line.attack.row), line.attack.words, line.honest, line.attacked, line.without) for line in lines]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return ["  ".join([*(row[column].ljust(widths[column]) for column in range(4)), row[4]]) for row in rows]
