"""What `attest revocations` revokes and takes back as a person types it, and what is typed wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims import revocations
from attest.claims.revocations import Kind, Scope
from attest.cli.main import main
from attest.signing.bundle import Bundle
from attest.trust.identity import load_trusted_key
from attest_registry.digest import Digest
from tests.end_to_end.issuing_scene import FEED, made_once, own_copy, said, verb  # noqa: F401  # fixtures

if TYPE_CHECKING:
    from tests.end_to_end.lineage_scene import Scene


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


# ---- what is typed wrong


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
