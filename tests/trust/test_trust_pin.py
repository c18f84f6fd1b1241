"""`attest trust pin` and `attest trust show`, as they are typed."""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from attest.trust.pinned import OLD
from attest.trust.roots import MEDIA_TYPES
from tests.trust.trust_scene import OTHER, add_log, document

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.services.tuf_server import TufServer
    from tests.trust.trust_scene import Person


@pytest.fixture
def given(person: Person, tmp_path: Path) -> Callable[..., None]:
    """Somebody gave the person this root, who pins it."""

    def pins(root: bytes, *words: str) -> None:
        (tmp_path / "given.json").write_bytes(root)
        person.types("trust", "pin", "given.json", *words)

    return pins


def test_a_file_is_pinned_as_it_is(person: Person, given: Callable[..., None], tmp_path: Path) -> None:
    given(document())
    assert person.pinned.read_bytes() == document()
    assert person.note["file"] == str(tmp_path / "given.json")
    assert "mirror" not in person.note


def test_the_pinned_file_can_be_pinned_again(person: Person, given: Callable[..., None]) -> None:
    given(document())
    assert "confirmed" in person.types("trust", "pin", str(person.pinned)).err
    assert person.pinned.read_bytes() == document()


def test_a_change_is_shown_and_not_made_without_anybody_to_ask(
    person: Person, given: Callable[..., None], tmp_path: Path
) -> None:
    given(document())
    (tmp_path / "newer.json").write_bytes(document(add_log))
    printed = person.types("trust", "pin", "newer.json", expect=2)
    assert printed.complaint.code == "trust-not-confirmed"
    assert "added    transparency log" in printed.err
    assert person.pinned.read_bytes() == document()
    person.types("trust", "pin", "newer.json", "--yes")
    assert person.pinned.read_bytes() == document(add_log)


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b"\xff\xfe", ""),
        (document()[:-1], ""),
        (document() + b"{}", ""),
        (document().replace(b'"tlogs"', b'"tlogs": [], "tlogs"'), ""),
        (document(lambda made: made.update(more=1)), ""),
        (document(lambda made: made["ctlogs"][0]["publicKey"].pop("validFor")), ""),
        (json.dumps({"mediaType": MEDIA_TYPES[1]}).encode(), ""),
        (
            json.dumps({"signed": {"_type": "root"}, "signatures": []}).encode(),
            "attest trust fetch --mirror URL --root",
        ),
        (json.dumps({"trustedRoot": json.loads(document()), "signingConfig": {}}).encode(), "trustedRoot"),
    ],
)
def test_what_is_no_trusted_root_is_not_pinned(person: Person, tmp_path: Path, content: bytes, hint: str) -> None:
    (tmp_path / "given.json").write_bytes(content)
    complaint = person.types("trust", "pin", "given.json", "--yes", expect=2).complaint
    assert complaint.code == "bad-trusted-root"
    assert hint in complaint.hint
    assert not person.pinned.exists()


@pytest.mark.parametrize("name", ["nowhere.json", ".", "given.json/x"])
def test_a_file_that_cannot_be_read(person: Person, tmp_path: Path, name: str) -> None:
    (tmp_path / "given.json").write_bytes(document())
    assert person.refused("trust", "pin", name, expect=2) == "trusted-root-not-found"


def test_a_huge_file_is_not_read_whole(person: Person, tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(1 << 40)
    assert person.refused("trust", "pin", "huge.json", expect=2) == "bad-trusted-root"


def test_a_damaged_pin_is_not_taken_for_none(person: Person, given: Callable[..., None], tmp_path: Path) -> None:
    given(document())
    person.pinned.write_bytes(document()[:100])
    complaint = person.types("trust", "pin", "given.json", "--yes", expect=2).complaint
    assert complaint.code == "bad-trusted-root"
    assert str(person.pinned) in complaint.hint
    assert person.pinned.read_bytes() == document()[:100]


def test_a_link_that_leads_nowhere_is_not_taken_for_none(person: Person, tmp_path: Path) -> None:
    (tmp_path / "given.json").write_bytes(document())
    person.home.mkdir()
    person.pinned.symlink_to("nowhere")
    assert person.refused("trust", "pin", "given.json", "--yes", expect=2) == "trusted-root-not-found"
    assert person.pinned.is_symlink()


# --- show


def test_nothing_is_pinned(person: Person) -> None:
    complaint = person.types("trust", "show", expect=2).complaint
    assert complaint.code == "no-trusted-root"
    assert complaint.hint.startswith("attest trust fetch")


def test_a_root_is_shown_as_a_table(person: Person, given: Callable[..., None]) -> None:
    given(document(lambda made: made["ctlogs"][0]["publicKey"]["validFor"].update(end="2026-02-01T10:30:00Z")))
    printed = person.types("trust", "show")
    head, *rows = (line.split("\t") for line in printed.out.splitlines())
    assert head == ["KIND", "NAME", "FINGERPRINT", "FROM", "UNTIL", "IN FORCE"]
    assert [row[0] for row in rows].count("transparency log") == 2
    (ended,) = (row for row in rows if row[0] == "certificate log")
    assert ended[1] == "https://ct.acme.example"
    assert ended[2].startswith("sha256:")
    assert ended[3:] == ["2026-01-01", "2026-02-01", "ended"]
    assert {row[5] for row in rows if row is not ended} == {"yes"}
    assert "given.json; pinned 0 seconds ago" in printed.err or "pinned 1 second ago" in printed.err


def test_a_terminal_shows_every_column_aligned(
    person: Person, given: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "https://log.acme.example/" + "x" * 120
    given(document(lambda made: made["tlogs"][0].update(baseUrl=long)))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    head, *rows = person.types("trust", "show").out.splitlines()
    assert {row[head.index("IN FORCE") :] for row in rows} == {"yes"}
    assert any(long in row for row in rows)


def test_another_file_is_shown(person: Person, tmp_path: Path) -> None:
    (tmp_path / "theirs.json").write_bytes(document(instance=OTHER))
    shown = json.loads(person.types("trust", "show", "theirs.json", "--json").out)
    assert (shown["origin"], shown["verified"], shown["pinned"]) == (None, False, None)
    assert len(shown["items"]) == 5
    assert all(item["in_force"] for item in shown["items"])


def test_json_says_where_it_came_from(person: Person, tuf: TufServer) -> None:
    person.types("trust", "fetch", "--mirror", tuf.url, "--root", "root.json")
    shown = json.loads(person.types("trust", "show", "--json").out)
    assert (shown["origin"], shown["verified"], shown["old"]) == (tuf.url, True, False)
    assert shown["digest"].startswith("sha256:")


def test_a_root_that_nobody_confirmed_for_long_is_called_old(person: Person, tuf: TufServer) -> None:
    person.types("trust", "fetch", "--mirror", tuf.url, "--root", "root.json")
    assert "trusted-root-old" not in person.types("trust", "show").err
    long_ago = (datetime.now(UTC) - OLD - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (person.home / "trusted_root.origin.json").write_text(json.dumps({**person.note, "confirmed": long_ago}))
    printed = person.types("trust", "show")
    assert "warning[trusted-root-old]: nobody has confirmed this root for 91 days" in printed.err
    assert json.loads(person.types("trust", "show", "--json").out)["old"] is True
    person.types("trust", "fetch")
    assert "trusted-root-old" not in person.types("trust", "show").err


def test_a_file_of_unknown_origin_is_as_old_as_the_file(person: Person, tmp_path: Path) -> None:
    (tmp_path / "theirs.json").write_bytes(document())
    then = time.time() - OLD.total_seconds() - 86_400
    os.utime(tmp_path / "theirs.json", (then, then))
    printed = person.types("trust", "show", "theirs.json")
    assert "unknown place" in printed.err
    assert "warning[trusted-root-old]" in printed.err


def test_names_in_a_root_do_not_reach_the_terminal_as_they_are(person: Person, tmp_path: Path) -> None:
    root = document(lambda made: made["tlogs"][0].update(baseUrl="https://x\n\x1b[31mcertificate authority\tfine"))
    (tmp_path / "theirs.json").write_bytes(root)
    assert len(person.types("trust", "show", "theirs.json").out.splitlines()) == 6


@pytest.mark.parametrize(("content", "code"), [(b"{}", "bad-trusted-root"), (None, "trusted-root-not-found")])
def test_what_cannot_be_shown(person: Person, tmp_path: Path, content: bytes | None, code: str) -> None:
    if content is not None:
        (tmp_path / "theirs.json").write_bytes(content)
    assert person.refused("trust", "show", "theirs.json", expect=2) == code


def test_info_names_the_pinned_root(person: Person, given: Callable[..., None]) -> None:
    assert json.loads(person.types("info", "--json").out)["trusted root"] == "none     hint: attest trust fetch"
    given(document())
    assert "confirmed" in json.loads(person.types("info", "--json").out)["trusted root"]
    person.pinned.write_bytes(b"{}")
    assert "cannot be used" in json.loads(person.types("info", "--json").out)["trusted root"]
