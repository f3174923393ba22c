"""What takes a site down whose owner is gone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mobius_tui.drill.site_guard import _stop_scripts, main
from mobius_tui.run.storage.run_directory import RunDirectory


def test_what_is_no_attempt_is_in_nobody_s_way(tmp_path: Path) -> None:
    """The next drill takes down what a killed one left, whatever lies there."""
    run = RunDirectory(tmp_path)
    for name in ("stray", "a.x", "a.\u00b2", ".swp"):
        (run.steps / name).mkdir(parents=True)
    _stop_scripts(run)


@pytest.mark.parametrize("said", ["keep", "remove"])
def test_a_site_that_nobody_needs_stays_only_where_that_is_said(
    said: str, tmp_path: Path
) -> None:
    root = tmp_path / "2026-11-24T13-45-05-1"
    (root / "run").mkdir(parents=True)
    nobody = subprocess.Popen(("true",))
    nobody.wait()
    assert main([str(root), str(nobody.pid), said]) == 0
    assert root.is_dir() is (said == "keep")
