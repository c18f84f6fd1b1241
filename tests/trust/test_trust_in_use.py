"""The pinned root where it is used: keyless verification that names none, and a keyless push that looks at its age."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from attest.trust import tuf_mirror
from tests.end_to_end.conftest import make_model
from tests.services.sigstore.instance import PERSON, _sigstore, other_sigstore, sigstore  # noqa: F401  # fixtures
from tests.services.sigstore.mirror import Mirror
from tests.trust.trust_scene import document

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services.sigstore.instance import Sigstore
    from tests.trust.trust_scene import Person

NAME = "demo/model:1"


@pytest.fixture
def mirror(sigstore: Sigstore, tmp_path: Path) -> Mirror:  # noqa: F811  # pytest's way
    made = Mirror.make(sigstore)
    (tmp_path / "root.json").write_bytes(made.root)
    return made


@pytest.fixture
def signed(person: Person, sigstore: Sigstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:  # noqa: F811
    """A version that an identity signed; the words that verify it, which name no root."""
    make_model(tmp_path / "model")
    monkeypatch.setenv("ATTEST_IDENTITY_TOKEN", sigstore.token(**PERSON))
    config = ("--trust-config", str(sigstore.trust_config()))
    person.types("push", "model", NAME, "--keyless", *config)
    return ("verify", NAME, "--identity", PERSON["email"], "--issuer", sigstore.url)


@pytest.fixture
def public(mirror: Mirror, monkeypatch: pytest.MonkeyPatch) -> Mirror:
    """The loopback mirror stands where Sigstore's public one is, which no test may ask."""
    monkeypatch.setattr(tuf_mirror, "PUBLIC_GOOD", mirror.url)
    monkeypatch.setattr(tuf_mirror, "embedded_root", lambda url: {mirror.url: mirror.root}[url])
    return mirror


def push(
    person: Person, instance: Sigstore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *words: str, expect: int = 0
) -> str:
    if not (tmp_path / "model").exists():
        make_model(tmp_path / "model")
    monkeypatch.setenv("ATTEST_IDENTITY_TOKEN", instance.token(**PERSON))
    return person.types("push", "model", NAME, "--keyless", "--yes", *words, expect=expect).err


def test_verification_believes_what_was_pinned(person: Person, mirror: Mirror, signed: tuple[str, ...]) -> None:
    complaint = person.types(*signed, expect=2).complaint
    assert complaint.code == "no-trusted-root"
    assert str(person.pinned) in complaint.details["found"]
    assert complaint.hint.startswith("attest trust fetch")
    person.types("trust", "fetch", "--mirror", mirror.url, "--root", "root.json")
    mirror.sigstore.fault("tuf", "down")  # nobody is asked any more
    assert "ALLOWED" in person.types(*signed).out


def test_what_is_typed_goes_before_what_is_pinned(
    person: Person,
    signed: tuple[str, ...],
    sigstore: Sigstore,  # noqa: F811
    other_sigstore: Sigstore,  # noqa: F811
) -> None:
    person.types("trust", "pin", str(other_sigstore.trusted_root))
    assert json.loads(person.types(*signed, "--json", expect=3).out)["verdict"] == "tampered"
    assert "ALLOWED" in person.types(*signed, "--trusted-root", str(sigstore.trusted_root)).out
    person.types("trust", "pin", str(sigstore.trusted_root), "--yes")
    assert "ALLOWED" in person.types(*signed).out
    person.types(*signed, "--trusted-root", str(other_sigstore.trusted_root), expect=3)


def test_a_damaged_pin_is_not_passed_over(person: Person, signed: tuple[str, ...], sigstore: Sigstore) -> None:  # noqa: F811
    person.types("trust", "pin", str(sigstore.trusted_root))
    person.pinned.write_bytes(b"{}")
    assert person.refused(*signed, expect=2) == "bad-trusted-root"


def test_a_lock_on_the_setting_leaves_no_room_for_a_pin(
    person: Person,
    signed: tuple[str, ...],
    sigstore: Sigstore,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person.types("trust", "pin", str(sigstore.trusted_root))
    system = tmp_path / "system.toml"
    system.write_text('locked = ["trusted_root"]\n')
    monkeypatch.setattr("attest.settings.Settings.load.__func__.__kwdefaults__", {"system_file": system})
    assert person.refused(*signed, expect=2) == "no-trusted-root"


# --- a keyless push at the public instance


def test_a_push_where_nothing_is_pinned_names_the_command(
    person: Person, public: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    printed = push(person, public.sigstore, monkeypatch, tmp_path)
    assert "--trusted-root FILE     (attest trust fetch pins one)" in printed


def test_a_push_where_its_mirror_is_pinned_names_no_file(
    person: Person, public: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    person.types("trust", "fetch")
    printed = push(person, public.sigstore, monkeypatch, tmp_path)
    (line,) = (line for line in printed.splitlines() if line.startswith("next: attest verify"))
    assert "--trusted-root" not in line
    assert "ALLOWED" in person.types(*line.split()[2:]).out
    assert "trusted-root-old" not in printed


def test_a_push_says_that_its_mirror_has_another_root_than_the_pinned_one(
    person: Person, public: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    person.types("trust", "fetch")
    old = json.loads(person.pinned.read_text())
    old["tlogs"].pop()
    note = person.home / "trusted_root.origin.json"
    person.pinned.write_text(json.dumps(old))
    digest = json.loads(person.types("trust", "show", "--json").out)["digest"]
    note.write_text(json.dumps({**person.note, "digest": digest}))
    printed = push(person, public.sigstore, monkeypatch, tmp_path)
    assert "warning[trusted-root-old]" in printed
    assert "1 change" in printed


def test_a_push_believes_nothing_that_is_pinned_here(
    person: Person, public: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What it signs is checked with the root of today of the mirror that is asked; the pinned one is for verifying."""
    (tmp_path / "other.json").write_bytes(document())
    person.types("trust", "pin", "other.json")
    assert "signed" in push(person, public.sigstore, monkeypatch, tmp_path, "--mirror", public.url)


@pytest.mark.parametrize(
    ("kind", "code"), [("down", "tuf-unreachable"), ("status", "tuf-failed"), ("endless", "tuf-answer")]
)
def test_a_push_stops_where_its_mirror_is_in_trouble(  # noqa: PLR0917  # pytest passes by name
    person: Person, public: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, code: str
) -> None:
    """Also where an earlier push left everything that is needed in the folder."""
    push(person, public.sigstore, monkeypatch, tmp_path)
    asked = public.sigstore.asked("fulcio")
    public.sigstore.fault("tuf", kind, **({"status": 500} if kind == "status" else {}))
    assert f"error[{code}]" in push(person, public.sigstore, monkeypatch, tmp_path, expect=4)
    assert public.sigstore.asked("fulcio") == asked


def test_a_push_remembers_what_its_mirror_served(
    person: Person, public: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """In the state, which `attest cache clear` and whoever empties caches leave alone; a fetch shares the memory."""
    old = (public.folder / "timestamp.json").read_bytes()
    public.publish(2)
    person.types("trust", "fetch")
    person.types("cache", "clear")
    (public.folder / "timestamp.json").write_bytes(old)
    assert "error[tuf-rolled-back]" in push(person, public.sigstore, monkeypatch, tmp_path, expect=4)


def test_a_push_reaches_nothing_offline(
    person: Person, public: Mirror, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATTEST_OFFLINE", "1")
    before = public.sigstore.asked("tuf")
    assert "error[offline]" in push(person, public.sigstore, monkeypatch, tmp_path, expect=4)
    assert public.sigstore.asked("tuf") == before
