"""`attest revocations`: issues of a feed as a person writes them, in files and stores, and what is not written."""

from __future__ import annotations

import json
import re
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims import revocations
from attest.claims.revocations import Kind, Scope
from attest.claims.statement import Statement
from attest.cli.main import main
from attest.feed_places import TAG, FeedFile, FeedTag
from attest.settings import Settings
from attest.signing.bundle import Bundle
from attest.stores import repository_for
from attest.trust.identity import load_trusted_key
from attest_registry.digest import Digest
from attest_registry.errors import Conflict
from attest_registry.reference import Reference
from tests.end_to_end.lineage_scene import HEAD, NOW, Scene, make_scene

if TYPE_CHECKING:
    from attest.feed_places import FeedPlace
    from tests.end_to_end.conftest import Place
    from tests.end_to_end.shell import Shell

SECURITY = ("--key", "security.key")
FEED = "feed.json"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("made")
        patch.setenv("ATTEST_HOME", str(folder / "home"))
        patch.chdir(folder)
        return make_scene(folder)


@pytest.fixture
def scene(made: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
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


@pytest.fixture
def run(scene: Scene, capsys: pytest.CaptureFixture[str]) -> Any:
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


def wrong(shell: Shell, reference: str, *, expect: int = 1) -> list[str]:
    """With which codes a version is denied under p.yaml."""
    answer = shell.attest("verify", reference, "--policy", "p.yaml", "--json", expect=expect)
    return [each["code"] for each in json.loads(answer.out)["findings"] if each["status"] in {"failed", "unknown"}]


# ---- what a person does, on every store


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


# ---- the chain


def test_each_issue_has_the_next_number_and_names_the_one_before(run: Any) -> None:
    run("init", FEED)
    first = words()
    run("add", FEED, "manifest", "acme/large:1", "-m", "leaked")
    second = words()
    run("renew", FEED)
    third = words()
    chain = [revocations.parse(each) for each in (first, second, third)]
    assert [each.sequence for each in chain] == [1, 2, 3]
    assert [each.previous for each in chain[1:]] == [Digest.of(each.raw) for each in (first, second)]
    assert chain[1].entries == chain[2].entries
    assert len(chain[2].entries) == 1


def test_an_issue_counts_as_long_as_the_one_before_unless_somebody_says(run: Any) -> None:
    run("init", FEED)
    assert said().expires - said().issued == timedelta(days=30)
    run("renew", FEED, "--valid", "12h")
    run("add", FEED, "log-index", "4711", "-m", "the thief's")
    assert said().expires - said().issued == timedelta(hours=12)


def test_what_ran_out_is_renewed(scene: Scene, run: Any) -> None:
    scene.feed(scene.revoked(Digest.of(b"x")), issued=NOW - timedelta(days=9), valid=timedelta(days=1))
    policy = scene.policy("revocations: {by: [security], file: feed.json}")
    assert scene.verify("acme/large:1", policy).wrong == [("revocations", "revocations-stale")]
    shown = run("show", FEED, "--key", "security.pub")
    assert (shown.status, shown.code) == (1, "revocations-stale")
    assert "NOT IN FORCE" in shown.out
    assert run("renew", FEED).status == 0
    assert scene.verify("acme/large:1", policy).status == 0


def test_it_is_written_that_it_ran_out_where_nothing_has_to_be_said(scene: Scene, run: Any) -> None:
    scene.feed(scene.revoked(Digest.of(b"x")), issued=NOW - timedelta(days=9), valid=timedelta(days=1))
    again = run("add", FEED, "manifest", str(Digest.of(b"x")), "-m", "again")
    assert again.status == 0
    assert "warning[revocations-ended]" in again.err


def test_beginning_twice_is_nothing(run: Any) -> None:
    run("init", FEED)
    before = Path(FEED).read_bytes()
    assert run("init", FEED).status == 0
    assert Path(FEED).read_bytes() == before


def test_a_rehearsal_writes_nothing(run: Any) -> None:
    run("init", FEED)
    before = Path(FEED).read_bytes()
    rehearsed = run("add", FEED, "manifest", "acme/large:1", "-m", "leaked", "--dry-run")
    assert rehearsed.status == 0
    assert "issued   number 2" in rehearsed.err
    assert rehearsed.err.endswith("dry run: nothing was changed\n")
    assert Path(FEED).read_bytes() == before
    assert run("add", FEED, "manifest", "acme/large:1", "-m", "leaked", "--dry-run", "--json").document["dry_run"]


def test_standard_output_is_the_place_alone(run: Any) -> None:
    assert run("init", FEED).out == f"{FEED}\n"
    quiet = run("renew", FEED, "-q")
    assert (quiet.out, quiet.err) == (f"{FEED}\n", "")


def test_a_link_to_a_feed_stays_one(run: Any) -> None:
    run("init", FEED)
    Path("link.json").symlink_to(FEED)
    run("renew", "link.json")
    assert Path("link.json").is_symlink()
    assert said().sequence == 2


# ---- what is revoked


def test_every_kind_is_typed_in_its_own_way(scene: Scene, run: Any) -> None:
    run("init", FEED)
    main(["evidence", "export", "acme/large:1", "bundles"])
    bundle = Path("bundles/model-signature.sigstore.json")
    typed: list[tuple[list[str], Kind, Any, Scope]] = [
        (["manifest", "acme/large:1"], Kind.MANIFEST, scene.digests["acme/large"], Scope.DESCENDANTS),
        (["manifest", f"gone@{Digest.of(b'gone')}"], Kind.MANIFEST, Digest.of(b"gone"), Scope.DESCENDANTS),
        (["dataset", "tx.csv"], Kind.DATASET, Digest.of(Path("tx.csv").read_bytes()), Scope.DESCENDANTS),
        (["key", "mallory.pub"], Kind.KEY, load_trusted_key(Path("mallory.pub")).fingerprint, Scope.SELF),
        (["key", str(Digest.of(b"key"))], Kind.KEY, Digest.of(b"key"), Scope.SELF),
        (
            ["identity", "https://issuer.example.com", "alice@acme.example"],
            Kind.IDENTITY,
            revocations.Holder(issuer="https://issuer.example.com", subject="alice@acme.example"),
            Scope.SELF,
        ),
        (
            ["identity", "CN=release", "--no-issuer"],
            Kind.IDENTITY,
            revocations.Holder(subject="CN=release"),
            Scope.SELF,
        ),
        (["log-index", "4711"], Kind.LOG_INDEX, 4711, Scope.SELF),
        (["claim", str(bundle)], Kind.CLAIM, Digest.of(Bundle.parse(bundle.read_bytes()).payload), Scope.SELF),
    ]
    for number, (line, kind, value, scope) in enumerate(typed, start=2):
        assert run("add", FEED, *line, "-m", "why").status == 0, line
        entry = said().entries[-1]
        assert (entry.kind, entry.value, entry.scope, entry.reason) == (kind, value, scope, "why")
        assert said().sequence == number


def test_a_claim_that_is_revoked_by_its_bundle_counts_no_more(scene: Scene, run: Any) -> None:
    run("init", FEED)
    main(["evidence", "export", "acme/large:1", "bundles"])
    run("add", FEED, "claim", "bundles/model-signature.sigstore.json", "-m", "withdrawn")
    policy = scene.policy("revocations: {by: [security], file: feed.json}")
    assert scene.verify("acme/large:1", policy).wrong[0] == ("signature", "signer-revoked")


@pytest.mark.parametrize(
    ("typed", "since"),
    [("2026-03-08T14:32Z", "2026-03-08T14:32:00"), ("2026-03-08 14:32:05+01:00", "2026-03-08T13:32:05")],
)
def test_since_has_a_zone(run: Any, typed: str, since: str) -> None:
    run("init", FEED)
    run("add", FEED, "log-index", "1", "-m", "x", "--since", typed)
    assert said().entries[0].since.replace(tzinfo=None).isoformat() == since


def test_what_is_revoked_earlier_or_further_is_added_and_what_is_later_is_there(run: Any) -> None:
    run("init", FEED)
    key = str(Digest.of(b"key"))
    for more, count in (
        (["--since", "6h"], 1),
        (["--since", "1h"], 1),
        (["--since", "2d"], 2),
        (["--scope", "descendants"], 3),
        (["--scope", "self"], 3),
    ):
        assert run("add", FEED, "key", key, "-m", "x", *more).status == 0
        assert len(said().entries) == count, more


def test_a_withdrawal_takes_all_about_one_thing_and_says_why(run: Any) -> None:
    run("init", FEED)
    key, other = str(Digest.of(b"key")), str(Digest.of(b"other"))
    run("add", FEED, "key", key, "-m", "x", "--since", "6h")
    run("add", FEED, "key", key, "-m", "x", "--since", "2d")
    run("add", FEED, "key", other, "-m", "x")
    run("remove", FEED, "key", key, "-m", "it was found", "--yes")
    assert [str(entry.value) for entry in said().entries] == [other]
    run("renew", FEED)
    assert [(str(each.value), each.reason) for each in said().withdrawn] == [(key, "it was found")]


# ---- who may go on, and from what


def handed_over() -> list[str]:
    return ["renew", FEED, "--key", "vendor.key"]


def test_another_key_does_not_go_on(run: Any) -> None:
    run("init", FEED)
    before = Path(FEED).read_bytes()
    refused = run(*handed_over())
    assert (refused.status, refused.code) == (1, "revocations-other-signer")
    assert load_trusted_key(Path("security.pub")).fingerprint.short in refused.err
    assert Path(FEED).read_bytes() == before


def test_a_feed_is_handed_over_by_naming_the_key_before(run: Any) -> None:
    run("init", FEED)
    assert run(*handed_over(), "--trust-key", "mallory.pub").code == "revocations-other-signer"
    assert run(*handed_over(), "--trust-key", "security.pub").status == 0
    assert said().sequence == 2
    assert run("renew", FEED).code == "revocations-other-signer"


def test_a_policy_says_who_goes_on_and_what_readers_take(scene: Scene, run: Any) -> None:
    run("init", FEED)
    both = scene.policy("revocations: {by: [security, vendor], file: feed.json}", name="both.yaml")
    one = scene.policy("revocations: {by: [security], file: feed.json}", name="one.yaml")
    refused = run(*handed_over(), "--policy", one)
    assert (refused.status, refused.code) == (1, "revocations-unsigned")
    assert run(*handed_over(), "--policy", both).status == 0
    assert run("renew", FEED, "--policy", one).code == "revocations-other-signer"
    denied = scene.policy(
        "revocations: {by: [security, vendor], file: feed.json}",
        f"deny: [{{key: '{load_trusted_key(Path('security.pub')).fingerprint}', since: 2020-01-01, reason: lost}}]",
        name="denied.yaml",
    )
    assert run("renew", FEED, "--policy", denied).code == "revocations-unsigned"
    silent = scene.policy(name="silent.yaml")
    assert run("renew", FEED, "--policy", silent).code == "no-trust"
    assert run("renew", FEED, "--policy", one, "--trust-key", "vendor.pub").code == "usage"


def test_an_older_issue_is_not_gone_on_from(run: Any) -> None:
    run("init", FEED)
    old = Path(FEED).read_bytes()
    run("renew", FEED)
    Path(FEED).write_bytes(old)
    refused = run("add", FEED, "manifest", "acme/large:1", "-m", "leaked")
    assert (refused.status, refused.code) == (1, "revocations-rolled-back")
    assert Path(FEED).read_bytes() == old


@pytest.mark.parametrize("sequence", [1, 2])
def test_another_history_is_not_gone_on_from(scene: Scene, run: Any, sequence: int) -> None:
    run("init", FEED)
    other = scene.feed(scene.revoked(Digest.of(b"x")), name="other.json")
    scene.feed(scene.revoked(Digest.of(b"x")), sequence=sequence, previous=None if sequence == 1 else other)
    assert run("renew", FEED).code == "revocations-forked"


def test_a_feed_that_is_gone_does_not_begin_again(run: Any) -> None:
    run("init", FEED)
    Path(FEED).unlink()
    for words in (["init", FEED], ["renew", FEED]):
        refused = run(*words)
        assert (refused.status, refused.code) == (1, "revocations-missing")
    assert not Path(FEED).exists()


def test_a_feed_from_the_future_is_not_gone_on_from(scene: Scene, run: Any) -> None:
    scene.feed(issued=NOW + timedelta(hours=2))
    assert run("renew", FEED).code == "revocations-stale"


def test_issues_are_never_dated_before_the_one_before(scene: Scene, run: Any) -> None:
    ahead = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=2)  # by a clock that is fast
    scene.feed(issued=ahead)
    assert run("renew", FEED).status == 0
    assert said().issued == ahead


SPOILT: dict[str, tuple[Any, str, int]] = {
    "no bundle": (lambda _: b"{}", "revocations-malformed", 3),
    "cut off": (lambda raw: raw[:-20], "revocations-malformed", 3),
    "a changed signature": (lambda raw: raw.replace(b'"sig":"', b'"sig":"AAAA', 1), "signature-invalid", 3),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_spoilt_is_not_gone_on_from(run: Any, how: str) -> None:
    run("init", FEED)
    change, code, status = SPOILT[how]
    Path(FEED).write_bytes(change(Path(FEED).read_bytes()))
    before = Path(FEED).read_bytes()
    refused = run("renew", FEED)
    assert (refused.status, refused.code) == (status, code)
    assert Path(FEED).read_bytes() == before


def test_a_model_signature_is_no_feed_to_go_on_from(scene: Scene, run: Any) -> None:
    main(["evidence", "export", "acme/large:1", "bundles"])
    shutil.copy("bundles/model-signature.sigstore.json", FEED)
    refused = run("renew", FEED, "--key", "publisher.key")
    assert (refused.status, refused.code) == (3, "revocations-malformed")


def test_a_tag_on_something_else_is_no_feed(scene: Scene, run: Any) -> None:
    repository = scene.repository("acme/large")
    repository.tag(TAG, repository.resolve("1"))
    assert run("renew", "acme/large").code == "revocations-malformed"
    assert repository.resolve(TAG) == repository.resolve("1")


def test_a_place_without_a_feed_is_no_place_to_revoke(run: Any) -> None:
    for place in (FEED, "acme/security"):
        refused = run("add", place, "manifest", "acme/large:1", "-m", "leaked")
        assert (refused.status, refused.code) == (1, "revocations-missing")
        assert f"attest revocations init {place}" in refused.err
        assert run("show", place).code == "revocations-missing"
    assert not Path(FEED).exists()


# ---- what is typed wrong, and what is not there


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (["add", FEED, "manifest", "acme/large:1"], "reason-missing"),
        (["add", FEED, "manifest", "acme/large:1", "-m", "  "], "reason-missing"),
        (["remove", FEED, "manifest", "acme/large:1", "--yes"], "reason-missing"),
        (["add", FEED, "model", "acme/large:1", "-m", "x"], "usage"),
        (["add", FEED, "manifest", "-m", "x"], "usage"),
        (["add", FEED, "manifest", "acme/large:1", "acme/student:1", "-m", "x"], "usage"),
        (["add", FEED, "manifest", "acme/large", "-m", "x"], "version-missing"),
        (["add", FEED, "manifest", "acme/large:7", "-m", "x"], "name-unknown"),
        (["add", FEED, "manifest", "sha256:00", "-m", "x"], "bad-reference"),
        (["add", FEED, "dataset", "nowhere.csv", "-m", "x"], "input-not-found"),
        (["add", FEED, "key", "nowhere.pub", "-m", "x"], "key-not-found"),
        (["add", FEED, "key", "mallory.key", "-m", "x"], "private-key-given"),
        (["add", FEED, "identity", "alice@acme.example", "-m", "x"], "usage"),
        (["add", FEED, "identity", "alice@acme.example", "https://issuer.example.com", "-m", "x"], "usage"),
        (["add", FEED, "key", "mallory.pub", "--no-issuer", "-m", "x"], "usage"),
        (["add", FEED, "log-index", "-m", "x"], "usage"),
        (["add", FEED, "log-index", "0x10", "-m", "x"], "usage"),
        (["add", FEED, "log-index", str(2**53), "-m", "x"], "usage"),
        (["add", FEED, "claim", "tx.csv", "-m", "x"], "malformed-evidence"),
        (["add", FEED, "log-index", "1", "-m", "x", "--since", "2026-03-08 14:32"], "time-zone-missing"),
        (["add", FEED, "log-index", "1", "-m", "x", "--since", "2026-03-08"], "time-zone-missing"),
        (["add", FEED, "log-index", "1", "-m", "x", "--since", "yesterday"], "usage"),
        (["add", FEED, "log-index", "1", "-m", "x", "--since", "2026-13-08T00:00Z"], "usage"),
        (["add", FEED, "log-index", "1", "-m", "x", "--scope", "children"], "usage"),
        (["renew", FEED, "--valid", "soon"], "usage"),
        (["renew", "acme/security:1"], "usage"),
        (["renew", "ACME"], "bad-reference"),
        (["renew", FEED, "--key", "nowhere.key"], "key-not-found"),
        (["remove", FEED, "manifest", "acme/large:1", "-m", "x", "--yes"], "revocation-unknown"),
        (["remove", FEED, "key", str(Digest.of(b"key")), "-m", "x"], "not-confirmed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_what_is_typed_wrong_changes_nothing(run: Any, line: list[str], code: str) -> None:
    run("init", FEED)
    run("add", FEED, "key", str(Digest.of(b"key")), "-m", "x")
    before = Path(FEED).read_bytes()
    refused = run(*line)
    assert (refused.status, refused.code) == (2, code), refused.err
    assert Path(FEED).read_bytes() == before


def test_the_hint_has_both_readings_of_a_time_without_zone(run: Any) -> None:
    run("init", FEED)
    refused = run("add", FEED, "log-index", "1", "-m", "x", "--since", "2026-03-08 14:32")
    assert "--since 2026-03-08T14:32Z" in refused.err
    assert re.search(r"--since 2026-03-08T14:32[+-]\d\d:\d\d", refused.err)


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


# ---- looking at it


@pytest.mark.parametrize(
    ("spoil", "options", "status", "code"),
    [
        (None, [], 0, ""),
        (None, ["--key", "security.pub"], 0, ""),
        (None, ["--key", "mallory.pub"], 1, "revocations-unsigned"),
        (None, ["--policy", "silent.yaml"], 2, "no-trust"),
        (None, ["--key", "security.pub", "--policy", "silent.yaml"], 2, "usage"),
        (lambda _: b"{}", ["--key", "security.pub"], 3, "malformed-evidence"),
        (lambda _: b"{}", [], 3, "malformed-evidence"),
    ],
)
def test_what_is_shown_is_verified_where_somebody_is_trusted(  # noqa: PLR0917
    scene: Scene, run: Any, spoil: Any, options: list[str], status: int, code: str
) -> None:
    scene.policy(name="silent.yaml")
    run("init", FEED)
    if spoil is not None:
        Path(FEED).write_bytes(spoil(Path(FEED).read_bytes()))
    shown = run("show", FEED, *options)
    assert (shown.status, shown.code) == (status, code)
    assert ("NOT VERIFIED" in shown.out) == (not options and status == 0)


def test_a_policy_of_the_settings_that_names_no_feed_verifies_none(
    scene: Scene, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", FEED)
    monkeypatch.setenv("ATTEST_POLICY", scene.policy(name="silent.yaml"))
    assert "NOT VERIFIED" in run("show", FEED).out
    monkeypatch.setenv("ATTEST_POLICY", scene.policy("revocations: {by: [security], file: x}"))
    assert "verified with production" in run("show", FEED).out
    monkeypatch.setenv("ATTEST_POLICY", scene.policy("revocations: {by: [vendor], file: x}"))
    assert run("show", FEED).code == "revocations-unsigned"


def test_the_older_issue_is_shown_as_such(run: Any) -> None:
    run("init", FEED)
    old = Path(FEED).read_bytes()
    run("renew", FEED)
    Path(FEED).write_bytes(old)
    assert run("show", FEED, "--key", "security.pub").code == "revocations-rolled-back"
    shown = run("show", FEED, "--key", "security.pub", "--json")
    assert shown.status == 1
    assert (shown.document["in_force"], shown.document["finding"]["code"]) == (False, "revocations-rolled-back")


def test_control_characters_of_a_stranger_reach_no_terminal(scene: Scene, run: Any) -> None:
    scene.feed(scene.revoked(Digest.of(b"x"), reason="\x1b[2Jgone\nnothing"), by="mallory")
    shown = run("show", FEED)
    assert shown.status == 0
    assert "\x1b" not in shown.out
    assert "\\x1b[2Jgone\\x0anothing" in shown.out


# ---- from Python, as a later verb calls it


def test_more_than_a_reader_takes_is_not_issued(scene: Scene, run: Any) -> None:
    entries = [scene.revoked(number, Kind.LOG_INDEX, scope=Scope.SELF) for number in range(2_000)]
    scene.feed(*entries)
    before = Path(FEED).read_bytes()
    refused = run("add", FEED, "log-index", "2000", "-m", "one more")
    assert (refused.status, refused.code) == (2, "revocations-full")
    assert Path(FEED).read_bytes() == before


def test_several_things_are_revoked_in_one_issue(scene: Scene) -> None:
    from attest.revoking import Issuer, add, begin
    from attest.signing.bundle_signer import KeyBundleSigner
    from attest.signing.uri import open_signer

    signer = KeyBundleSigner(signer=open_signer("security.key", passphrase=lambda _: None))
    place, issuer = FeedFile(path=Path(FEED)), Issuer(signer=signer, now=NOW)
    begin(place, issuer=issuer)
    entries = [scene.revoked(digest) for digest in scene.digests.values()]
    issued = add(place, entries, issuer=issuer)
    assert (issued.said.sequence, len(issued.said.entries)) == (2, 3)
    assert add(place, entries[:1], issuer=issuer).already
