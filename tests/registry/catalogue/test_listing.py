"""Listings come page by page, whatever is written in between, and tokens belong to their query."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING

import pytest

from attest_registry.catalogue.store import Catalogue
from attest_registry.errors import BadQuery
from tests.registry.catalogue.facts_for_tests import fill
from tests.registry.catalogue.logs import Log, busy_log, moment

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest_registry.catalogue.rows import Page


def whole(ask: Callable[[str | None], Page[object]]) -> list[object]:
    """All lines of all pages."""
    found: list[object] = []
    token = None
    while True:
        page = ask(token)
        found += page.items
        token = page.next
        if token is None:
            return found


@pytest.fixture
def log(catalogue: Catalogue) -> Log:
    filled = busy_log()
    filled.commit_all(catalogue)
    return filled


def test_history_is_the_newest_first(catalogue: Catalogue, log: Log) -> None:
    events = [event for event, _ in reversed(log.events)]
    assert list(catalogue.history(log.model).items) == events
    assert whole(lambda token: catalogue.history(log.model, limit=2, token=token)) == events


def test_history_of_an_alias(catalogue: Catalogue, log: Log) -> None:
    of_alias = [event for event, _ in reversed(log.events) if event.alias == "production"]
    assert whole(lambda token: catalogue.history(log.model, alias="production", limit=1, token=token)) == of_alias


@pytest.mark.parametrize(("since", "until"), [(3, None), (None, 3), (3, 5), (3.5, 3.6), (11, 11), (5, 3)])
def test_history_of_a_time(catalogue: Catalogue, log: Log, since: float | None, until: float | None) -> None:
    first, last = (None if hours is None else moment(hours) for hours in (since, until))
    expected = [
        event.sequence
        for event, _ in reversed(log.events)
        if (first is None or event.time >= first) and (last is None or event.time <= last)
    ]
    found = whole(lambda token: catalogue.history(log.model, since=first, until=last, limit=2, token=token))
    assert [event.sequence for event in found] == expected  # type: ignore[attr-defined]  # events


def test_history_of_nothing(catalogue: Catalogue) -> None:
    assert catalogue.history("acme/other").items == ()


def test_versions_are_the_newest_first(catalogue: Catalogue, log: Log) -> None:
    found = whole(lambda token: catalogue.versions(log.model, limit=1, token=token))
    assert found == list(catalogue.versions(log.model).items)
    assert [(line.number, line.stage, line.aliases, line.revoked) for line in catalogue.versions(log.model).items] == [
        (3, None, (), True),
        (2, "production", (), False),
        (1, None, ("production",), False),
    ]


def test_models_by_name_and_prefix(catalogue: Catalogue) -> None:
    for name in ("acme/b", "acme/a", "acme-2/c", "other/d"):
        busy_log(name).commit_all(catalogue)
    assert [row.model for row in catalogue.models().items] == ["acme-2/c", "acme/a", "acme/b", "other/d"]
    assert [row.model for row in catalogue.models("acme/").items] == ["acme/a", "acme/b"]
    assert [row.model for row in catalogue.models("acme").items] == ["acme-2/c", "acme/a", "acme/b"]
    assert len(whole(lambda token: catalogue.models("acme", limit=1, token=token))) == 3
    row = catalogue.models("other/").items[0]
    assert (row.head, row.versions, dict(row.aliases), row.deleted, row.environment) == (
        11,
        3,
        {"production": 1},
        False,
        None,
    )


def test_what_is_inserted_meanwhile_neither_repeats_nor_hides_a_line(catalogue: Catalogue) -> None:
    fill(catalogue)
    before = [(line.model, line.number) for line in catalogue.search_versions("", limit=50).items]
    page = catalogue.search_versions("", limit=4)
    busy_log("acme/zzz").commit_all(catalogue)
    busy_log("acme/aaa").commit_all(catalogue)
    rest = whole(lambda token: catalogue.search_versions("", limit=4, token=token or page.next))
    keys = [(line.model, line.number) for line in [*page.items, *rest]]  # type: ignore[attr-defined]  # versions
    assert [key for key in keys if key in before] == before
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("limit", [0, -1, 10_001])
def test_a_limit_that_cannot_be_one(catalogue: Catalogue, limit: int) -> None:
    for ask in (
        lambda: catalogue.models(limit=limit),
        lambda: catalogue.versions("m", limit=limit),
        lambda: catalogue.history("m", limit=limit),
        lambda: catalogue.search_versions(limit=limit),
        lambda: catalogue.search_models(limit=limit),
    ):
        with pytest.raises(BadQuery) as error:
            ask()
        assert (error.value.code, error.value.exit_status) == ("bad-limit", 2)


def refuses(ask: Callable[[], object]) -> None:
    with pytest.raises(BadQuery) as error:
        ask()
    assert (error.value.code, error.value.exit_status) == ("bad-page-token", 2)


def test_a_token_belongs_to_its_query(catalogue: Catalogue, log: Log) -> None:
    token = catalogue.search_versions("number > 0", limit=1).next
    assert token
    assert catalogue.search_versions("number > 0", limit=2, token=token).items
    for ask in (
        lambda: catalogue.search_versions("number > 1", token=token),
        lambda: catalogue.search_versions("number > 0", order_by=["name"], token=token),
        lambda: catalogue.search_models("", token=token),
        lambda: catalogue.versions(log.model, token=token),
        lambda: catalogue.history(log.model, token=token),
        lambda: catalogue.models(token=token),
    ):
        refuses(ask)


def test_a_token_belongs_to_its_catalogue(catalogue: Catalogue, log: Log, tmp_path: str) -> None:
    token = catalogue.versions(log.model, limit=1).next
    with Catalogue.open(f"{tmp_path}/another.db") as another:
        log.commit_all(another)
        refuses(lambda: another.versions(log.model, token=token))


def test_a_token_that_was_changed_is_refused(catalogue: Catalogue, log: Log) -> None:
    token = catalogue.versions(log.model, limit=1).next
    assert token is not None
    for place, character in enumerate(token):
        for other in {"A", "b", "-", "_"} - {character}:
            refuses(partial(catalogue.versions, log.model, token=token[:place] + other + token[place + 1 :]))
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    forged = base64.urlsafe_b64encode(raw[:16] + b"[1]").decode().rstrip("=")
    for wrong in ("", "x", token[:-1], token + "A", token + "=", " " + token, "é", "A" * 5_000, forged):
        refuses(partial(catalogue.versions, log.model, token=wrong))


def test_a_duration_keeps_its_meaning_from_page_to_page(catalogue: Catalogue) -> None:
    log = Log()
    for _ in range(3):
        log.register()
    log.commit_all(catalogue)
    page = catalogue.search_versions("created > 52000w", limit=2)
    assert len(catalogue.search_versions("created > 52000w", limit=2, token=page.next).items) == 1
    assert catalogue.search_versions("created < 0s", limit=2).items
