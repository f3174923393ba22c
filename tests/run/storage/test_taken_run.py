"""A shared run whose host has ended is gone on with by who has control over it."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import RunError
from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_host import resume_run
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.events.run_events import TakenOver
from mobius_tui.run.host.host_setup import refuse_unhostable
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.run.storage.taken_run import (
    copy_and_note,
    held_without_host,
    read_takeover_note,
)
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step
from tests.run.running import Running
from tests.run.storage.test_state_folders_sharing import GROUP, NOBODY, as_other
from tests.waiting import wait_for

pytestmark = pytest.mark.machine
BOOK = ONE + step("a", "echo begun; sleep 60") + step("b", "id -un; echo $HOME")


@pytest.fixture
async def shared(
    make_runbook: MakeRunbook, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """A run that a group has control over, in mid-step, whose host and keeper died."""
    base = Path(tempfile.mkdtemp(dir="/tmp"))
    base.chmod(0o755)
    monkeypatch.setenv("MOBIUS_TUI_SHARED", str(base))
    runbook = make_runbook(BOOK)
    run = Running(runbook)
    briefing = prepare_briefing(runbook, given={}, workdir=runbook.path.parent)
    ours = replace(briefing, share=GROUP, share_control=True)
    run.directory = await start_new_run(ours)
    await run._look()
    try:
        await run.did("start", "a")
        await run.output("a", "begun")
        run.kill_host()
        run.kill_keeper("a")
        yield run
    finally:
        await run.close()
        shutil.rmtree(base)


def given_away(run: Running) -> None:
    """Make the run another user's, as far as files go."""
    base = run.directory.path.parents[2]
    theirs = base / f"mobius-tui-{NOBODY}"
    run.directory.path.parents[1].rename(theirs)
    run.directory = RunDirectory(theirs / GROUP / run.directory.id)
    for path in (theirs, *theirs.rglob("*")):
        os.chown(path, NOBODY, -1, follow_symlinks=False)


async def test_their_copy_goes_on_and_the_original_never(
    shared: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    """It wants to be root, to give a run away."""
    given_away(shared)

    async def called(*words: str) -> int:
        return await asyncio.to_thread(main, list(words))

    original, journal = shared.directory, shared.directory.journal.read_bytes()
    assert await called("resume", original.id, "--auto", "--plain") != 0
    said = capsys.readouterr().err
    assert f"`mobius-tui takeover {original.id}` goes on with it" in said
    assert await called("takeover", original.id, "--from", "somebody") == 2
    assert read_takeover_note(original) == ""
    assert await called("takeover", original.id, "--from", "nobody") == 0
    out, said = capsys.readouterr()
    assert "run " + original.id + ", begun by nobody" in out
    assert "was running then: 1.1 a: unknown from now on" in out
    assert "its commands run as root" in out
    assert "unknown: 1.1 a" in said
    copy = Running(shared.runbook)
    copy.directory = RunDirectory(Path(read_takeover_note(original)))
    assert run_by_name(runs_root(), original.id) == copy.directory
    assert copy.directory.path.parent.parent.name == f"mobius-tui-{os.getuid()}"
    assert original.journal.read_bytes() == journal
    (taken,) = (
        each.event for each in copy.entries() if isinstance(each.event, TakenOver)
    )
    assert taken.in_flight == ("a.1",)
    assert list(run_problems(copy.directory)) == []
    try:
        await copy.resume()
        await copy.did("start", "b")
        await copy.status("b", "passed")
        output = copy.directory.attempt("b", 1).output.read_text()
        assert output == f"root\n{os.environ['HOME']}\n"
        again = str(original.path)
        assert await called("takeover", again, "--from", "nobody") != 0
        assert f"root went on with {original.id}, in " in capsys.readouterr().err
    finally:
        await copy.close()


async def test_its_owner_is_told_where_it_went(shared: Running) -> None:
    member, name = (os.getegid(),), shared.directory.id
    base = Path(os.environ["MOBIUS_TUI_SHARED"])
    base.chmod(0o1777)

    def go_on(group: tuple[int, ...]) -> str:
        def work() -> None:
            with held_without_host(shared.directory):
                copy_and_note(shared.directory, GROUP)

        return as_other(work, group, "")

    assert "Permission denied" in go_on((NOBODY,))
    assert read_takeover_note(shared.directory) == ""
    with held_without_host(shared.directory):
        assert f"{name} has a host" in go_on(member)
    assert go_on(member) == ""
    copy = RunDirectory(base / f"mobius-tui-{NOBODY}" / GROUP / name)
    assert read_takeover_note(shared.directory) == str(copy.path)
    assert copy.journal.read_bytes() == shared.directory.journal.read_bytes()
    modes = {path.lstat().st_mode & 0o7 for path in copy.path.rglob("*")}
    assert modes == {0}
    words = f"nobody went on with {name}, in "
    with pytest.raises(RunError, match=words):
        refuse_unhostable(shared.directory)
    with pytest.raises(RunError, match=words):
        await resume_run(shared.directory, shared.runbook)
    # What a member writes there is no more than words.
    shared.directory.takeover_note.write_text("/tmp/\x1b[31m/nowhere\n")
    with pytest.raises(RunError, match="somebody with control over it went on") as said:
        refuse_unhostable(shared.directory)
    assert "\x1b" not in str(said.value)
    shared.directory.takeover_note.write_text("")
    refuse_unhostable(shared.directory)
    wait_for(lambda: shared.directory.host_pid() is None)
