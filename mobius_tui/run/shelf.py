"""What there is to begin or to look at again: runbooks and runs, for the library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.directory import RunDirectory, all_runs, runbook_digest
from mobius_tui.run.summary import Summary, summary
from mobius_tui.runbook.decode import load

RECENT = 12
"""Runbooks of one's own that are listed."""
NO_END = ("open", "damaged", "never began")
"""Outcomes of runs that tell nothing of a runbook."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelved:
    """A runbook that can be begun."""

    path: Path
    title: str
    id: str
    problem: str = ""
    """Why it cannot be read."""
    sha256: str = ""
    drilled: Summary | None = None
    """The newest run of it as a drill that came to an end."""
    used: Summary | None = None
    """The newest run of it, of any kind."""

    @property
    def is_edited(self) -> bool:
        """Whether it was changed since it was drilled."""
        return self.drilled is not None and self.drilled.sha256 != self.sha256


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """All of it, newest first."""

    open: tuple[tuple[RunDirectory, Summary], ...]
    bundled: tuple[Shelved, ...]
    recent: tuple[Shelved, ...]
    past: tuple[tuple[RunDirectory, Summary], ...]


def shelf(root: Path, bundled: Iterable[Path]) -> Shelf:
    """Look at the runs, and at the runbooks that they were made of.

    Args:
        root: the folder of all runs.
        bundled: the files of the runbooks that come with the program.
    """
    runs = tuple((directory, summary(directory)) for directory in all_runs(root))
    known = tuple(each for _, each in runs)
    own = tuple(bundled)
    there = {path.resolve() for path in own}
    return Shelf(
        open=tuple(each for each in runs if each[1].outcome == "open"),
        bundled=tuple(_shelved(path, known) for path in own),
        recent=tuple(_shelved(path, known) for path in _recent(known, there)),
        past=tuple(each for each in runs if each[1].outcome != "open"),
    )


def last_drill(runs: Iterable[Summary], runbook: str) -> Summary | None:
    """The newest drill of a runbook that came to an end.

    Args:
        runs: newest first.
        runbook: its id.
    """
    return next(
        (
            run
            for run in runs
            if run.mode == "drill"
            and run.runbook == runbook
            and run.outcome not in NO_END
        ),
        None,
    )


def drilled(root: Path, runbook: str) -> Summary | None:
    """The newest drill of a runbook, looked for among all runs."""
    found = (summary(each) for each in all_runs(root) if runbook in each.id)
    return last_drill(found, runbook)


def _recent(runs: Iterable[Summary], bundled: set[Path]) -> Iterator[Path]:
    """Files that runs were made of, and that are still there."""
    seen = set(bundled)
    left = RECENT
    for run in runs:
        path = Path(run.path)
        if left and path.is_absolute() and path not in seen and path.is_file():
            seen.add(path)
            left -= 1
            yield path


def _shelved(path: Path, runs: tuple[Summary, ...]) -> Shelved:
    try:
        runbook = load(path)
    except MobiusError as error:
        problem = str(error).splitlines()[0]
        return Shelved(path=path, title=path.name, id=path.stem, problem=problem)
    return Shelved(
        path=path,
        title=runbook.title,
        id=runbook.id,
        sha256=runbook_digest(runbook.sources),
        drilled=last_drill(runs, runbook.id),
        used=next((run for run in runs if run.runbook == runbook.id), None),
    )
