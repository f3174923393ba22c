"""Copies of runs, and runs that are taken over in them, for tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from mobius_tui.run.client.start_host import take_over_run
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import HostStarted
from mobius_tui.run.host.copies import whereabouts_of
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.structs import replace
from tests.run.running import Running


def copied(run: Running, to: Path) -> Running:
    """A copy of a run, as the same run in another folder."""
    copy_folder(run.directory.path, to)
    return in_folder(run, to)


def copy_folder(folder: Path, to: Path) -> None:
    """Copy a folder, but for its sockets, which no other copy has either."""
    shutil.copytree(folder, to, symlinks=True, ignore=_sockets)


def _sockets(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.endswith(".sock")]


def in_folder(run: Running, folder: Path) -> Running:
    other = Running(run.runbook)
    other.directory = RunDirectory(folder)
    return other


async def taken_over(copy: Running) -> Running:
    """Take a run over in its copy, and go on there."""
    found = whereabouts_of(copy.directory)
    assert found is not None
    await take_over_run(copy.directory, copy.runbook, found.last.epoch)
    return await copy.resume()


def write_over(folder: Path, older: Path) -> None:
    """Write older bytes into the files that are there, as `rsync --inplace` does."""
    for path in folder.rglob("*"):
        old = older / path.relative_to(folder)
        if path.is_file() and old.is_file():
            path.write_bytes(old.read_bytes())
    for attempt in (folder / "steps").iterdir():
        if not (older / "steps" / attempt.name).exists():
            shutil.rmtree(attempt)


def moved_to(machine: str, name: str) -> Callable[[Entry], Entry]:
    """Entries as a host on another machine would have written them."""

    def change(entry: Entry) -> Entry:
        event = entry.event
        if not isinstance(event, HostStarted) or event.place is None:
            return entry
        place = {**event.place, "machine": machine, "name": name}
        return replace(entry, event=replace(event, place=place))

    return change
