"""A journal that this program did not write hides no other run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.cli import main
from tests.review.story import story


def test_a_foreign_journal_is_damaged_and_the_other_runs_are_listed(
    state_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = state_home / "mobius-tui" / "runs"
    good = story(runs).directory
    sound = good.journal.read_bytes()
    for number, line in enumerate(
        [
            sound.replace(b'"title":"', b'"title":7,"x":"', 1),
            sound.replace(b'"title":"', b'"title":null,"b":"', 1),
            sound.replace(b'"mono":0.0', b'"mono":{}', 1),
            b'{"n":1}\n',
            b"\xff\xfe\n",
        ]
    ):
        foreign = runs / f"2026-11-24T13-45-0{number}-foreign"
        foreign.mkdir()
        (foreign / "journal.jsonl").write_bytes(line)
        (foreign / "lock").touch()
    assert main(["runs"]) == 0
    out = capsys.readouterr().out
    assert out.count("damaged") == 5
    assert good.id in out
