"""Deny lists, revocation feeds and exceptions, by the real program over really pushed models."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.revocations import Kind, Scope
from attest.cli.main import main
from attest.trust.identity import load_trusted_key
from attest_registry.digest import Digest
from attest_registry.oci.descriptor import BUNDLE, EMPTY_BYTES, EMPTY_DESCRIPTOR, Descriptor
from attest_registry.oci.manifest import Manifest
from tests.end_to_end.lineage_scene import HEAD, NOW, Scene, make_scene

if TYPE_CHECKING:
    from pathlib import Path

YESTERDAY = f"{NOW - timedelta(days=1):%Y-%m-%d}"
TOMORROW = f"{NOW + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
FEED = "revocations: {by: [security], file: feed.json}"


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
    monkeypatch.delenv("ATTEST_STATE", raising=False)
    monkeypatch.chdir(tmp_path / "own")
    return Scene(folder=tmp_path / "own", digests=dict(made.digests))


def deny(**entry: Any) -> str:
    entry = {"since": YESTERDAY, "reason": "leaked"} | {key.replace("_", "-"): value for key, value in entry.items()}
    return f"deny: [{{{', '.join(f'{key}: {value!s}' for key, value in entry.items())}}}]"


def quoted(digest: Digest) -> str:
    return f"'{digest}'"


# ---- deny lists


def test_a_denied_teacher_denies_with_the_way_to_it(scene: Scene) -> None:
    """Two generations up, under a policy that asks nothing of ancestors themselves."""
    teacher, student = scene.digests["acme/large"], scene.digests["acme/student"]
    answer = scene.verify("acme/tuned:1", scene.policy(deny(manifest=quoted(teacher))))
    assert answer.status == 1
    assert answer.wrong == [("denials", "ancestor-revoked")]
    (finding,) = answer.of("denials")
    assert finding["path"] == ["acme/tuned", f"base acme/student@{student}", f"teacher acme/large@{teacher}"]
    assert finding["found"].startswith(f"acme/tuned ← base acme/student@{student} ← teacher acme/large@{teacher}: ")
    assert f"revoked since {YESTERDAY}T00:00:00Z (leaked), by the policy production" in finding["found"]


def test_a_denial_of_something_else_allows_and_is_counted(scene: Scene) -> None:
    answer = scene.verify("acme/tuned:1", scene.policy(deny(manifest=quoted(Digest.of(b"other")))))
    assert answer.status == 0
    assert "1 revocation, none for it" in answer.of("denials")[0]["summary"]


def test_a_denial_of_itself_alone_leaves_descendants(scene: Scene) -> None:
    policy = scene.policy(deny(manifest=quoted(scene.digests["acme/large"]), scope="self"))
    assert scene.verify("acme/student:1", policy).status == 0
    assert scene.verify("acme/large:1", policy).wrong == [("denials", "version-revoked")]


def test_a_denial_from_tomorrow_on_waits(scene: Scene) -> None:
    denied = scene.digests["acme/large"]
    assert scene.verify("acme/large:1", scene.policy(deny(manifest=quoted(denied), since=TOMORROW))).status == 0


@pytest.mark.parametrize(("scope", "model", "status"), [
    ("self", "acme/large", 1), ("self", "acme/tuned", 1), ("descendants", "acme/tuned", 1),
])  # fmt: skip
def test_a_denied_dataset(scene: Scene, scope: str, model: str, status: int) -> None:
    dataset = Digest.of((scene.folder / "tx.csv").read_bytes())
    answer = scene.verify(f"{model}:1", scene.policy(deny(dataset=quoted(dataset), scope=scope)))
    assert answer.status == status
    assert {code for _, code in answer.wrong} == {"dataset-revoked"}


@pytest.mark.parametrize(("scope", "status"), [("self", 0), ("descendants", 1)])
def test_a_dataset_of_the_teacher_alone(scene: Scene, scope: str, status: int) -> None:
    (scene.folder / "secret.csv").write_text("secret")
    scene.push("acme/taught", operation="train", datasets={"secret": "secret.csv"})
    scene.push("acme/pupil", operation="distill", teacher="acme/taught:1", datasets={"tx": "tx.csv"})
    policy = scene.policy(deny(dataset=quoted(Digest.of(b"secret")), scope=scope))
    assert scene.verify("acme/pupil:1", policy).status == status


def test_a_denied_key_signs_nothing_any_more(scene: Scene) -> None:
    key = load_trusted_key(scene.folder / "publisher.pub").fingerprint
    answer = scene.verify("acme/large:1", scene.policy(deny(key=quoted(key))))
    assert answer.status == 1
    assert answer.wrong[0] == ("signature", "signer-revoked")
    assert {code for _, code in answer.wrong} == {"signer-revoked"}


def test_what_another_key_signed_again_counts(scene: Scene) -> None:
    """After a theft the version is signed anew; the old signatures stay beside and harm nothing."""
    both = HEAD.replace("by: [publisher]", "by: [publisher, vendor]")
    key = load_trusted_key(scene.folder / "publisher.pub").fingerprint
    scene.attest("role", "grant", "acme/large", "contributor", "vendor.pub", "--key", "publisher.key")
    scene.push("acme/large", key="vendor", operation="train", datasets={"tx": "tx.csv"})
    answer = scene.verify("acme/large:1", scene.policy(deny(key=quoted(key)), head=both))
    assert answer.status == 0
    assert "of its claims are revoked" in answer.of("denials")[0]["summary"]


def test_an_ancestor_that_is_gone_may_have_been_revoked(scene: Scene) -> None:
    scene.forget("acme/large")
    answer = scene.verify("acme/student:1", scene.policy(deny(manifest=quoted(Digest.of(b"other")))))
    assert answer.wrong == [("denials", "ancestor-unreachable")]


# ---- the feed


def test_the_feed_revokes_the_teacher_of_a_version(scene: Scene) -> None:
    scene.feed(scene.revoked(scene.digests["acme/large"]))
    answer = scene.verify("acme/student:1", scene.policy(FEED))
    assert answer.wrong == [("denials", "ancestor-revoked")]
    assert "by the revocation feed" in answer.of("denials")[0]["found"]
    assert answer.of("revocations")[0]["status"] == "passed"
    assert answer.of("revocations")[0]["signer"].startswith("security")


def test_an_empty_feed_allows(scene: Scene) -> None:
    scene.feed()
    assert scene.verify("acme/student:1", scene.policy(FEED)).status == 0


def _changed(scene: Scene) -> None:
    path = scene.folder / "feed.json"
    path.write_text(path.read_text().replace('"sig":"', '"sig":"AAAA', 1))


SPOILT: dict[str, tuple[Any, str]] = {
    "gone": (lambda scene: (scene.folder / "feed.json").unlink(), "revocations-missing"),
    "a folder": (
        lambda scene: ((scene.folder / "feed.json").unlink(), (scene.folder / "feed.json").mkdir()),
        "revocations-missing",
    ),
    "no bundle": (lambda scene: (scene.folder / "feed.json").write_text("{}"), "revocations-malformed"),
    "by a stranger": (lambda scene: scene.feed(by="mallory"), "revocations-unsigned"),
    "by another of the policy's": (lambda scene: scene.feed(by="publisher"), "revocations-unsigned"),
    "spoilt": (_changed, "revocations-unsigned"),
    "expired": (
        lambda scene: scene.feed(issued=NOW - timedelta(days=3), valid=timedelta(days=2)), "revocations-stale"
    ),
    "from the future": (lambda scene: scene.feed(issued=NOW + timedelta(days=1)), "revocations-stale"),
}  # fmt: skip


@pytest.mark.parametrize("how", SPOILT)
def test_without_a_sound_feed_nothing_is_allowed(scene: Scene, how: str) -> None:
    scene.feed()
    assert scene.verify("acme/large:1", scene.policy(FEED)).status == 0
    change, code = SPOILT[how]
    change(scene)
    answer = scene.verify("acme/large:1", scene.policy(FEED))
    assert answer.status == 1
    assert answer.wrong == [("revocations", code)]


def test_a_model_signature_is_no_feed(scene: Scene) -> None:
    scene.feed()
    shutil.copy(next((scene.folder / "home/store/acme/large/blobs/sha256").iterdir()), scene.folder / "feed.json")
    answer = scene.verify("acme/large:1", scene.policy(FEED))
    assert answer.wrong == [("revocations", "revocations-malformed")]


def test_an_older_issue_is_noticed(scene: Scene) -> None:
    policy = scene.policy(FEED)
    first = scene.feed()
    old = (scene.folder / "feed.json").read_bytes()
    scene.feed(scene.revoked(scene.digests["acme/large"]), sequence=2, previous=first)
    assert scene.verify("acme/large:1", policy).wrong == [("denials", "version-revoked")]
    (scene.folder / "feed.json").write_bytes(old)
    answer = scene.verify("acme/large:1", policy)
    assert answer.wrong == [("revocations", "revocations-rolled-back")]
    assert answer.of("revocations")[0]["expected"] == "number 2 or later, as seen before"


@pytest.mark.parametrize(("sequence", "code"), [(1, "revocations-forked"), (2, "revocations-forked"), (3, None)])
def test_another_history_is_noticed_where_it_meets_the_seen_one(scene: Scene, sequence: int, code: str | None) -> None:
    policy = scene.policy(FEED)
    scene.feed()
    assert scene.verify("acme/large:1", policy).status == 0
    other = scene.feed(scene.revoked(Digest.of(b"other")), name="other.json")
    scene.feed(scene.revoked(Digest.of(b"other")), sequence=sequence, previous=None if sequence == 1 else other)
    wrong = scene.verify("acme/large:1", policy).wrong
    assert wrong == ([("revocations", code)] if code else [])


def test_a_feed_that_is_not_gone_by_is_not_remembered(scene: Scene) -> None:
    """Who has no right to issue one cannot shut the true one out with a high number."""
    policy = scene.policy(FEED)
    scene.feed(by="publisher", sequence=2**53 - 1)
    assert scene.verify("acme/large:1", policy).status == 1
    scene.feed()
    assert scene.verify("acme/large:1", policy).status == 0


def test_a_lowest_number_stands_in_for_memory(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    state = scene.folder / "state-is-a-file"
    state.write_text("")
    monkeypatch.setenv("ATTEST_STATE", str(state))
    scene.feed(sequence=2)
    answer = scene.verify("acme/large:1", scene.policy(FEED))
    assert (answer.status, answer.document["code"]) == (2, "revocations-memory")
    assert scene.verify("acme/large:1", scene.policy(FEED.replace("}", ", min-sequence: 2}"))).status == 0
    answer = scene.verify("acme/large:1", scene.policy(FEED.replace("}", ", min-sequence: 3}")))
    assert answer.wrong == [("revocations", "revocations-rolled-back")]


def test_memory_that_holds_something_else_is_an_error(scene: Scene) -> None:
    scene.feed()
    policy = scene.policy(FEED)
    assert scene.verify("acme/large:1", policy).status == 0
    (note,) = (scene.folder / "home/state/revocations").glob("*.json")
    note.write_text('{"schema":"attest/revocations-seen/v1","place":"elsewhere","sequence":1,"digest":""}')
    answer = scene.verify("acme/large:1", policy)
    assert (answer.status, answer.document["code"]) == (2, "revocations-memory")


def test_a_feed_in_a_store(scene: Scene) -> None:
    policy = scene.policy("revocations: {by: [security], ref: acme/security}")
    assert scene.verify("acme/student:1", policy).wrong == [("revocations", "revocations-missing")]
    scene.feed(scene.revoked(scene.digests["acme/large"]))
    raw = (scene.folder / "feed.json").read_bytes()
    repository = scene.repository("acme/security")
    layer = Descriptor.of(raw, BUNDLE)
    repository.push_blob(EMPTY_DESCRIPTOR, EMPTY_BYTES)
    repository.push_blob(layer, raw)
    manifest = Manifest.build(artifact_type=BUNDLE, config=EMPTY_DESCRIPTOR, layers=[layer])
    repository.push_manifest(manifest.raw, manifest.descriptor.media_type)
    repository.tag("attest-revocations", manifest.descriptor)
    assert scene.verify("acme/student:1", policy).wrong == [("denials", "ancestor-revoked")]


def test_the_feeds_signer_can_be_denied(scene: Scene) -> None:
    scene.feed()
    key = load_trusted_key(scene.folder / "security.pub").fingerprint
    answer = scene.verify("acme/large:1", scene.policy(FEED, deny(key=quoted(key))))
    assert answer.wrong == [("revocations", "revocations-unsigned")]


def test_a_revoked_key_of_an_ancestor_goes_for_descendants_where_its_scope_says_so(scene: Scene) -> None:
    scene.push("vendor/base", key="vendor", operation="import")
    scene.push("acme/derived", operation="fine-tune", base="vendor/base:1", datasets={"tx": "tx.csv"})
    key = load_trusted_key(scene.folder / "vendor.pub").fingerprint
    scene.feed(scene.revoked(key, Kind.KEY, scope=Scope.SELF))
    assert scene.verify("acme/derived:1", scene.policy(FEED)).status == 0
    scene.feed(scene.revoked(key, Kind.KEY), sequence=2)
    answer = scene.verify("acme/derived:1", scene.policy(FEED))
    assert ("denials", "ancestor-revoked") in answer.wrong


# ---- exceptions

STRICT = HEAD.replace("formats: any", "formats: {allow: [safetensors]}")


def exception(digest: Digest, *, rule: str = "formats", expires: str = TOMORROW) -> str:
    return (
        f"exceptions: [{{name: legacy, rule: {rule}, digest: '{digest}', owner: alice@acme.example, "
        f"reason: rewritten soon, expires: {expires}}}]"
    )


def test_an_exception_turns_one_rule_of_one_version_and_shows(scene: Scene) -> None:
    policy = scene.policy(exception(scene.digests["acme/large"]), head=STRICT)
    answer = scene.verify("acme/large:1", policy)
    assert answer.status == 0
    (finding,) = answer.of("formats")
    assert (finding["status"], finding["exception"]) == ("passed", "legacy")
    for word in ("alice@acme.example", "rewritten soon", "format-not-allowed", TOMORROW):
        assert word in finding["summary"]
    assert scene.verify("acme/student:1", policy).wrong == [("formats", "format-not-allowed")]


def test_an_expired_exception_denies_and_says_so(scene: Scene) -> None:
    answer = scene.verify(
        "acme/large:1", scene.policy(exception(scene.digests["acme/large"], expires="2020-12-31"), head=STRICT)
    )
    assert answer.wrong == [("formats", "exception-expired")]
    found = answer.of("formats")[0]["found"]
    assert "format-not-allowed" in found
    assert "expired at 2020-12-31T23:59:59Z" in found


def test_an_exception_from_the_ml_bom_leaves_what_rests_on_it_unknown(scene: Scene) -> None:
    head = STRICT.replace("ml-bom: {by: [publisher], consistent: true}", "ml-bom: {by: [vendor]}")
    answer = scene.verify(
        "acme/large:1", scene.policy(exception(scene.digests["acme/large"], rule="ml-bom"), head=head)
    )
    assert answer.wrong == [("formats", "evidence-missing")]


def test_an_exception_reaches_no_other_rule(scene: Scene) -> None:
    head = STRICT.replace("signature: {by: [publisher]}", "signature: {by: [vendor]}")
    answer = scene.verify("acme/large:1", scene.policy(exception(scene.digests["acme/large"]), head=head))
    assert answer.wrong == [("signature", "signer-not-trusted")]


def test_an_ancestor_can_be_excepted(scene: Scene) -> None:
    scene.forget("acme/large")
    signed = "lineage: {teacher-model: signed}"
    answer = scene.verify(
        "acme/student:1", scene.policy(signed, exception(scene.digests["acme/large"], rule="ancestors"))
    )
    assert answer.status == 0
    assert answer.of("ancestors")[0]["exception"] == "legacy"


# ---- documents


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("deny: []", "policy-empty-list"),
        ("deny: {manifest: x}", "policy-empty-list"),
        ("deny: [{since: 2026-01-01, reason: x}]", "policy-missing-key"),
        ("deny: [{manifest: 'sha256:00', since: 2026-01-01, reason: x}]", "policy-bad-digest"),
        (deny(manifest=quoted(Digest.of(b"x")), dataset=quoted(Digest.of(b"x"))), "policy-several-things"),
        (deny(manifest=quoted(Digest.of(b"x")), scope="children"), "policy-unknown-word"),
        (deny(manifest=quoted(Digest.of(b"x")), since="soon"), "policy-bad-time"),
        (deny(log_index=-1), "policy-wrong-type"),
        (deny(identity="alice"), "policy-wrong-type"),
        (deny(identity="{issuer: 'https://i.example.com'}"), "policy-missing-key"),
        (deny(manfest=quoted(Digest.of(b"x"))), "policy-unknown-key"),
        ("revocations: {by: [security]}", "policy-missing-key"),
        ("revocations: {by: [security], file: a, ref: b}", "policy-several-things"),
        ("revocations: {by: [nobody], file: a}", "policy-unknown-identity"),
        ("revocations: {by: [security], ref: 'acme/security:1'}", "policy-bad-place"),
        ("revocations: {by: [security], ref: 'ACME'}", "policy-bad-place"),
        ("revocations: {by: [security], file: a, min-sequence: 0}", "policy-wrong-type"),
        ("revocations: {by: [security], file: a, max-age: 1}", "policy-unknown-key"),
        (exception(Digest.of(b"x"), rule="signature"), "policy-no-exception"),
        (exception(Digest.of(b"x"), rule="denials"), "policy-no-exception"),
        (exception(Digest.of(b"x"), expires="later"), "policy-bad-time"),
        ("exceptions: [{name: x, rule: formats}]", "policy-missing-key"),
    ],
)
def test_what_is_not_understood_is_refused(
    scene: Scene, lines: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "check", scene.policy(lines)]) == 2
    assert f"error[{code}]" in capsys.readouterr().err


@pytest.mark.parametrize("lines", [FEED, deny(manifest=quoted(Digest.of(b"x"))), deny(dataset=quoted(Digest.of(b"x")))])
def test_what_reaches_ancestors_needs_to_know_them(
    scene: Scene, lines: str, capsys: pytest.CaptureFixture[str]
) -> None:
    head = "\n".join(line for line in HEAD.splitlines() if "provenance" not in line and "ml-bom" not in line) + "\n"
    assert main(["policy", "check", scene.policy(lines, head=head)]) == 2
    assert "error[policy-missing-key]" in capsys.readouterr().err


def test_the_place_of_the_feed_is_no_part_of_the_digest_and_its_signer_is(scene: Scene) -> None:
    from attest.policy.document import load_policy

    def digest(line: str) -> Digest:
        return load_policy(scene.folder / scene.policy(line)).digest

    assert digest(FEED) == digest(FEED.replace("feed.json", "elsewhere/feed.json"))
    assert digest(FEED) != digest(FEED.replace("[security]", "[vendor]"))
    assert digest(FEED) != digest(FEED.replace("}", ", min-sequence: 2}"))
