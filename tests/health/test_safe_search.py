"""A pattern that takes for ever stops nothing but the process that matches it."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Coroutine
from pathlib import Path

import pytest

from mobius_tui.health.local_machine import ProcessCounter
from mobius_tui.health.safe_search import TooSlowError, lines_matching
from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.machine_checks import check_process
from mobius_tui.runbook.model.check_kinds import ProcessCheck
from mobius_tui.runbook.text.regex_cost import is_cheap_pattern

ENDLESS = "^(.+)+\0$"
"""What no process has at its command line's end, and takes for ever to look for."""


@pytest.mark.parametrize(
    ("pattern", "quick"),
    [
        ("", True),
        ("^node .*api", True),
        ("@[a-z-]+", True),
        (r"\(x\)[+*?]*", True),
        ("[]*]+", True),
        ("[^]*]+x", True),
        ("a|b", True),
        ("a+b+", False),
        ("(a+)+$", False),
        ("(a|a)*", False),
        ("(ab)c", False),
        (r"a+\1", False),
        ("a?b{2}", False),
    ],
)
def test_what_is_quick(pattern: str, quick: bool) -> None:
    assert is_cheap_pattern(pattern) == quick


LINES = ("node api.js", "a", "", "x node api é", "a" * 5000)


@pytest.mark.parametrize("pattern", ["^node .*api", "^(a+)?$", "(node|x).*é", "a*"])
@pytest.mark.parametrize("whole", [False, True])
def test_it_finds_what_python_finds(pattern: str, whole: bool) -> None:
    match = re.fullmatch if whole else re.search
    expected = tuple(match(pattern, line) is not None for line in LINES)
    assert lines_matching(pattern, LINES, whole=whole, within=60) == expected


def test_one_that_takes_for_ever_is_ended_and_nothing_waits() -> None:
    beats: list[float] = []

    async def beat() -> None:
        while True:
            beats.append(time.monotonic())
            await asyncio.sleep(0.01)

    async def search() -> None:
        beating = asyncio.create_task(beat())
        with pytest.raises(TooSlowError, match="without a repeat in a repeat"):
            await asyncio.to_thread(
                lines_matching, "(a+)+$", ["a" * 10_000 + "b"], within=0.5
            )
        beating.cancel()

    run(search())
    assert len(beats) > 5


def run(work: Coroutine[object, object, None]) -> None:
    asyncio.run(work)


def test_a_scan_counts_it_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    scan = ProcessCounter({"endless": ENDLESS, "none": "no such process \0"})
    assert scan.count(0.0) == {"none": 0}
    assert "endless: " in capsys.readouterr().out
    assert scan.count(1.0) == {"none": 0}


def test_a_check_that_it_stops_does_not_hold(tmp_path: Path) -> None:
    check = ProcessCheck(match=ENDLESS, count="0")
    seen = asyncio.run(
        check_process(check, CheckContext(workdir=tmp_path, env={}, fill=str))
    )
    assert not seen.held
    assert "takes too long" in seen.detail
