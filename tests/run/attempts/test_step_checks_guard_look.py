"""A guard that looks: once, as its step is begun, and before anything of it runs."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.step_events import ApprovalAsked, StepPassedOver, StepStarted
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.state.step_state import Status
from tests.run.conftest import Begin

BOOK = """format = 2
[runbook]
title = "Looks"
[var.mode]
default = "fast"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "guarded"
title = "guarded"
when = {{ mode = "fast", check.file = "{folder}/there" }}
run = "echo ran >> {folder}/ran"
effect = "change"
gate = true
[[phase.step]]
id = "approved"
approve = {{ role = "lead" }}
when.check.file = "{folder}/there"
run = "ls"
[[phase.step]]
id = "blind"
title = "blind"
when.check.run = {{ script = "true", shell = ["no-such-program"] }}
run = "ls"
[[phase]]
id = "beside"
title = "Beside"
parallel = true
[[phase.step]]
id = "slow"
when.check.run = '''
echo looked >> {folder}/looks
until [ -e {folder}/go ]; do sleep 0.02; done
'''
run = "echo slow >> {folder}/ran"
effect = "read"
[[phase.step]]
id = "quick"
run = "ls"
[[phase]]
id = "rows"
title = "Rows"
[[phase.step]]
id = "each"
title = "Each ${{item}}"
for_each = ["a", "b"]
when.check = {{ run = '[ "$item" = b ]', file = "{folder}/go" }}
run = 'echo "$item" >> {folder}/ran'
effect = "read"
[[phase.step]]
id = "none"
title = "None ${{item}}"
for_each = ["a", "b"]
when.check.file = "/nowhere/${{item}}"
run = 'echo "$item"'
effect = "read"
"""


async def test_a_guard_is_looked_at_as_its_step_begins(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(BOOK.format(folder=tmp_path))
    there, ran = tmp_path / "there", tmp_path / "ran"
    nowhere = f"file check: {there} does not exist"
    reply = await run.intend("start", "guarded")
    assert (reply.ok, reply.text) == (True, f"1.1 guarded does not apply: {nowhere}")
    state = run.state
    assert state.steps["guarded"].status is Status.NOT_APPLICABLE
    assert state.steps["guarded"].reason == state.passed_over["guarded"] == nowhere

    # Nobody is asked to approve what does not apply; the gate before it is open.
    await run.did("ask approval", "approved")
    assert run.state.steps["approved"].status is Status.NOT_APPLICABLE
    assert not [e for e in run.entries() if isinstance(e.event, ApprovalAsked)]

    # Whoever begins it again has it looked at again; a retry does not look.
    there.touch()
    await run.did("retry", "guarded")
    await run.status("guarded", "passed")
    await run.did("ask approval", "approved")
    await run.status("approved", "pending")
    reply = await run.intend("start", "approved")
    assert "approval by lead, asked for" in reply.text
    there.unlink()
    await run.did("retry", "guarded")
    await run.until(lambda state: len(state.steps["guarded"].attempts) == 2)
    await run.status("guarded", "passed")
    assert ran.read_text() == "ran\nran\n"
    await run.did("override", "approved", reason="it is not wanted")

    reply = await run.intend("start", "blind")
    assert not reply.ok
    why = "run check: not started: No such file or directory: no-such-program"
    words = "1.3 blind was not begun: it is not known whether it applies"
    assert reply.text == f"{words}: {why}"
    assert run.state.steps["blind"].status is Status.PENDING
    await run.did("skip", "blind", reason="blind")
    assert [*run_problems(run.directory)] == []


async def test_killed_while_it_looks_nothing_has_run_and_it_looks_again(
    begin: Begin, tmp_path: Path
) -> None:
    """By itself: beside others of its phase, and for each row that it is about."""
    run = await begin(BOOK.format(folder=tmp_path))
    looks = tmp_path / "looks"
    (tmp_path / "there").touch()
    for step in ("approved", "blind"):
        await run.did("override", step, reason="seen")
    await run.auto()
    await run.until(lambda _: looks.exists() and looks.read_text() == "looked\n")
    run.kill_host()
    assert not run.state.steps["slow"].attempts
    await run.resume()
    assert run.state.steps["slow"].status is Status.PENDING
    (tmp_path / "go").touch()
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert (state.ended.outcome, state.auto_stopped) == ("completed", None)
    assert looks.read_text() == "looked\nlooked\n"
    assert (tmp_path / "ran").read_text() == "ran\nslow\nb\n"
    found = {
        step: state.steps[step].status
        for step in ("each", "each--1", "none", "none--2")
    }
    assert found == {
        "each": Status.PASSED,
        "each--1": Status.NOT_APPLICABLE,
        "none": Status.NOT_APPLICABLE,
        "none--2": Status.NOT_APPLICABLE,
    }
    assert state.steps["none"].reason == "none of its rows does"
    events = [entry.event for entry in run.entries()]
    started = [e.step for e in events if isinstance(e, StepStarted)]
    assert len(started) == len(set(started))
    # What it looks at is seen before it lists; without that its rows are there at once.
    assert ("each" in started, "none" in started) == (True, False)
    seen = [e.step for e in events if isinstance(e, StepPassedOver) and e.looked]
    assert seen == ["each--1", "none--1", "none--2"]
    assert [*run_problems(run.directory)] == []
