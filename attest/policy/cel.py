"""The one module that imports CEL (cel-expr-python, extra `cel`): an expression over facts is true, false or undecided.

Facts are variables and never become text of an expression. The engine bounds itself: 32 levels of nesting, 10,000 steps
of comprehensions; what exceeds that, fails or gives anything but true or false is undecided, and so allows nothing.
Errors come back as values of the type ERROR, or are raised; both are read here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from attest import extras
from attest.errors import AttestError, InputError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES: Final = ("version", "claims", "now")
"""What an expression can speak of; `free_rules.py` fills them."""

_MOST_CHARACTERS: Final = 2_000
_SHOWN: Final = 200


class RuleUndecided(AttestError):
    """An expression that came to neither true nor false."""

    code = "rule-undecided"
    exit_status = 1


def is_installed() -> bool:
    """Whether the engine is there."""
    try:
        _engine()
    except InputError:
        return False
    return True


def check(expression: str) -> None:
    """Return only if it is an expression over the variables that can give true or false.

    Raises:
        InputError: the engine is not installed (`extra-missing`).
        PolicyError: the expression is not sound.
    """
    if len(expression) > _MOST_CHARACTERS:
        raise PolicyError("the expression is too long", expected=f"at most {_MOST_CHARACTERS} characters")
    engine = _engine()
    try:
        kind = _environment().compile(expression).return_type()
    except (RuntimeError, ValueError, TypeError) as error:
        raise PolicyError("the expression is no CEL over these variables", found=_first_line(error)) from error
    if kind not in (engine.Type.BOOL, engine.Type.DYN):
        raise PolicyError("the expression gives neither true nor false", expected="bool", found=str(kind.name()))


def decide(expression: str, data: Mapping[str, Any]) -> bool:
    """What an expression says of the facts.

    Args:
        expression: the rule.
        data: a value for each of the variables, of the types that JSON has.

    Raises:
        InputError: the engine is not installed (`extra-missing`).
        RuleUndecided: it is neither true nor false.
    """
    engine = _engine()
    try:
        value = _environment().compile(expression).eval(data=dict(data))
        kind, found = value.type(), value.value()
    except (RuntimeError, ValueError, TypeError, OverflowError, RecursionError, MemoryError) as error:
        raise RuleUndecided("the rule could not be decided", found=_first_line(error)) from error
    if kind != engine.Type.BOOL or not isinstance(found, bool):
        raise RuleUndecided("the rule could not be decided", expected="true or false", found=str(found)[:_SHOWN])
    return found


def _engine() -> Any:
    return extras.load("cel_expr_python.cel", extra="cel", needed_for="a rule in CEL")


@cache
def _environment() -> Any:
    kind = _engine().Type
    types = {"version": kind.Map(kind.STRING, kind.DYN), "claims": kind.List(kind.DYN), "now": kind.STRING}
    return _engine().NewEnv(variables={name: types[name] for name in VARIABLES})


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:_SHOWN]
