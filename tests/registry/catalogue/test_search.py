"""Searches find what their filter means, in both databases, in the same order, page by page."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attest_registry.catalogue import drivers
from attest_registry.catalogue.filters import parse
from attest_registry.errors import BadQuery
from tests.registry.catalogue.facts_for_tests import SLSA, Line, fill, fits
from tests.registry.catalogue.logs import ALICE, BOB, digest

if TYPE_CHECKING:
    from attest_registry.catalogue.store import Catalogue


@pytest.fixture(scope="module")
def filled(lasting: Catalogue) -> tuple[Catalogue, list[Line]]:
    return lasting, fill(lasting)


def found_by(catalogue: Catalogue, text: str, **more: object) -> list[tuple[str, int]]:
    return [(line.model, line.number) for line in catalogue.search_versions(text, **more).items]  # type: ignore[arg-type]


TERMS = (
    "alias = 'production'",
    "alias in ('production', 'challenger')",
    "alias != 'production'",
    "alias LIKE 'ch%'",
    "name = 'acme/credit-risk'",
    "name LIKE 'acme/fraud\\_%'",
    "name ILIKE 'ACME/C%'",
    "name LIKE 'ACME/C%'",
    "number >= 3",
    "number IN (1, 5)",
    "number != 2",
    "label = '1.3.0'",
    "label != '1.3.0'",
    "label LIKE '1._.0'",
    "stage = 'Production'",
    "stage = 'none'",
    "stage != 'none'",
    "stage IN ('none', 'staging')",
    "revoked = true",
    "revoked != true",
    "revoked = false",
    f"by = '{ALICE}'",
    f"approved_by = '{BOB}'",
    f"rejected_by = '{BOB}'",
    f"approved_by != '{BOB}'",
    f"claims = '{SLSA}'",
    f"claims = '{digest('slsa', 3)}'",
    "claims LIKE 'urn:%'",
    "owner = 'Risk-ML'",
    "owner != 'Risk-ML'",
    "owner ILIKE 'risk-%'",
    "licence IN ('MIT', 'BSD')",
    "run_id = 'run-2'",
    "description LIKE '%100\\%%'",
    "description NOT LIKE '%4\\_x'",
    "size > 2000",
    "files <= 2",
    "metrics.accuracy > 0.93",
    "metrics.accuracy = 0.95",
    "metrics.accuracy < 0.5",
    "metrics.loss < 0.01",
    "metrics.loss != 0.001",
    "evaluated.accuracy >= 0.94",
    "evaluated.loss > 0",
    "params.epochs > 2",
    "params.epochs = '3'",
    "params.learning_rate = 0.0001",
    "params.optimiser = 'it''s ''adam'''",
    "params.epochs IN (1, 4)",
    "lineage.dataset = 'tx-2026-q1'",
    "lineage.dataset != 'tx-2026-q1'",
    f"lineage.dataset IN ('{digest('tx', 4)}', 'tx-2026-q1')",
    "lineage.base-model LIKE 'acme/%'",
    "tags.team = 'risk'",
    "tags.team != 'risk'",
    "tags.`a ``b`` \"c\"` = '100%_\\'''",
    "tags.`a ``b`` \"c\"` LIKE '100\\%\\_%'",
)


@pytest.mark.parametrize("text", TERMS)
def test_each_comparison(filled: tuple[Catalogue, list[Line]], text: str) -> None:
    catalogue, lines = filled
    expected = {line.key for line in lines if fits(parse(text), line)}
    assert set(found_by(catalogue, text)) == expected
    assert set(found_by(catalogue, f"NOT ({text})")) == {line.key for line in lines} - expected


def test_every_comparison_finds_something_and_not_everything(filled: tuple[Catalogue, list[Line]]) -> None:
    """Otherwise the test above would prove little."""
    _, lines = filled
    of_all = [sum(fits(parse(text), line) for line in lines) for text in TERMS]
    assert sum(0 < count < len(lines) for count in of_all) > len(TERMS) * 0.8


@st.composite
def compositions(draw: st.DrawFn) -> str:
    terms = draw(st.lists(st.sampled_from(TERMS), min_size=2, max_size=5))
    text = terms[0]
    for term in terms[1:]:
        text = f"({text}) {draw(st.sampled_from(['AND', 'OR', 'AND NOT', 'OR NOT']))} ({term})"
    return text


@given(text=compositions(), counted=st.sampled_from([0, 1, 3, 20_000]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_compositions_wherever_the_search_begins(filled: tuple[Catalogue, list[Line]], text: str, counted: int) -> None:
    catalogue, lines = filled
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(drivers, "COUNTED", counted)
        assert set(found_by(catalogue, text)) == {line.key for line in lines if fits(parse(text), line)}


ORDERS: tuple[list[str], ...] = (
    [],
    ["name", "number DESC"],
    ["metrics.accuracy DESC"],
    ["evaluated.accuracy", "size DESC"],
    ["owner", "label DESC"],
    ["label"],
    ["created", "name DESC"],
    ["metrics.absent", "run_id"],
)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: ", ".join(order) or "none")
@pytest.mark.parametrize(
    ("limit", "text"), [(1, ""), (3, "alias != 'production' and metrics.accuracy > 0"), (10, "metrics.accuracy > 0.93")]
)
def test_pages_together_are_the_whole(
    filled: tuple[Catalogue, list[Line]], order: list[str], limit: int, text: str
) -> None:
    catalogue, _ = filled
    whole = found_by(catalogue, text, order_by=order)
    paged: list[tuple[str, int]] = []
    token = None
    while True:
        page = catalogue.search_versions(text, order_by=order, limit=limit, token=token)
        assert len(page.items) <= limit
        paged += [(line.model, line.number) for line in page.items]
        token = page.next
        if token is None:
            break
    assert paged == whole
    assert len(set(whole)) == len(whole)


def test_orders_are_kept(filled: tuple[Catalogue, list[Line]]) -> None:
    catalogue, lines = filled
    by_name = sorted(lines, key=lambda line: (line.log.model, -line.row.number))
    assert found_by(catalogue, "", order_by=["name", "number DESC"]) == [line.key for line in by_name]
    best = found_by(catalogue, "name = 'acme/fraud_2'", order_by=["metrics.accuracy DESC"])
    assert [number for _, number in best] == [5, 4, 3, 2, 1]
    labels = found_by(catalogue, "name = 'acme/fraud_2'", order_by=["label DESC"])
    assert [number for _, number in labels] == [5, 3, 2, 1, 4]  # 4 has none


def test_a_line_says_what_is_true_now(filled: tuple[Catalogue, list[Line]]) -> None:
    catalogue, _ = filled
    (line,) = catalogue.search_versions("alias = 'production' and name = 'acme/credit-risk'").items
    assert (line.number, line.label, line.stage, line.aliases) == (2, "1.2.0", "production", ("production",))
    assert (line.by, line.revoked) == (ALICE, False)


def test_models(filled: tuple[Catalogue, list[Line]]) -> None:
    catalogue, _ = filled

    def names(text: str, *order: str) -> list[str]:
        return [row.model for row in catalogue.search_models(text, order_by=order).items]

    assert names("") == ["acme/credit-risk", "acme/fraud_2"]
    assert names("", "name DESC") == ["acme/fraud_2", "acme/credit-risk"]
    assert names("name LIKE '%risk' and versions = 5 and alias = 'challenger' and deleted = false") == [
        "acme/credit-risk"
    ]
    assert names("environment != 'eu'") == names("")
    assert names("tags.team = 'risk'") == []
    page = catalogue.search_models("", limit=1)
    assert [row.model for row in catalogue.search_models("", limit=1, token=page.next).items] == ["acme/fraud_2"]


HOSTILE = (
    "x' OR '1'='1",
    "x'; DROP TABLE models; --",
    "x\\'; DELETE FROM versions; --",
    'x" OR ""="',
    "%(x)s %s ? :x $1 {x}",
    "x') UNION SELECT name FROM sqlite_master --",
    "\u02bc OR 1=1",
    "${jndi:x}",
    "x\n; COMMIT; DROP TABLE events",
)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_never_becomes_sql(filled: tuple[Catalogue, list[Line]], hostile: str) -> None:
    catalogue, lines = filled
    before = list(catalogue.dump(notes=True))
    text, key = hostile.replace("'", "''"), hostile.replace("`", "``")
    for name in ("name", "alias", "owner", "lineage.dataset", "approved_by", "tags.team", "params.epochs", "stage"):
        for operator in ("=", "LIKE", "ILIKE"):
            assert found_by(catalogue, f"{name} {operator} '{text}'") == []
        assert len(found_by(catalogue, f"{name} != '{text}'")) == len(lines)
    for prefix, rest in (("tags", "= 'x'"), ("metrics", "> 0"), ("params", "IN ('x')"), ("lineage", "LIKE '%'")):
        assert found_by(catalogue, f"{prefix}.`{key}` {rest}") == []
    for raw in (hostile, f"name = {hostile}", f"metrics.{hostile} > 1", f"name = '{hostile}'"):
        with contextlib.suppress(BadQuery):
            assert found_by(catalogue, raw) == []
    with pytest.raises(BadQuery):
        catalogue.search_versions("", order_by=[hostile])
    assert list(catalogue.dump(notes=True)) == before
