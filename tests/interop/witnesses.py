"""Which program verified whose claim, for the table at the end of `make interop`.

A test that shows it says so with a mark, and pytest's hooks here gather the marks of the tests that passed:

    @pytest.mark.witness("cosign reads attest", how="keyless", claims=("provenance",))
    @pytest.mark.witness("cosign refuses attest", …)

Without `claims` it is the test's parameter `claim`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from importlib.metadata import version as distribution_version
from typing import TYPE_CHECKING, Any

from tests.interop.tools import PLACE, ROOT

if TYPE_CHECKING:
    from collections.abc import Generator

    import pytest

_HEADS = ("verified by", "signed by", "how", "accepted", "refused", "claims")
_WORDS = {"ml-bom": "ML-BOM", "model-signature": "model signature", "cosign-signature": "cosign signature"}
_MODULES = {
    "cosign": "github.com/sigstore/cosign/v3",
    "oras": "oras.land/oras",
    "olareg": "github.com/olareg/olareg",
    "fulcio": "github.com/sigstore/fulcio",
    "tesseract": "github.com/transparency-dev/tesseract",
    "rekor-server": "github.com/sigstore/rekor-tiles/v2",
    "timestamp-server": "github.com/sigstore/timestamp-authority/v2",
}
_BEHIND = {
    "go_sigstore": ("fulcio", "tesseract", "rekor-server", "timestamp-server"),
    "olareg": ("olareg",),
    "docker_registry": ("docker-registry",),
    "sigstore": ("@sigstore/mock",),
}
"""Fixture → the programs that it runs."""

Row = tuple[str, str, str, str]
"""Who verified, who signed, how, and which claim."""


@dataclass(kw_only=True)
class Shown:
    """What the tests that passed have shown.

    Args:
        rows: with `reads` or `refuses` in front, once for each test.
        fixtures: that they used.
    """

    rows: list[tuple[str, Row]] = field(default_factory=list)
    fixtures: set[str] = field(default_factory=set)

    def add(self, item: pytest.Item) -> None:
        self.rows += rows_of(item)
        self.fixtures.update(getattr(item, "fixturenames", ()))


def configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "witness(who_reads_whom, how, claims): what the test shows, for the summary")


def rows_of(item: pytest.Item) -> list[tuple[str, Row]]:
    """What a test would show, as (`reads` or `refuses`, row)."""
    found = []
    for mark in item.iter_markers("witness"):
        reader, verb, signer = mark.args[0].split(" ")
        assert verb in ("reads", "refuses"), mark.args
        parameters: dict[str, Any] = getattr(getattr(item, "callspec", None), "params", {})
        claims = mark.kwargs.get("claims") or (parameters["claim"],)
        found += [(verb, (reader, signer, mark.kwargs["how"], _WORDS.get(claim, claim))) for claim in claims]
    return found


def lines(shown: Shown) -> Generator[str]:
    """The table: claims that fared alike share a line."""
    versions = _versions()
    counted = Counter(shown.rows)
    alike: dict[tuple[str, ...], list[str]] = {}
    for row in sorted({row for _, row in counted}):
        numbers = [str(counted[verb, row] or "-") for verb in ("reads", "refuses")]
        reader, signer, how, claim = row
        alike.setdefault((_named(reader, versions), _named(signer, versions), how, *numbers), []).append(claim)
    table = [_HEADS, *((*row, ", ".join(claims)) for row, claims in alike.items())]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
    ran = [_named(name, versions) for fixture, names in _BEHIND.items() if fixture in shown.fixtures for name in names]
    yield f"numbers are tests; services behind them: {', '.join(ran) or 'none'}"
    for reason in sorted((PLACE / "missing").glob("*")):
        yield f"missing: {reason.name}: {reason.read_text().strip()}"


def _named(name: str, versions: dict[str, str]) -> str:
    return f"{name} {versions[name]}" if name in versions else name


def _versions() -> dict[str, str]:
    pins = (ROOT / "tests" / "interop" / "go" / "go.mod").read_text()
    found = {
        name: match[1]
        for name, module in _MODULES.items()
        if (match := re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", pins, re.MULTILINE))
    }
    found["sigstore-python"] = distribution_version("sigstore")
    modules = PLACE / "node" / "node_modules" / "@sigstore" / "verify" / "package.json"
    if modules.is_file():
        found["@sigstore/verify"] = json.loads(modules.read_bytes())["version"]
    pinned = re.search(r"^model-signing==(\S+)", (ROOT / "requirements" / "interop.txt").read_text(), re.MULTILINE)
    if pinned:
        found["model_signing"] = pinned[1]
    said = subprocess.run([sys.executable, "-m", "attest", "--version"], capture_output=True, text=True, check=False)
    found["attest"] = said.stdout.strip().rpartition(" ")[2]
    return found
