"""Undoing under a real host: in order, on record, and never by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import EXIT_INCOMPLETE
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.state.step_state import Status
from tests.run.conftest import Begin

BOOK = """format = 2
[runbook]
id = "edit"
title = "Edit"
[var.suffix]
default = "bak"
[[step]]
id = "edit"
outputs = ["kept"]
run = '''
cp conf "conf.$suffix"
echo "kept=conf.$suffix" >> "$RUNBOOK_OUTPUT"
echo new > conf
'''
[step.undo]
run = 'cp "$kept" conf; echo "$suffix" > suffix'
check.run = 'grep -q old conf && grep -qx "$suffix" suffix'
[[step]]
id = "log"
run = 'echo more > log'
undo = '''
echo begun >> undone
while [ ! -e go ]; do sleep 0.01; done
rm -f log
'''
"""


@pytest.mark.asyncio
async def test_each_is_undone_as_it_was_done_and_a_kill_leaves_it_unknown(
    begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "conf").write_text("old\n")
    running = await begin(BOOK, workdir=tmp_path)
    for step in ("edit", "log"):
        await running.did("start", step)
        await running.status(step, "passed")
    await running.did("set", values={"suffix": "another"})
    await running.did("undo", steps=("log", "edit"))
    plan = running.viewer.follower.plan if running.viewer else None
    assert plan is not None
    assert propose(plan, running.state).step == "undo-log"
    # What is killed in the middle is unknown, and nothing makes it again by itself.
    await running.did("start", "undo-log", confirm="A.1")
    undone = tmp_path / "undone"
    await running.until(lambda _: undone.exists() and undone.read_text() == "begun\n")
    running.kill_keeper("undo-log")
    await running.status("undo-log", "unknown")
    refused = await running.intend("undo", steps=("log", "edit"))
    assert "is not known how far A.1 Undo" in refused.text
    await running.resume()
    assert running.state.steps["undo-log"].status is Status.UNKNOWN
    assert (tmp_path / "undone").read_text() == "begun\n"
    (tmp_path / "go").touch()
    reply = await running.intend("retry", "undo-log", confirm="A.1")
    while not reply.ok:  # what the dead keeper left has yet to see `go`
        assert "may still be running" in reply.text
        reply = await running.intend("retry", "undo-log", confirm="A.1")
    await running.status("undo-log", "passed")
    assert not (tmp_path / "log").exists()
    await running.did("start", "undo-edit")
    await running.status("undo-edit", "passed")
    assert (tmp_path / "conf").read_text() == "old\n"
    assert (tmp_path / "suffix").read_text() == "bak\n"
    state = await running.until(lambda state: not state.aside_frames)
    assert "kept" not in state.variables
    assert propose(plan, state).kind == "end", "what was taken back is not proposed"
    assert state.steps["edit"].status is Status.UNDONE
    texts = [journal_entry_text(each, plan, state) for each in running.entries()]
    assert 'phase begins: Undo; back to 1.1 cp conf "conf.$suffix"' in texts
    again = await running.intend("retry", "undo-edit")
    assert "has changed nothing that is not undone" in again.text
    # It can be done again, and undone again.
    await running.did("start", "edit")
    await running.status("edit", "passed")
    await running.did("undo", steps=("edit",))
    await running.did("start", "undo-edit")
    await running.status("undo-edit", "passed")
    assert (tmp_path / "suffix").read_text() == "another\n"


async def test_by_itself_nothing_goes_on_past_what_was_taken_back(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(f"""format = 2
[runbook]
title = "Undone"
[[step]]
id = "edit"
title = "Edit"
run = "echo edit >> {tmp_path}/ran"
effect = "change"
undo = "true"
[[step]]
id = "more"
title = "More"
run = "echo more >> {tmp_path}/ran"
effect = "change"
undo = "true"
""")
    await run.did("start", "edit")
    await run.status("edit", "passed")
    await run.did("undo", steps=("edit",))
    await run.did("start", "undo-edit")
    await run.until(lambda s: s.steps["undo-edit"].attempts and not s.aside_frames)
    await run.auto()
    state = await run.until(lambda state: state.auto_stopped)
    assert state.auto_stopped is not None
    assert state.auto_stopped.code == EXIT_INCOMPLETE
    reason = state.auto_stopped.reason
    assert reason == "1.1 Edit was undone; resume without --auto"
    assert (tmp_path / "ran").read_text() == "edit\n", "and nothing behind it began"
    await run.did("start", "edit")
    await run.status("edit", "passed")
    await run.auto()
    assert (await run.over()).ended is not None
    assert (tmp_path / "ran").read_text() == "edit\nedit\nmore\n"
