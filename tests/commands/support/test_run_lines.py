"""A run that is resumed and printed as lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.commands.support.run_lines import resume_with_lines
from mobius_tui.errors import EXIT_INCOMPLETE
from mobius_tui.plain import print_run
from mobius_tui.run.events.run_events import HostStarted
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.journal.follower import Follower
from tests.conftest import MakeRunbook
from tests.run.running import Running
from tests.tui.runs import MadeRun
from tests.waiting import wait_for

BOOK = """
format = 2
[runbook]
id = "x"
title = "X"
environment = "env"
protected = ["production"]
[var.env]
[var.place]
match = "[0-9]+"
default = "1"
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "m"
title = "M"
manual = "Do it"
ask = { var = "place" }
"""
TICK = StartAutomatic(manual="tick")


@pytest.mark.asyncio
@pytest.mark.usefixtures("state_home")
async def test_a_refusal_leaves_no_host_behind(
    make_runbook: MakeRunbook, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where one was begun meanwhile, it is let go."""
    run = Running(make_runbook(BOOK))
    try:
        await run.begin(env="production")
        await run.drop()
        code = await print_run(run.directory, as_json=False, auto=TICK)
        assert code == EXIT_INCOMPLETE
        assert "--manual tick is refused in production" in capsys.readouterr().err
        wait_for(lambda: run.directory.host_pid() is None)
    finally:
        await run.close()


@pytest.mark.parametrize("auto", [TICK, StartAutomatic(answers={"place": "x"})])
def test_what_is_refused_begins_no_host(
    tmp_path: Path,
    make_runbook: MakeRunbook,
    auto: StartAutomatic,
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = MadeRun(
        tmp_path / "runs", make_runbook(BOOK), values={}, environment="production"
    )
    code = resume_with_lines(made.directory, as_json=False, auto=auto)
    assert code == EXIT_INCOMPLETE
    shown = capsys.readouterr()
    assert "is refused in production" in shown.err or "place" in shown.err
    assert made.directory.host_pid() is None
    entries = Follower(made.directory).initial_entries
    assert not [each for each in entries if isinstance(each.event, HostStarted)]
