"""What the health panel knows of a run, whatever is known of it yet."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.health.probe_window import CurrentHealth
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.reducer import initial_state
from mobius_tui.run.state.step_state import StateVariable
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.health_view import build_health_view


@pytest.mark.parametrize(
    ("known", "beat"), [({}, ""), ({"pace": "7s"}, "every 7s")], ids=["before", "then"]
)
def test_a_beat_that_is_not_known_yet_is_not_told(
    tmp_path: Path, known: dict[str, str], beat: str
) -> None:
    path = tmp_path / "beat.toml"
    path.write_text(
        'format = 1\n[runbook]\nid = "beat"\ntitle = "Beat"\n'
        '[var.pace]\ndefault = "5s"\n[health]\nevery = "${pace}"\n'
        '[[health.probe]]\nid = "p"\nurl = "http://127.0.0.1:1/"\n'
        '[[phase]]\nid = "p"\ntitle = "P"\n'
        '[[phase.step]]\nid = "s"\ntitle = "S"\nmanual = "Do"\n'
    )
    runbook = load(path)
    state = initial_state(runbook)
    for name, text in known.items():
        state.variables[name] = StateVariable(text=text, source="given")
    seen = build_health_view(
        CurrentHealth(),
        runbook,
        Values(state, now=0.0, name_of=str),
        now=0.0,
        is_watched=True,
        has_ended=False,
    )
    assert seen.check_interval_text == beat
