"""Classes by our `dataclass` are as those by the standard library's."""

from __future__ import annotations

import ast
import copy
import dataclasses
import pickle
from dataclasses import field
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.dataclass import dataclass
from tests.package_imports import modules


def both(name: str, body: dict[str, Any], **options: bool) -> tuple[type, type]:
    """A class made by the standard one, and the same made by ours."""
    first, second = (
        type(name, (), {"__module__": __name__, "__qualname__": name, **body})
        for _ in range(2)
    )
    standard: Any = dataclasses.dataclass(**options)
    ours: Any = dataclass(**options)
    return standard(first), ours(second)


def body_of(names: tuple[str, ...]) -> dict[str, Any]:
    return {"__annotations__": dict.fromkeys(names, "object"), "__doc__": "D."}


VALUES = st.one_of(st.integers(0, 2), st.sampled_from(["", "a", None, 0.0, ()]))


@given(
    options=st.fixed_dictionaries(
        {"frozen": st.booleans(), "slots": st.booleans(), "eq": st.booleans()}
    ),
    values=st.lists(st.tuples(VALUES, VALUES), max_size=3),
)
def test_they_compare_and_show_alike(
    options: dict[str, bool], values: list[tuple[object, object]]
) -> None:
    names = ("a", "b", "c")[: len(values)]
    standard, ours = both("Pair", body_of(names), kw_only=True, **options)
    one, other = (
        [make(**{n: v[i] for n, v in zip(names, values, strict=True)}) for i in (0, 1)]
        for make in (standard, ours)
    )
    assert (one[0] == one[1]) is (other[0] == other[1])
    assert (one[0] != one[1]) is (other[0] != other[1])
    assert other[0] == other[0]
    assert one[0] != other[0]
    assert repr(one[0]) == repr(other[0])
    assert (standard.__hash__ is None) is (ours.__hash__ is None)
    if options["frozen"] and options["eq"]:
        assert (hash(other[0]) == hash(other[1])) or other[0] != other[1]
        assert len({other[0], copy.copy(other[0])}) == 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """Where something is."""

    KIND: ClassVar[str] = "point"
    x: int
    y: int = 2
    note: str = field(default="", compare=False)
    secret: str = field(default="s3cret", repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place(Point):
    """A point with a name."""

    name: str = ""


@dataclass(slots=True)
class Chain:
    """What may hold itself."""

    inner: Chain | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Alike:
    """What says itself when two are equal, and how they look."""

    x: int

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "alike"


def test_what_a_field_says_of_itself_holds() -> None:
    assert Point(x=1, note="a") == Point(x=1, note="b") != Point(x=2, note="a")
    assert Point(x=1, secret="a") != Point(x=1, secret="b")
    assert repr(Point(x=1, note="n")) == "Point(x=1, y=2, note='n')"


def test_a_class_is_never_equal_to_one_under_it() -> None:
    assert Place(x=1) != Point(x=1)
    assert Place(x=1, name="a") == Place(x=1, name="a") != Place(x=1, name="b")
    assert repr(Place(x=1)) == "Place(x=1, y=2, note='', name='')"
    assert Point(x=1).__eq__((1, 2)) is NotImplemented


def test_methods_that_a_class_has_are_left_to_it() -> None:
    assert Alike(x=1) == Alike(x=2)
    assert (hash(Alike(x=1)), repr(Alike(x=1))) == (7, "alike")


def test_what_holds_itself_is_shown() -> None:
    chain = Chain()
    chain.inner = chain
    assert repr(chain) == "Chain(inner=...)"
    with pytest.raises(TypeError, match="unhashable"):
        hash(chain)


def test_the_standard_library_takes_them_for_its_own() -> None:
    point = Point(x=1)
    assert dataclasses.is_dataclass(point)
    assert dataclasses.replace(point, y=5) == Point(x=1, y=5)
    assert dataclasses.asdict(point) == {"x": 1, "y": 2, "note": "", "secret": "s3cret"}
    for again in (copy.deepcopy(point), pickle.loads(pickle.dumps(point))):
        assert again == point
    assert not hasattr(point, "__dict__")
    match point:
        case Point(x=x, y=y):
            assert (x, y) == (1, 2)


def test_only_the_type_checker_refuses_to_change_what_is_frozen() -> None:
    point = Point(x=1)
    point.x = 2  # type: ignore[misc]  # an error of mypy's where it is not needed
    assert point.x == 2


def test_every_class_of_ours_is_made_by_it() -> None:
    wrong = [
        f"{name}:{node.lineno}"
        for name, path in modules().items()
        if name != "dataclass"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "dataclasses"
        if "dataclass" in {each.name for each in node.names}
    ]
    assert wrong == []
