"""What takes a site down whose owner is gone."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.drill.site_guard import _stop_scripts
from mobius_tui.run.storage.run_directory import RunDirectory


def test_what_is_no_attempt_is_in_nobody_s_way(tmp_path: Path) -> None:
    """The next drill takes down what a killed one left, whatever lies there."""
    run = RunDirectory(tmp_path)
    for name in ("stray", "a.x", "a.\u00b2", ".swp"):
        (run.steps / name).mkdir(parents=True)
    _stop_scripts(run)
