"""`attest …`, killed at each step in turn: one process that forks for each, so that nothing is imported twice.

python killed.py HOME WORDS…     HOME is copied for each step; prints one line of JSON for each: step, name, home

A step is a call that changes something: of the store, of the catalogue, of the memory, of the signer. The child is
killed (SIGKILL: no `finally` runs) right before it.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attest.cli.main import main
from attest.lifecycle.ledger import Place
from attest.signing.bundle_signer import KeyBundleSigner
from attest_registry.catalogue.store import Catalogue
from attest_registry.oci.layout import LayoutRepository

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = (
    (LayoutRepository, ("push_blob", "push_manifest", "push_referrers", "tag")),
    (Catalogue, ("reserve", "commit", "release", "put_versions")),
    (Place, ("keep",)),
    (KeyBundleSigner, ("sign_statement",)),
)


def kill_before(step: int, told: Path) -> None:
    """Let this process end right before its step of that number."""
    numbers = itertools.count(1)

    def watched(owner: str, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            if next(numbers) == step:
                told.write_text(f"{owner}.{name}")
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*args, **named)

        return run

    for owner, names in STEPS:
        for name in names:
            setattr(owner, name, watched(owner.__name__, name, getattr(owner, name)))


def killed_at(step: int, home: Path, words: list[str]) -> tuple[Path, str | None]:
    """The home in which the command was killed at a step, and the step's name; `None` where it came to its end."""
    copy = home.with_name(f"{home.name}-{step}")
    shutil.copytree(home, copy, symlinks=True)
    told = copy.with_name(f"{copy.name}.step")
    child = os.fork()
    if child == 0:
        os.environ["ATTEST_HOME"] = str(copy)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        kill_before(step, told)
        os._exit(main(words))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return copy, told.read_text()
    if status != 0:
        raise SystemExit(f"step {step}: the command ended with {os.waitstatus_to_exitcode(status)}")
    return copy, None


def warm_up(home: Path, words: list[str]) -> None:
    """Do all of it once, so that whatever is imported on the way is there before the first fork."""
    copy = home.with_name(f"{home.name}-warm")
    shutil.copytree(home, copy, symlinks=True)
    os.environ["ATTEST_HOME"] = str(copy)
    with contextlib.redirect_stdout(io.StringIO()):
        main(words)


def run() -> None:
    """All steps, until there are no more."""
    home, words = Path(sys.argv[1]), sys.argv[2:]
    warm_up(home, words)
    for step in itertools.count(1):
        copy, name = killed_at(step, home, words)
        sys.stdout.write(json.dumps({"step": step, "name": name, "home": str(copy)}) + "\n")
        sys.stdout.flush()
        if name is None:
            return


if __name__ == "__main__":
    run()
