"""The inputs that are kept: for each target the smallest that together reach everything that was ever reached.

A file is named by the SHA-256 of what it holds. What runs find lies in build/fuzz/new until `keep` has looked at it.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import FrameType

    from tests.properties.targets import Target

ROOT: Final = Path(__file__).parents[2]
KEPT: Final = Path(__file__).parent / "corpus"
BUILD: Final = Path(os.environ.get("FUZZ_FOLDER") or ROOT / "build/fuzz").absolute()
NEW: Final = BUILD / "new"
LONGEST: Final = 32 * 1024
_PACKAGES: Final = (str(ROOT / "attest") + "/", str(ROOT / "registry/attest_registry") + "/")

Edge = tuple[str, int, int]


def kept(name: str) -> tuple[Path, ...]:
    """The files that are kept for one target, in the order of their names."""
    return tuple(sorted(path for path in (KEPT / name).glob("*") if path.is_file()))


def start(target: Target) -> tuple[bytes, ...]:
    """What a run starts from: what is kept, else the good input, which holds new keys in each process."""
    return tuple(path.read_bytes() for path in kept(target.name)) or target.seeds


def found(name: str) -> set[bytes]:
    """Everything that there is for one target: kept, and found by runs since."""
    folders = (KEPT / name, *NEW.glob(f"{name}/*"))
    return {path.read_bytes() for folder in folders for path in folder.glob("*") if path.is_file()}


def keep(target: Target, call: Callable[[Target, bytes], object]) -> int:
    """Keep the inputs that are worth it, and only them; how many there are now.

    Args:
        target: whose.
        call: tries one input.
    """
    known = found(target.name) | (set() if kept(target.name) else set(target.seeds))
    inputs = sorted((data for data in known if len(data) <= LONGEST), key=_rank)
    chosen = smallest((data, edges(target, data, call)) for data in inputs)
    folder = KEPT / target.name
    folder.mkdir(parents=True, exist_ok=True)
    for path in kept(target.name):
        path.unlink()
    for data in chosen:
        (folder / hashlib.sha256(data).hexdigest()).write_bytes(data)
    return len(chosen)


def smallest(inputs: Iterable[tuple[bytes, frozenset[Edge]]]) -> list[bytes]:
    """Of inputs in order of size those that reach an edge that no smaller one does, less those made needless by others.

    Args:
        inputs: each with the edges that it reaches.
    """
    chosen: list[tuple[bytes, frozenset[Edge]]] = []
    reached: set[Edge] = set()
    for data, edges_ in inputs:
        if not edges_ <= reached:
            chosen.append((data, edges_))
            reached |= edges_
    times: dict[Edge, int] = {}
    for _, edges_ in chosen:
        for edge in edges_:
            times[edge] = times.get(edge, 0) + 1
    needed = []
    for data, edges_ in reversed(chosen):
        if all(times[edge] > 1 for edge in edges_):
            for edge in edges_:
                times[edge] -= 1
        else:
            needed.append(data)
    return needed


def edges(target: Target, data: bytes, call: Callable[[Target, bytes], object]) -> frozenset[Edge]:
    """From which line to which line of our packages one input goes."""
    reached: set[Edge] = set()

    def enter(frame: FrameType, event: str, _: object) -> object:
        name = frame.f_code.co_filename
        if event != "call" or not name.startswith(_PACKAGES):
            return None
        before = frame.f_code.co_firstlineno

        def step(inner: FrameType, happened: str, _: object) -> object:
            nonlocal before
            if happened == "line":
                reached.add((name, before, inner.f_lineno))
                before = inner.f_lineno
            return step

        return step

    sys.settrace(enter)  # type: ignore[arg-type]
    try:
        call(target, data)
    finally:
        sys.settrace(None)
    return frozenset(reached)


def _rank(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()
