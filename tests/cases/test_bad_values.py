"""Whatever stands in a file of cases, it is run or refused with a code; nothing gives a stack trace."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from attest.cases.running import run_file
from attest.errors import AttestError
from attest.policy import shipped
from attest.strict_yaml import load_file
from tests.policy.whole import changed, nodes

if TYPE_CHECKING:
    from pathlib import Path

VALUES: tuple[Any, ...] = (7, "zzz", [], {"x": 1}, ...)
NAME = "production"


def document() -> dict[str, Any]:
    """The cases of a profile, cut to two, with everything besides that a case can hold."""
    value: dict[str, Any] = load_file(shipped.path_of(NAME).with_suffix(".cases.yaml"), prefix="policy").value
    given = value["given"] | {
        "proven": "2026-05-01T00:00:00Z",
        "promoted": "2026-05-02T00:00:00Z",
        "model": "acme/model",
        "built": {"builder": "https://b.example", "commit": "clean", "finished": "2026-04-01T00:00:00Z"},
        "aliases": {"production": "base"},
        "revocations": {
            "by": "publisher",
            "sequence": 1,
            "issued": "2026-05-01T00:00:00Z",
            "expires": "2026-07-01T00:00:00Z",
            "revoked": ["version"],
        },
    }
    own = {
        "name": "own",
        "expect": "allowed",
        "claims": {
            "signature": {
                "by": "publisher",
                "files": {"x.bin": {"kind": "binary", "content": "x", "code": True}},
                "about": "version",
                "spoilt": True,
            },
            "approval": {"type": "approval", "by": ["approver"], "reviews": ["signature"], "says": {"decision": "x"}},
        },
    }
    return value | {"given": given, "cases": [value["cases"][0], own]}


DOCUMENT = document()
PLACES = [path for path, _ in nodes(DOCUMENT) if path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cases")
    policy = shipped.path_of(NAME).read_text() + "revocations: {by: [publisher], file: feed.json}\n"
    (path / "policy.yaml").write_text(policy)
    return path


def test_the_document_itself_is_run(folder: Path) -> None:
    path = folder / "policy.cases.yaml"
    path.write_text(json.dumps(DOCUMENT))
    assert len(run_file(path)[1]) == 2


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_any_value_at_any_place_is_run_or_refused(folder: Path, place: tuple[str | int, ...]) -> None:
    path = folder / "policy.cases.yaml"
    for value in VALUES:
        path.write_text(json.dumps(changed(DOCUMENT, place, value)))
        with contextlib.suppress(AttestError):
            run_file(path)
