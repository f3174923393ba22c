"""What a shell completes `--profile` and `--step` with: parts of a runbook's file.

The runbook, or the run, is found among the words of the command line. The TOML is only
parsed, so that a file with mistakes still completes the names that it has.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mobius_tui.run.storage.state_folders import run_ids
from mobius_tui.runbook.library.runbook_files import (
    bundled_folder,
    own_folder,
    read_or_empty,
)
from mobius_tui.runbook.toml.derived_keys import id_of

_Tree = dict[str, Any]
DEFAULT_DRILL_RUNBOOK = "mobius-rollback"
"""The runbook of `drill` where none is named."""


def profile_names(words: Sequence[str]) -> list[str]:
    """The names of the profiles of the runbook that a command line names."""
    path = _runbook(words)
    if path is None:
        return []
    trees = [tree := _parsed(path)]
    names = {
        str(phase.get("include", "")).partition("#")[0]
        for phase in _tables(tree, "phase")
    }
    trees += [_parsed(path.with_name(Path(name).name)) for name in names - {""}]
    found = [tree.get("profile") for tree in trees]
    return sorted(
        {str(key) for each in found if isinstance(each, dict) for key in each}
    )


def step_ids(words: Sequence[str], folders: Sequence[Path]) -> list[str]:
    """The ids of the steps of the run that a command line names.

    Args:
        words: its words, after the program's name.
        folders: where runs lie.
    """
    run = _run(words, folders)
    files = sorted((run / "runbook").glob("*.toml")) if run is not None else []
    trees = [_parsed(path) for path in files]
    found = [id_of(step) for tree in trees for step in _steps(tree)]
    return [*dict.fromkeys(found)]


def _runbook(words: Sequence[str]) -> Path | None:
    """The runbook's file that a command line names, or that its command takes."""
    for word in words[1:]:
        path = _file(word)
        if path is None and word and not word.startswith(("-", ".")):
            name = f"{Path(word).name}.toml"
            path = _file(str(own_folder() / name)) or _file(
                str(bundled_folder() / name)
            )
        if path is not None:
            return path
    return (
        bundled_folder() / f"{DEFAULT_DRILL_RUNBOOK}.toml"
        if words[:1] == ["drill"]
        else None
    )


def _file(word: str) -> Path | None:
    """The file that a word names, if it is a runbook's."""
    path = Path(word).expanduser() if word.startswith("~/") else Path(word)
    return path if path.suffix == ".toml" and path.is_file() else None


def _run(words: Sequence[str], folders: Sequence[Path]) -> Path | None:
    """The folder of the run that a command line names; None if it could be several."""
    every = {name: folder / name for folder in folders for name in run_ids(folder)}
    for word in words[1:]:
        if "/" in word and (Path(word) / "journal.jsonl").is_file():
            return Path(word)
        named = [name for name in every if name == word]
        named = named or [name for name in every if word and word in name]
        if len(named) == 1:
            return every[named[0]]
    return None


def _parsed(path: Path) -> _Tree:
    """A runbook's file as parsed; empty where it cannot be."""
    try:
        return tomllib.loads(read_or_empty(path).decode())
    except (ValueError, RecursionError):
        return {}


def _steps(tree: _Tree) -> Iterator[_Tree]:
    for phase in (tree, *_tables(tree, "phase")):
        yield from _tables(phase, "step")


def _tables(tree: _Tree, key: str) -> list[_Tree]:
    found = tree.get(key)
    tables = found if isinstance(found, list) else []
    return [each for each in tables if isinstance(each, dict)]
