"""Attributes that a version has several of, each in a table of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import false, literal_column, or_, select

from attest_registry.catalogue.filter_attributes import ROLES
from attest_registry.catalogue.notes import START_CHARACTERS
from attest_registry.catalogue.tables import CLAIMS, HOLDINGS, LINEAGE, METRICS, NOTES, OVERALL, PARAMETERS, STAGES
from attest_registry.digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, Table

    from attest_registry.catalogue.conditions import Terms
    from attest_registry.catalogue.filter_tree import Compare

    Found = tuple[Table, tuple[ColumnElement[bool], ...]]

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_NO_STAGE: Final = "none"
_VERDICTS: Final = {"approved_by": "approve", "rejected_by": "reject"}


def some(table: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the table has such a row. No column of it is asked for, so that an index can answer alone."""
    return select(literal_column("1")).select_from(table).where(*conditions).exists()


def asks_for_no_stage(compare: Compare) -> bool:
    """Whether versions that are in no stage are among those that are meant."""
    return any(str(value).lower() == _NO_STAGE for value in compare.values)


def related(terms: Terms, compare: Compare) -> tuple[Table, tuple[ColumnElement[bool], ...]]:
    """The table that holds an attribute which versions have several of, and what its rows have to fulfil."""
    return _RELATED[compare.attribute.name](terms, compare)


def noted(terms: Terms, compare: Compare) -> tuple[ColumnElement[bool], ...]:
    """What the rows of notes have to fulfil."""
    found = (NOTES.c.key == compare.attribute.key, terms.compared(NOTES.c.value, compare))
    if compare.operator != "=":
        return found
    return (*found, NOTES.c.start == str(compare.values[0])[:START_CHARACTERS])


def _by_digest_too(
    terms: Terms, compare: Compare, names: ColumnElement[Any], digests: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Names against the values, or digests against those values that are digests."""
    if compare.operator.endswith("LIKE"):
        return terms.compared(names, compare)
    values = [str(value) for value in compare.values]
    given = [value for value in values if _DIGEST.fullmatch(value)]
    found = []
    if given:
        found.append(digests.in_([Digest.parse(value) for value in given]))
    if len(given) < len(values):
        found.append(names.in_([value for value in values if value not in given]))
    return or_(*found)


def _in_small_letters(compare: Compare) -> Compare:
    return replace(compare, values=tuple(str(value).lower() for value in compare.values))


def _measured(terms: Terms, compare: Compare) -> Found:
    key = compare.attribute.key
    conditions = (METRICS.c.name == key, OVERALL, terms.compared(METRICS.c.number, compare))
    return METRICS, conditions if compare.attribute.name == "metrics" else (*conditions, METRICS.c.stated == false())


def _set(terms: Terms, compare: Compare) -> Found:
    numbers = tuple(value for value in compare.values if isinstance(value, Decimal))
    texts = tuple(value for value in compare.values if not isinstance(value, Decimal))
    columns = ((PARAMETERS.c.number, numbers), (PARAMETERS.c.value, texts))
    ways = [terms.compared(column, replace(compare, values=values)) for column, values in columns if values]
    return PARAMETERS, (PARAMETERS.c.name == compare.attribute.key, or_(*ways))


def _made_from(terms: Terms, compare: Compare) -> Found:
    role = ROLES.get(str(compare.attribute.key), compare.attribute.key)
    return LINEAGE, (LINEAGE.c.role == role, _by_digest_too(terms, compare, LINEAGE.c.name, LINEAGE.c.digest))


def _held(terms: Terms, compare: Compare) -> Found:
    return HOLDINGS, (HOLDINGS.c.until.is_(None), terms.compared(HOLDINGS.c.alias, compare))


def _staged(terms: Terms, compare: Compare) -> Found:
    return STAGES, (terms.compared(STAGES.c.stage, _in_small_letters(compare)),)


def _judged(terms: Terms, compare: Compare) -> Found:
    verdict = _VERDICTS[compare.attribute.name]
    return CLAIMS, (CLAIMS.c.verdict == verdict, terms.compared(CLAIMS.c.by, compare))


def _claimed(terms: Terms, compare: Compare) -> Found:
    return CLAIMS, (_by_digest_too(terms, compare, CLAIMS.c.predicate_type, CLAIMS.c.claim),)


_RELATED: Final[Mapping[str, Callable[[Terms, Compare], Found]]] = {
    "metrics": _measured,
    "evaluated": _measured,
    "params": _set,
    "lineage": _made_from,
    "alias": _held,
    "stage": _staged,
    "approved_by": _judged,
    "rejected_by": _judged,
    "claims": _claimed,
}
NAMES: Final = frozenset(_RELATED)
"""The attributes that are here."""
