"""An ended run is opened again and undone: by two at once, and under kills."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import RunError
from mobius_tui.run.client.start_host import reopen_run
from mobius_tui.run.events.mode_and_outcome import ListingState, Outcome
from mobius_tui.run.events.run_events import RunEnded, RunReopened
from mobius_tui.run.records.past_run import read_stats
from mobius_tui.run.records.record_file import read_record
from mobius_tui.run.records.run_summary import newest_open_run, read_summary
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from tests.run.conftest import Begin
from tests.run.running import Running

BOOK = """format = 2
[runbook]
id = "edit"
title = "Edit"
[var.token]
secret = true
from_run = "echo hush"
[[step]]
id = "edit"
secrets = { token = "token" }
run = 'touch new'
undo = '''
echo "$token" | tr a-z A-Z >> undone
while [ ! -e go ]; do sleep 0.01; done
rm new
'''
[[step]]
id = "look"
effect = "read"
run = "test -e fine"
"""


def reopenings(running: Running) -> list[str]:
    return [e.by for e in running.entries() if isinstance(e.event, RunReopened)]


async def test_it_is_opened_once_undone_once_and_ends_again_whoever_dies(
    begin: Begin, tmp_path: Path
) -> None:
    running = await begin(BOOK, workdir=tmp_path)
    directory = running.directory
    await running.auto(confirmed=True)
    ended = (await running.over()).ended
    assert ended is not None
    assert ended.outcome is Outcome.FAILED
    before = read_summary(directory)
    # Two open it in the same moment: it is open once, and both can go on.
    await asyncio.gather(
        *(reopen_run(directory, running.runbook) for _ in range(2)),
    )
    await running.resume()
    assert len(reopenings(running)) == 1
    assert running.state.last_end == ended
    # Of a host that dies then, another one goes on with the open run.
    running.kill_host()
    assert read_summary(directory).outcome is ListingState.OPEN
    assert newest_open_run(directory.path.parent).id == directory.id
    assert [*run_problems(directory)] == []
    await running.resume()
    assert running.state.is_reopened
    for word, step in (("start", "look"), ("retry", "look"), ("override", "look")):
        refused = await running.intend(word, step)
        assert "open again to be undone: nothing else begins" in refused.text
    await running.did("undo", steps=("edit",))
    await running.did("start", "undo-edit", confirm="A.1")
    await running.until(lambda _: (tmp_path / "undone").exists())
    running.kill_host()
    (tmp_path / "go").touch()
    await running.resume()
    await running.status("undo-edit", "passed")
    assert (tmp_path / "undone").read_text() == "HUSH\n"
    assert not (tmp_path / "new").exists()
    state = await running.until(lambda state: not state.aside_frames)
    assert state.steps["look"].attempts[-1].number == 1
    # Whoever undid it was gone before the end: the command ends what is undone.
    undone = await asyncio.to_thread(main, ["undo", str(directory.path), "--yes"])
    assert undone == 0
    state = await running.over()
    assert state.ended is not None
    assert "; undone: 1.1 touch new, which is all that its" in state.ended.reason
    assert state.steps["edit"].status is Status.UNDONE
    # Whatever is made of a run knows its last end, and for how long it was open.
    after = read_summary(directory)
    assert after.outcome is Outcome.FAILED
    assert after.reason == state.ended.reason
    assert after.took == state.ended.took
    assert before.took is not None
    assert after.took is not None
    assert before.took < after.took < after.ended - after.began  # type: ignore[operator]
    assert read_record(directory)["reason"] == state.ended.reason
    stats = read_stats(directory)
    assert stats is not None
    assert stats.steps["undo-edit"].results == (Status.PASSED,)
    assert [*run_problems(directory)] == []
    with pytest.raises(RunError, match="nothing has been changed that is not undone"):
        await reopen_run(directory, running.runbook)
    assert len([e for e in running.entries() if isinstance(e.event, RunEnded)]) == 2
