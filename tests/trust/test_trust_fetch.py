"""`attest trust fetch`, as it is typed, against a TUF repository on loopback."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from securesystemslib.signer._crypto_signer import CryptoSigner

from attest.cli import render
from attest.trust import tuf_mirror
from attest.trust.roots import MEDIA_TYPES
from attest.trust.tuf_mirror import TRUSTED_ROOT
from tests.trust.trust_scene import OTHER, add_log, document

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.tuf_server import TufServer
    from tests.trust.trust_scene import Person

END = "2026-09-01T00:00:00Z"


def named(tuf: TufServer) -> tuple[str, ...]:
    return ("trust", "fetch", "--mirror", tuf.url, "--root", "root.json")


@pytest.fixture
def pinned(person: Person, tuf: TufServer) -> bytes:
    """What the person has pinned."""
    person.types(*named(tuf))
    return person.pinned.read_bytes()


def publish(tuf: TufServer, root: bytes) -> bytes:
    tuf.repository.publish({TRUSTED_ROOT: root})
    return root


def at_terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(render, "on_terminal", lambda: True)
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))


# --- what works


def test_the_first_fetch_shows_what_it_pins(person: Person, tuf: TufServer) -> None:
    printed = person.types(*named(tuf))
    assert printed.out == f"{person.pinned}\n"
    assert person.pinned.read_bytes() == document()
    assert f"from     {tuf.url}, verified by TUF" in printed.err
    assert printed.err.count("added ") == 5
    assert "https://fulcio.acme.example" in printed.err
    assert person.note["mirror"] == tuf.url


def test_a_second_fetch_without_options_asks_the_same_mirror(person: Person, tuf: TufServer, pinned: bytes) -> None:
    before = len(tuf.asked)
    printed = person.types("trust", "fetch")
    assert tuf.asked[before:] == ["/2.root.json", "/timestamp.json"]
    assert "confirmed" in printed.err
    assert "nothing that is believed has changed" in printed.err
    assert person.pinned.read_bytes() == pinned


def test_a_confirmation_keeps_when_it_was_pinned(person: Person, tuf: TufServer, pinned: bytes) -> None:
    note = person.home / "trusted_root.origin.json"
    old = {**person.note, "pinned": "2026-02-01T00:00:00Z", "confirmed": "2026-02-02T00:00:00Z"}
    note.write_text(json.dumps(old))
    person.types("trust", "fetch")
    assert person.note["pinned"] == old["pinned"]
    assert person.note["confirmed"] > old["confirmed"]


def test_only_other_bytes_are_taken_without_a_question(person: Person, tuf: TufServer, pinned: bytes) -> None:
    rewritten = publish(tuf, json.dumps(json.loads(pinned), indent=2).encode())
    assert "rewritten" in person.types("trust", "fetch").err
    assert person.pinned.read_bytes() == rewritten


def test_changes_are_shown_by_what_became_of_them(person: Person, tuf: TufServer, pinned: bytes) -> None:
    def change(made: dict[str, Any]) -> None:
        add_log(made)
        made["certificateAuthorities"][0]["validFor"]["end"] = END
        made["timestampAuthorities"] = []
        made["ctlogs"][0]["baseUrl"] = "https://moved.example"

    publish(tuf, document(change))
    lines = person.types("trust", "fetch", "--yes").err.splitlines()
    said = {line.split()[0]: line for line in lines if "sha256:" in line}
    assert said.keys() == {"added", "ended", "removed", "changed", "pinned"}
    assert "transparency log" in said["added"]
    assert "certificate authority" in said["ended"]
    assert "was 2026-01-01T00:00:00Z to no end" in said["ended"]
    assert "timestamp authority" in said["removed"]
    assert "was https://ct.acme.example" in said["changed"]


def test_a_root_whose_keys_were_rotated_is_followed(person: Person, tuf: TufServer, pinned: bytes) -> None:
    old = tuf.repository.signers["root"]
    tuf.repository.signers = {role: CryptoSigner.generate_ecdsa() for role in tuf.repository.signers}
    tuf.repository.publish_root(also=old)
    new = publish(tuf, document(add_log))
    person.types("trust", "fetch", "--yes")
    assert person.pinned.read_bytes() == new


def test_json_says_what_has_changed(person: Person, tuf: TufServer, pinned: bytes) -> None:
    publish(tuf, document(add_log))
    said = json.loads(person.types("trust", "fetch", "--yes", "--json").out)
    assert said["schema"] == "attest/trust-change/v1"
    assert [(each["change"], each["kind"]) for each in said["changes"]] == [("added", "transparency log")]
    assert said["before"] != said["digest"]
    assert said["verified"] is True


def test_it_can_be_written_elsewhere(person: Person, tuf: TufServer, tmp_path: Path) -> None:
    printed = person.types(*named(tuf), "--out", "team/root-of-trust.json")
    assert printed.out == "team/root-of-trust.json\n"
    assert (tmp_path / "team/root-of-trust.json").read_bytes() == document()
    assert not person.pinned.exists()


def test_what_the_settings_name_is_what_is_refreshed(
    person: Person, tuf: TufServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTEST_TRUSTED_ROOT", str(tmp_path / "ours.json"))
    person.types(*named(tuf))
    assert (tmp_path / "ours.json").read_bytes() == document()
    assert "not yet" not in person.types("trust", "show").out


# --- agreeing


def test_a_change_without_anybody_to_ask_is_not_made(person: Person, tuf: TufServer, pinned: bytes) -> None:
    publish(tuf, document(add_log))
    complaint = person.types("trust", "fetch", expect=2).complaint
    assert complaint.code == "trust-not-confirmed"
    assert complaint.details["found"].startswith("added transparency log https://")
    assert "--yes" in complaint.hint
    assert person.pinned.read_bytes() == pinned


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_a_change_that_is_declined_is_not_made(
    person: Person, tuf: TufServer, pinned: bytes, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    publish(tuf, document(add_log))
    at_terminal(monkeypatch, answer)
    assert "error[declined]: the pinned root stays as it was" in person.types("trust", "fetch", expect=130).err
    assert person.pinned.read_bytes() == pinned


def test_a_change_that_is_agreed_to_is_made(
    person: Person, tuf: TufServer, pinned: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = publish(tuf, document(add_log))
    at_terminal(monkeypatch, "y\n")
    assert "1 change. Believe this from now on? [y/N]" in person.types("trust", "fetch").err
    assert person.pinned.read_bytes() == new


# --- what is refused before a mirror is asked


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--staging", "--mirror", "https://tuf.acme.test"), "usage"),
        (("--root", "root.json"), "usage"),
        (("--mirror", "https://tuf.acme.test"), "tuf-root-missing"),
        (("--mirror", "https://tuf.acme.test", "--root", "nowhere.json"), "tuf-root-missing"),
        (("--mirror", "https://tuf.acme.test", "--root", "."), "tuf-root-missing"),
        (("--mirror", "http://tuf.acme.test", "--root", "root.json"), "service-without-tls"),
        (("--mirror", "tuf.acme.test", "--root", "root.json"), "bad-service-address"),
        (("--mirror", "https://me@tuf.acme.test", "--root", "root.json"), "bad-service-address"),
        (("--mirror", "", "--root", "root.json"), "bad-service-address"),
    ],
)
def test_what_cannot_be_asked(person: Person, tuf: TufServer, words: tuple[str, ...], code: str) -> None:
    assert person.refused("trust", "fetch", *words, expect=2) == code
    assert not person.pinned.exists()
    assert not tuf.asked


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", document(), b'{"signed": {}, "signatures": []}'])
def test_a_root_that_is_none(person: Person, tuf: TufServer, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "root.json").write_bytes(content)
    complaint = person.types(*named(tuf), expect=2).complaint
    assert complaint.code == "bad-tuf-root"
    assert "attest trust pin FILE" in complaint.hint
    assert not tuf.asked


@pytest.mark.parametrize(("words", "host"), [((), "tuf-repo-cdn.sigstore.dev"), (("--staging",), "sigstage.dev")])
def test_nothing_is_asked_offline(
    person: Person, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], host: str
) -> None:
    monkeypatch.setenv("ATTEST_OFFLINE", "1")
    complaint = person.types("trust", "fetch", *words, expect=4).complaint
    assert complaint.code == "offline"
    assert host in complaint.message
    assert not person.pinned.exists()


def test_a_private_mirror_is_not_asked_offline(
    person: Person, tuf: TufServer, pinned: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTEST_OFFLINE", "1")
    before = len(tuf.asked)
    assert person.refused("trust", "fetch", expect=4) == "offline"
    assert len(tuf.asked) == before
    assert person.pinned.read_bytes() == pinned


def test_a_root_that_came_from_a_file_is_not_replaced_by_the_public_one(person: Person, tmp_path: Path) -> None:
    (tmp_path / "given.json").write_bytes(document())
    person.types("trust", "pin", "given.json")
    complaint = person.types("trust", "fetch", "--yes", expect=2).complaint
    assert complaint.code == "tuf-mirror-missing"
    assert complaint.details["found"] == f"it came from {tmp_path / 'given.json'}"


def test_a_root_that_was_changed_by_hand_is_of_unknown_origin(person: Person, tuf: TufServer, pinned: bytes) -> None:
    person.pinned.write_bytes(pinned + b"\n")
    before = len(tuf.asked)
    assert person.refused("trust", "fetch", "--yes", expect=2) == "tuf-mirror-missing"
    assert len(tuf.asked) == before


@pytest.mark.parametrize("content", [b"", b"{}", b"my notes"])
def test_a_file_that_is_no_root_is_not_replaced(person: Person, tuf: TufServer, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mine.json").write_bytes(content)
    assert person.refused(*named(tuf), "--yes", "--out", "mine.json", expect=2) == "bad-trusted-root"
    assert (tmp_path / "mine.json").read_bytes() == content


@pytest.mark.parametrize("spoil", ["{", "[]", '{"schema": 1}', '{"schema": "attest/trusted-root-origin/v1"}'])
def test_a_note_that_cannot_be_read_is_no_note(person: Person, tuf: TufServer, pinned: bytes, spoil: str) -> None:
    (person.home / "trusted_root.origin.json").write_text(spoil)
    assert person.refused("trust", "fetch", expect=2) == "tuf-mirror-missing"
    assert "unknown place" in person.types("trust", "show").err


# --- what a mirror may sign and is not taken all the same


@pytest.mark.parametrize(
    "served",
    [
        b"{}",
        b"\x00",
        document(lambda made: made.update(mediaType="application/vnd.dev.sigstore.trustedroot+json;version=9")),
        document(lambda made: made["tlogs"][0]["publicKey"]["validFor"].pop("start")),
        json.dumps({"mediaType": MEDIA_TYPES[0]}).encode(),
    ],
    ids=["an empty object", "no JSON", "another version", "a log since ever", "nothing to believe"],
)
def test_a_signed_file_that_is_no_trusted_root(person: Person, tuf: TufServer, pinned: bytes, served: bytes) -> None:
    publish(tuf, served)
    complaint = person.types("trust", "fetch", "--yes", expect=2).complaint
    assert complaint.code == "bad-trusted-root"
    assert tuf.url in complaint.message
    assert person.pinned.read_bytes() == pinned


def test_what_cannot_be_verified_with_is_said(person: Person, tuf: TufServer) -> None:
    publish(tuf, document(lambda made: made["tlogs"][0]["publicKey"].update(keyDetails="ML_DSA_65")))
    printed = person.types(*named(tuf))
    assert "warning[trust-unsupported]" in printed.err
    assert "ML_DSA_65" in printed.err
    assert printed.err.count("added ") == 4


def test_a_root_of_the_past_is_said_to_be_one(person: Person, tuf: TufServer) -> None:
    def end(made: dict[str, Any]) -> None:
        for each in (*made["certificateAuthorities"], *made["timestampAuthorities"]):
            each["validFor"]["end"] = "2026-01-02T00:00:00Z"
        for each in (*made["tlogs"], *made["ctlogs"]):
            each["publicKey"]["validFor"]["end"] = "2026-01-02T00:00:00Z"

    publish(tuf, document(end))
    assert "warning[trust-ended]" in person.types(*named(tuf)).err


def test_a_name_in_a_root_writes_no_lines_of_its_own(person: Person, tuf: TufServer) -> None:
    publish(tuf, document(lambda made: made["tlogs"][0].update(baseUrl="https://x\nwarning[none]: all is well\x1b[2J")))
    printed = person.types(*named(tuf))
    assert "\nwarning[none]" not in printed.all


def test_a_place_that_cannot_be_written_to(person: Person, tuf: TufServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert person.refused(*named(tuf), "--out", "file/root.json", expect=2) == "system-error"


def test_a_state_that_cannot_be_kept_is_no_fault_of_the_mirror(
    person: Person, tuf: TufServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ATTEST_STATE", str(tmp_path / "file"))
    assert person.refused(*named(tuf), expect=4) == "cannot-write"
    assert not tuf.asked


def test_another_instance_is_a_change_of_everything(person: Person, tuf: TufServer, pinned: bytes) -> None:
    publish(tuf, document(instance=OTHER))
    complaint = person.types("trust", "fetch", expect=2).complaint
    assert complaint.code == "trust-not-confirmed"
    assert "10 changes" in complaint.message


def test_the_public_instances_are_known_without_a_root() -> None:
    for url in (tuf_mirror.PUBLIC_GOOD, tuf_mirror.STAGING):
        assert json.loads(tuf_mirror.embedded_root(url))["signed"]["_type"] == "root"
