"""`mobius-tui runs`, and which of them are wanted."""

from __future__ import annotations

import json
import time

import pytest

from mobius_tui.cli import main
from mobius_tui.run.home import runs_root
from tests.review.story import begun, story

DAY = 86400.0


@pytest.fixture
def _runs() -> None:
    now = time.time()
    story(runs_root(), at=now - 40 * DAY)
    story(runs_root(), at=now - 20 * DAY, mode="drill")
    begun(runs_root(), at=now - DAY)


@pytest.mark.usefixtures("_runs")
@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("", 3),
        ("--mode drill", 1),
        ("--mode incident", 2),
        ("--outcome open", 1),
        ("--outcome incomplete", 2),
        ("--since 30d", 2),
        ("--since 36h", 1),
        ("--since 2020-01-01", 3),
        ("--runbook story", 3),
        ("--runbook other", 0),
        ("--runbook story --mode incident --since 6w --outcome incomplete", 1),
        ("--drills --since 30d", 0),
    ],
)
def test_which_are_listed(
    words: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--json", *words.split()]) == 0
    assert len(json.loads(capsys.readouterr().out)) == count
    assert main(["runs", *words.split()]) == 0
    out, err = capsys.readouterr()
    assert out.count("\n") == count
    assert (not count) == bool(err)


@pytest.mark.parametrize(
    "words", ["--since yesterday", "--since 99999-01-01", "--mode war", "--outcome odd"]
)
def test_what_means_nothing_is_refused(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["runs", *words.split()])
    except SystemExit as end:
        code = int(str(end.code))
    assert code == 2
    assert capsys.readouterr().err
