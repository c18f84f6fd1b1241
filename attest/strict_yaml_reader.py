"""The reading half of `strict_yaml`, apart from it because importing a YAML parser takes longer than verifying."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

import yaml

from attest.strict_yaml import MOST_BYTES, Position, excerpt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from attest.errors import InputError
    from attest.strict_yaml import NodePath

_MOST_NODES: Final = 50_000
_DEPTH: Final = 32
_WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,15})", re.ASCII)
_EXACT: Final = 2**53
_AMBIGUOUS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_PLAIN: Final[Mapping[str, bool | None]] = {"": None, "~": None, "null": None, "true": True, "false": False}
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Reader:
    """Builds values from the parser's events, so that nothing is ever resolved, expanded or constructed by it.

    Args:
        text: the document.
        what: its name for messages.
        prefix: what its error codes begin with.
        failure: the class of its errors.
    """

    def __init__(self, text: str, *, what: str, prefix: str, failure: type[InputError]) -> None:
        self._text = text
        self._what = what
        self._prefix = prefix
        self._failure = failure
        self._nodes = 0
        self.values: dict[NodePath, Position] = {}
        self.keys: dict[NodePath, Position] = {}

    def read(self) -> Any:
        """The value of the document; `values` and `keys` are filled meanwhile.

        Raises:
            InputError: of the class `failure`; see `strict_yaml.load`.
        """
        try:
            return self._read()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._refuse(mark, error.problem or "not YAML", code="not-yaml", cause=error)
        except (yaml.YAMLError, UnicodeEncodeError) as error:
            self._refuse(None, str(error).splitlines()[0], code="not-yaml", cause=error)

    def _read(self) -> Any:
        if len(self._text) > MOST_BYTES or len(self._text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
            self._refuse(None, "the document is too large", code="too-large", expected=f"at most {MOST_BYTES} bytes")
        self._events = yaml.parse(self._text, Loader=_LOADER)
        value = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event.start_mark, "a second document begins here", code="not-strict")
                value = self._node(next(self._events), ())
        if not documents:
            self._refuse(None, "the document is empty", code="not-yaml")
        return value

    def _refuse(
        self,
        mark: Any,
        message: str,
        *,
        code: str,
        expected: str | None = None,
        cause: Exception | None = None,
    ) -> NoReturn:
        place = Position(line=1, column=1) if mark is None else _place(mark)
        raise self._failure(
            f"{self._what}:{place}: {message}",
            code=f"{self._prefix}-{code}",
            expected=expected,
            found=None if mark is None else excerpt(self._text, place),
        ) from cause

    def _node(self, event: Any, path: NodePath) -> Any:
        self._check(event, path)
        self.values[path] = _place(event.start_mark)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(event, (*path, len(items))))
            return items
        return self._mapping(path)

    def _check(self, event: Any, path: NodePath) -> None:
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(path) > _DEPTH:
            self._refuse(event.start_mark, "the document holds too much", code="too-large", expected=f"depth {_DEPTH}")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(event.start_mark, "anchors and aliases are not used here: write it out", code="not-strict")
        if event.tag is not None:
            self._refuse(event.start_mark, "tags are not used here", code="not-strict")

    def _mapping(self, path: NodePath) -> dict[str, Any]:
        items: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            if key in items:
                first = self.keys[(*path, key)]
                self._refuse(event.start_mark, f"key '{key[:80]}' stands twice, first at {first}", code="duplicate-key")
            self.keys[(*path, key)] = _place(event.start_mark)
            items[key] = self._node(next(self._events), (*path, key))
        return items

    def _key(self, event: Any, path: NodePath) -> str:
        self._check(event, path)
        if not isinstance(event, yaml.ScalarEvent):
            self._refuse(event.start_mark, "a key must be text", code="not-strict")
        if event.value == "<<" and not event.style:
            self._refuse(event.start_mark, "merge keys are not used here: write it out", code="not-strict")
        return str(event.value)

    def _scalar(self, event: Any) -> str | int | bool | None:
        text = str(event.value)
        if not event.implicit[0]:  # quoted, or a block of text
            return text
        if text in _PLAIN:
            return _PLAIN[text]
        if text.lower() in _AMBIGUOUS:
            self._refuse(
                event.start_mark,
                f"'{text}' means different things to different readers",
                code="not-strict",
                expected=f'true, false, null, or "{text}" in quotes',
            )
        if _WHOLE.fullmatch(text) and abs(int(text)) < _EXACT:
            return int(text)
        return text


def _place(mark: Any) -> Position:
    return Position(line=mark.line + 1, column=mark.column + 1)
