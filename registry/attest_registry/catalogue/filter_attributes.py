"""The attributes that a filter can name, and what each can be compared with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from attest_registry import limits
from attest_registry.digest import Digest
from attest_registry.errors import BadReference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest_registry.catalogue.filter_tree import Value

_DURATION: Final = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
)
_LARGEST: Final = 2**31 - 1
_LARGEST_SIZE: Final = 2**53
_EQUAL: Final = ("=", "!=", "IN", "NOT IN")
_LIKE: Final = ("LIKE", "ILIKE", "NOT LIKE", "NOT ILIKE")
_ORDERED: Final = ("<", "<=", ">", ">=")


class Kind(Enum):
    """What an attribute is compared with; the value says it in words."""

    TEXT = "text in quotes"
    NUMBER = "a number"
    COUNT = "a whole number"
    TIME = "a time such as '2026-03-08', '2026-03-08T14:32:00Z' or 30d (that long ago)"
    DIGEST = "'sha256:…' with 64 digits"
    TRUTH = "true or false"
    EITHER = "text in quotes or a number"

    @property
    def operators(self) -> tuple[str, ...]:
        """What it can be compared by."""
        return {
            Kind.TEXT: _EQUAL + _LIKE,
            Kind.NUMBER: _EQUAL + _ORDERED,
            Kind.COUNT: _EQUAL + _ORDERED,
            Kind.TIME: _ORDERED,
            Kind.DIGEST: _EQUAL,
            Kind.TRUTH: ("=", "!="),
            Kind.EITHER: _EQUAL + _LIKE + _ORDERED,
        }[self]


class Known(Struct, frozen=True, kw_only=True):
    """An attribute.

    Args:
        name: its canonical name.
        kind: what it is compared with.
        keyed: whether a key belongs to it, as in `metrics.accuracy`.
        sorts: whether lines can be ordered by it.
    """

    name: str
    kind: Kind
    keyed: bool = False
    sorts: bool = False


def _table(*attributes: Known, **synonyms: str) -> Mapping[str, Known]:
    named = {each.name: each for each in attributes}
    return MappingProxyType({**named, **{other: named[name] for other, name in synonyms.items()}})


OF_VERSIONS: Final = _table(
    Known(name="name", kind=Kind.TEXT, sorts=True),
    Known(name="number", kind=Kind.COUNT, sorts=True),
    Known(name="label", kind=Kind.TEXT, sorts=True),
    Known(name="digest", kind=Kind.DIGEST),
    Known(name="alias", kind=Kind.TEXT),
    Known(name="stage", kind=Kind.TEXT),
    Known(name="revoked", kind=Kind.TRUTH),
    Known(name="created", kind=Kind.TIME, sorts=True),
    Known(name="by", kind=Kind.TEXT, sorts=True),
    Known(name="approved_by", kind=Kind.TEXT),
    Known(name="rejected_by", kind=Kind.TEXT),
    Known(name="claims", kind=Kind.TEXT),
    Known(name="owner", kind=Kind.TEXT, sorts=True),
    Known(name="task", kind=Kind.TEXT, sorts=True),
    Known(name="licence", kind=Kind.TEXT, sorts=True),
    Known(name="run_id", kind=Kind.TEXT, sorts=True),
    Known(name="description", kind=Kind.TEXT),
    Known(name="size", kind=Kind.COUNT, sorts=True),
    Known(name="files", kind=Kind.COUNT, sorts=True),
    Known(name="tags", kind=Kind.TEXT, keyed=True),
    Known(name="params", kind=Kind.EITHER, keyed=True),
    Known(name="metrics", kind=Kind.NUMBER, keyed=True, sorts=True),
    Known(name="evaluated", kind=Kind.NUMBER, keyed=True, sorts=True),
    Known(name="lineage", kind=Kind.TEXT, keyed=True),
    model="name",
    version_number="number",
    version="number",
    manifest="digest",
    aliases="alias",
    current_stage="stage",
    created_by="by",
    created_at="created",
    claim="claims",
    predicate="claims",
    license="licence",
    run="run_id",
    tag="tags",
    param="params",
    parameter="params",
    parameters="params",
    metric="metrics",
)

OF_MODELS: Final = _table(
    Known(name="name", kind=Kind.TEXT, sorts=True),
    Known(name="alias", kind=Kind.TEXT),
    Known(name="environment", kind=Kind.TEXT, sorts=True),
    Known(name="deleted", kind=Kind.TRUTH),
    Known(name="versions", kind=Kind.COUNT, sorts=True),
    Known(name="tags", kind=Kind.TEXT, keyed=True),
    model="name",
    aliases="alias",
    tag="tags",
)

ROLES: Final = MappingProxyType(
    {"base": "base-model", "base_model": "base-model", "teacher": "teacher-model", "adapter": "adapter-base"}
)
"""Short names of roles in `lineage.ROLE`; other roles are written as they are."""


def problem_of(kind: Kind, operator: str, value: Value) -> str | None:
    """What is wrong with a value of such an attribute, if anything is."""
    if isinstance(value, bool):
        return None if kind is Kind.TRUTH else "true or false"
    if isinstance(value, Decimal):
        return _problem_of_number(kind, operator, value)
    return _problem_of_pattern(value) if operator.endswith("LIKE") else _problem_of_text(kind, operator, value)


def instant(text: str, now: datetime) -> datetime:
    """The time that a text stands for: itself, or so long before now. Without a zone it is in UTC."""
    duration = _DURATION.fullmatch(text)
    if duration is None:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    seconds = int(duration.group(1)) * _SECONDS[duration.group(2)]
    try:
        return now - timedelta(seconds=seconds)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _problem_of_number(kind: Kind, operator: str, value: Decimal) -> str | None:
    if operator.endswith("LIKE"):
        return "a number"
    if kind is Kind.COUNT and (value != value.to_integral_value() or not -1 <= value <= _LARGEST_SIZE):
        return "no whole number from -1 to 2^53"
    if kind in {Kind.COUNT, Kind.NUMBER, Kind.EITHER}:
        return None if abs(value) < Decimal("1e308") else "a number that is too large"
    return "a number"


def _problem_of_text(kind: Kind, operator: str, text: str) -> str | None:
    if kind is Kind.EITHER and operator in _ORDERED:
        return "text, which has no order here,"
    if kind in {Kind.NUMBER, Kind.COUNT, Kind.TRUTH}:
        return "text"
    if kind is Kind.TIME:
        return None if _is_time(text) else "no time"
    return None if kind is not Kind.DIGEST or _is_digest(text) else "no digest"


def _problem_of_pattern(pattern: str) -> str | None:
    if pattern.count("%") > limits.FILTER_WILDCARDS:
        return f"a pattern with more than {limits.FILTER_WILDCARDS} % signs"
    ends = len(pattern) - len(pattern.rstrip("\\"))
    return "a pattern that ends with half an escape" if ends % 2 else None


def _is_time(text: str) -> bool:
    if _DURATION.fullmatch(text):
        return True
    try:
        return bool(_TIME.fullmatch(text)) and bool(instant(text, datetime.now(UTC)))
    except (ValueError, OverflowError):
        return False


def _is_digest(text: str) -> bool:
    try:
        Digest.parse(text)
    except BadReference:
        return False
    return True
