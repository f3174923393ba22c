"""What is private to Textual is used in one folder, and stands in its table."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import mobius_tui.tui
from mobius_tui.tui.backend.textual_private import PRIVATE_USES, STYLED_SELECTORS

TUI = Path(mobius_tui.tui.__file__).parent
UNDOCUMENTED = (
    *("textual.css.model", "textual.css.stylesheet", "textual.css.types"),
    *("textual.drivers", "textual.renderables"),
)
"""Modules without a page in Textual's documentation."""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@cache
def private_names_of(base: type) -> frozenset[str]:
    """The private names that a class of Textual's defines or assigns."""
    source = textwrap.dedent(inspect.getsource(base))
    assigned = re.findall(r"self\.(_\w+)\b *(?::[^=\n]+)?=", source)
    return frozenset(filter(is_private, (*vars(base), *assigned)))


def private_names(kind: type) -> frozenset[str]:
    """The private names of the bases of a class that are Textual's."""
    bases = [base for base in kind.__mro__ if base.__module__.startswith("textual.")]
    return frozenset().union(*map(private_names_of, bases))


def imported(tree: ast.Module) -> Iterator[str]:
    """Names that come from a private or undocumented module of Textual."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            assert not any("textual." in alias.name for alias in node.names)
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        if not node.module.startswith("textual"):
            continue
        closed = any(is_private(part) for part in node.module.split("."))
        closed = closed or node.module.startswith(UNDOCUMENTED)
        for alias in node.names:
            if closed or is_private(alias.name):
                yield alias.name


def of_others(tree: ast.Module) -> Iterator[str]:
    """Private attributes of other objects: none of them is ours."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            if ast.unparse(node.value) not in ("self", "cls", "super()", "os"):
                yield node.attr
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "getattr":
            name = node.args[1]
            if isinstance(name, ast.Constant) and is_private(str(name.value)):
                yield str(name.value)


def of_bases(path: Path, tree: ast.Module) -> Iterator[str]:
    """Private names of Textual's that a class of ours uses, overrides or hides."""
    inside = path.relative_to(TUI.parents[1]).with_suffix("").parts
    module = import_module(".".join(inside).removesuffix(".__init__"))
    for node in (each for each in tree.body if isinstance(each, ast.ClassDef)):
        hidden = private_names(getattr(module, node.name))
        for part in ast.walk(node):
            match part:
                case ast.Attribute(attr=name, value=value):
                    of_itself = ast.unparse(value) in ("self", "cls", "super()")
                    used = name if of_itself else ""
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    used = name
                case _:
                    continue
            if used in hidden:
                yield used


def found_uses() -> set[tuple[str, str]]:
    """Modules under `tui/`, as paths, with a private name that each uses."""
    found = set()
    for path in sorted(TUI.rglob("*.py")):
        tree = ast.parse(path.read_text())
        place = str(path.relative_to(TUI).with_suffix(""))
        names = *imported(tree), *of_others(tree), *of_bases(path, tree)
        found |= {(place, name) for name in names if name != "_replace"}
    return found


def test_private_names_are_used_in_one_folder_and_stand_in_its_table() -> None:
    listed = {
        (f"backend/{use.module}", use.name.rpartition(".")[2]) for use in PRIVATE_USES
    }
    assert sorted(found_uses() - listed) == []


def test_the_table_lists_nothing_that_is_not_used() -> None:
    unused = [
        use
        for use in PRIVATE_USES
        if use.module != "startup"  # it sets what Textual reads
        and not re.search(
            rf"\b{use.name.rpartition('.')[2]}\b",
            (TUI / "backend" / f"{use.module}.py").read_text(),
        )
    ]
    assert unused == []
    assert len({(use.name, use.module) for use in PRIVATE_USES}) == len(PRIVATE_USES)


def test_widgets_of_textuals_that_are_styled_stand_in_the_table() -> None:
    sheets = "".join(path.read_text() for path in TUI.rglob("*.tcss"))
    assert [name for name in STYLED_SELECTORS if name not in sheets] == []
    ids = {f"#{name}" for name in re.findall(r"#(--[\w-]+)", sheets)}
    assert ids <= set(STYLED_SELECTORS)


def test_a_door_of_our_own_says_what_textual_lacks() -> None:
    """What it would need is what is worth an issue there, and the module its price."""
    folder = TUI / "backend"
    silent = []
    for path in sorted(folder.glob("*.py")):
        said = ast.get_docstring(ast.parse(path.read_text())) or ""
        if path.stem in ("__init__", "textual_private"):
            continue
        if "Textual 8.2" not in said or "Upstream needs:" not in said:
            silent.append(path.stem)
    assert silent == []
