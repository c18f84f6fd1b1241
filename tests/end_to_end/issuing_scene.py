"""Three generations of models to spoil, and `attest revocations` over a feed in a file beside them."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from attest.claims import revocations
from attest.claims.statement import Statement
from attest.cli.main import main
from attest.signing.bundle import Bundle
from tests.end_to_end.lineage_scene import Scene, make_scene

SECURITY = ("--key", "security.key")
FEED = "feed.json"


@pytest.fixture(scope="module", name="made")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("made")
        patch.setenv("ATTEST_HOME", str(folder / "home"))
        patch.chdir(folder)
        return make_scene(folder)


@pytest.fixture(name="scene")
def own_copy(made: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A copy to spoil."""
    shutil.copytree(made.folder, tmp_path / "own", symlinks=True)
    monkeypatch.setenv("ATTEST_HOME", str(tmp_path / "own/home"))
    for name in ("ATTEST_STATE", "ATTEST_POLICY", "ATTEST_PUBLIC_KEY", "ATTEST_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path / "own")
    return Scene(folder=tmp_path / "own", digests=dict(made.digests))


@dataclass(frozen=True)
class Said:
    status: int
    out: str
    err: str

    @property
    def code(self) -> str:
        codes = re.findall(r"^error\[([a-z-]+)\]", self.err, re.MULTILINE)
        return codes[0] if codes else ""

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


@pytest.fixture(name="run")
def verb(scene: Scene, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str, signed: bool = True) -> Said:
        capsys.readouterr()
        verb, *_ = words
        key = SECURITY if signed and verb != "show" and "--key" not in words else ()
        status = main(["revocations", *words, *key])
        printed = capsys.readouterr()
        return Said(status, printed.out, printed.err)

    return run


def said() -> revocations.Revocations:
    return revocations.parse(words())


def words() -> Statement:
    return Statement.parse(Bundle.parse(Path(FEED).read_bytes()).payload)
