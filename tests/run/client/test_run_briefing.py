"""What is known of a run before it begins."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.runbook.library.loader import load

BOOK = """format = 2
[runbook]
title = "R"
[[step]]
title = "Look"
run = "true"
"""


def test_a_briefing_that_lands_in_a_log_shows_no_secret(tmp_path: Path) -> None:
    (tmp_path / "r.toml").write_text(BOOK)
    briefing = Briefing(
        runbook=load(tmp_path / "r.toml"),
        mode=Mode.DRILL,
        profile=None,
        workdir=tmp_path,
        values={},
        secrets={"token": "hunter2"},
    )
    assert "hunter2" not in f"{briefing!r} {briefing}"
