"""What a trusted root holds, and what counts as a change of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from attest.trust.contents import Change, Part, Word, differences, instances
from attest.trust.roots import TrustedRoot
from tests.trust.trust_scene import OTHER, add_log, document

if TYPE_CHECKING:
    from collections.abc import Callable

START = datetime(2026, 1, 1, tzinfo=UTC)
END = "2026-09-01T00:00:00Z"


def changes(change: Callable[[dict[str, Any]], object], before: Callable[..., object] = lambda _: None) -> list[Change]:
    earlier, later = (TrustedRoot.parse(document(each)) for each in (before, change))
    return list(differences(instances(earlier), instances(later)))


def words(change: Callable[[dict[str, Any]], object]) -> list[tuple[Word, Part]]:
    return [(each.word, each.instance.part) for each in changes(change)]


def test_every_part_is_listed() -> None:
    listed = [each.part for each in instances(TrustedRoot.parse(document()))]
    assert listed == [Part.AUTHORITY, Part.LOG, Part.LOG, Part.CERTIFICATE_LOG, Part.TIMESTAMPS]


def test_the_same_root_has_no_differences() -> None:
    assert not words(lambda _: None)
    assert not words(lambda made: made.update(tlogs=made["tlogs"][::-1]))  # their order says nothing


PLACES: dict[Part, Callable[[dict[str, Any]], dict[str, Any]]] = {
    Part.AUTHORITY: lambda made: made["certificateAuthorities"][0],
    Part.LOG: lambda made: made["tlogs"][0]["publicKey"],
    Part.CERTIFICATE_LOG: lambda made: made["ctlogs"][0]["publicKey"],
    Part.TIMESTAMPS: lambda made: made["timestampAuthorities"][0],
}


@pytest.mark.parametrize("part", PLACES)
def test_a_window_that_is_closed_is_an_end(part: Part) -> None:
    found = changes(lambda made: PLACES[part](made)["validFor"].update(end=END))
    assert [(each.word, each.instance.part) for each in found] == [(Word.ENDED, part)]
    assert found[0].was == "was 2026-01-01T00:00:00Z to no end"


@pytest.mark.parametrize("part", PLACES)
def test_a_window_that_is_opened_again_is_no_end(part: Part) -> None:
    found = changes(lambda _: None, before=lambda made: PLACES[part](made)["validFor"].update(end=END))
    assert [(each.word, each.instance.part) for each in found] == [(Word.CHANGED, part)]


@pytest.mark.parametrize("part", PLACES)
def test_a_window_that_begins_earlier_is_a_change(part: Part) -> None:
    """Even where it ends earlier too: it lets in what was not let in before."""
    span = {"start": "2020-01-01T00:00:00Z", "end": END}
    assert words(lambda made: PLACES[part](made)["validFor"].update(span)) == [(Word.CHANGED, part)]


@pytest.mark.parametrize(("key", "part"), [("tlogs", Part.LOG), ("ctlogs", Part.CERTIFICATE_LOG)])
def test_what_comes_and_goes(key: str, part: Part) -> None:
    assert words(lambda made: made[key].pop()) == [(Word.REMOVED, part)]
    assert words(lambda made: made[key].append(OTHER.root_document()[key][0])) == [(Word.ADDED, part)]


def test_another_key_under_the_same_name_is_one_that_comes_and_one_that_goes() -> None:
    exchanged = words(lambda made: made.update(ctlogs=OTHER.root_document()["ctlogs"]))
    assert exchanged == [(Word.ADDED, Part.CERTIFICATE_LOG), (Word.REMOVED, Part.CERTIFICATE_LOG)]


def test_the_same_instance_twice_is_an_addition() -> None:
    assert words(lambda made: made["tlogs"].append(made["tlogs"][0])) == [(Word.ADDED, Part.LOG)]


def test_an_address_and_an_identifier_are_part_of_what_is_believed() -> None:
    moved = changes(lambda made: made["tlogs"][0].update(baseUrl="https://elsewhere.example"))
    assert moved[0].word is Word.CHANGED
    assert moved[0].was.startswith("was https://")
    named = changes(lambda made: made["tlogs"][0].update(checkpointKeyId={"keyId": "YWJjZA=="}))
    assert [(each.word, each.was) for each in named] == [
        (Word.CHANGED, "another identifier, or other certificates above it")
    ]


def test_another_anchor_above_the_same_certificate_is_a_change() -> None:
    shortened = words(lambda made: made["certificateAuthorities"][0]["certChain"]["certificates"].pop())
    assert shortened == [(Word.CHANGED, Part.AUTHORITY)]


def test_an_authority_without_an_address_is_called_by_its_subject() -> None:
    root = TrustedRoot.parse(document(lambda made: made["certificateAuthorities"][0].pop("uri")))
    assert "O=acme" in instances(root)[0].name


def test_both_ends_of_a_window_are_in_force() -> None:
    root = TrustedRoot.parse(document(lambda made: PLACES[Part.AUTHORITY](made)["validFor"].update(end=END)))
    authority, second = instances(root)[0], timedelta(seconds=1)
    end = datetime.fromisoformat(END)
    moments = (START - second, START, end, end + second)
    assert [authority.standing(each) for each in moments] == ["not yet", "yes", "yes", "ended"]


def test_a_log_that_is_added_is_said_once() -> None:
    assert words(add_log) == [(Word.ADDED, Part.LOG)]
