"""Facts → card: what nobody said is not stated, and whose word a number is stays told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from attest.cards.build import NOBODY, build
from attest.cards.document import document
from attest.cards.facts import Facts, Said
from attest.cards.markdown import bodies
from attest.cards.sections import NAMES, headline
from attest.claims.mlbom_terms import MLBOM
from attest.claims.predicates import CARD
from attest_registry.strict_json import parse_object
from tests.cards.samples import BOT, GOLDEN, PUBLISHER, VERSION, card, evaluation, facts

if TYPE_CHECKING:
    from attest.cards.card import Card


def nothing() -> Card:
    return build(Facts(reference=f"m:1@{VERSION}", model="m", digest=VERSION))


def test_what_nobody_said_is_not_stated() -> None:
    text = bodies(nothing())
    for name in ("intended-use", "factors", "metrics", "evaluation-data", "training-data", "quantitative-analyses"):
        assert "*not stated*" in text[name], name
    for name in ("ethical-considerations", "limitations", "lineage", "parts"):
        assert text[name].split("\n\n", 1)[1] == "*not stated*"
    labels = [line for line in text["details"].splitlines() if line.startswith("- **")]
    stated = [line for line in labels if not line.endswith("*not stated*")]
    assert [line.split("**")[1] for line in stated] == ["Version", "Name"]


def test_an_unspecified_operation_is_not_stated() -> None:
    given = facts()
    assert given.bom is not None
    silent = replace(given, bom=Said(value=MLBOM(spec="1.6", model="m"), source=PUBLISHER), lineage=())
    made = build(silent)
    assert (made.operation, made.details["Operation"], made.weights) == (None, None, None)


def test_the_sections_are_those_of_a_model_card_in_their_order() -> None:
    assert tuple(bodies(card())) == NAMES


def test_without_anybody_to_trust_it_says_so_first() -> None:
    made = card(allowed=None)
    assert not made.standing.verified
    for text in (bodies(made)["summary"].splitlines()[2], bodies(made)["verification"].splitlines()[2]):
        assert text.startswith(f"**NOT VERIFIED**: {NOBODY}")


def test_a_refused_version_says_why() -> None:
    made = card("expected this", allowed=False)
    assert headline(made).strong == "NOT VERIFIED"
    assert any("signature: expected expected this" in reason for reason in made.standing.reasons)
    assert "signature: expected expected this; found expected this" in bodies(made)["verification"]


def test_a_contradiction_keeps_it_from_being_verified() -> None:
    made = build(replace(facts(), problems=("the ML-BOM lists the file 'x', which the version does not hold",)))
    assert not made.standing.verified
    assert bodies(made)["summary"].splitlines()[2].startswith("**NOT VERIFIED**: the ML-BOM lists")
    assert card().standing.verified


def test_measured_and_stated_numbers_are_told_apart_with_signer_and_digest() -> None:
    made = card()
    text = bodies(made)["metrics"]
    measured, stated = text.split("*Stated by the publisher")
    assert "Measured: signed evaluations" in measured
    assert BOT.signer.split()[0] in measured
    assert f"`{BOT.evidence}`" in measured
    assert "| failed |" in measured
    assert PUBLISHER.signer.split()[0] in stated
    assert f"`{PUBLISHER.evidence}`" in stated
    assert "0.90" in stated
    assert "0.90" not in measured


def test_who_measures_his_own_model_is_called_the_publisher() -> None:
    own = replace(facts(), evaluations=(Said(value=evaluation(), source=PUBLISHER),))
    assert "(the publisher)" in bodies(build(own))["metrics"]
    assert "(the publisher)" not in bodies(card())["metrics"]


def test_groups_and_their_data_are_analysed_apart() -> None:
    made = card("region")
    text = bodies(made)
    assert made.groups == ("region=region",)
    assert "region=region" in text["quantitative-analyses"]
    assert "region=region" not in text["metrics"]
    assert "region=region" in text["factors"]
    assert f"`{GOLDEN}`" in text["evaluation-data"]


def test_the_publishers_data_are_looked_up_among_the_inputs() -> None:
    stated = {number.name: number.data for number in card("tickets").stated}
    data = stated["accuracy"]
    assert data is not None
    assert data.digest == GOLDEN


def test_unverified_words_carry_that_in_each_row() -> None:
    loose = replace(PUBLISHER, verified=False)
    given = facts(allowed=None)
    assert given.bom is not None
    made = build(replace(given, bom=Said(value=given.bom.value, source=loose)))
    assert "not verified" in bodies(made)["metrics"]
    assert "not verified" in bodies(made)["verification"]


def test_earlier_cards_are_no_part_of_a_card() -> None:
    """Or signing one would change the next."""
    row = replace(facts().claims[0], predicate_type=CARD)
    assert build(replace(facts(), claims=(row,))).claims == ()


@pytest.mark.parametrize("allowed", [True, False, None])
def test_the_same_facts_give_the_same_card(allowed: bool | None) -> None:
    assert bodies(card(allowed=allowed)) == bodies(card(allowed=allowed))


def test_the_document_says_what_the_card_says() -> None:
    found = parse_object(document(card(), people=["mine"]), what="the card", limit=1 << 20)
    assert found["schema"] == "attest/card/v1"
    assert (found["verified"], found["people"]) == (True, ["mine"])
    assert found["metrics"]["measured"][0]["source"]["evidence"] == str(BOT.evidence)
    empty = parse_object(document(nothing()), what="the card", limit=1 << 20)
    assert (empty["intended_use"], empty["verified"], empty["training_data"]) == (None, False, [])
