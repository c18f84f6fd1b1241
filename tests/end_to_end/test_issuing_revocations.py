"""`attest revocations`: each issue of a feed goes on from the one before, and what is printed of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from attest.claims import revocations
from attest.claims.revocations import Kind, Scope
from attest.feed_places import FeedFile
from attest_registry.digest import Digest
from tests.end_to_end.issuing_scene import FEED, made_once, own_copy, said, verb, words  # noqa: F401  # fixtures
from tests.end_to_end.lineage_scene import NOW, Scene


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


# ---- how much goes into one issue


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
