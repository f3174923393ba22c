"""The briefing of the bundled rollback, before anything was typed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

import pytest

from mobius_tui.run.client.run_briefing import Briefing
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.screens.briefing_screen import BriefingScreen
from tests.tui.runs import ROLLBACK


def drill() -> Briefing:
    """A drill's, with a variable that has no value and a program that is missing."""
    runbook = load(ROLLBACK)
    return Briefing(
        runbook=runbook,
        mode=Mode.DRILL,
        profile=None,
        workdir=Path("/srv/mobius"),
        site="/srv/mobius",
        site_addresses=frozenset(("127.0.0.1:3000",)),
        values={"target_env": ("production", "default")},
        missing=(runbook.variables["reason"],),
        problems=("sha256sum is not on PATH; install it",),
    )


def untouched(wall: Callable[[], float] = time.time) -> BriefingScreen:
    """A briefing of a drill, in which nothing may happen by itself."""
    return BriefingScreen(
        drill(),
        begin=nothing,
        open_run=lambda _directory: None,
        answers={},
        probe=nothing,
        coverage_reader=lambda: None,
        wall=wall,
    )


def nothing(_briefing: Briefing, _given: Mapping[str, str]) -> NoReturn:
    """What a screen may not do by itself."""
    pytest.fail("it did something by itself")
