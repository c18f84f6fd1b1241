"""Signing with an identity at a Sigstore that its TUF mirror describes: typed, or remembered from the pinned root.

Where a root is pinned, a forgotten flag never leads into the public instance's log.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from attest.signing.trust_config import SigningTrust
from attest.trust import tuf_mirror
from tests.end_to_end.conftest import make_model
from tests.services.sigstore.instance import PERSON, _sigstore, other_sigstore, sigstore  # noqa: F401  # fixtures
from tests.services.sigstore.mirror import Mirror

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.shell import Printed
    from tests.services.sigstore.instance import Sigstore
    from tests.trust.trust_scene import Person

NAME = "demo/model:1"
SERVICES = "signing_config.v0.2.json"


@pytest.fixture
def mirror(sigstore: Sigstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mirror:  # noqa: F811  # pytest's way
    """A company's mirror; its root.json, a model, and an identity lie ready."""
    make_model(tmp_path / "model")
    monkeypatch.setenv("ATTEST_IDENTITY_TOKEN", sigstore.token(**PERSON))
    monkeypatch.delenv("ATTEST_KEY", raising=False)
    return published(sigstore, tmp_path)


def published(instance: Sigstore, folder: Path, **said: Any) -> Mirror:
    """A mirror of the instance with keys of its own, in place of the one before."""
    made = Mirror.make(instance, **said)
    (folder / "root.json").write_bytes(made.root)
    return made


@pytest.fixture
def public(other_sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch) -> Sigstore:  # noqa: F811
    """A second instance that stands where Sigstore's public one is: nobody is to come."""
    other_sigstore.heal()
    made = Mirror.make(other_sigstore)
    monkeypatch.setattr(tuf_mirror, "PUBLIC_GOOD", made.url)
    monkeypatch.setattr(tuf_mirror, "embedded_root", lambda url: {made.url: made.root}[url])
    return other_sigstore


def fetched(person: Person, mirror: Mirror) -> None:
    person.types("trust", "fetch", "--mirror", mirror.url, "--root", "root.json")


def push(person: Person, *words: str, expect: int = 0) -> Printed:
    return person.types("push", "model", NAME, "--keyless", *words, expect=expect)


def refused(person: Person, mirror: Mirror, *words: str, expect: int) -> str:
    """The code; nobody gave a certificate, and nothing was kept."""
    code = push(person, *words, expect=expect).complaint.code
    assert mirror.sigstore.asked("fulcio") == 0
    assert person.types("ls", "-q").out == ""
    return code


def whom(mirror: Mirror) -> tuple[str, ...]:
    return ("--identity", PERSON["email"], "--issuer", mirror.sigstore.url)


# --- a mirror that is typed


def test_a_push_at_a_mirror_is_verified_with_the_root_that_it_serves(person: Person, mirror: Mirror) -> None:
    printed = push(person, "--mirror", mirror.url, "--root", "root.json").err
    assert f"(attest trust fetch --mirror {mirror.url} --root root.json pins one)" in printed
    assert "public log" not in printed
    fetched(person, mirror)
    assert "ALLOWED" in person.types("verify", NAME, *whom(mirror)).out


def test_a_slash_behind_the_address_changes_nothing(person: Person, mirror: Mirror) -> None:
    fetched(person, mirror)
    assert "--trusted-root" not in push(person, "--mirror", f"{mirror.url}/", "--root", "root.json").err


def test_a_bundle_beside_the_model_is_signed_at_a_mirror(person: Person, mirror: Mirror) -> None:
    person.types(*("sign", "model", "--bundle", "m.sig", "--keyless"), "--mirror", mirror.url, "--root", "root.json")
    fetched(person, mirror)
    assert "ALLOWED" in person.types("verify", "./model", "--bundle", "m.sig", *whom(mirror)).out


@pytest.mark.parametrize(
    "words",
    [
        ("--keyless", "--mirror", "URL", "--staging"),
        ("--keyless", "--mirror", "URL", "--trust-config", "config.json"),
        ("--keyless", "--root", "root.json", "--trust-config", "config.json"),
        ("--keyless", "--staging", "--trust-config", "config.json"),
        ("--keyless", "--root", "root.json"),
        ("--key", "a.key", "--mirror", "URL"),
        ("--key", "a.key", "--mirror", ""),
        ("--key", "a.key", "--root", "root.json"),
        ("--mirror", "URL", "--root", "root.json"),
    ],
)
@pytest.mark.parametrize("verb", [("push", "model", NAME), ("sign", "model", "--bundle", "m.sig")])
def test_words_that_exclude_each_other(
    person: Person, mirror: Mirror, verb: tuple[str, ...], words: tuple[str, ...]
) -> None:
    said = [mirror.url if word == "URL" else word for word in words]
    assert person.refused(*verb, *said, expect=2) == "usage"
    assert mirror.sigstore.asked("tuf") == 0


@pytest.mark.parametrize("words", [("--mirror", "URL"), ("--staging",), ("--trust-config", "x"), ("--root", "x")])
def test_words_that_do_not_go_with_a_certificate(person: Person, words: tuple[str, ...]) -> None:
    """Nor are they passed over in silence."""
    line = ("sign", "model", "--bundle", "m.sig", "--key", "a.key", "--certificate", "a.pem")
    assert person.refused(*line, *words, expect=2) == "usage"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--mirror", "URL"), "tuf-root-missing"),
        (("--mirror", "URL", "--root", "nowhere.json"), "tuf-root-missing"),
        (("--mirror", "URL", "--root", "model/config.json"), "bad-tuf-root"),
        (("--mirror", "", "--root", "root.json"), "bad-service-address"),
        (("--mirror", "tuf.acme.test", "--root", "root.json"), "bad-service-address"),
        (("--mirror", "http://tuf.acme.test", "--root", "root.json"), "service-without-tls"),
    ],
)
def test_a_mirror_that_cannot_be_asked(person: Person, mirror: Mirror, words: tuple[str, ...], code: str) -> None:
    said = [mirror.url if word == "URL" else word for word in words]
    assert refused(person, mirror, *said, expect=2) == code
    assert mirror.sigstore.asked("tuf") == 0


def test_the_wrong_root(person: Person, mirror: Mirror, tmp_path: Path) -> None:
    """The same address and content under other keys."""
    (tmp_path / "old.json").write_bytes(mirror.root)
    published(mirror.sigstore, tmp_path)
    assert refused(person, mirror, "--mirror", mirror.url, "--root", "old.json", expect=4) == "tuf-not-trusted"


@pytest.mark.parametrize(
    ("kind", "more", "code"),
    [
        ("down", {}, "tuf-unreachable"),
        ("status", {"status": 503}, "tuf-failed"),
        ("status", {"status": 401}, "tuf-refused"),
        ("endless", {}, "tuf-answer"),
    ],
)
@pytest.mark.parametrize("remembered", [True, False])
def test_a_mirror_in_trouble(  # noqa: PLR0917  # pytest passes by name
    person: Person, mirror: Mirror, public: Sigstore, kind: str, more: dict[str, int], code: str, remembered: bool
) -> None:
    """Nothing that was kept stands in for it, nor does the public instance."""
    fetched(person, mirror)
    mirror.sigstore.fault("tuf", kind, **more)
    words = () if remembered else ("--mirror", mirror.url, "--root", "root.json")
    assert refused(person, mirror, *words, expect=4) == code
    assert public.asked("tuf") == 0


def test_a_mirror_of_another_instance(person: Person, mirror: Mirror, other_sigstore: Sigstore, tmp_path: Path) -> None:  # noqa: F811
    """It is whole, and does not know who gave out this identity."""
    other = published(other_sigstore, tmp_path)
    assert refused(person, mirror, "--mirror", other.url, "--root", "root.json", expect=4) == "fulcio-refused"


def test_a_mirror_that_sends_us_to_another_instance_s_services(
    person: Person,
    mirror: Mirror,
    other_sigstore: Sigstore,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ATTEST_IDENTITY_TOKEN", other_sigstore.token(**PERSON))
    theirs = (other_sigstore.folder / "signing_config.v2.json").read_bytes()
    mixed = published(mirror.sigstore, tmp_path, instead={SERVICES: theirs})
    assert refused(person, mirror, "--mirror", mixed.url, "--root", "root.json", expect=4) == "fulcio-not-trusted"


def test_a_mirror_that_says_whom_to_believe_and_not_who_signs(person: Person, mirror: Mirror, tmp_path: Path) -> None:
    bare = published(mirror.sigstore, tmp_path, left_out=SERVICES)
    complaint = push(person, "--mirror", bare.url, "--root", "root.json", expect=4).complaint
    assert complaint.code == "tuf-target-missing"
    assert SERVICES in complaint.message
    assert "client trust configuration" in complaint.hint
    fetched(person, bare)  # for verification it is enough


@pytest.mark.parametrize(
    ("name", "raw", "code"),
    [
        (SERVICES, b"no json", "bad-trust-config"),
        (SERVICES, b'{"caUrls": [], "caUrls": []}', "bad-trust-config"),
        (SERVICES, b"{}", "bad-trust-config"),
        ("trusted_root.json", b"no json", "bad-trust-config"),
        ("trusted_root.json", b'{"mediaType": "other"}', "bad-trust-config"),
    ],
)
def test_a_mirror_that_signed_something_else(  # noqa: PLR0917  # pytest passes by name
    person: Person, mirror: Mirror, tmp_path: Path, name: str, raw: bytes, code: str
) -> None:
    published(mirror.sigstore, tmp_path, instead={name: raw})
    assert refused(person, mirror, "--mirror", mirror.url, "--root", "root.json", expect=2) == code


# --- nothing is typed


def test_the_mirror_of_the_pinned_root_is_taken(person: Person, mirror: Mirror, public: Sigstore) -> None:
    fetched(person, mirror)
    printed = push(person).err
    assert f"at       {mirror.url}, where the pinned root came from" in printed
    assert "public log" not in printed
    (line,) = (line for line in printed.splitlines() if line.startswith("next: attest verify"))
    assert "ALLOWED" in person.types(*line.split()[2:]).out
    assert public.asked("tuf") == public.asked("fulcio") == 0


@pytest.mark.parametrize("option", ["-q", "--json"])
def test_whoever_wants_no_words_gets_none_about_the_mirror(person: Person, mirror: Mirror, option: str) -> None:
    fetched(person, mirror)
    assert mirror.url not in push(person, option).err


def test_what_is_typed_goes_before_what_is_pinned(
    person: Person, mirror: Mirror, public: Sigstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched(person, mirror)
    monkeypatch.setenv("ATTEST_IDENTITY_TOKEN", public.token(**PERSON))
    printed = push(person, "--mirror", tuf_mirror.PUBLIC_GOOD).err
    assert "warning[public-log]" in printed
    assert (public.asked("fulcio"), mirror.sigstore.asked("fulcio")) == (1, 0)


def test_where_nothing_is_pinned_the_public_instance_signs(
    person: Person, mirror: Mirror, public: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTEST_IDENTITY_TOKEN", public.token(**PERSON))
    assert "warning[public-log]" in push(person).err
    assert public.asked("fulcio") == 1


def test_a_root_that_was_pinned_from_a_file_names_no_instance(person: Person, mirror: Mirror, public: Sigstore) -> None:
    person.types("trust", "pin", str(mirror.sigstore.trusted_root))
    complaint = push(person, expect=2).complaint
    assert complaint.code == "tuf-mirror-missing"
    assert "attest push --keyless --mirror https://tuf-repo-cdn.sigstore.dev" in complaint.hint
    assert complaint.details["expected"].endswith("or --trust-config FILE")
    assert refused(person, mirror, expect=2) == "tuf-mirror-missing"
    assert public.asked("tuf") == 0


@pytest.mark.parametrize("note", [None, b"", b"{}", b"\xff", b'{"mirror": 5}'])
def test_a_pinned_root_whose_note_is_lost_names_no_instance(
    person: Person, mirror: Mirror, public: Sigstore, note: bytes | None
) -> None:
    fetched(person, mirror)
    place = person.home / "trusted_root.origin.json"
    place.unlink() if note is None else place.write_bytes(note)
    assert refused(person, mirror, expect=2) == "tuf-mirror-missing"
    assert public.asked("tuf") == 0


def test_a_note_about_other_bytes_names_no_instance(person: Person, mirror: Mirror, public: Sigstore) -> None:
    fetched(person, mirror)
    old = json.loads(person.pinned.read_bytes())
    person.pinned.write_text(json.dumps(old, indent=3))
    assert refused(person, mirror, expect=2) == "tuf-mirror-missing"
    assert public.asked("tuf") == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_a_damaged_pin_is_not_taken_for_none(person: Person, mirror: Mirror, public: Sigstore, content: bytes) -> None:
    fetched(person, mirror)
    person.pinned.write_bytes(content)
    assert refused(person, mirror, expect=2) == "bad-trusted-root"
    assert public.asked("tuf") == 0


def test_a_remembered_mirror_that_was_set_up_anew(
    person: Person, mirror: Mirror, public: Sigstore, tmp_path: Path
) -> None:
    """Under other keys it is somebody else until its new root is typed."""
    fetched(person, mirror)
    published(mirror.sigstore, tmp_path)
    assert refused(person, mirror, expect=4) == "tuf-not-trusted"
    assert public.asked("tuf") == 0
    fetched(person, mirror)
    assert "signed" in push(person).err


# --- which instances are public, whatever names them


@pytest.mark.parametrize(
    ("log", "fulcio", "public"),
    [
        ("https://rekor.sigstore.dev", "https://fulcio.acme.example", True),
        ("https://rekor.acme.example", "https://fulcio.sigstage.dev", True),
        ("https://LOG2025-1.Rekor.SIGSTORE.dev.:443", "https://fulcio.acme.example", True),
        ("https://sigstore.dev", "https://fulcio.acme.example", True),
        ("https://sigstore.dev.acme.example", "https://fulcio.acme.example", False),
        ("https://notsigstore.dev", "https://fulcio.acme.example/sigstore.dev", False),
    ],
)
def test_a_public_instance_is_known_by_its_services(
    sigstore: Sigstore,  # noqa: F811
    log: str,
    fulcio: str,
    public: bool,
) -> None:
    trust = SigningTrust.load(sigstore.trust_config())
    assert not trust.public
    assert replace(trust, log=log, fulcio=fulcio).public is public
