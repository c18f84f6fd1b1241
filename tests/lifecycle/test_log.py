"""A log as a machine reads it that remembers, or does not: honest logs hold, and each attack has its code."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from attest.claims.event import Action, Fork
from attest.claims.log_state import RoleName
from attest.errors import AttestError, IllegalEvent, LogBroken, NoTrust
from attest.lifecycle.keyring import Keyring
from attest.lifecycle.log_store import TAG
from attest.lifecycle.writing import Draft
from attest_registry.digest import Digest
from attest_registry.errors import NotFound
from tests.lifecycle.house import START, House, grant, manifest, name, promote, register, rollback, version

if TYPE_CHECKING:
    from attest.lifecycle.log import Log


def begun(house: House) -> Log:
    """Two versions, the second in production, bob may promote."""
    house.write(register(1, "1.0.0"))
    house.write(grant(RoleName.APPROVER, house.alice, house.bob))
    house.write(register(2))
    return house.write(promote(2), by=house.bob)


def refused(house: House, machine: str = "own", **more: Any) -> str:
    with pytest.raises(LogBroken) as caught:
        house.read(machine, **more)
    assert caught.value.exit_status == 3
    return caught.value.code


# ---- honest logs


def test_what_was_written_is_read_by_everybody(any_house: House) -> None:
    written = begun(any_house)
    fresh = any_house.read("new machine")
    again = any_house.read("new machine")
    assert (fresh.first_use, again.first_use) == (True, False)
    assert (len(fresh.fresh), len(again.fresh)) == (4, 0)
    for log in (fresh, again):
        assert log.head == written.head
        assert log.resolve("production", name="m").manifest == manifest(2)
    with pytest.raises(NotFound) as caught:
        again.resolve("produktion", name="m")
    assert caught.value.code == "alias-unknown"
    assert "did you mean 'production'" in caught.value.message


def test_only_new_events_are_read(house: House) -> None:
    begun(house)
    house.read("other")
    house.write(register(3))
    house.write(promote(3))
    later = house.read("other")
    assert [link.event.sequence for link in later.fresh] == [5, 6]
    assert [link.event.sequence for link in later.walk(now=house.clock())] == [1, 2, 3, 4, 5, 6]
    assert [link.event.sequence for link in later.walk(now=house.clock(), after=4)] == [5, 6]
    assert later.event(4).target.alias == "production"


def test_no_log_is_none(house: House) -> None:
    assert house.read_any() is None


def test_two_machines_at_once_remember_the_same(house: House) -> None:
    begun(house)
    one, two = house.read("one"), house.read("two")
    house.write(register(3))
    assert house.read("one").head == house.read("two").head
    assert (one.sequence, two.sequence) == (4, 4)


# ---- what a store can do


def test_an_older_head(any_house: House) -> None:
    begun(any_house)
    old = any_house.bundles()
    any_house.write(register(3))
    any_house.read("host")
    any_house.put(old)
    assert refused(any_house, "host") == "log-rollback"
    assert any_house.read("another host").sequence == 4  # who remembers nothing cannot know: that is what pins are for


def test_the_log_is_gone(house: House) -> None:
    begun(house)
    (house.folder / "store" / house.model / ".attest/tags/attest-log").unlink()
    assert refused(house) == "log-rollback"
    assert house.read_any("new") is None


def test_an_event_is_missing_from_the_middle(house: House) -> None:
    begun(house)
    bundles = house.bundles()
    house.put([bundles[0], bundles[1], bundles[3]])
    assert refused(house, "new") == "log-gap"


def test_the_first_event_is_missing(house: House) -> None:
    begun(house)
    house.put(house.bundles()[1:])
    assert refused(house, "new") == "log-gap"


def test_two_events_change_places(house: House) -> None:
    begun(house)
    one, two, three, four = house.bundles()
    house.put([one, three, two, four])
    assert refused(house, "new") == "log-gap"


def test_an_event_comes_twice(house: House) -> None:
    begun(house)
    bundles = house.bundles()
    house.put([*bundles, bundles[-1]])
    assert refused(house, "new") == "log-gap"


def test_the_log_of_another_model(house: House, tmp_path: Any) -> None:
    from attest_registry.oci.layout import LayoutRepository

    begun(house)
    bundles = house.bundles()
    other = dataclasses.replace(house, repository=LayoutRepository(tmp_path / "store", "acme/other"), ledgers={})
    other.put(bundles)
    assert refused(other, "new") == "log-transplant"
    for ledger in other.ledgers.values():
        ledger.close()


def test_the_memory_of_one_model_is_not_that_of_another(house: House) -> None:
    """Two stores may share a folder, so that one place is reached under two names."""
    begun(house)
    assert house.read("host").head.model == house.model
    from attest.lifecycle.log import read_log

    with pytest.raises(LogBroken) as caught:
        read_log(house.repository, model="credit-risk", place=house.place("host"), keyring=Keyring(), now=house.clock())
    assert caught.value.code == "log-transplant"


def test_another_log_of_the_same_model(house: House) -> None:
    """Mallory begins it anew, with himself as admin."""
    begun(house)
    house.read("host")
    _begun_anew(house)
    assert refused(house, "host") == "log-transplant"
    assert house.read("new").state.roles["admin"][0].who == name(house.mallory)  # pins are what helps here


def test_another_log_that_says_ours_is_abandoned(house: House) -> None:
    """It ends a fork that its admin made up: nobody in there has a say over the log that was seen."""
    begun(house)
    seen = [link.digest for link in house.read("host").walk(now=house.clock())]
    log = _begun_anew(house)
    for _ in range(4):
        draft = Draft(action=Action.RESOLVE_FORK, fork=Fork(stands=log.head.head, abandoned=tuple(seen)))
        log = house.writer(house.mallory, "mallory").write(log, [draft])
    assert log.sequence > len(seen)
    assert refused(house, "host") == "log-transplant"


def _begun_anew(house: House) -> Log:
    """A log by mallory in the place of the real one; his catalogue is his own."""
    from attest_registry.catalogue.store import Catalogue

    (house.folder / "store" / house.model / ".attest/tags/attest-log").unlink()
    house.catalogue.close()
    house.catalogue = Catalogue.open(str(house.folder / "mallory.db"))
    return house.writer(house.mallory, "mallory").write(None, [register(1)])


def test_another_environment(house: House) -> None:
    log = begun(house)
    event = house.next(log, register(3), by=house.alice, environment="staging")
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-transplant"


def test_an_event_of_another_log(house: House) -> None:
    """Everything fits but the log that it says it belongs to."""
    log = begun(house)
    event = house.next(log, register(3), by=house.alice, log=Digest.of(b"other log"))
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-transplant"


def test_another_name_in_the_words(house: House) -> None:
    log = begun(house)
    event = house.next(log, register(3), by=house.alice, model="acme/other")
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-transplant"


# ---- who signed, and whether he may


def test_somebody_elses_signature(house: House) -> None:
    log = begun(house)
    event = house.next(log, register(3), by=house.alice)
    house.put([*house.bundles(), house.forged(event, signed_by=house.mallory)])
    assert refused(house) == "log-signature"


def test_somebody_elses_name(house: House) -> None:
    """Mallory signs, and says that he is mallory; his event names alice nowhere, and he has no role."""
    log = begun(house)
    event = house.next(log, register(3), by=house.mallory)
    house.put([*house.bundles(), house.forged(event, signed_by=house.mallory)])
    assert refused(house) == "log-role"


def test_a_promotion_by_a_contributor(house: House) -> None:
    """A compromised server took it: every reader looks himself (row 65)."""
    house.write(register(1))
    house.write(grant(RoleName.CONTRIBUTOR, house.alice, house.bob))
    log = house.read()
    state = replace(log.state, aliases={"production": version(1).held}, stages={"production": (1,)})
    event = house.next(log, promote(1), by=house.bob, state=state)
    house.put([*house.bundles(), house.forged(event, signed_by=house.bob)])
    assert refused(house) == "log-role"


def test_a_role_that_was_taken_away(house: House) -> None:
    begun(house)
    log = house.write(grant(RoleName.APPROVER, house.alice))
    event = house.next(log, rollback(1), by=house.bob)
    house.put([*house.bundles(), house.forged(event, signed_by=house.bob)])
    assert refused(house) == "log-role"


def test_words_that_were_changed(house: House) -> None:
    import base64
    import json

    begun(house)
    *before, last = house.bundles()
    bundle = json.loads(last)
    words = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    words["predicate"]["reason"] = "another one"
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(words).encode()).decode()
    house.put([*before, json.dumps(bundle).encode()])
    assert refused(house, "new") == "log-signature"


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b"\xff", b'{"mediaType": 1}', b"[" * 5000])
def test_a_bundle_that_is_none(house: House, raw: bytes) -> None:
    begun(house)
    house.put([*house.bundles(), raw])
    assert refused(house) == "log-signature"


def test_an_event_that_is_malformed(house: House) -> None:
    log = begun(house)
    event = house.next(log, register(3), by=house.alice)
    bundle = house.forged(event, signed_by=house.alice, words=lambda said: said["state"].update(owner="x"))
    house.put([*house.bundles(), bundle])
    assert refused(house) == "log-signature"


def test_another_kind_of_claim(house: House) -> None:
    from attest.claims.approval import Approval, Decision
    from attest.signed_claims import sign_approval
    from attest.signing.bundle_signer import KeyBundleSigner

    begun(house)
    said = Approval(decision=Decision.APPROVE, meaning="reviewed")
    bundle = sign_approval(
        said, signer=KeyBundleSigner(signer=house.alice.signer), model=house.model, manifest_digest=manifest(2)
    )
    house.put([*house.bundles(), bundle])
    assert refused(house) == "log-signature"


def test_a_key_that_is_nowhere(house: House) -> None:
    begun(house)
    house.put(house.bundles(), change={"annotations": {"dev.attest.log.first": "1"}})
    assert refused(house, "new") == "log-key-missing"
    named = Keyring(named={each.key.fingerprint: each.key for each in (house.alice, house.bob)})
    assert house.read("new", keyring=named).sequence == 4  # the operator has it


@pytest.mark.parametrize("text", ["", "AAAA", "no base64!", "A" * 5000])
def test_a_key_beside_the_log_that_is_another(house: House, text: str) -> None:
    begun(house)
    annotations = {
        "dev.attest.log.first": "1",
        **{f"dev.attest.key.{each.key.fingerprint.hex}": text for each in (house.alice, house.bob)},
    }
    house.put(house.bundles(), change={"annotations": annotations})
    assert refused(house, "new") == "log-key-missing"


def test_a_login_needs_a_pinned_root(house: House) -> None:
    from attest.claims.signer_name import SignerName

    begun(house)
    login = SignerName(issuer="https://accounts.example.com", subject="carol@example.com")
    log = house.write(grant(RoleName.CONTRIBUTOR, login, house.alice))
    event = replace(house.next(log, register(3), by=house.alice), by=login)
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    with pytest.raises(NoTrust) as caught:
        house.read()
    assert caught.value.code == "no-trusted-root"


# ---- time


def test_an_event_from_before_the_one_before_it(house: House) -> None:
    log = begun(house)
    event = house.next(log, register(3), by=house.alice, time=log.head.time - timedelta(seconds=1))
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-time"


def test_an_event_from_the_future(house: House) -> None:
    log = begun(house)
    now = house.clock()
    for ahead, holds in ((timedelta(minutes=5), True), (timedelta(minutes=5, seconds=1), False)):
        event = house.next(log, register(3), by=house.alice, time=now + ahead)
        house.put([*house.bundles()[:4], house.forged(event, signed_by=house.alice)])
        if holds:
            assert house.read("fresh", now=now).sequence == 5
        else:
            assert refused(house, now=now) == "log-time"


def test_a_writer_whose_clock_is_behind_goes_on(house: House) -> None:
    """His event is as late as the one before it: a clock that is wrong stops nobody."""
    log = begun(house)
    house.clock.now = START - timedelta(days=1)
    with pytest.raises(LogBroken):  # his own machine takes the others' events for ones from the future
        house.read("slow")
    house.clock.now = log.head.time - timedelta(minutes=3)
    later = house.write(register(3))
    assert later.head.time == log.head.time


# ---- state


def test_a_changed_state(house: House) -> None:
    """An approver makes himself admin by the way."""
    log = begun(house)
    greedy = house.next(log, promote(1, "champion"), by=house.bob)
    roles = {**greedy.state.roles, "admin": tuple(log.state.roles["approver"])}
    event = replace(greedy, state=replace(greedy.state, roles=roles))
    house.put([*house.bundles(), house.forged(event, signed_by=house.bob)])
    assert refused(house) == "log-state"


@pytest.mark.parametrize("part", ["aliases", "policies", "revoked", "next_number", "stages"])
def test_each_part_of_the_state_is_compared(house: House, part: str) -> None:
    log = begun(house)
    honest = house.next(log, register(3), by=house.alice)
    others: dict[str, Any] = {
        "aliases": {"production": version(1).held},
        "policies": {"production": Digest.of(b"p")},
        "revoked": (1,),
        "next_number": 7,
        "stages": {},
    }
    event = replace(honest, state=replace(honest.state, **{part: others[part]}))
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-state"


def test_an_act_that_may_not_follow(house: House) -> None:
    log = begun(house)
    event = house.next(log, Draft(action=Action.DELETE, version=version(2)), by=house.alice)
    event = replace(event, state=replace(event.state, closed=True))
    house.put([*house.bundles(), house.forged(event, signed_by=house.alice)])
    assert refused(house) == "log-transition"


def test_a_writer_is_refused_before_anything_is_sent(house: House) -> None:
    begun(house)
    before = house.bundles()
    for draft, who, code in (
        (register(3), house.bob, "role-missing"),
        (register(4), house.alice, "version-out-of-order"),
        (promote(2), house.alice, "alias-unchanged"),
        (promote(3), house.alice, "version-unregistered"),
        (rollback(1), house.alice, "rollback-target"),
    ):
        with pytest.raises(IllegalEvent) as caught:
            house.write(draft, by=who)
        assert caught.value.code == code
    assert house.bundles() == before


# ---- what lies there is no log


@pytest.mark.parametrize(
    "change",
    [
        {"artifactType": "application/vnd.attest.other.v1+json"},
        {"annotations": {}},
        {"annotations": {"dev.attest.log.first": "0"}},
        {"annotations": {"dev.attest.log.first": "2"}},
        {"annotations": {"dev.attest.log.first": "-999"}},
        {"annotations": {"dev.attest.log.first": "1000000001"}},
        {"layers": []},
    ],
    ids=lambda change: str(change)[:60],
)
def test_a_malformed_manifest(house: House, change: dict[str, Any]) -> None:
    begun(house)
    house.put(house.bundles(), change=change)
    assert refused(house, "new") == "log-malformed"


def test_a_segment_that_is_not_there(house: House) -> None:
    """The store says that a thousand events went before, and has none of them."""
    begun(house)
    house.put(house.bundles(), change={"annotations": {"dev.attest.log.first": "1001"}})
    assert refused(house, "new") == "log-gap"
    assert refused(house, "own") == "log-gap"


def test_a_bundle_that_is_not_there(house: House) -> None:
    begun(house)
    digest = Digest.of(house.bundles()[1])
    for found in house.folder.rglob(digest.hex):
        found.unlink()
    assert refused(house, "new") == "log-gap"


def test_a_bundle_with_other_bytes(house: House) -> None:
    begun(house)
    digest = Digest.of(house.bundles()[1])
    for found in (house.folder / "store" / house.model).rglob(digest.hex):
        found.chmod(0o600)
        found.write_bytes(b"x" * found.stat().st_size)
    with pytest.raises(AttestError) as caught:
        house.read("new")
    assert (caught.value.code, caught.value.exit_status) == ("digest-mismatch", 3)


def test_the_tag_names_the_log_alone(house: House) -> None:
    begun(house)
    assert TAG not in house.repository.tags()
