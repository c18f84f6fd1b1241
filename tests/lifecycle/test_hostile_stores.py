"""What a store can do to a log: older ones, gaps, others' logs, and what is none; each has its code."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from attest.claims.event import Action, Fork
from attest.errors import AttestError, LogBroken
from attest.lifecycle.keyring import Keyring
from attest.lifecycle.log_store import TAG
from attest.lifecycle.writing import Draft
from attest_registry.digest import Digest
from tests.lifecycle.begun_log import begun, refused
from tests.lifecycle.house import House, name, register

if TYPE_CHECKING:
    from attest.lifecycle.log import Log


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
