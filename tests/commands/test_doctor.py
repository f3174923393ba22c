"""`mobius-tui doctor`: what it prints, and its exit code."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from mobius_tui.cli import main


def test_the_command_says_all_and_exits_by_the_worst(
    state_home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    main(["doctor"])
    said = capsys.readouterr().out
    assert f"state folder   {state_home}/mobius-tui, which the first run" in said
    assert not state_home.exists()
    main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert {"Python", "textual", "bash", "after log-out", "open files"} <= {
        f["about"] for f in found
    }
    monkeypatch.setenv("PATH", os.devnull)
    assert main(["doctor"]) == 1
    assert "TROUBLE  bash" in capsys.readouterr().out
