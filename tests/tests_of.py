"""Which tests are a module's: `python -m tests.tests_of mobius_tui/plain.py`.

The files at its own path; without any, those that import it; without those either, the
tests of the modules that do.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

from tests.package_imports import PACKAGE, imports, modules
from tests.paths import ROOT, TESTS


@cache
def imported_by_tests() -> dict[str, tuple[Path, ...]]:
    """The test files that import each module, by its dotted name."""
    found: dict[str, list[Path]] = {}
    for path in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    for full in (node.module, f"{node.module}.{alias.name}"):
                        found.setdefault(full.removeprefix("mobius_tui."), []).append(
                            path
                        )
    return {name: tuple(dict.fromkeys(paths)) for name, paths in found.items()}


@cache
def importers() -> dict[str, tuple[str, ...]]:
    """The modules that import each module, by its dotted name.

    Commands are imported by the command line, by their names.
    """
    found: dict[str, list[str]] = {}
    for name in modules():
        for each in imports(name):
            found.setdefault(each.module, []).append(name)
        if name.startswith("commands."):
            found.setdefault(name, []).append("commands.command_line")
    return {name: tuple(dict.fromkeys(names)) for name, names in found.items()}


def own_tests(name: str) -> tuple[Path, ...]:
    """The test files at a module's path."""
    path = modules()[name]
    folder = TESTS / path.parent.relative_to(PACKAGE)
    stem = path.stem.strip("_")
    return tuple(
        sorted({*folder.glob(f"test_{stem}.py"), *folder.glob(f"test_{stem}_*.py")})
    )


def find_tests(name: str) -> tuple[tuple[Path, str], ...]:
    """The tests of a module.

    Args:
        name: its dotted name, without `mobius_tui.`

    Returns:
        Test files, those in its own folder first, each with the module by way of which
        it was found: this one, or the nearest ones that import it.
    """
    folder = TESTS / modules()[name].parent.relative_to(PACKAGE)
    level, seen = [name], {name}
    found: dict[Path, str] = {}
    while level and not found:
        for each in level:
            for path in own_tests(each) or imported_by_tests().get(each, ()):
                found.setdefault(path, each)
        level = [up for each in level for up in importers().get(each, ())]
        level = [up for up in dict.fromkeys(level) if up not in seen]
        seen.update(level)
    ordered = sorted(found.items(), key=lambda pair: (pair[0].parent != folder, pair))
    return tuple(ordered)


def main(arguments: list[str]) -> int:
    """Print the tests of each module that is named by its file.

    Returns:
        The exit code: 2 where a file is no module of the package.
    """
    by_path = {path: name for name, path in modules().items()}
    for argument in arguments:
        name = by_path.get(Path(argument).resolve())
        if name is None:
            print(f"{argument}: no module of mobius_tui", file=sys.stderr)
            return 2
        for test, way in find_tests(name):
            print(test.relative_to(ROOT), f"(by way of {way})" if way != name else "")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
