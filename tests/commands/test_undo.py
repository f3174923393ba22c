"""`mobius-tui undo`: shown without `--yes`, and done in order with it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.run.storage.run_directory import lock_holder
from tests.conftest import MakeRunbook
from tests.run.running import Running
from tests.waiting import wait_for

BOOK = """format = 2
[runbook]
id = "edit"
title = "Edit"
[[step]]
id = "one"
effect = "change"
outputs = ["kept"]
run = 'echo kept=was-one >> "$RUNBOOK_OUTPUT"'
undo = { run = 'echo "$kept" >> undone', effect = "destroy" }
[[step]]
id = "mail"
effect = "change"
run = 'true'
undo = "none: it is out"
[[step]]
id = "two"
effect = "change"
run = 'true'
undo = 'test -e may && echo two >> undone'
"""


@pytest.mark.asyncio
@pytest.mark.usefixtures("state_home")
async def test_it_is_shown_and_then_done_as_far_as_it_goes(
    tmp_path: Path, make_runbook: MakeRunbook, capsys: pytest.CaptureFixture[str]
) -> None:
    running = await Running(make_runbook(BOOK)).begin(workdir=tmp_path)
    run, undone = running.directory.id, tmp_path / "undone"

    async def undo(*words: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, ["undo", run, *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    try:
        code, _, said = await undo("--yes")
        assert code == 4
        assert "nothing has been changed that is not undone" in said
        for step in ("one", "mail", "two"):
            await running.did("start", step)
            await running.status(step, "passed")
        code, shown, said = await undo()
        assert (code, undone.exists()) == (0, False)
        heads = [line for line in shown.splitlines() if line[:1].isdigit()]
        assert heads == [
            "1. 1.3 true (passed)",
            "2. 1.2 true (passed): stays, it is out",
            '3. 1.1 echo kept=was-one >> "$RUNBOOK_OUTPUT" (passed)',
        ]
        assert "with   kept=was-one" in shown
        assert "nothing was undone; --yes does it" in said
        code, shown, _ = await undo("--to", "two")
        assert (code, shown.count("(passed)")) == (0, 1)
        for wrong in ("nope", "undo-two"):
            code, _, said = await undo("--to", wrong, "--yes")
            assert (code, f"--to {wrong}: " in said) == (2, True)
        # What fails is where it stops: nothing older is undone after it.
        code, _, said = await undo("--yes")
        assert (code, undone.exists()) == (1, False)
        assert "A.1 Undo: true failed: exit 1" in said
        (tmp_path / "may").touch()
        code, shown, said = await undo("--yes")
        assert (code, undone.read_text()) == (0, "two\nwas-one\n")
        assert "passed: A.2 Undo: echo kept=was-one" in shown
        assert "mobius-tui: undone\n" in said
        state = running.state
        pending = [name for name in ("one", "mail", "two") if name not in state.changes]
        assert pending == ["one", "two"]
        # A run that has ended is opened again for it, and ends once more.
        await running.did("start", "two")
        await running.status("two", "passed")
        await running.did("end", reason="enough")
        await running.over()
        code, shown, said = await undo()
        assert (code, "1. 1.3 true (passed, attempt 2)" in shown) == (0, True)
        assert "this run ended just now: abandoned; --yes opens it again" in said
        assert running.state.ended is not None
        (tmp_path / "may").unlink()
        code, _, said = await undo("--yes")
        assert (code, "A.1 Undo: true failed: exit 1" in said) == (1, True)
        assert "open again, and stays so until it is undone, or ended" in said
        assert running.state.is_reopened
        assert running.directory.host_pid() is None, "who comes next begins another"
        (tmp_path / "may").touch()
        code, shown, said = await undo("--yes")
        assert (code, undone.read_text()) == (0, "two\nwas-one\ntwo\n")
        words = "abandoned: ended first as abandoned; undone: 1.1 echo"
        assert f"the run has ended again: {words}" in said
        await running.over()
        code, shown, said = await undo("--yes")
        assert (code, "1. 1.2 true (passed): stays" in shown) == (4, True)
        assert "1.2 true stays: it is out" in said
    finally:
        await running.close()


SLOW_BOOK = """format = 2
[runbook]
id = "slow"
title = "Slow to undo"
[[step]]
id = "one"
effect = "change"
run = 'true'
undo = 'touch begun; until test -e go; do sleep 0.05; done; echo one >> undone'
"""


@pytest.mark.asyncio
@pytest.mark.usefixtures("state_home")
@pytest.mark.parametrize("is_running", [True, False])
async def test_it_goes_on_after_its_host_died_in_the_middle(
    tmp_path: Path,
    make_runbook: MakeRunbook,
    capsys: pytest.CaptureFixture[str],
    is_running: bool,
) -> None:
    running = await Running(make_runbook(SLOW_BOOK)).begin(workdir=tmp_path)
    run, undone = running.directory.id, tmp_path / "undone"
    lock = running.directory.attempt("undo-one", 1).lock
    try:
        await running.did("start", "one")
        await running.status("one", "passed")
        await running.did("undo", steps=("one",))
        await running.did("start", "undo-one")
        wait_for((tmp_path / "begun").exists)
        running.kill_host()
        if not is_running:
            (tmp_path / "go").touch()
            wait_for(lambda: lock_holder(lock) is None)
        code = await asyncio.to_thread(main, ["undo", run])
        said = capsys.readouterr().err
        assert code == 0
        assert "no host runs this run: what became of A.1 Undo: true" in said
        code = await asyncio.to_thread(main, ["undo", run, "--yes"])
        said = capsys.readouterr().err
        if is_running:  # it is said of what lives, and for as long as it does
            assert (code, "A.1 Undo: true is running; wait" in said) == (4, True)
            (tmp_path / "go").touch()
            await running.status("undo-one", "passed")
        assert undone.read_text() == "one\n"
        code = await asyncio.to_thread(main, ["undo", run, "--yes"])
        assert (code, undone.read_text()) == (4, "one\n")
        assert "nothing has been changed that is not undone" in capsys.readouterr().err
    finally:
        await running.close()
