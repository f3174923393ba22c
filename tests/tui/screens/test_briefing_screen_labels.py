"""Labels that say too little are said before a run begins, and before it is armed."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from mobius_tui.tui.dialogs.rollback_dialog import RollbackDialog
from mobius_tui.tui.screens.briefing_screen import BriefingScreen
from tests.tui.briefings import drill, nothing
from tests.tui.runs import MadeRun, hosted, opened, running, until, words

BOOK = """format = 1
[runbook]
id = "low"
title = "Low"
[health]
every = "5s"
[[health.probe]]
id = "api"
url = "http://127.0.0.1:1/health"
[health.trigger]
consecutive_failures = 3
then = "auto"
[[phase]]
id = "main"
title = "Main"
[[phase.step]]
id = "look"
title = "Look"
effect = "read"
run = "kubectl delete ns prod"
[[phase]]
id = "auto"
title = "Auto"
aside = true
[[phase.step]]
id = "restore"
title = "Restore"
run = "dropdb prod"
"""


async def test_the_briefing_and_the_arming_dialog_say_it(tmp_path: Path) -> None:
    path = tmp_path / "low.toml"
    path.write_text(BOOK)
    book = load(path)
    screen = BriefingScreen(
        replace(drill(), runbook=book, missing=(), problems=()),
        begin=nothing,
        open_run=lambda _directory: None,
        answers={},
        probe=nothing,
        coverage_reader=lambda: None,
    )
    async with running(screen, size=(120, 36)) as pilot:
        await until(
            pilot, lambda: "1.1 Look: `kubectl delete ns prod` destroys" in words(pilot)
        )
        assert "and the step is labelled `read`" in words(pilot)
        assert "A.1 Restore: `dropdb prod` destroys" in words(pilot)
    run = MadeRun(tmp_path / "runs", book, values={})
    async with hosted(run), opened(run) as (shown, pilot):
        assert shown.view is not None
        await pilot.app.push_screen(RollbackDialog(shown.view, arms=True))
        await until(pilot, lambda: "A.1 Restore: `dropdb prod`" in words(pilot))
        assert "1.1 Look:" not in words(pilot)
