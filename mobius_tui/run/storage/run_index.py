"""Lists the runs, newest first, and finds one by its name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import (
    RUN_ID,
    own_shared_folders,
    run_ids,
    runs_root,
    shared_folders_of_others,
)
from mobius_tui.sanitize import line


def is_run_id(name: str) -> bool:
    """Whether a name has the form of a run's id."""
    plain = line(name) == name and len(name) <= 200
    return plain and "/" not in name and RUN_ID.fullmatch(name) is not None


def all_runs(
    root: Path, *, excluded: Collection[str] = frozenset()
) -> tuple[RunDirectory, ...]:
    """Every run, newest first.

    Args:
        root: the folder of all runs.
        excluded: ids of runs that are left out.
    """
    folders = (root, *own_shared_folders()) if root == runs_root() else (root,)
    return _newest_first(
        run for folder in folders for run in _runs_in(folder, excluded)
    )


def runs_of(root: Path, runbook: str) -> Iterator[RunDirectory]:
    """The runs that may be of a runbook, by their names, newest first.

    Args:
        root: the folder of all runs.
        runbook: its id.
    """
    return (run for run in all_runs(root) if runbook in run.id)


def runs_shared_by_others() -> tuple[RunDirectory, ...]:
    """Every run that others share with this user, newest first."""
    none: frozenset[str] = frozenset()
    return _newest_first(
        run for folder in shared_folders_of_others() for run in _runs_in(folder, none)
    )


def _newest_first(runs: Iterable[RunDirectory]) -> tuple[RunDirectory, ...]:
    return tuple(sorted(runs, key=lambda run: run.id, reverse=True))


def _runs_in(folder: Path, excluded: Collection[str]) -> list[RunDirectory]:
    names = run_ids(folder)
    return [RunDirectory(folder / name) for name in names if name not in excluded]


def newest_run(root: Path) -> RunDirectory:
    """The newest run.

    Raises:
        UsageError: there is none.
    """
    runs = all_runs(root)
    if not runs:
        raise UsageError("there are no runs yet; `mobius-tui demo` makes one")
    return runs[0]


def newest_run_without_record(root: Path) -> RunDirectory | None:
    """The newest run without a record of its end; only its journal tells if it is open.

    Imported runs are left out. `None` where there is no such run.
    """
    return next((run for run in all_runs(root) if _may_be_open(run)), None)


def _may_be_open(run: RunDirectory) -> bool:
    return not run.record.exists() and not run.imported.exists()


def run_by_name(root: Path, name: str) -> RunDirectory:
    """A run by its id, by a part of it that only one has, or by its folder's path.

    Raises:
        UsageError: none, or more than one, is meant.
    """
    path = Path(name)
    here = _in_folder(path)
    if "/" in name or name in (".", ".."):
        if here is not None:
            return here
        raise UsageError(f"{name} is no run: there is no journal.jsonl in it")
    every = (*all_runs(root), *runs_shared_by_others())
    named = [run for run in every if name in run.id]
    matching = _first_of_each_id(run for run in named if run.id == name)
    if not matching:
        matching = _first_of_each_id(named)
        if here is not None:
            matching[f"./{name}"] = here
    if len(matching) == 1:
        return next(iter(matching.values()))
    if matching:
        few = [*matching][:4] + [*matching][4:][-1:]  # the last may be `./name`
        names = ", ".join(few)
        raise UsageError(f"{name!r} could be any of: {names}; give more of its name")
    folder = f", and ./{name} holds no journal.jsonl" if _is_folder(path) else ""
    raise UsageError(f"no run {name!r}{folder}; `mobius-tui runs` lists them")


def _first_of_each_id(runs: Iterable[RunDirectory]) -> dict[str, RunDirectory]:
    """Runs by their ids: one's own before a colleague's, of which it may be a copy."""
    found: dict[str, RunDirectory] = {}
    for run in runs:
        found.setdefault(run.id, run)
    return found


def _in_folder(path: Path) -> RunDirectory | None:
    """The run in a folder; `None` where there is no journal in it."""
    with suppress(OSError):
        if (path / "journal.jsonl").is_file():
            return RunDirectory(path.resolve())
    return None


def _is_folder(path: Path) -> bool:
    with suppress(OSError):  # such as a name that is too long
        return path.is_dir()
    return False
