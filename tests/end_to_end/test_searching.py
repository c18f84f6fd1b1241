"""`attest search` as it is typed: it answers from the catalogue and says so."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from tests.end_to_end.in_process import Inside

if TYPE_CHECKING:
    from pathlib import Path


def test_an_edited_catalogue_is_believed_by_nobody(tmp_path: Path) -> None:
    """docs/threats.md row 67: what search finds is the index's word, and every other verb goes by the log."""
    person = Inside(folder=tmp_path, environment={"ATTEST_KEY": "alice/attest.key"})
    person.attest("keygen", "--out", "alice")
    for number in (1, 2):
        (tmp_path / f"model{number}").mkdir()
        (tmp_path / f"model{number}" / "config.json").write_text(json.dumps({"number": number}))
        person.attest("push", f"model{number}", "m", "-q")
    person.attest("promote", "m:2", "--to", "production")
    [path] = tmp_path.rglob("catalogue.db")
    with sqlite3.connect(path) as database:
        changed = database.execute(
            "UPDATE holdings SET version_id = (SELECT id FROM versions WHERE number = 1) WHERE alias = 'production'"
        )
        assert changed.rowcount == 1
    database.close()

    found = person.attest("search", "alias = 'production'")
    assert "\nm:1\tproduction\t" in found.out
    assert "as the catalogue says, which is an index and proves nothing" in found.err
    assert json.loads(person.attest("search", "alias = 'production'", "--json").out)["verified"] is False
    assert person.attest("resolve", "m@production").out.startswith("m:2@")
    assert person.attest("catalogue", "check", expect=1).complaint.code == "catalogue-differs"
    person.attest("catalogue", "rebuild")
    assert person.attest("search", "alias = 'production'", "-q").out.startswith("m:2@")
