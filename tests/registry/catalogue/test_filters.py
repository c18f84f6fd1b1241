"""The grammar of filters: what is read, what is refused and where, and that printing is the inverse of reading."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from attest_registry import limits
from attest_registry.catalogue.filter_attributes import OF_MODELS, OF_VERSIONS, Kind
from attest_registry.catalogue.filter_tree import And, Attribute, Compare, Node, Not, Or
from attest_registry.catalogue.filters import parse, parse_order
from attest_registry.errors import BadQuery

if TYPE_CHECKING:
    from collections.abc import Callable

    from attest_registry.catalogue.filter_tree import Value

KNOWN = sorted({each.name: each for each in OF_VERSIONS.values()}.values(), key=lambda each: each.name)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.one_of(
    st.integers(-1, 2**40).map(Decimal), st.decimals(-1000, 1000, allow_nan=False, places=3), st.just(Decimal("1E-7"))
)
COUNTS = st.integers(-1, 2**53).map(Decimal)
PATTERNS = st.sampled_from(["%_%", "\\%", "it's", 'a "b"', "", "é\n`"])
VALUES: dict[Kind, st.SearchStrategy[Value]] = {
    Kind.TEXT: TEXTS,
    Kind.NUMBER: NUMBERS,
    Kind.COUNT: COUNTS,
    Kind.TIME: st.sampled_from(["30d", "2026-03-08", "2026-03-08T14:32:00Z", "2026-03-08 14:32:00.5+01:00"]),
    Kind.DIGEST: st.sampled_from(["sha256:" + "0f" * 32, "sha256:" + "a1" * 32]),
    Kind.TRUTH: st.booleans(),
    Kind.EITHER: st.one_of(TEXTS, NUMBERS),
}


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    known = draw(st.sampled_from(KNOWN))
    operator = draw(st.sampled_from(known.kind.operators))
    fitting = VALUES[known.kind]
    if operator.endswith("LIKE"):
        fitting = PATTERNS
    elif known.kind is Kind.EITHER and operator in {"<", "<=", ">", ">="}:
        fitting = NUMBERS
    count = 3 if operator.endswith("IN") else 1
    values = draw(st.lists(fitting, min_size=1, max_size=count))
    key = draw(TEXTS.filter(bool)) if known.keyed else None
    return Compare(attribute=Attribute(name=known.name, key=key), operator=operator, values=tuple(values))


def trees() -> st.SearchStrategy[Node]:
    def wider(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        some = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return st.one_of(
            inner.map(lambda item: Not(item=item)),
            some.map(lambda items: And(items=items)),
            some.map(lambda items: Or(items=items)),
        )

    return st.recursive(comparisons(), wider, max_leaves=8)


def refusal_of(call: Callable[[], object]) -> BadQuery | None:
    try:
        call()
    except BadQuery as error:
        return error
    return None


@given(trees())
@settings(max_examples=80, deadline=None)
def test_printing_is_the_inverse_of_reading(tree: Node) -> None:
    assert parse(str(tree)) == tree


WORDS = st.sampled_from(
    [
        *"()=<>,.'\"`%\\-",
        "and",
        "OR",
        "not",
        "in",
        "like",
        "metrics.",
        "alias",
        "x",
        "0.95",
        "30d",
        "''",
        "\0",
        "é",
        "--",
    ]
)


@given(
    st.one_of(
        st.text(max_size=60), st.lists(WORDS, max_size=25).map(" ".join), st.lists(WORDS, max_size=25).map("".join)
    )
)
@settings(max_examples=300, deadline=None)
@example("NOT " * 2_000)
@example("(" * 4_000)
@example("name = '" + "a" * 5_000)
@example("metrics.a > 1e9999")
@example("number = " + "9" * 400)
@example("created > 999999999w")
@example("name = '\ud800'")
def test_any_text_is_read_or_refused_with_a_position(text: str) -> None:
    for refusal in (refusal_of(lambda: parse(text)), refusal_of(lambda: parse_order([text]))):
        assert refusal is None or (refusal.code, refusal.exit_status) == ("bad-filter", 2)


@pytest.mark.parametrize(
    ("text", "position", "problem"),
    [
        ("alais = 'x'", 1, "an unknown attribute, 'alais',"),
        ("alias > 'x'", 7, "no operator that alias has"),
        ("alias not > 'x'", 7, "no operator that alias has"),
        ("metrics.accuracy > 'x'", 20, "text"),
        ("alias = 'x", 9, "a ' is not closed"),
        ("name = 'x' and", 15, "an attribute is missing"),
        ("(name = 'x'", 12, "a parenthesis is not closed"),
        ("name = 'x' name", 12, "a word too many"),
        ("metrics > 3", 1, "metrics without a key"),
        ("name.x = 'y'", 1, "name with a key"),
        ("number = 1.5", 10, "no whole number from -1 to 2^53"),
        ("number = 99999999999999999999", 10, "no whole number from -1 to 2^53"),
        ("created > 'yesterday'", 11, "no time"),
        ("created > '2026-13-01'", 11, "no time"),
        ("created = '2026-01-01'", 9, "no operator that created has"),
        ("digest = 'sha256:12'", 10, "no digest"),
        ("digest LIKE 'sha256:%'", 8, "no operator that digest has"),
        ("name = 5", 8, "a number"),
        ("name = true", 8, "true or false"),
        ("revoked = 'true'", 11, "text"),
        ("name = 30d", 8, "a value is missing"),
        ("name LIKE '%%%%%%%%%%%'", 11, "a pattern with more than 10 % signs"),
        ("name LIKE 'x\\'", 11, "a pattern that ends with half an escape"),
        ("name IN 'x'", 9, "a list is missing"),
        ("name IN ()", 10, "a value is missing"),
        ("name IN ('x'", 13, "a list is not closed"),
        ("params.epochs > 'many'", 17, "text, which has no order here,"),
        ("metrics.accuracy > 1e999", 20, "a number that is too large"),
        ("name = 'x'; DROP TABLE models", 11, "a character that begins nothing"),
        ("name = 'x' -- and", 12, "a character that begins nothing"),
        ("name = 'x' UNION SELECT 1", 12, "a word too many"),
        ("name = `x`", 8, "a value is missing"),
    ],
)
def test_what_is_refused_and_where(text: str, position: int, problem: str) -> None:
    with pytest.raises(BadQuery) as error:
        parse(text)
    assert error.value.message == f"the filter cannot be used: {problem} at position {position}"
    assert error.value.found


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    with pytest.raises(BadQuery) as error:
        parse("alais = 'production'")
    assert error.value.hint == "did you mean alias?"
    assert "metrics.KEY" in str(error.value.expected)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("name = 'x' AND " * limits.FILTER_TERMS + "name = 'x'", "bad-filter"),
        ("NOT " * limits.FILTER_DEPTH + "name = 'x'", "bad-filter"),
        ("name IN (" + "'x', " * limits.FILTER_VALUES + "'x')", "bad-filter"),
        ("name = '" + "x" * limits.FILTER_CHARACTERS + "'", "bad-filter"),
    ],
)
def test_what_is_too_much(text: str, code: str) -> None:
    with pytest.raises(BadQuery) as error:
        parse(text)
    assert error.value.code == code


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("", None),
        ("   ", None),
        ('attributes.name = "x"', "name = 'x'"),
        ("tag.`a``b` = 'x' and parameters.\"c\"\"d\" <> 'y'", "tags.`a``b` = 'x' AND params.`c\"d` != 'y'"),
        ("NAME == 'x'", "name = 'x'"),
        ("`name` = 'it''s'", "name = 'it''s'"),
        ("created>30d", "created > '30d'"),
        ("license LIKE 'GPL%'", "licence LIKE 'GPL%'"),
        ("aliases not in ('a','b') Or NOT(revoked=TRUE)", "alias NOT IN ('a', 'b') OR NOT revoked = true"),
        ("tags.mlflow.source/x-1 = 'y'", "tags.mlflow.source/x-1 = 'y'"),
        ("a = 1", "refused"),
    ],
)
def test_other_ways_to_write_the_same(text: str, same: str | None) -> None:
    if same == "refused":
        with pytest.raises(BadQuery):
            parse(text)
        return
    tree = parse(text)
    assert (tree and str(tree)) == same


@pytest.mark.parametrize(
    "order",
    [["alias"], ["name UPWARDS"], ["name ASC DESC"], [""], ["metrics"], ["size"] * (limits.FILTER_ORDERS + 1), ["1"]],
)
def test_an_order_that_cannot_be_one(order: list[str]) -> None:
    with pytest.raises(BadQuery) as error:
        parse_order(order)
    assert error.value.code == "bad-filter"


def test_orders() -> None:
    assert [str(each) for each in parse_order(["metrics.accuracy desc", "name"])] == [
        "metrics.accuracy DESC",
        "name ASC",
    ]


def test_models_have_other_attributes() -> None:
    assert str(parse("versions > 3 and deleted = false", OF_MODELS)) == "versions > 3 AND deleted = false"
    with pytest.raises(BadQuery):
        parse("metrics.accuracy > 0.9", OF_MODELS)
