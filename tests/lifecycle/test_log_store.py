"""Segments, seals and appends: a log of any length, and two writers of whom one is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from attest.errors import LogBroken
from attest.lifecycle import log_store
from attest.lifecycle.log_store import TAG, LogStore, _parsed
from attest_registry.errors import Conflict, NotFound
from tests.lifecycle.house import House, register

if TYPE_CHECKING:
    from attest.lifecycle.log_store import Segment
    from attest_registry.digest import Digest


@pytest.fixture(autouse=True)
def segments_of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_store, "SEGMENT", 3)


def refused(house: House, machine: str) -> str:
    with pytest.raises(LogBroken) as caught:
        house.read(machine)
    return caught.value.code


def newest(house: House) -> Segment:
    segment = LogStore(repository=house.repository).newest()
    assert segment is not None
    return segment


def tagged(house: House, number: int) -> Digest | None:
    try:
        return house.repository.resolve(f"{TAG}.{number}").digest
    except NotFound:
        return None


def eight(house: House) -> None:
    for number in range(1, 9):
        house.write(register(number))


def test_a_log_grows_over_its_segments(any_house: House) -> None:
    for number in range(1, 9):
        log = any_house.write(register(number))
        assert log.sequence == number
        assert any_house.read("following").sequence == number
        seals = [each for each in (1, 2, 3) if tagged(any_house, each) is not None]
        assert seals == list(range(1, (number - 1) // 3 + 1))
    assert (newest(any_house).first, newest(any_house).last) == (7, 8)
    fresh = any_house.read("fresh")
    assert [link.event.sequence for link in fresh.fresh] == list(range(1, 9))
    assert fresh.event(2).version.number == 2
    assert [link.event.sequence for link in fresh.walk(now=any_house.clock(), after=4)] == [5, 6, 7, 8]


def test_several_events_at_once_over_an_end(house: House) -> None:
    house.write(*(register(number) for number in range(1, 9)))
    assert [link.event.version.number for link in house.read("fresh").fresh] == list(range(1, 9))


def test_a_host_that_comes_back_after_segments(house: House) -> None:
    house.write(register(1))
    assert house.read("away").sequence == 1
    for number in range(2, 9):
        house.write(register(number))
    back = house.read("away")
    assert [link.event.sequence for link in back.fresh] == [2, 3, 4, 5, 6, 7, 8]


def test_the_keys_go_along(house: House) -> None:
    eight(house)
    assert newest(house).key(house.alice.key.fingerprint) is not None
    assert newest(house).key(house.bob.key.fingerprint) is None


@pytest.mark.parametrize("number", [1, 2])
def test_a_full_segment_is_gone(house: House, number: int) -> None:
    eight(house)
    _point(house, f"{TAG}.{number}", None)
    assert refused(house, "new") == "log-gap"
    assert house.read("own").sequence == 8  # it remembers, and needs none of them


@pytest.mark.parametrize("tag", [f"{TAG}.2", TAG])
def test_another_segment_in_its_place(house: House, tag: str) -> None:
    eight(house)
    _point(house, f"{TAG}.1", house.repository.resolve(tag).digest)
    assert refused(house, "new") == "log-malformed"


def test_a_segment_with_events_of_its_own(house: House) -> None:
    """As long as it should be, and its events are somebody's: the chain is what holds."""
    eight(house)
    other = house.forged(house.next(house.read(), register(9), by=house.alice), signed_by=house.alice)
    store = LogStore(repository=house.repository)
    first = [store.bundle(layer).raw for layer in store.sealed(1).manifest.layers]
    house.put([*first[:2], other], tag=f"{TAG}.1")
    assert refused(house, "new") == "log-gap"


def test_an_older_segment_as_the_newest(house: House) -> None:
    eight(house)
    _point(house, TAG, tagged(house, 2))
    assert refused(house, "own") == "log-rollback"


def test_of_two_writers_one_is_told(any_house: House) -> None:
    any_house.write(register(1))
    seen = newest(any_house)
    store = LogStore(repository=any_house.repository)
    grown = store.append(seen, [b'{"one": 1}'], keys={})
    with pytest.raises(Conflict) as caught:
        store.append(seen, [b'{"two": 2}'], keys={})
    assert caught.value.code == "log-conflict"
    assert newest(any_house).manifest.raw == grown.manifest.raw


def test_of_two_who_begin_a_log_one_is_told(any_house: House) -> None:
    store = LogStore(repository=any_house.repository)
    grown = store.append(None, [b'{"one": 1}'], keys={})
    with pytest.raises(Conflict) as caught:
        store.append(None, [b'{"two": 2}'], keys={})
    assert caught.value.code == "log-conflict"
    assert newest(any_house).manifest.raw == grown.manifest.raw


def test_the_store_itself_moves_the_tag_from_where_it_was_seen_alone(house: House) -> None:
    """Both looked before either wrote: no look of the second one's could have told him."""
    house.write(register(1))
    seen, store = newest(house), LogStore(repository=house.repository)
    one, two = (log_store._grown(seen, house_layer(house, raw), {}) for raw in (b"one", b"two"))
    before = seen.manifest.descriptor.digest
    store._point(TAG, one, seen=before)
    with pytest.raises(Conflict) as caught:
        store._point(TAG, two, seen=before)
    assert caught.value.code == "log-conflict"
    assert newest(house).manifest.raw == one.manifest.raw


def test_a_seal_is_not_replaced_by_who_was_slower(house: House) -> None:
    """A slow writer would seal a segment that ends with his own event, and so break the log for everybody."""
    for number in (1, 2):
        house.write(register(number))
    seen, store = newest(house), LogStore(repository=house.repository)
    seals = store._seals(seen, 3)
    assert seals == {f"{TAG}.1": None}
    for number in (3, 4):
        house.write(register(number))
    sealed = tagged(house, 1)
    slow = log_store._grown(seen, house_layer(house, b"slow"), {})
    with pytest.raises(Conflict) as caught:
        store._point(f"{TAG}.1", slow, seen=seals[f"{TAG}.1"])
    assert caught.value.code == "log-conflict"
    assert tagged(house, 1) == sealed
    assert house.read("new").sequence == 4


def test_who_was_slower_seals_nothing(any_house: House) -> None:
    """He read the log before others filled its segment, and has more events than there was room for."""
    for number in (1, 2):
        any_house.write(register(number))
    seen, store = newest(any_house), LogStore(repository=any_house.repository)
    for number in (3, 4):
        any_house.write(register(number))
    sealed = tagged(any_house, 1)
    with pytest.raises(Conflict) as caught:
        store.append(seen, [b'{"three": 3}', b'{"four": 4}'], keys={})
    assert caught.value.code == "log-conflict"
    assert tagged(any_house, 1) == sealed
    assert any_house.read("new").sequence == 4


def test_a_seal_that_a_dead_writer_left_is_replaced(house: House) -> None:
    for number in (1, 2, 3):
        house.write(register(number))
    stale = log_store._grown(None, house_layer(house, b"left behind"), {})
    LogStore(repository=house.repository)._point(f"{TAG}.1", stale, seen=None)
    house.write(register(4))
    assert house.read("new").sequence == 4


def test_a_log_that_ends_on_a_full_segment(house: House) -> None:
    for number in (1, 2, 3):
        house.write(register(number))
    assert (newest(house).last, tagged(house, 1)) == (3, None)
    assert house.read("new").sequence == 3


def house_layer(house: House, raw: bytes) -> Any:
    from attest_registry.oci.descriptor import Descriptor

    layer = Descriptor.of(raw, "application/vnd.dev.sigstore.bundle.v0.3+json")
    house.repository.push_blob(layer, raw)
    return layer


def _point(house: House, tag: str, digest: Digest | None) -> None:
    """Move a tag in the store's own file."""
    tags = house.folder / "store" / house.model / ".attest/tags"
    if digest is None:
        (tags / tag).unlink()
        return
    lines = [path.read_text() for path in tags.iterdir()]
    (tags / tag).write_text(next(line for line in lines if str(digest) in line))


def test_what_was_written_is_what_would_be_read(house: House) -> None:
    """A writer keeps the segment that it made in place of what it would read; every field of both is the same."""
    house.write(register(1))
    written = newest(house)
    read = _parsed(written.manifest.raw, house.repository.model)
    assert read == written
    assert read.manifest.annotations == written.manifest.annotations
    assert read is not written
