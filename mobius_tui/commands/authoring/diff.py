"""`mobius-tui diff`: what changed in a runbook since a run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import OK, UsageError
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.journal.follower import load_run_runbook, read_run_began
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_home import runs_root
from mobius_tui.runbook.library import runbook_files
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook_diff import RunbookChange, diff_runbooks
from mobius_tui.sanitize import line


def do(options: argparse.Namespace) -> int:
    """Print the changes part by part."""
    directory = run_by_name(runs_root(), options.run)
    began = read_run_began(directory)
    path = (
        runbook_files.find_runbook(options.runbook)
        if options.runbook
        else _source(began)
    )
    found = diff_runbooks(load_run_runbook(directory, began), load(path))
    for change in found:
        for row in _change_lines(change):
            print_data(line(row))
    if not found:
        narrate(f"{path} says what it said in {directory.id}")
    return OK


def _source(began: RunBegan) -> Path:
    """Where the runbook of a run came from, or the bundled one of that id."""
    path = Path(began.path)
    if began.path and path.is_file():
        return path
    try:
        return runbook_files.find_runbook(began.runbook)
    except UsageError:
        raise UsageError(
            f"{began.path or began.runbook} is not there any more; name the runbook: "
            f"`mobius-tui diff {began.run} FILE.toml`"
        ) from None


def _change_lines(change: RunbookChange) -> Iterator[str]:
    title = f" {change.title!r}" if change.title else ""
    words = f" {change.words}" if change.words else ""
    yield f"{change.kind} {change.part} {change.name}{title}{words}"
    for row in change.lines:
        yield f"    {row}"
