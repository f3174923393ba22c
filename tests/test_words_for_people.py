"""No text is written as Python writes a value: no exception, and no enum, by `!r`."""

from __future__ import annotations

import ast
import enum
import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import mobius_tui
from mobius_tui.json_border import malformed_text
from tests.table import each_row

ROOT = Path(mobius_tui.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))


def enums() -> Iterator[type[enum.Enum]]:
    """Every enumeration of the program."""
    for module in pkgutil.walk_packages(mobius_tui.__path__, "mobius_tui."):
        if ".assets" in module.name or module.name.endswith("__main__"):
            continue
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, enum.Enum):
                yield each


NAMES = {each.__name__ for each in enums() if each.__module__.startswith("mobius_tui")}
WORDS = {e.__name__ for e in enums() if issubclass(e, enum.StrEnum)}


def shown_by_repr(tree: ast.AST) -> Iterator[ast.expr]:
    """What is formatted by `!r`, or given to `repr`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and node.conversion == ord("r"):
            yield node.value
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "repr"
        ):
            yield from node.args


def named(node: ast.expr) -> str:
    """The last name of an expression: `status` of `own.status`."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


@cache
def enum_fields() -> set[str]:
    """The names of fields and arguments that hold an enumeration, and never a text."""
    found, texts = set(), set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.AnnAssign):
                name, annotation = named(node.target), node.annotation
            elif isinstance(node, ast.arg) and node.annotation is not None:
                name, annotation = node.arg, node.annotation
            else:
                continue
            words = {
                each.id for each in ast.walk(annotation) if isinstance(each, ast.Name)
            }
            if words & NAMES:
                found.add(name)
            elif "str" in ast.unparse(annotation):
                texts.add(name)
    return found - texts


def test_no_exception_and_no_enum_is_shown_by_its_repr() -> None:
    wrong = []
    for path in SOURCES:
        text = path.read_text()
        if "!r" not in text and "repr(" not in text:
            continue
        tree = ast.parse(text)
        caught = {n.name for n in ast.walk(tree) if isinstance(n, ast.ExceptHandler)}
        shown = [named(each) for each in shown_by_repr(tree)]
        names = [name for name in shown if name and name in caught | enum_fields()]
        wrong += [f"{path.relative_to(ROOT)}: {name}" for name in names]
    assert wrong == []


def test_what_is_looked_for_is_found() -> None:
    assert {"first_outcome", "result"} <= enum_fields()
    tree = ast.parse('f"{own.first_outcome!r} {error!r}"; repr(result)')
    found = {named(each) for each in shown_by_repr(tree)}
    assert found == {"first_outcome", "error", "result"}


@each_row("name", sorted(WORDS))
def test_a_value_that_is_a_word_is_shown_as_it(name: str) -> None:
    (own, *_) = (each for each in enums() if each.__name__ == name)
    assert [f"{each}" for each in own] == [each.value for each in own]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("event"), "it lacks event"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "it is not UTF-8"),
        (ValueError("Expecting value"), "expecting value"),
        (TypeError(), "it is of another form"),
    ],
)
def test_what_cannot_be_decoded_is_told_in_words(error: Exception, words: str) -> None:
    assert malformed_text(error) == words
