"""`attest revocations` in every store and in files: two who write at once, and what is not there or takes nothing."""

from __future__ import annotations

import json
import re
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from attest.feed_places import FeedFile, FeedTag
from attest.settings import Settings
from attest.stores import repository_for
from attest_registry.digest import Digest
from attest_registry.errors import Conflict
from attest_registry.reference import Reference
from tests.end_to_end.issuing_scene import FEED, made_once, own_copy, verb  # noqa: F401  # fixtures
from tests.end_to_end.lineage_scene import HEAD, Scene

if TYPE_CHECKING:
    from pathlib import Path

    from attest.feed_places import FeedPlace
    from tests.end_to_end.conftest import Place
    from tests.end_to_end.shell import Shell


def wrong(shell: Shell, reference: str, *, expect: int = 1) -> list[str]:
    """With which codes a version is denied under p.yaml."""
    answer = shell.attest("verify", reference, "--policy", "p.yaml", "--json", expect=expect)
    return [each["code"] for each in json.loads(answer.out)["findings"] if each["status"] in {"failed", "unknown"}]


def test_a_feed_from_its_beginning_to_a_mistake_that_is_taken_back(place: Place, keys: Path) -> None:
    """The policy allows nothing without a feed, and all that its newest issue does not revoke."""
    shell, model, feed = place.shell, place.name("acme/m"), place.name("acme/security")
    for name in ("K", "other"):
        shutil.copytree(keys / name, shell.folder / name)
    shell.attest("push", "./model", model, "--key", "K/attest.key")
    policy = HEAD.split("identities:")[0] + (
        "identities: {publisher: {key: K/attest.pub}, security: {key: other/attest.pub}}\n"
        "require: {signature: {by: [publisher]}, provenance: {by: [publisher]}}\nformats: any\n"
        f"revocations: {{by: [security], ref: {feed}}}\n"
    )
    (shell.folder / "p.yaml").write_text(policy)
    signing = ("--key", "other/attest.key")
    assert wrong(shell, f"{model}:1") == ["revocations-missing"]

    begun = shell.attest("revocations", "init", feed, *signing)
    assert re.fullmatch(re.escape(feed) + r"@sha256:[0-9a-f]{64}\n", begun.out)
    assert wrong(shell, f"{model}:1", expect=0) == []

    added = shell.attest("revocations", "add", feed, "manifest", f"{model}:1", "-m", "leaked", *signing)
    assert "issued   number 2, 1 revocation" in added.err
    assert wrong(shell, f"{model}:1") == ["version-revoked"]
    again = shell.attest("revocations", "add", feed, "manifest", f"{model}:1", "-m", "leaked", *signing)
    assert again.out == added.out
    assert "already there in number 2" in again.err

    shown = shell.attest("revocations", "show", feed, "--policy", "p.yaml")
    assert "verified with production" in shown.out
    assert "leaked" in shown.out
    assert "NOT VERIFIED" in shell.attest("revocations", "show", feed).out

    complaint = shell.attest("revocations", "remove", feed, "manifest", f"{model}:1", "-m", "x", *signing, expect=2)
    assert complaint.complaint.code == "not-confirmed"
    shell.attest("revocations", "remove", feed, "manifest", f"{model}:1", "-m", "another was meant", *signing, "--yes")
    assert wrong(shell, f"{model}:1", expect=0) == []
    assert "another was meant" in shell.attest("revocations", "show", feed, "--key", "other/attest.pub").out

    renewed = json.loads(shell.attest("revocations", "renew", feed, "--valid", "7d", "--json", *signing).out)
    assert (renewed["sequence"], renewed["entries"], renewed["withdrawn"]) == (4, 0, 1)


# ---- two who write at once


@pytest.fixture(params=["file", "tag"])
def feed_place(request: pytest.FixtureRequest, scene: Scene) -> FeedPlace:
    if request.param == "file":
        return FeedFile(path=scene.folder / FEED)
    reference = Reference.parse("acme/security")
    return FeedTag(reference=reference, repository=repository_for(reference, Settings.load()))


def test_of_two_who_go_on_from_one_issue_one_is_told(feed_place: FeedPlace) -> None:
    feed_place.put(b"first", instead_of=None)
    standing = feed_place.find()
    assert standing is not None
    start = Barrier(2)

    def put(bundle: bytes) -> str:
        start.wait()
        try:
            feed_place.put(bundle, instead_of=standing.mark)
        except Conflict as error:
            return error.code
        return bundle.decode()

    with ThreadPoolExecutor(2) as pool:
        came_to = set(pool.map(put, (b"mine", b"yours")))
    now = feed_place.find()
    assert now is not None
    assert came_to == {now.evidence.raw.decode(), "revocations-conflict"}


def test_of_two_who_begin_one_is_told(feed_place: FeedPlace) -> None:
    feed_place.put(b"first", instead_of=None)
    with pytest.raises(Conflict) as told:
        feed_place.put(b"second", instead_of=None)
    assert told.value.code == "revocations-conflict"


def test_two_programs_at_once_lose_nothing(place: Place, keys: Path) -> None:
    shell, feed = place.shell, place.name("acme/security")
    shutil.copytree(keys / "K", shell.folder / "K")
    shell.attest("revocations", "init", feed, "--key", "K/attest.key")
    wanted = [str(Digest.of(bytes([number]))) for number in range(2)]

    def add(value: str) -> int:
        with shell.started(
            "revocations", "add", feed, "manifest", value, "-m", "x", "--key", "K/attest.key"
        ) as process:
            _, err = process.communicate(timeout=60)
        assert process.returncode in {0, 2}, err
        assert process.returncode == 0 or b"error[revocations-conflict]" in err
        return process.returncode

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(add, wanted))
    assert 0 in ended
    shown = json.loads(shell.attest("revocations", "show", feed, "--key", "K/attest.pub", "--json").out)
    found = {"sha256:" + entry["value"]["sha256"] for entry in shown["entries"]}
    assert found == {value for value, status in zip(wanted, ended, strict=True) if status == 0}
    assert shown["sequence"] == 1 + len(found)


# ---- what is not there, or takes nothing


def test_a_store_that_does_not_answer_is_no_empty_place(scene: Scene, shell: Shell) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
        key = ("--key", str(scene.folder / "security.key"))
        for line in (["init"], ["renew"], ["add"]):
            more = ["manifest", str(Digest.of(b"x")), "-m", "x"] if line == ["add"] else []
            answer = shell.impatient().attest("revocations", *line, f"{host}/acme/security", *more, *key, expect=4)
            assert answer.complaint.code == "store-unreachable"
            assert answer.out == ""


def test_memory_that_cannot_be_kept_is_an_error(run: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    (scene.folder / "state").write_text("")
    monkeypatch.setenv("ATTEST_STATE", str(scene.folder / "state"))
    refused = run("init", FEED)
    assert (refused.status, refused.code) == (2, "revocations-memory")


def test_a_folder_that_cannot_be_written_keeps_its_feed(shell: Shell, keys: Path) -> None:
    shutil.copytree(keys / "K", shell.folder / "K")
    (shell.folder / "feeds").mkdir()
    shell.attest("revocations", "init", "feeds/f.json", "--key", "K/attest.key")
    before = (shell.folder / "feeds/f.json").read_bytes()
    (shell.folder / "feeds").chmod(0o555)
    refused = shell.powerless().attest("revocations", "renew", "feeds/f.json", "--key", "K/attest.key", expect=4)
    (shell.folder / "feeds").chmod(0o755)
    assert refused.complaint.code == "cannot-write"
    assert [path.name for path in (shell.folder / "feeds").iterdir()] == ["f.json"]
    assert (shell.folder / "feeds/f.json").read_bytes() == before
