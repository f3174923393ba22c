"""What the screens say of a host that lives and gives no sign."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from mobius_tui.tui.dialogs.leave_dialog import make_leave_state
from mobius_tui.tui.presenters import next_action
from mobius_tui.tui.presenters.next_action import FocusOutput, StartFlow
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.status_text import status_text
from tests.tui.runs import ROLLBACK, MadeRun, hosted


async def test_nothing_is_offered_and_nothing_promised(tmp_path: Path) -> None:
    run = MadeRun(tmp_path, load(ROLLBACK), values={})
    async with hosted(run):
        heard = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
    silent = replace(heard, host_silence=65.0)
    assert not silent.shows_same_as(heard)
    offered = next_action.next_action(silent, None, moved=False)
    words = "Host silent for 1:05; if it was stopped: kill -CONT 4242"
    assert offered == FocusOutput(text=words, role="bad")
    assert isinstance(next_action.next_action(heard, None, moved=False), StartFlow)
    assert make_leave_state(silent, ()).is_silent
    assert not make_leave_state(heard, ()).is_silent
    words = "the host of this run gives no sign of life"
    assert words in status_text(silent, None, run="r", head="h")
    assert words not in status_text(heard, None, run="r", head="h")
