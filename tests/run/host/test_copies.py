"""A copy of a run is not the run: where a host begins, and where none does."""

from __future__ import annotations

import asyncio
import os
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.client.start_host import (
    release_host,
    reopen_run,
    resume_run,
    take_over_run,
)
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import HostStarted, RunBegan, TakenOver
from mobius_tui.run.host.copies import refuse_copy, whereabouts_of
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.host_places import host_places
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.key_file import KeyFile, KnownRun
from mobius_tui.run.storage.place import Place, machine_id, place_of
from mobius_tui.run.storage.state_folders import state_home
from mobius_tui.structs import replace
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.copied import (
    copied,
    copy_folder,
    in_folder,
    moved_to,
    taken_over,
    write_over,
)
from tests.run.journals import rewritten
from tests.run.running import Running, alive
from tests.waiting import wait_for

RAN = 'echo "$MOBIUS_TUI_ATTEMPT" >> ran\n'
SIMPLE = ONE + step("a", RAN) + step("b", RAN)
WAITS = ONE + step("a", f"{RAN}until [ -e go ]; do sleep 0.02; done") + step("b", RAN)


async def between_steps(begin: Begin, tmp_path: Path) -> Running:
    """A run whose first step has passed, and that no host runs."""
    run = await begin(SIMPLE, workdir=tmp_path)
    await run.did("start", "a")
    await run.status("a", "passed")
    run.kill_host()
    return run


async def in_mid_step(begin: Begin, tmp_path: Path) -> Running:
    """A run whose first step goes on under its keeper, and that no host runs."""
    run = await begin(WAITS, workdir=tmp_path)
    await run.did("start", "a")
    wait_for((tmp_path / "ran").exists)
    run.kill_host()
    return run


def ran(tmp_path: Path) -> list[str]:
    """The attempts whose script began."""
    marks = (tmp_path / "ran").read_text().split()
    return [mark.rpartition("/")[2] for mark in marks]


async def passes(run: Running, wanted: str) -> None:
    await run.did("start", wanted)
    await run.status(wanted, "passed")


@pytest.mark.parametrize("copy_first", [False, True])
async def test_a_copy_is_refused_and_the_run_goes_on(
    begin: Begin, tmp_path: Path, copy_first: bool
) -> None:
    run = await between_steps(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    if not copy_first:
        await run.resume()
        await passes(run, "b")
        run.kill_host()
    with pytest.raises(RunError, match=r"this is an? (older )?copy") as refused:
        await resume_run(copy.directory, copy.runbook)
    assert str(run.directory.path) in str(refused.value)
    if copy_first:
        await run.resume()
        await passes(run, "b")
    assert ran(tmp_path) == ["a.1", "b.1"]
    assert not any("cop" in each for each in run_problems(run.directory))


async def test_a_host_process_refuses_a_copy_that_nobody_looked_at_before(
    begin: Begin, tmp_path: Path
) -> None:
    """The copy is made while whoever resumes it has looked: the host looks again."""
    run = await between_steps(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    found = whereabouts_of(copy.directory)
    assert found is not None
    await run.resume()
    with pytest.raises(RunError, match="is run by host process"):
        await take_over_run(copy.directory, copy.runbook, found.last.epoch)
    await run.did("start", "b")
    await run.status("b", "passed")
    run.kill_host()
    with pytest.raises(RunError, match="an older copy: it went on in"):
        await take_over_run(copy.directory, copy.runbook, found.last.epoch)
    assert ran(tmp_path) == ["a.1", "b.1"]


async def test_a_run_that_was_moved_goes_on_without_a_question(
    begin: Begin, tmp_path: Path
) -> None:
    run = await between_steps(begin, tmp_path)
    moved = in_folder(run, tmp_path / "moved")
    run.directory.path.rename(moved.directory.path)
    await moved.resume()
    await passes(moved, "b")
    assert ran(tmp_path) == ["a.1", "b.1"]
    assert moved.state.epoch == 1
    await moved.close()


async def test_a_folder_that_is_moved_under_its_host_says_nothing_wrong(
    begin: Begin, tmp_path: Path
) -> None:
    """What is not at the old path any more is no proof that nothing ran."""
    run = await begin(WAITS, workdir=tmp_path)
    await run.did("start", "a")
    wait_for((tmp_path / "ran").exists)
    host = run.host()
    await run.drop()
    moved = in_folder(run, tmp_path / "moved")
    run.directory.path.rename(moved.directory.path)
    wait_for(lambda: not alive(host))
    (tmp_path / "go").touch()
    await moved.resume()
    state = await moved.status("a", "unknown", "not started", "passed", "failed")
    assert state.steps["a"].status is Status.UNKNOWN
    assert ran(tmp_path) == ["a.1"]
    await moved.close()


async def test_a_copy_that_was_taken_over_goes_on_and_the_original_is_told_where(
    begin: Begin, tmp_path: Path
) -> None:
    run = await between_steps(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    await taken_over(copy)
    await passes(copy, "b")
    for go_on in (resume_run, reopen_run):
        with pytest.raises(RunError, match=r"was taken over: it went on in .*/copy"):
            await go_on(run.directory, run.runbook)
    assert ran(tmp_path) == ["a.1", "b.1"]
    (taken,) = (e for e in copy.entries() if isinstance(e.event, TakenOver))
    assert isinstance(taken.event, TakenOver)
    assert taken.event.epoch == 2
    assert taken.event.taken_from["path"] == str(run.directory.path)
    assert taken.event.place == place_of(copy.directory.path).as_mapping()
    assert taken.by not in ("host", "auto")
    assert not tuple(run_problems(copy.directory))
    assert [each.split(":")[0] for each in host_places(copy.entries())] == [
        "epoch 1",
        "epoch 2",
    ]
    # A copy of the copy is one, too, and the epoch goes on.
    copy.kill_host()
    again = copied(copy, tmp_path / "again")
    with pytest.raises(RunError, match="this is a copy"):
        await resume_run(again.directory, again.runbook)
    await taken_over(again)
    assert again.state.epoch == 3
    await again.close()
    await copy.close()


async def test_what_was_in_flight_is_unknown_where_it_is_taken_over(
    begin: Begin, tmp_path: Path
) -> None:
    run = await in_mid_step(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    await taken_over(copy)
    state = await copy.status("a", "unknown")
    reason = state.steps["a"].reason
    assert "the run was taken over while it ran" in reason
    assert "restarted" not in reason
    last = state.steps["a"].last_attempt
    assert last is not None
    assert last.left, "it is still alive, and that is said"
    (tmp_path / "go").touch()
    assert ran(tmp_path) == ["a.1"]
    await copy.close()


@pytest.mark.parametrize("left", ["nothing", "an end"])
async def test_what_a_copy_lacks_or_has_says_nothing_of_an_attempt(
    begin: Begin, tmp_path: Path, left: str
) -> None:
    """A copy that was made before `pid` was there is no proof that nothing ran."""
    run = await in_mid_step(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    if left == "nothing":
        shutil.rmtree(copy.directory.attempt("a", 1).path)
    else:
        (tmp_path / "go").touch()
        end = run.directory.attempt("a", 1).exit
        wait_for(end.exists)
        shutil.copy(end, copy.directory.attempt("a", 1).exit)
    await taken_over(copy)
    state = await copy.status("a", "unknown", "passed", "not started")
    assert state.steps["a"].status is Status.UNKNOWN
    (tmp_path / "go").touch()
    await copy.close()


async def test_a_step_that_would_be_tried_again_is_not_after_a_takeover(
    begin: Begin, tmp_path: Path
) -> None:
    fails = step("a", f"{RAN}exit 1", 'retry = { attempts = 3, every = "1h" }')
    run = await begin(ONE + fails, workdir=tmp_path)
    await run.did("start", "a")
    await run.status("a", "failed")
    run.kill_host()
    copy = copied(run, tmp_path / "copy")
    await taken_over(copy)
    assert copy.state.steps["a"].may_retry is False
    # A person may, and from then on it is tried again by itself as before.
    await copy.did("retry", "a")
    await copy.until(lambda state: len(state.steps["a"].attempts) == 2)
    state = await copy.status("a", "failed")
    assert state.steps["a"].may_retry
    await copy.close()


Put = Callable[[Running, Path], None]


def put_back(run: Running, kept: Path) -> None:
    """The folder is removed, and a copy put in its place."""
    shutil.rmtree(run.directory.path)
    copy_folder(kept, run.directory.path)


def overwritten(run: Running, kept: Path) -> None:
    write_over(run.directory.path, kept)


def unpack(run: Running, kept: Path) -> None:
    """An archive is unpacked over the folder."""
    archive = kept.with_suffix(".tar")
    with tarfile.open(archive, "w") as tar:
        tar.add(kept, ".")
    shutil.rmtree(run.directory.path)
    run.directory.path.mkdir(mode=0o700)
    with tarfile.open(archive) as tar:
        tar.extractall(run.directory.path, filter="tar")


@pytest.mark.parametrize("put", [put_back, overwritten, unpack])
async def test_an_older_state_in_the_place_of_the_run_is_not_gone_on_with(
    begin: Begin, tmp_path: Path, put: Put
) -> None:
    run = await between_steps(begin, tmp_path)
    kept = tmp_path / "kept"
    copied(run, kept)
    await run.resume()
    await passes(run, "b")
    run.kill_host()
    put(run, kept)
    found = whereabouts_of(run.directory)
    assert found is not None
    for go_on in (
        resume_run(run.directory, run.runbook),
        take_over_run(run.directory, run.runbook, found.last.epoch),
    ):
        with pytest.raises(RunError, match="is older than the run: its journal lacks"):
            await go_on
    assert ran(tmp_path) == ["a.1", "b.1"]
    assert Follower(run.directory).state.steps["b"].status is Status.PENDING


async def test_the_same_state_put_back_is_a_copy_that_can_be_taken_over(
    begin: Begin, tmp_path: Path
) -> None:
    run = await between_steps(begin, tmp_path)
    copied(run, tmp_path / "kept")
    put_back(run, tmp_path / "kept")
    with pytest.raises(RunError, match="a copy that was put in the place of the run"):
        await resume_run(run.directory, run.runbook)
    await taken_over(run)
    await passes(run, "b")
    assert ran(tmp_path) == ["a.1", "b.1"]


async def test_a_copy_of_another_machine_names_it_and_not_a_restart(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await in_mid_step(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    rewritten(copy.directory, moved_to("0" * 32, "jump-1"))
    # This machine knows nothing of the run.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state-of-jump-2"))
    words = "this is a copy: the run was on jump-1, whose host was last heard"
    with pytest.raises(RunError, match=words):
        await resume_run(copy.directory, copy.runbook)
    found = whereabouts_of(copy.directory)
    assert found is not None
    assert found.takeover_word == "jump-1"
    await taken_over(copy)
    state = await copy.status("a", "unknown")
    assert "restarted" not in state.steps["a"].reason
    assert [each.split(" (")[0] for each in host_places(copy.entries())] == [
        "epoch 1: 1 host on jump-1",
        f"epoch 2: {len(hosts_since_takeover(copy))} host on {os.uname().nodename}",
    ]
    (tmp_path / "go").touch()
    await copy.close()


def hosts_since_takeover(run: Running) -> list[HostStarted]:
    events = [entry.event for entry in run.entries()]
    return [e for e in events if isinstance(e, HostStarted) and e.epoch == 2]


async def test_the_name_of_a_machine_decides_nothing(
    begin: Begin, tmp_path: Path
) -> None:
    run = await between_steps(begin, tmp_path)
    rewritten(run.directory, moved_to("0" * 32, os.uname().nodename))
    with pytest.raises(RunError, match="this is a copy"):
        await resume_run(run.directory, run.runbook)
    rewritten(run.directory, moved_to(machine_id(), "renamed"))
    await run.resume()
    await passes(run, "b")


async def test_a_copy_under_another_state_folder_is_no_way_round(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await between_steps(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    theirs, ours = str(tmp_path / "theirs"), str(tmp_path / "state")
    await run.resume()
    monkeypatch.setenv("XDG_STATE_HOME", theirs)
    with pytest.raises(RunError, match=r"is run by host process|an older copy"):
        await taken_over(copy)
    run.kill_host()
    copy = copied(run, tmp_path / "copy2")
    await taken_over(copy)
    await passes(copy, "b")
    for state in (ours, theirs, str(tmp_path / "third")):
        monkeypatch.setenv("XDG_STATE_HOME", state)
        with pytest.raises(RunError, match=r"is run by host process|was taken over"):
            await run.resume()
        copy.kill_host() if copy.directory.host_pid() else None
    assert ran(tmp_path) == ["a.1", "b.1"]


async def test_a_host_that_died_before_it_noted_anything_is_found_by_the_way_back(
    begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was noted is of before the takeover; it leads to where the run went."""
    run = await between_steps(begin, tmp_path)
    before = whereabouts_of(run.directory)
    assert before is not None
    copy = copied(run, tmp_path / "copy")
    ours = state_home()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "theirs"))
    await taken_over(copy)
    copy.kill_host()
    for state in (ours, state_home()):
        held = KeyFile.take(before.last.key, state)
        known = KnownRun(
            pid=1,
            epoch=2,
            entries=len(before.last.heads),
            head=before.last.head,
            path=str(copy.directory.path),
            state=str(state_home()),
        )
        held.write(known)
        held.close()
    monkeypatch.setenv("XDG_STATE_HOME", str(ours.parent))
    with pytest.raises(RunError, match=r"was taken over: it goes on in .*/copy"):
        await resume_run(run.directory, run.runbook)
    shutil.move(copy.directory.path, tmp_path / "away")
    await taken_over(run)
    assert run.state.epoch == 3
    shutil.move(tmp_path / "away", copy.directory.path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "theirs"))
    with pytest.raises(RunError, match=r"before it was taken over: it went on in"):
        await resume_run(copy.directory, copy.runbook)
    await passes(run, "b")
    assert ran(tmp_path) == ["a.1", "b.1"]


async def test_two_who_take_over_at_once_are_one_and_the_other_is_told(
    begin: Begin, tmp_path: Path
) -> None:
    run = await between_steps(begin, tmp_path)
    copies = [copied(run, tmp_path / f"copy{n}") for n in range(3)]
    ends = await asyncio.gather(
        run.resume(), *map(taken_over, copies), return_exceptions=True
    )
    went_on = [each for each in ends if isinstance(each, Running)]
    refused = [each for each in ends if not isinstance(each, Running)]
    assert len(went_on) == 1
    for each in refused:
        assert isinstance(each, RunError)
        assert "host process" in str(each) or "it went on in" in str(each)
    await passes(went_on[0], "b")
    assert ran(tmp_path) == ["a.1", "b.1"]
    for copy in copies:
        await copy.close()


async def test_two_who_take_over_one_folder_are_told_that_it_was(
    begin: Begin, tmp_path: Path
) -> None:
    run = await between_steps(begin, tmp_path)
    copy = copied(run, tmp_path / "copy")
    await taken_over(copy)
    copy.kill_host()
    with pytest.raises(RunError, match="was taken over by somebody else just now"):
        await take_over_run(copy.directory, copy.runbook, 1)
    await copy.close()


def without_places(entry: Entry) -> Entry:
    """An entry as a version wrote it that knew no places and no keys."""
    event = entry.event
    if isinstance(event, HostStarted):
        return replace(entry, event=replace(event, place=None, epoch=None))
    if isinstance(event, RunBegan):
        return replace(entry, event=replace(event, key=None))
    return entry


async def test_a_run_of_an_earlier_version_goes_on_in_place_and_has_one_then(
    begin: Begin, tmp_path: Path
) -> None:
    run = await between_steps(begin, tmp_path)
    rewritten(run.directory, without_places)
    copy = copied(run, tmp_path / "copy")
    await run.resume()
    assert Place.of_mapping(run.state.place) == place_of(run.directory.path)
    assert run.state.epoch == 1
    await passes(run, "b")
    run.kill_host()
    with pytest.raises(RunError, match="an older copy"):
        await resume_run(copy.directory, copy.runbook)
    assert ran(tmp_path) == ["a.1", "b.1"]


async def test_looking_beside_a_host_that_writes_takes_nothing_for_a_copy(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(SIMPLE, workdir=tmp_path)

    async def write() -> None:
        for n in range(40):
            await run.did("note", text=f"note {n}")

    writing = asyncio.ensure_future(write())
    while not writing.done():
        await asyncio.to_thread(refuse_copy, run.directory)
        await asyncio.sleep(0)
    await writing
    viewer = Viewer(run.directory)
    await run.drop()
    await release_host(viewer)
    await viewer.close()


async def test_a_run_whose_key_cannot_be_kept_is_not_hosted(
    begin: Begin, tmp_path: Path, state_home: Path
) -> None:
    run = await between_steps(begin, tmp_path)
    keys = state_home / "mobius-tui" / "keys"
    shutil.rmtree(keys)
    keys.write_text("no folder")
    with pytest.raises(RunError, match=str(keys)):
        await resume_run(run.directory, run.runbook)
    keys.unlink()
    await run.resume()
