"""Classes of ours do what the standard library's do, and refuse what those refuse."""

from __future__ import annotations

import copy
import dataclasses
import subprocess
import sys
from dataclasses import FrozenInstanceError, field, replace
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from attest_registry import frozen

T = TypeVar("T")
MADE = {"ours": frozen.dataclass, "the standard library's": dataclasses.dataclass}


def classes(dataclass: Any) -> dict[str, type[Any]]:
    """The same classes, by one or the other."""

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Point(Generic[T]):
        """A place."""

        x: int
        y: int = 2
        label: str = field(default="none", repr=False)
        seen: list[int] = field(default_factory=list, compare=False)

        @property
        def both(self) -> int:
            return self.x + self.y

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Checked:
        value: int

        def __post_init__(self) -> None:
            if self.value < 0:
                raise ValueError("negative")
            object.__setattr__(self, "value", self.value + 1)

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Empty:
        """Nothing."""

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Own:
        value: int = 1
        kind: ClassVar[str] = "own"

        def __repr__(self) -> str:
            return "mine"

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Same:  # noqa: PLW1641  # it gets one
        value: int

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Same)

        def __repr__(self) -> str:
            return "same"

    @dataclass(frozen=True, kw_only=True, slots=True, order=True)
    class Ordered:
        value: int
        second: int = 0

    @dataclass(frozen=True, kw_only=True, slots=True)
    class Below(Ordered):
        third: int = 9
        second: int = 5

    return {each.__name__: each for each in (Point, Checked, Empty, Own, Same, Ordered, Below)}


@pytest.fixture(params=MADE)
def made(request: pytest.FixtureRequest) -> dict[str, type[Any]]:
    return classes(MADE[request.param])


def test_values_are_made_shown_and_compared(made: dict[str, type[Any]]) -> None:
    point = made["Point"]
    first = point(x=1)
    assert repr(first) == "classes.<locals>.Point(x=1, y=2, seen=[])"
    assert first == point(x=1, seen=[7])
    assert hash(first) == hash(point(x=1))
    assert first != point(x=1, label="other")
    assert first != made["Empty"]()
    assert (first.both, first.label) == (3, "none")
    assert point(x=1).seen is not first.seen
    assert point.__doc__ == "A place."
    assert point.__qualname__ == "classes.<locals>.Point"
    assert {point(x=1), point(x=1)} == {first}
    assert made["Checked"](value=1).value == 2
    assert (made["Empty"](), repr(made["Empty"]())) == (made["Empty"](), "classes.<locals>.Empty()")
    assert hash(made["Empty"]()) == hash(made["Empty"]())
    assert (repr(made["Own"]()), made["Own"].kind) == ("mine", "own")
    assert made["Same"](value=1) == made["Same"](value=2)
    assert hash(made["Same"](value=1)) == hash(made["Same"](value=1))


def test_the_standard_library_knows_them(made: dict[str, type[Any]]) -> None:
    point: Any = made["Point"]
    assert dataclasses.is_dataclass(made["Empty"])
    assert [each.name for each in dataclasses.fields(point)] == ["x", "y", "label", "seen"]
    assert [each.name for each in dataclasses.fields(point(x=1))] == ["x", "y", "label", "seen"]
    assert dataclasses.asdict(point(x=1)) == {"x": 1, "y": 2, "label": "none", "seen": []}
    changed = replace(point(x=1, label="a"), y=5)
    assert (changed.x, changed.y, changed.label) == (1, 5, "a")
    assert replace(changed) == changed
    assert point.__match_args__ == ()


def test_many_values_are_made_as_the_first_ones(made: dict[str, type[Any]]) -> None:
    points = [made["Point"](x=x, seen=[x]) for x in range(20)]
    points += [made["Point"](x=x) for x in range(20)]
    assert [(point.x, point.y, point.label, point.seen) for point in points] == [
        *((x, 2, "none", [x]) for x in range(20)),
        *((x, 2, "none", []) for x in range(20)),
    ]
    assert [made["Checked"](value=value).value for value in range(20)] == list(range(1, 21))
    for _ in range(20):
        with pytest.raises(ValueError, match="negative"):
            made["Checked"](value=-1)


def test_what_is_in_order_is_sorted(made: dict[str, type[Any]]) -> None:
    one, two, three = (made["Ordered"](value=value, second=second) for value, second in ((1, 1), (1, 2), (2, 0)))
    assert sorted([three, two, one]) == [one, two, three]
    assert (one < two, two <= three, three > two, one >= two) == (True, True, True, False)
    for other in (1, made["Empty"]()):
        with pytest.raises(TypeError):
            _ = one < other
    with pytest.raises(TypeError):
        _ = made["Empty"]() < made["Empty"]()


def test_one_may_have_the_fields_of_another_and_more(made: dict[str, type[Any]]) -> None:
    below = made["Below"](value=1, third=3)
    assert repr(below) == "classes.<locals>.Below(value=1, second=5, third=3)"
    assert below == made["Below"](value=1, second=5, third=3)
    assert replace(below, second=6) != below
    assert [each.name for each in dataclasses.fields(below)] == ["value", "second", "third"]
    assert below != made["Ordered"](value=1, second=5)
    assert isinstance(below, made["Ordered"])
    assert not hasattr(below, "__dict__")
    assert copy.copy(below) == below
    for change in ("value", "third"):
        with pytest.raises(FrozenInstanceError):
            setattr(below, change, 1)
    with pytest.raises(TypeError):
        made["Below"](third=1)


def test_they_are_copied_whole(made: dict[str, type[Any]]) -> None:
    first = made["Point"](x=1, label="a", seen=[3])
    for other in (copy.copy(first), copy.deepcopy(first)):
        assert (other, other.seen, other.label) == (first, [3], "a")
    assert copy.deepcopy(first).seen is not first.seen
    assert copy.copy(made["Empty"]()) == made["Empty"]()


def test_a_value_in_itself_is_shown(made: dict[str, type[Any]]) -> None:
    first = made["Point"](x=1)
    first.seen.append(first)
    assert repr(first).endswith("seen=[...])")


@frozen.dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    value: int = 1


def test_a_subclass_may_add_what_it_likes() -> None:
    class More(Outside):
        extra = 0

    more = More(value=2)
    more.extra = 5
    assert (more.extra, more.value, repr(more).endswith("More(value=2)")) == (5, 2, True)
    with pytest.raises(FrozenInstanceError):
        more.value = 3  # type: ignore[misc]

    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Deeper(Outside):
        second: int = 2

    assert repr(Deeper(value=3)).endswith("Deeper(value=3, second=2)")


def test_modules_that_only_name_them_compile_nothing() -> None:
    code = """from __future__ import annotations
if True:
        import dataclasses
        from attest_registry.frozen import dataclass
        def never(*_): raise SystemExit("compiled")
        dataclasses._create_fn = dataclasses._process_class = never
        @dataclass(frozen=True, kw_only=True, slots=True)
        class Value:
            one: int
            two: str = ""
        assert Value(one=1) == Value(one=1) and hash(Value(one=1))
    """
    subprocess.run([sys.executable, "-c", code], check=True)


# --- what they refuse ----------------------------------------------------------------------------------------------


def test_nothing_changes(made: dict[str, type[Any]]) -> None:
    first = made["Point"](x=1)
    for name in ("x", "unknown"):
        with pytest.raises((FrozenInstanceError, TypeError)):  # the library's own error for what is no field is this
            setattr(first, name, 2)
        with pytest.raises((FrozenInstanceError, TypeError)):
            delattr(first, name)
    assert first.x == 1
    assert not hasattr(first, "__dict__")
    with pytest.raises(AttributeError):
        object.__setattr__(first, "unknown", 2)


@pytest.mark.parametrize(
    ("name", "arguments", "values"),
    [
        ("Point", (), {}),
        ("Point", (1,), {}),
        ("Point", (), {"x": 1, "z": 2}),
        ("Point", (), {"y": 1}),
        ("Empty", (1,), {}),
        ("Empty", (), {"x": 1}),
        ("Checked", (), {}),
    ],
)
def test_what_is_no_field_or_left_out_is_refused(
    made: dict[str, type[Any]], name: str, arguments: tuple[int, ...], values: dict[str, int]
) -> None:
    for _ in range(2):  # before and after its `__init__` is compiled
        with pytest.raises(TypeError, match=r"argument"):
            made[name](*arguments, **values)


def test_their_own_check_is_made(made: dict[str, type[Any]]) -> None:
    with pytest.raises(ValueError, match="negative"):
        made["Checked"](value=-1)
    with pytest.raises(ValueError, match="negative"):
        replace(made["Checked"](value=1), value=-1)


def test_values_of_two_classes_are_never_equal() -> None:
    ours, theirs = (classes(each)["Empty"]() for each in MADE.values())
    assert ours != theirs
    assert ours.__eq__(theirs) is NotImplemented


@pytest.mark.parametrize("dataclass", MADE.values(), ids=MADE)
@pytest.mark.parametrize("value", [[], {}, set()])
def test_one_default_for_all_that_can_change_is_refused(dataclass: Any, value: Any) -> None:
    with pytest.raises(ValueError, match="default_factory"):

        @dataclass(frozen=True, kw_only=True, slots=True)
        class _Wrong:
            many: Any = value


@pytest.mark.parametrize("dataclass", MADE.values(), ids=MADE)
def test_what_cannot_be_hashed_makes_no_hash(dataclass: Any) -> None:
    @dataclass(frozen=True, kw_only=True, slots=True)
    class Holder:
        many: Any = ()

    with pytest.raises(TypeError, match="unhashable"):
        hash(Holder(many=[]))


def test_other_forms_are_the_standard_library_s() -> None:
    @frozen.dataclass(frozen=True, kw_only=True, slots=True, order=True)
    class Ordered:
        value: int

    @frozen.dataclass(kw_only=True, slots=True)
    class Changing:
        value: int

    @frozen.dataclass(frozen=True, kw_only=True, slots=True)
    class Hidden:
        value: int = field(default=3, init=False)

    assert Ordered(value=1) < Ordered(value=2)
    changing = Changing(value=1)
    changing.value = 2
    with pytest.raises(TypeError):
        hash(changing)
    with pytest.raises(TypeError):
        Hidden(value=4)  # type: ignore[call-arg]
