"""Where other projects' tools are, and how to run them. A test whose tool is missing skips and says why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
PLACE = ROOT / ".interop"
_SECONDS = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a program left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run(
    *arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, seconds: float = _SECONDS
) -> Outcome:
    """Run a program to its end, whatever its exit status."""
    done = subprocess.run(
        [str(argument) for argument in arguments],
        check=False,
        cwd=cwd,
        env=None if env is None else dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    return Outcome(status=done.returncode, out=done.stdout, err=done.stderr)


def succeed(*arguments: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Outcome:
    """Run a program that has to succeed; its own words are in the failure."""
    outcome = run(*arguments, cwd=cwd, env=env)
    assert outcome.status == 0, f"{arguments[0]} left with {outcome.status}\n{outcome.out}\n{outcome.err}"
    return outcome


def _skip(name: str) -> str:
    reason = PLACE / "missing" / name
    why = reason.read_text().strip() if reason.is_file() else "sh tests/interop/install.sh was not run"
    pytest.skip(f"{name} is missing: {why}")


def program(name: str) -> str:
    """A program that was built for the tests, or the one on the path."""
    own = PLACE / "bin" / name
    return str(own) if own.is_file() else shutil.which(name) or _skip(name)


def system_program(name: str, package: str) -> str:
    """A program of the operating system."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed here: apt-get install {package}")
    return found


def model_signing() -> str:
    own = PLACE / "venv" / "bin" / "model_signing"
    return str(own) if (PLACE / "venv" / ".installed").is_file() else _skip("model_signing")


def model_signing_shards() -> tuple[str, ...]:
    """How to sign over shards, for which the program has no option: key, size, algorithm, model and bundle follow."""
    return (str(Path(model_signing()).with_name("python")), str(ROOT / "tests" / "interop" / "sign_shards.py"))


def sigstore_verify() -> tuple[str, ...]:
    """How to call our wrapper of `@sigstore/verify`; key and bundles follow."""
    modules = PLACE / "node"
    if not (modules / ".installed").is_file():
        _skip("sigstore-verify")
    return (system_program("node", "nodejs"), str(ROOT / "tests" / "interop" / "verify.mjs"), str(modules))


def minilm() -> Path:
    """The folder of a real sentence-embedding model."""
    if not (PLACE / "minilm" / ".installed").is_file():
        _skip("minilm")
    return PLACE / "minilm" / "model"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody with `attest`, a home of their own, a store and a key."""

    home: Path

    @property
    def key(self) -> Path:
        return self.home / "K" / "attest.key"

    @property
    def public(self) -> Path:
        return self.home / "K" / "attest.pub"

    @property
    def env(self) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith(("ATTEST_", "GIT", "CI"))}
        # Tools look for logins, caches and signatures in the home folder; none of them sees the developer's own.
        return kept | {"HOME": str(self.home), "ATTEST_HOME": str(self.home), "NO_COLOR": "1"}

    def layout(self, model: str) -> Path:
        return self.home / "store" / model

    def run(self, *arguments: str | Path) -> Outcome:
        """Any program, at home."""
        return run(*arguments, cwd=self.home, env=self.env)

    def attest(self, *arguments: str | Path) -> Outcome:
        """`attest` with any exit status."""
        return self.run(sys.executable, "-m", "attest", *arguments)

    def push(self, folder: Path, reference: str, *options: str | Path) -> str:
        """Push and give the manifest's digest."""
        outcome = succeed(
            sys.executable, "-m", "attest", "push", folder, reference, "--key", self.key, "--quiet", *options,
            cwd=self.home, env=self.env,
        )  # fmt: skip
        return outcome.out.strip().rpartition("@")[2]

    def verify(self, what: str | Path, *options: str | Path) -> dict[str, Any]:
        """The verdict on a version, as JSON, whatever it is."""
        found: dict[str, Any] = self.attest("verify", what, "--key", self.public, "--json", *options).json
        return found

    def export(self, reference: str, name: str) -> dict[str, Path]:
        """Claim → file of every bundle of a version."""
        folder = self.home / name
        outcome = self.attest("evidence", "export", reference, folder)
        assert outcome.status == 0, outcome.err
        return {path.name.removesuffix(".sigstore.json"): path for path in folder.iterdir()}


def settle(home: Path) -> Person:
    """A person whose key has just been made."""
    home.mkdir(exist_ok=True)
    person = Person(home=home)
    outcome = person.attest("keygen", "--out", home / "K")
    assert outcome.status == 0, outcome.err
    return person
