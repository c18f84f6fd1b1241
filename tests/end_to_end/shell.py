"""A person at a shell: runs the real command in a folder of its own and keeps what it printed."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.end_to_end.forks import forks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

COMMAND = (sys.executable, "-m", "attest")
IMPATIENT = (sys.executable, "-P", str(Path(__file__).with_name("impatient.py")))
POWERLESS = ("setpriv", "--inh-caps=-dac_override,-dac_read_search", "--bounding-set=-dac_override,-dac_read_search")
"""In front of a command, so that what root may not read is not read."""

_HEAD = re.compile(r"error\[([a-z0-9-]+)\]: (.+)")
_DETAIL = re.compile(r"  (expected|found|looked in|cause) +(\S.*)")
_NAMED = re.compile(r"\battest ([a-z]+)(?: ([a-z-]+))?")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """An error as a person reads it."""

    code: str
    message: str
    details: Mapping[str, str]
    hint: str


def _as_at_a_terminal() -> None:
    """Ctrl-C is heard: a shell starts what runs in its background with it ignored, tests in CI among that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@dataclass(frozen=True, kw_only=True)
class Printed:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err

    @property
    def complaint(self) -> Complaint:
        """The one error that was printed; its form is checked on the way."""
        lines = self.err.splitlines()
        heads = [index for index, line in enumerate(lines) if line.startswith("error[")]
        assert len(heads) == 1, f"{len(heads)} errors:\n{self.all}"
        lines = lines[heads[0] :]
        match = _HEAD.fullmatch(lines[0])
        assert match, lines[0]
        code, message = match.groups()
        assert not message.endswith("."), message
        assert re.match(r"[^A-Z]|[A-Z0-9_/~.-]+\b", message), f"starts with a capital: {message}"
        details = {found[1]: found[2] for line in lines[1:] if (found := _DETAIL.fullmatch(line))}
        hints = [index for index, line in enumerate(lines) if line.startswith("hint: ")]
        assert len(hints) <= 1
        hint = ""
        if hints:
            rest = [line.strip() for line in lines[hints[0] + 1 :] if line.startswith("      ")]
            hint = "\n".join([lines[hints[0]].removeprefix("hint: "), *rest])
        check_commands(hint)
        return Complaint(code=code, message=message, details=details, hint=hint)


def check_commands(hint: str) -> None:
    """Each command that a hint names has help."""
    for verb, noun in _NAMED.findall(hint):
        _check_help(verb, "")
        if noun and verb in {
            "policy",
            "record",
            "key",
            "evidence",
            "bom",
            "cache",
            "alias",
            "role",
            "log",
            "revocations",
            "catalogue",
        }:
            _check_help(verb, noun)


@functools.cache
def _check_help(*words: str) -> None:
    assert Shell(folder=Path.cwd()).attest(*filter(None, words), "--help").out


@dataclass(frozen=True, kw_only=True)
class Shell:
    """A working folder with a home for attest.

    Args:
        folder: where the person stands.
        environment: variables besides the usual ones; `None` takes one away.
        command: how attest is started.
        anew: whether every command is started anew, also where a copy of a Python that is running would do.
    """

    folder: Path
    environment: Mapping[str, str | None] = field(default_factory=dict)
    command: Sequence[str] = COMMAND
    anew: bool = False

    def attest(self, *arguments: str, expect: int = 0, given: str | None = None, **environment: str | None) -> Printed:
        """What a command does. It is a process of its own, mostly without a start of its own (`forks.py`)."""
        variables = self.variables(**environment)
        if not self.anew and self.command in (COMMAND, IMPATIENT) and _usual(variables):
            line, data = [os.fspath(each) for each in arguments], (given or "").encode()
            hurried = self.command == IMPATIENT
            ended = forks().run(line, cwd=self.folder, env=variables, given=data, hurried=hurried, timeout=120)
            return checked(arguments, *ended, expect=expect)
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=variables,
            input=None if given is None else given.encode(),
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            timeout=120,
            check=False,
        )
        return checked(arguments, done.returncode, done.stdout, done.stderr, expect=expect)

    @contextlib.contextmanager
    def started(self, *arguments: str, **environment: str | None) -> Iterator[subprocess.Popen[bytes]]:
        """A command that runs while the test does something else."""
        with subprocess.Popen(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.variables(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=_as_at_a_terminal,  # noqa: PLW1509  # no other thread of ours holds a lock here
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def variables(self, **environment: str | None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR", "LANG"}}
        wanted: dict[str, str | None] = {
            **kept,
            "ATTEST_HOME": str(self.folder / "home"),
            "DOCKER_CONFIG": str(self.folder / "docker"),
            "PYTHONIOENCODING": "utf-8",
            **self.environment,
            **environment,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def impatient(self) -> Self:
        """The same person with limits of time that a test can wait for."""
        return replace(self, command=IMPATIENT)

    def powerless(self) -> Self:
        """The same person without root's power to read and write everything."""
        return replace(self, command=[*POWERLESS, *self.command]) if os.geteuid() == 0 else self

    def names(self) -> set[str]:
        """What lies in the folder."""
        return {path.name for path in self.folder.iterdir()}


def _usual(variables: Mapping[str, str]) -> bool:
    """Whether these variables tell Python itself nothing that it has to hear at its start."""
    told = {name: value for name, value in variables.items() if name.startswith(("PYTHON", "LC_", "LANG"))}
    return told == {"PYTHONIOENCODING": "utf-8"} | ({"LANG": os.environ["LANG"]} if "LANG" in os.environ else {})


def checked(arguments: Sequence[str], status: int, out: bytes, err: bytes, *, expect: int) -> Printed:
    """What was printed, once nothing about it is wrong that would always be wrong."""
    printed = Printed(status=status, out=out.decode("utf-8", "replace"), err=err.decode("utf-8", "replace"))
    assert printed.status == expect, f"attest {' '.join(arguments)} ended with {printed.status}\n{printed.all}"
    assert "Traceback" not in printed.all
    coloured = re.compile(r"\x1b\[\d{1,2}m")
    found = _CONTROLS.search(coloured.sub("", printed.all))
    assert found is None, f"a control character was printed: {printed.all!r}"
    return printed
