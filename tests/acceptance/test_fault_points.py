"""A host killed at some of its operations, and one whose writes fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.run.events.run_events import HostStarted
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.storage.run_directory import RunDirectory
from tests.acceptance.fault_points import Found, points
from tests.acceptance.faulty import Fault

pytestmark = [pytest.mark.campaign, pytest.mark.usefixtures("ended")]


async def tried(folder: Path, fault: Fault) -> tuple[Found, RunDirectory]:
    with points(folder) as trials:
        directory = await trials.trial(fault)
    print(trials.found.line())
    assert trials.found.is_good
    assert directory is not None
    return trials.found, directory


def hosts(directory: RunDirectory) -> int:
    entries = Follower(directory).initial_entries
    return sum(isinstance(entry.event, HostStarted) for entry in entries)


@pytest.mark.parametrize(
    ("name", "at", "how", "needed"),
    [
        ("write journal", 6, "tear", {2}),  # the line that says that a step began
        ("start", 1, "after", {2}),  # its keeper lives, and nobody knows yet
        ("connect", 1, "after", {1, 2}),  # a message is on its way, the run over or not
        ("replace record", 1, "kill", {1}),
    ],
)
async def test_a_host_killed_at_an_operation_lost_and_doubled_nothing(
    tmp_path: Path, name: str, at: int, how: str, needed: set[int]
) -> None:
    _, directory = await tried(tmp_path, Fault(name=name, at=at, how=how))
    assert hosts(directory) in needed


async def test_a_failed_sync_ends_the_host_which_says_so(tmp_path: Path) -> None:
    fault = Fault(name="fdatasync journal", at=8, how="EIO")
    found, directory = await tried(tmp_path, fault)
    assert found.resumed == 1
    said = "the host ends: the journal cannot be written: Input/output error"
    assert said in directory.host_log.read_text()
    assert hosts(directory) == 2


async def test_a_disk_that_is_full_for_a_while_is_waited_for(tmp_path: Path) -> None:
    fault = Fault(name="write journal", at=8, how="ENOSPC", times=3)
    found, directory = await tried(tmp_path, fault)
    assert found.resumed == 0
    assert hosts(directory) == 1
    log = directory.host_log.read_text()
    assert "the disk is full: No space left on device" in log
    assert "there is room on the disk again" in log


async def test_a_disk_that_stays_full_stops_all_that_is_new_and_says_so(
    tmp_path: Path,
) -> None:
    fault = Fault(name="write journal", at=8, how="ENOSPC", times=-1)
    found, _ = await tried(tmp_path, fault)
    assert found.waited == 1


async def test_a_step_without_room_to_begin_waits_for_it(tmp_path: Path) -> None:
    fault = Fault(name="write script", at=1, how="ENOSPC", times=3)
    found, directory = await tried(tmp_path, fault)
    assert found.resumed == 0
    log = directory.host_log.read_text()
    assert "First waits: No space left on device" in log
    assert "there is room on the disk again" in log


async def test_short_writes_are_carried_on(tmp_path: Path) -> None:
    found, directory = await tried(tmp_path, Fault(at=1, how="short", name="write j"))
    assert found.resumed == 0
    assert hosts(directory) == 1
