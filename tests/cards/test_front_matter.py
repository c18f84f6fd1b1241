"""The front matter as Hugging Face's own library reads it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from attest import strict_yaml
from attest.cards.front_matter import KEYS, front_matter
from attest.cards.merge import merge
from tests.cards.hub import loaded
from tests.cards.samples import BOT, GOLDEN, VERSION, card, generated
from tests.cards.test_build import nothing
from tests.cards.test_escaping import HOSTILE


def made(text: str, *, allowed: bool | None = True) -> Any:
    return loaded(merge(generated(card(text, allowed=allowed))).text)


def test_it_loads_and_its_results_are_understood() -> None:
    found = made("tickets")
    assert found.data.datasets == ["tickets", "legacy"]
    assert found.data.base_model == ["tickets"]
    assert found.data.base_model_relation == "finetune"
    assert found.data.model_name == "acme/credit-risk"
    assert found.data.attest["manifest"] == str(VERSION)
    results = found.data.eval_results
    assert [result.metric_type for result in results] == ["tickets", "latency", "tickets", "accuracy"]
    measured = results[0]
    assert (measured.metric_value, measured.dataset_name, measured.dataset_revision) == (0.923, "tickets", str(GOLDEN))
    assert measured.dataset_config == "tickets=tickets"
    assert measured.metric_args["said_by"] == "signed evaluation"
    assert measured.metric_args["evidence"] == str(BOT.evidence)
    assert results[3].metric_args["said_by"] == "publisher"
    assert results[3].metric_value == 0.9
    assert not any(result.verified for result in results)


def test_it_survives_being_written_by_that_library() -> None:
    once = made("tickets")
    twice = loaded(str(once))
    assert twice.data.to_dict() == once.data.to_dict()
    assert len(twice.data.eval_results) == 4


def test_what_nobody_said_has_no_key() -> None:
    assert set(loaded(merge(generated(nothing())).text).data.to_dict()) == {"attest"}


@pytest.mark.parametrize(
    ("licence", "keys"),
    [
        ("Apache-2.0", {"license": "apache-2.0"}),
        ("MIT OR Apache-2.0", {"license": "other", "license_name": "MIT OR Apache-2.0"}),
        ("LicenseRef-acme", {"license": "other", "license_name": "LicenseRef-acme"}),
        ("see the file", {"license": "other", "license_name": "see the file"}),
        (None, {}),
    ],
)
def test_licences_are_in_the_hubs_spelling_or_under_their_own_name(licence: str | None, keys: dict[str, str]) -> None:
    given = replace(card(), licence=licence)
    found = loaded(merge(generated(given)).text).data.to_dict()
    assert {key: value for key, value in found.items() if key.startswith("license")} == keys


def test_the_digits_are_those_that_were_signed() -> None:
    assert "value: 0.923\n" in front_matter(card())
    assert "value: 0.90\n" in front_matter(card())
    assert "value: 412\n" in front_matter(card())


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_in_its_value(text: str) -> None:
    found = made(text, allowed=False).data.to_dict()
    assert set(found) <= KEYS
    assert found["attest"]["verified"] is False
    assert found["datasets"][0] == text


@pytest.mark.parametrize("text", ["Y", "n", "Yes", "off", "null", "yesterday"])
def test_words_that_yaml_takes_for_something_else_stay_text(text: str) -> None:
    assert strict_yaml.load(front_matter(card(text)), what="the card").value["datasets"][0] == text


@given(text=st.text(min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_stays_in_its_value(text: str) -> None:
    front = front_matter(card(text))
    value = strict_yaml.load(front, what="the card").value
    assert set(value) <= KEYS
    assert value["datasets"][0] == text
    assert not [line for line in front.split("\n") if line.startswith(("#", "---", "..."))]
    assert front.isascii()
