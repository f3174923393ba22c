"""The structure of the package in figures: `python -m tests.structure`.

Exits with 1 where a figure is beyond its goal.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import NamedTuple

from tests.package_imports import (
    PACKAGE,
    circle,
    imports,
    imports_inside_functions,
    modules,
)

SMALL = 60
"""Lines below which a module with one importer wants to be part of it."""
PRIVATE_ROOM = "tui.backend"
"""The one folder that knows Textual's private side."""


class Goal(NamedTuple):
    """A figure, what it may be at most, and which places make it."""

    name: str
    value: float
    limit: float | None
    places: Sequence[str] = ()

    def line(self) -> str:
        """The figure for a person."""
        beyond = self.limit is not None and self.value > self.limit
        limit = "" if self.limit is None else f"≤ {self.limit:g}"
        head = f"{'OVER' if beyond else 'ok':5}{self.name:52}{self.value:7g} {limit:6}"
        return f"{head} {', '.join(self.places)}".rstrip()


def files() -> dict[str, Path]:
    """The modules that hold code, by dotted name: what says what a folder is for is
    none."""
    return {n: path for n, path in modules().items() if path.name != "__init__.py"}


def line_count(path: Path) -> int:
    """Lines of a file."""
    return path.read_text().count("\n")


def importers() -> Counter[str]:
    """How many modules import each."""
    pairs = {(name, each.module) for name in modules() for each in imports(name)}
    return Counter(module for name, module in pairs if name != module)


def small_parts() -> list[str]:
    """Small modules that one other imports, and none else."""
    count = importers()
    return [
        name
        for name, path in files().items()
        if count[name] == 1 and line_count(path) < SMALL
    ]


def functions_that_import() -> set[tuple[str, str]]:
    """What is imported inside functions: the module that does, and what."""
    return {
        (name, node.module or "")
        if isinstance(node, ast.ImportFrom)
        else (name, ast.unparse(node))
        for name, path in modules().items()
        for node in imports_inside_functions(ast.parse(path.read_text()))
    }


def classes() -> Iterator[tuple[str, str]]:
    """The classes of the package: name and module."""
    for name, path in modules().items():
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, name


def twice_named() -> list[str]:
    """Names that more than one class has."""
    count = Counter(name for name, _ in classes())
    return sorted(name for name, times in count.items() if times > 1)


def depth(kind: type) -> int:
    """Classes of ours on the longest way from a class to one of Textual's."""
    if not kind.__module__.startswith("mobius_tui."):
        return 0
    return 1 + max(depth(base) for base in kind.__bases__)


def deepest() -> tuple[str, int]:
    """The class of ours that stands highest over Textual's."""
    found = {}
    for name, path in modules().items():
        if name.startswith("tui.") and path.name != "__init__.py":
            module = import_module(f"mobius_tui.{name}")
            for kind in vars(module).values():
                if isinstance(kind, type) and any(
                    base.__module__.startswith("textual.") for base in kind.__mro__
                ):
                    found[kind.__name__] = depth(kind)
    return max(found.items(), key=lambda pair: pair[1])


def private_names() -> Counter[str]:
    """Names of Textual's private side that are imported, by folder."""
    found: Counter[str] = Counter()
    for name, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                "textual"
            ):
                names = [*(node.module or "").split("."), *(a.name for a in node.names)]
                if any(each.startswith("_") for each in names):
                    found[name.rpartition(".")[0]] += 1
    return found


def goals() -> Iterator[Goal]:
    """Every figure."""
    sizes = {name: line_count(path) for name, path in files().items()}
    yield Goal("modules", len(sizes), 420)
    folders = Counter(name.rpartition(".")[0] for name in sizes)
    worst, most = folders.most_common(1)[0]
    yield Goal("files in a folder, at most", most, 25, [worst])
    yield Goal("lines of a module, median", median(sizes.values()), None)
    largest = max(sizes, key=sizes.__getitem__)
    yield Goal("lines of the largest module", sizes[largest], None, [largest])
    parts = small_parts()
    yield Goal(f"modules under {SMALL} lines with one importer", len(parts), 10, parts)
    graph = {name: {each.module for each in imports(name)} for name in modules()}
    way = circle(graph)
    yield Goal("modules in the shortest circle of imports", len(way), 0, way)
    yield Goal("imports inside functions", len(functions_that_import()), 40)
    name, stands = deepest()
    yield Goal("classes over Textual's, at most", stands, 3, [name])
    yield Goal("names of more than one class", len(twice_named()), 0, twice_named())
    rooms = private_names()
    yield Goal(
        "folders that import Textual's private side", len(rooms), 1, sorted(rooms)
    )


def main() -> int:
    """Print the figures.

    Returns:
        1 where one is beyond its goal, else 0.
    """
    print(f"{PACKAGE.name}: {sum(map(line_count, files().values()))} lines")
    met = True
    for goal in goals():
        print(goal.line())
        met &= goal.limit is None or goal.value <= goal.limit
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
