"""A TUF mirror in every kind of trouble: its code, exit status 4, words that help, and the pinned root untouched."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from securesystemslib.signer._crypto_signer import CryptoSigner

from attest.signing.services import Kind
from attest.trust import tuf_mirror
from attest.trust.tuf_mirror import TRUSTED_ROOT
from tests.services.patience import impatient_with
from tests.services.tuf_server import Fault, TufServer, place
from tests.trust.trust_scene import add_log, document, repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.end_to_end.shell import Complaint
    from tests.trust.trust_scene import Person

PAST = timedelta(hours=-1)
NEW = document(add_log)
LOGIN_PAGE = b"<html><title>Please log in</title></html>"

TROUBLE: dict[str, tuple[Fault, str, str]] = {
    "down": (Fault(kind="down"), "tuf-unreachable", "tries"),
    "slow": (Fault(kind="slow"), "tuf-unreachable", "tries"),
    "dripping": (Fault(kind="drip"), "tuf-unreachable", "tries"),
    "slow at the timestamp": (Fault(kind="slow", only="timestamp.json"), "tuf-unreachable", "tries"),
    "down at the target": (Fault(kind="down", only=TRUSTED_ROOT), "tuf-unreachable", "tries"),
    "failing": (Fault(kind="status", status=500), "tuf-failed", "500"),
    "busy": (Fault(kind="status", status=503), "tuf-failed", "503"),
    "refusing": (Fault(kind="status", status=400, body=b"bad request"), "tuf-refused", "bad request"),
    "unauthorised": (Fault(kind="status", status=401), "tuf-refused", "401"),
    "rate-limiting": (Fault(kind="status", status=429), "tuf-refused", "429"),
    "forbidding everything": (Fault(kind="status", status=403), "tuf-answer", "timestamp.json"),
    "without anything": (Fault(kind="status", status=404), "tuf-answer", "TUF mirror"),
    "without a snapshot": (Fault(kind="status", status=404, only="snapshot.json"), "tuf-answer", "snapshot.json"),
    "without the target": (Fault(kind="status", status=404, only=TRUSTED_ROOT), "tuf-answer", TRUSTED_ROOT),
    "a login page": (Fault(kind="status", body=LOGIN_PAGE), "tuf-answer", "login page"),
    "garbage for a timestamp": (Fault(kind="status", body=b"\0\1{", only="timestamp.json"), "tuf-answer", "TUF"),
    "an empty timestamp": (Fault(kind="status", only="timestamp.json"), "tuf-answer", "TUF"),
    "another document": (Fault(kind="status", body=b"{}", only="timestamp.json"), "tuf-answer", "TUF"),
    "garbage for the target": (
        Fault(kind="status", body=b"garbage", only=TRUSTED_ROOT),
        "tuf-other-content",
        "signed for",
    ),
    "a longer target": (Fault(kind="status", body=b" " * 100_000, only=TRUSTED_ROOT), "tuf-answer", "more than"),
    "a longer timestamp": (Fault(kind="status", body=b" " * 100_000, only="timestamp.json"), "tuf-answer", "more than"),
    "endless": (Fault(kind="endless"), "tuf-answer", "8388608"),
    "endless at the target": (Fault(kind="endless", only=TRUSTED_ROOT), "tuf-answer", "8388608"),
    "a redirect to itself": (Fault(kind="loop"), "tuf-refused", "it redirects to http://127.0.0.1"),
    "a redirect of the target": (Fault(kind="loop", only=TRUSTED_ROOT), "tuf-refused", "it redirects to"),
}


def first(person: Person, tuf: TufServer) -> Complaint:
    """What a first fetch complains about; it left nothing."""
    complaint = person.types("trust", "fetch", "--mirror", tuf.url, "--root", "root.json", expect=4).complaint
    assert not person.pinned.exists()
    return complaint


def again(person: Person, tuf: TufServer, trouble: Callable[[], object]) -> Complaint:
    """What the next fetch complains about; the root stays as it was."""
    person.types("trust", "fetch", "--mirror", tuf.url, "--root", "root.json")
    pinned, note = person.pinned.read_bytes(), person.note
    trouble()
    complaint = person.types("trust", "fetch", "--yes", expect=4).complaint
    assert (person.pinned.read_bytes(), person.note) == (pinned, note)
    return complaint


def words(complaint: Complaint) -> str:
    return " ".join([complaint.message, *complaint.details.values(), complaint.hint])


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_of_a_mirror_has_its_code_and_pins_nothing(
    person: Person, tuf: TufServer, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    tuf.fault, code, said = TROUBLE[trouble]
    impatient_with(monkeypatch, Kind.TUF, tuf.fault.kind)
    complaint = first(person, tuf)
    assert complaint.code == code
    assert said in words(complaint)
    assert tuf.url.removeprefix("http://") in complaint.message


@pytest.mark.parametrize("trouble", ["down", "slow", "failing", "refusing", "a login page", "a redirect to itself"])
def test_trouble_of_a_mirror_leaves_what_is_pinned(
    person: Person, tuf: TufServer, monkeypatch: pytest.MonkeyPatch, trouble: str
) -> None:
    """Nor is what an earlier fetch kept taken in its place."""
    fault, code, _ = TROUBLE[trouble]

    def begin() -> None:
        tuf.fault = fault
        impatient_with(monkeypatch, Kind.TUF, fault.kind)

    assert again(person, tuf, begin).code == code


def test_nobody_listens(person: Person, tuf: TufServer) -> None:
    with TufServer(tuf.repository) as gone:
        pass
    assert first(person, gone).code == "tuf-unreachable"


# --- what is published is wrong


def test_a_mirror_signed_by_other_keys(person: Person, tuf: TufServer) -> None:
    tuf.repository = repository(document())  # the same content, a whole repository of somebody else's
    complaint = first(person, tuf)
    assert complaint.code == "tuf-not-trusted"
    assert complaint.details["expected"] == "metadata signed by the keys that the pinned root.json names"


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_one_role_signed_by_another_key(person: Person, tuf: TufServer, role: str) -> None:
    tuf.repository.signers[role] = CryptoSigner.generate_ecdsa()
    tuf.repository.publish({TRUSTED_ROOT: NEW})
    assert first(person, tuf).code == "tuf-not-trusted"


def test_a_next_root_that_the_old_keys_did_not_sign(person: Person, tuf: TufServer) -> None:
    def usurp() -> None:
        tuf.repository.signers = repository(b"").signers
        tuf.repository.publish_root()
        tuf.repository.publish({TRUSTED_ROOT: NEW})

    assert again(person, tuf, usurp).code == "tuf-not-trusted"


@pytest.mark.parametrize("role", ["targets", "snapshot", "timestamp"])
def test_expired_metadata(person: Person, tuf: TufServer, role: str) -> None:
    tuf.repository.publish({TRUSTED_ROOT: NEW}, lives={role: PAST})
    complaint = first(person, tuf)
    assert complaint.code == "tuf-expired"
    assert role in complaint.details["found"]
    assert "clock" in complaint.hint


def test_an_expired_root(person: Person, tuf: TufServer) -> None:
    tuf.repository.publish_root(lives=PAST)
    assert first(person, tuf).code == "tuf-expired"


def test_metadata_that_expires_between_two_fetches(person: Person, tuf: TufServer) -> None:
    """What an earlier fetch kept and is still valid does not stand in for it."""
    assert again(person, tuf, lambda: tuf.repository.publish({}, lives={"timestamp": PAST})).code == "tuf-expired"


def test_an_older_timestamp(person: Person, tuf: TufServer) -> None:
    old = dict(tuf.repository.files)
    tuf.repository.publish({TRUSTED_ROOT: NEW})
    complaint = again(person, tuf, lambda: tuf.repository.files.update(old))
    assert complaint.code == "tuf-rolled-back"
    assert "timestamp" in complaint.details["found"]
    assert "older state" in complaint.message


def test_a_mirror_that_was_set_up_anew_under_its_root(person: Person, tuf: TufServer) -> None:
    """The folder that the error names is what remembers; without it the pinned root still shows what has changed."""
    anew = dict(tuf.repository.files)
    tuf.repository.publish({TRUSTED_ROOT: NEW})
    tuf.repository.publish({TRUSTED_ROOT: NEW})
    complaint = again(person, tuf, lambda: setattr(tuf.repository, "files", anew))
    shutil.rmtree(complaint.hint.rpartition("delete ")[2])
    assert person.refused("trust", "fetch", expect=2) == "trust-not-confirmed"
    person.types("trust", "fetch", "--yes")
    assert person.pinned.read_bytes() == document()


def test_a_newer_timestamp_of_an_older_snapshot(person: Person, tuf: TufServer) -> None:
    tuf.repository.publish({TRUSTED_ROOT: NEW})
    complaint = again(person, tuf, lambda: tuf.repository.publish_snapshot(version=1))
    assert complaint.code == "tuf-rolled-back"
    assert "snapshot" in complaint.details["found"]


def test_a_newer_snapshot_of_older_targets(person: Person, tuf: TufServer) -> None:
    tuf.repository.publish({TRUSTED_ROOT: NEW})

    def back() -> None:
        tuf.repository.versions["targets"] = 1
        tuf.repository.publish_snapshot()

    complaint = again(person, tuf, back)
    assert complaint.code == "tuf-rolled-back"
    assert "targets" in complaint.details["found"]


def test_what_was_seen_outlives_the_pinned_file_and_the_cache(person: Person, tuf: TufServer, tmp_path: Path) -> None:
    """Somebody who takes the file away does not make the machine forget which versions it saw."""
    old = dict(tuf.repository.files)
    tuf.repository.publish({TRUSTED_ROOT: NEW})
    person.types("trust", "fetch", "--mirror", tuf.url, "--root", "root.json")
    person.pinned.unlink()
    person.types("cache", "clear")
    tuf.repository.files.update(old)
    assert first(person, tuf).code == "tuf-rolled-back"


def test_a_target_that_is_not_the_one_that_was_signed_for(person: Person, tuf: TufServer) -> None:
    good = document()
    tuf.repository.files[place(TRUSTED_ROOT, good)] = good.replace(b"acme.example", b"evil.example")
    complaint = first(person, tuf)
    assert complaint.code == "tuf-other-content"
    assert "not the one that was signed for" in complaint.message


def test_a_mirror_that_does_not_have_the_file(person: Person, tuf: TufServer) -> None:
    tuf.repository.publish({"other.json": b"{}"})
    assert first(person, tuf).code == "tuf-target-missing"


@pytest.mark.parametrize("name", ["timestamp.json", "snapshot.json", "targets.json", "root_history/1.root.json"])
def test_what_lies_in_the_folder_is_never_believed(person: Person, tuf: TufServer, name: str) -> None:
    """Another repository's metadata, put where an earlier fetch kept its own."""
    evil = repository(NEW)
    number = "" if name == "timestamp.json" else "1."
    served = evil.files["/1.root.json" if "root" in name else f"/{number}{name}"]
    person.types("trust", "fetch", "--mirror", tuf.url, "--root", "root.json")
    pinned = person.pinned.read_bytes()
    (kept,) = (person.home / "state/tuf").glob(f"*/{name}")
    kept.write_bytes(served)
    person.types("trust", "fetch")
    assert person.pinned.read_bytes() == pinned


def test_a_target_that_was_changed_in_the_folder_is_fetched_again(person: Person, tuf: TufServer) -> None:
    person.types("trust", "fetch", "--mirror", tuf.url, "--root", "root.json")
    (kept,) = (person.home / "state/tuf").glob(f"*/targets/{TRUSTED_ROOT}")
    kept.write_bytes(NEW)
    person.types("trust", "fetch", "--yes")
    assert person.pinned.read_bytes() == document()


def test_many_fetches_at_once_do_not_disturb_one_another(tuf: TufServer, tmp_path: Path) -> None:
    def fetch(_: int) -> bytes:
        found = tuf_mirror.fetch(tuf.url, [TRUSTED_ROOT], root=tuf.repository.root, folder=tmp_path / "state")
        return found[TRUSTED_ROOT]

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert set(pool.map(fetch, range(16))) == {document()}
