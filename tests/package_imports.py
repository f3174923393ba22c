"""What the modules of the package import of each other, read from their text."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import mobius_tui

PACKAGE = Path(mobius_tui.__file__).parent


class Import(NamedTuple):
    """One module that another imports."""

    module: str
    line: int
    lazy: bool
    """Whether it stands inside a function."""


@cache
def modules() -> Mapping[str, Path]:
    """The files of the package by dotted name, without `mobius_tui.`"""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if "assets" not in inside.parts and inside.parts != ("__init__.py",):
            name = ".".join(inside.with_suffix("").parts)
            found[name.removesuffix(".__init__")] = path
    return found


def imports_inside_functions(tree: ast.Module) -> set[ast.AST]:
    """The import statements that stand in functions."""
    return {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    }


@cache
def imports(name: str) -> tuple[Import, ...]:
    """What a module imports of the package."""
    tree = ast.parse(modules()[name].read_text())
    lazy = imports_inside_functions(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            named = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        else:
            continue
        for full in named:
            short = full.removeprefix("mobius_tui.")
            while short != full and short and short not in modules():
                short = short.rpartition(".")[0]
            if short != full and short:
                found.append(Import(short, node.lineno, node in lazy))
    return tuple(found)


def circle(graph: Mapping[str, set[str]]) -> list[str]:
    """The shortest way from a node back to itself; empty where there is none."""
    best: list[str] = []
    for start in graph:
        ways, seen = deque([[start]]), {start}
        while ways:
            way = ways.popleft()
            if best and len(way) >= len(best):
                break
            if start in graph[way[-1]]:
                best = [*way, start]
                break
            for after in sorted(graph[way[-1]] - seen):
                seen.add(after)
                ways.append([*way, after])
    return best
