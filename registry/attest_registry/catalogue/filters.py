r"""Filters and orders of searches: text in, tree out. Nothing here knows SQL; no text of a filter ever becomes SQL.

    filter      either ("OR" either)*             either      each ("AND" each)*
    each        "NOT" each | "(" filter ")" | comparison
    comparison  attribute sign value | attribute ["NOT"] ("LIKE" | "ILIKE") text
                attribute ["NOT"] "IN" "(" value ("," value)* ")"
    attribute   NAME | NAME "." KEY               the key plain, or in ` or "
    value       'text' | "text" | 0.95 | 30d | true | false

This is MLflow's grammar with numbers, OR, NOT and parentheses. In patterns `%` is anything, `_` one character, and `\`
takes the meaning from the next one. `!=` and NOT deny: what lacks the attribute fulfils them.
"""

from __future__ import annotations

import difflib
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from attest_registry import limits
from attest_registry.catalogue.filter_attributes import OF_VERSIONS, Kind, problem_of
from attest_registry.catalogue.filter_tree import And, Attribute, Compare, Node, Not, Or, Order
from attest_registry.catalogue.filter_words import Word, trouble, unquoted, words
from attest_registry.errors import BadQuery

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from attest_registry.catalogue.filter_attributes import Known
    from attest_registry.catalogue.filter_tree import Value

_FILTER: Final = "filter"
_SIGNS: Final = {"==": "=", "<>": "!="}
_TRUTHS: Final = {"true": True, "false": False}


def parse(text: str, known: Mapping[str, Known] = OF_VERSIONS) -> Node | None:
    """The tree of a filter; `None` where it is empty.

    Args:
        text: the filter.
        known: the attributes that it can name.

    Raises:
        BadQuery: it cannot be one (`bad-filter`); the message names the position.
    """
    reading = _Reading(text, known, what=_FILTER)
    if reading.word.is_end():
        return None
    node = reading.filter()
    if not reading.word.is_end():
        raise reading.wrong("a word too many", expected="AND, OR or the end")
    return node


def parse_order(texts: Sequence[str], known: Mapping[str, Known] = OF_VERSIONS) -> tuple[Order, ...]:
    """What lines are ordered by, from texts such as `metrics.accuracy DESC`.

    Raises:
        BadQuery: it cannot be that (`bad-filter`), or there are too many.
    """
    if len(texts) > limits.FILTER_ORDERS:
        raise BadQuery(f"a search is ordered by at most {limits.FILTER_ORDERS} keys", found=f"{len(texts)} keys")
    return tuple(_Reading(text, known, what="order").order() for text in texts)


class _Reading:
    """A text that is read from left to right, word by word."""

    def __init__(self, text: str, known: Mapping[str, Known], *, what: str) -> None:
        self._text = text
        self._known = known
        self._what = what
        self._words = words(text, what=what)
        self._depth = 0
        self._terms = 0
        self.word = next(self._words)

    def wrong(
        self, problem: str, *, expected: str | None = None, hint: str | None = None, at: Word | None = None
    ) -> BadQuery:
        position = (at or self.word).position
        return trouble(self._text, position, problem, what=self._what, expected=expected, hint=hint)

    def filter(self) -> Node:
        items = [self._both()]
        while self._keyword("OR"):
            items.append(self._both())
        return items[0] if len(items) == 1 else Or(items=tuple(items))

    def order(self) -> Order:
        known, attribute = self._attribute()
        if not known.sorts:
            names = ", ".join(sorted({each.name for each in self._known.values() if each.sorts}))
            raise trouble(self._text, 1, f"{known.name} has no order", what=self._what, expected=names)
        descending = self._keyword("DESC")
        if not descending:
            self._keyword("ASC")
        if not self.word.is_end():
            raise self.wrong("a word too many", expected="ASC, DESC or the end")
        return Order(attribute=attribute, descending=descending)

    def _both(self) -> Node:
        items = [self._each()]
        while self._keyword("AND"):
            items.append(self._each())
        return items[0] if len(items) == 1 else And(items=tuple(items))

    def _each(self) -> Node:
        self._depth += 1
        if self._depth > limits.FILTER_DEPTH:
            raise self.wrong("too many NOTs and parentheses inside each other", expected=f"{limits.FILTER_DEPTH}")
        if self._keyword("NOT"):
            node: Node = Not(item=self._each())
        elif self._mark("("):
            node = self.filter()
            if not self._mark(")"):
                raise self.wrong("a parenthesis is not closed", expected=")")
        else:
            node = self._comparison()
        self._depth -= 1
        return node

    def _comparison(self) -> Compare:
        self._terms += 1
        if self._terms > limits.FILTER_TERMS:
            raise self.wrong("too many comparisons", expected=f"at most {limits.FILTER_TERMS}")
        first = self.word
        known, attribute = self._attribute()
        operator = self._operator(known)
        values = self._values(known, operator) if operator.endswith("IN") else (self._value(known, operator),)
        return Compare(attribute=attribute, operator=operator, values=values, position=first.position)

    def _attribute(self) -> tuple[Known, Attribute]:
        word = self.word
        if word.kind not in {"path", "word", "quoted"}:
            raise self.wrong("an attribute is missing", expected=self._names())
        name, dot, key = (unquoted(word.text) if word.kind == "quoted" else word.text).partition(".")
        if name.lower() in {"attribute", "attributes"} and dot:  # as MLflow writes attributes without a key
            name, dot, key = key, "", ""
        known = self._known.get(name.lower())
        if known is None:
            near = difflib.get_close_matches(name.lower(), self._known, n=1)
            raise self.wrong(
                f"an unknown attribute, {name[:40]!a},",
                expected=self._names(),
                hint=f"did you mean {near[0]}?" if near else None,
            )
        if known.keyed and key[:1] in {"`", '"'}:
            key = unquoted(key)
        if known.keyed != bool(key):
            needs = f"{known.name}.KEY" if known.keyed else known.name
            raise self.wrong(f"{name} {'without' if known.keyed else 'with'} a key", expected=needs)
        self._advance()
        return known, Attribute(name=known.name, key=key or None)

    def _operator(self, known: Known) -> str:
        word, operator = self.word, self.word.text.upper()
        if word.kind == "sign":
            operator = _SIGNS.get(operator, operator)
        elif operator == "NOT":
            self._advance()
            operator = f"NOT {self.word.text.upper()}"
        if operator not in known.kind.operators:
            raise self.wrong(f"no operator that {known.name} has", expected=" ".join(known.kind.operators), at=word)
        self._advance()
        return operator

    def _values(self, known: Known, operator: str) -> tuple[Value, ...]:
        if not self._mark("("):
            raise self.wrong("a list is missing", expected="('this', 'that')")
        values = [self._value(known, operator)]
        while self._mark(","):
            if len(values) == limits.FILTER_VALUES:
                raise self.wrong("a list that is too long", expected=f"at most {limits.FILTER_VALUES} values")
            values.append(self._value(known, operator))
        if not self._mark(")"):
            raise self.wrong("a list is not closed", expected=", or )")
        return tuple(values)

    def _value(self, known: Known, operator: str) -> Value:
        word = self.word
        match word.kind:
            case "text" | "quoted" if word.text[0] != "`":
                value: Value = unquoted(word.text)
            case "number":
                value = Decimal(word.text)
            case "duration" if known.kind is Kind.TIME:
                value = word.text
            case "word" if word.text.lower() in _TRUTHS:
                value = _TRUTHS[word.text.lower()]
            case _:
                raise self.wrong("a value is missing", expected=known.kind.value)
        problem = problem_of(known.kind, operator, value)
        if problem is not None:
            raise self.wrong(problem, expected=known.kind.value)
        self._advance()
        return value

    def _names(self) -> str:
        shown = {each.name: f"{each.name}.KEY" if each.keyed else each.name for each in self._known.values()}
        return ", ".join(shown.values())

    def _keyword(self, text: str) -> bool:
        return self._take(self.word.kind == "word" and self.word.text.upper() == text)

    def _mark(self, text: str) -> bool:
        return self._take(self.word.kind == "mark" and self.word.text == text)

    def _take(self, here: bool) -> bool:  # noqa: FBT001  # whether it is what was looked for
        if here:
            self._advance()
        return here

    def _advance(self) -> None:
        self.word = next(self._words)
