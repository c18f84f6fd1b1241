"""`dataclass` as the standard library has it, for values that never change, with methods that are written when needed.

A command imports a hundred such classes and makes values of half of them. The standard library compiles six methods of
each as it is imported, and that was two fifths of `attest verify`. Here one is compiled, when the first value is made;
the others are the same function for all. Whatever is not of the usual form is left to the standard library.
"""

from __future__ import annotations

import dataclasses
from dataclasses import MISSING, Field, FrozenInstanceError
from operator import attrgetter, ge, gt, le, lt
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  # for the type checker it is this one

_USUAL: Final = {"frozen": True, "kw_only": True, "slots": True}
_ORDERED: Final = _USUAL | {"order": True}
_FIELDS: Final = "__dataclass_fields__"
_OURS: Final = "__frozen_fields__"
_VALUES: Final = "__frozen_values__"
_SPECIAL: Final = ("ClassVar", "InitVar", "KW_ONLY", "typing.", "dataclasses.")
_OWN_METHODS: Final = frozenset({"__init__", "__slots__", "__setattr__", "__delattr__", "__getstate__", "__setstate__"})
_FEW: Final = 8
"""Values of a class that are made before its `__init__` is worth compiling: most have fewer in a short command."""

_NOT_GIVEN: Final = object()
"""In a signature, for a default that is made anew each time."""


if not TYPE_CHECKING:

    def dataclass(**options: bool) -> Callable[[type[Any]], type[Any]]:
        """As `dataclasses.dataclass` with options."""
        usual = options in (_USUAL, _ORDERED)
        return lambda cls: _made(cls, options) if usual and _is_usual(cls) else dataclasses.dataclass(**options)(cls)


def _is_usual(cls: type[Any]) -> bool:
    """Whether it says what most say: fields with defaults, shown and compared or not, and such fields above it."""
    own = vars(cls)
    return not (
        not _OWN_METHODS.isdisjoint(own)
        or any(hasattr(above, _FIELDS) for above in cls.__bases__ if len(cls.__bases__) > 1 or _OURS not in vars(above))
        or any(isinstance(value, Field) and (not value.init or value.hash is not None) for value in own.values())
        or any(
            not isinstance(text, str) or text.startswith(_SPECIAL) for text in own.get("__annotations__", {}).values()
        )
    )


def _made(cls: type[Any], options: Mapping[str, bool]) -> type[Any]:
    """The class anew, with a slot for each field."""
    own = dict(vars(cls))
    ours, above = own.get("__annotations__", {}), getattr(cls, _OURS, {})
    fields = above | {name: own.pop(name, MISSING) for name in ours}
    for name in ours:
        if type(fields[name]).__hash__ is None:
            raise ValueError(f"mutable default {type(fields[name])} for {name}: use default_factory")
    for name in ("__dict__", "__weakref__"):
        own.pop(name, None)
    if own.get("__hash__") is None and "__eq__" in own:
        del own["__hash__"]  # Python put it there; equal values that never change have one
    compared = [name for name, value in fields.items() if not isinstance(value, Field) or value.compare]
    told: dict[str, Any] = {}
    own[_OURS], own[_VALUES] = fields, attrgetter(*compared) if compared else staticmethod(_nothing)
    own |= {name: _Reflected(cls, name, told, options) for name in (_FIELDS, "__dataclass_params__")}
    own |= {"__slots__": tuple(name for name in ours if name not in above), "__match_args__": ()}
    own |= {"__init__": _first_init(fields), "__qualname__": cls.__qualname__}
    shared = _METHODS | _COMPARISONS if "order" in options else _METHODS
    kind: Any = type(cls)
    made: type[Any] = kind(cls.__name__, cls.__bases__, shared | own)
    return made


def _first_init(fields: Mapping[str, Any]) -> Any:
    """An `__init__` for the first few values, which is slow and needs no compiling; then it makes way."""
    left = _FEW

    def __init__(self: Any, *arguments: Any, **values: Any) -> None:  # noqa: N807
        nonlocal left
        left -= 1
        if left < 0 or arguments or not _filled(self, fields, values):
            made: Any = next(each for each in type(self).__mro__ if vars(each).get(_OURS) is fields)
            made.__init__ = _init(made, fields)
            made.__init__(self, *arguments, **values)  # which also says what is wrong
        elif hasattr(self, "__post_init__"):
            self.__post_init__()

    return __init__


def _filled(self: Any, fields: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Fill the fields, and say whether everything that was needed was given, and nothing else."""
    for name, given in fields.items():
        value = values.get(name, given)
        if value is given and isinstance(given, Field) and name not in values:
            value = given.default if given.default_factory is MISSING else given.default_factory()
        if value is MISSING:
            return False
        object.__setattr__(self, name, value)
    return values.keys() <= fields.keys()


def _init(made: type[Any], fields: Mapping[str, Any]) -> Any:
    known: dict[str, Any] = {"_set": object.__setattr__, "_not_given": _NOT_GIVEN}
    arguments, lines = [], []
    for name, given in fields.items():
        value, default = name, given.default if isinstance(given, Field) else given
        if isinstance(given, Field) and given.default_factory is not MISSING:
            known[f"_make_{name}"] = given.default_factory
            arguments.append(f"{name}=_not_given")
            value = f"_make_{name}() if {name} is _not_given else {name}"
        elif default is MISSING:
            arguments.append(name)
        else:
            known[f"_default_{name}"] = default
            arguments.append(f"{name}=_default_{name}")
        lines.append(f"    _set(self, {name!r}, {value})")
    if hasattr(made, "__post_init__"):
        lines.append("    self.__post_init__()")
    head = f"def __init__(self{', *, ' if fields else ''}{', '.join(arguments)}):"
    exec("\n".join([head, *(lines or ["    pass"])]), known)  # noqa: S102  # names of fields, as dataclasses does it
    init = known["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    return init


# ---- what is the same for all of them


@recursive_repr()
def _repr(self: Any) -> str:
    fields = getattr(self, _OURS).items()
    shown = [name for name, value in fields if not isinstance(value, Field) or value.repr]
    return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


def _set(self: Any, name: str, value: Any) -> None:
    """A subclass may have more than the fields."""
    if _OURS in vars(type(self)) or name in getattr(self, _OURS):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(self, name, value)


def _delete(self: Any, name: str) -> None:
    if _OURS in vars(type(self)) or name in getattr(self, _OURS):
        raise FrozenInstanceError(f"cannot delete field {name!r}")
    object.__delattr__(self, name)


def _equal(self: Any, other: object) -> Any:
    if other.__class__ is not self.__class__:
        return NotImplemented
    values = getattr(self, _VALUES)
    return values(self) == values(other)


def _hash(self: Any) -> int:
    return hash(getattr(self, _VALUES)(self))


def _compared_by(how: Callable[[Any, Any], Any]) -> Any:
    def compare(self: Any, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        values = getattr(self, _VALUES)
        return how(values(self), values(other))

    return compare


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in getattr(self, _OURS)]


def _set_state(self: Any, state: Sequence[Any]) -> None:
    for name, value in zip(getattr(self, _OURS), state, strict=True):
        object.__setattr__(self, name, value)


def _nothing(_: Any) -> tuple[()]:
    return ()


_METHODS: Final = {
    "__repr__": _repr,
    "__eq__": _equal,
    "__hash__": _hash,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__getstate__": _state,
    "__setstate__": _set_state,
}
_COMPARISONS: Final = {f"__{each.__name__}__": _compared_by(each) for each in (lt, le, gt, ge)}


class _Reflected:
    """What `dataclasses.fields` and `replace` look at: the standard library says it of the class as it was written.

    Args:
        cls: that class.
        name: the attribute.
        told: what it said when it was asked.
        options: how the class was made.
    """

    def __init__(self, cls: type[Any], name: str, told: dict[str, Any], options: Mapping[str, bool]) -> None:
        self._cls = cls
        self._name = name
        self._told = told
        self._options = {**options, "slots": False, "init": False, "repr": False, "eq": "order" in options}

    def __get__(self, _: object, owner: type[Any]) -> Any:
        if not self._told:
            made: Any = dataclasses.dataclass(**self._options)(self._cls)
            self._told |= {_FIELDS: made.__dataclass_fields__, "__dataclass_params__": made.__dataclass_params__}
        return self._told[self._name]
