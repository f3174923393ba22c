"""What a script leaves in the background: ended with it, or left alone, and said."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from mobius_tui.review.report_builder import build_report
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.journal_entry import Entry, decode_entry, encode_entry
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.step_details import standing_fields
from tests.paths import CASES
from tests.review.forms import FORMS
from tests.run.conftest import Begin
from tests.tui.runs import MadeRun

CASE = CASES / "newcomer" / "bg.toml"


async def test_it_is_named_in_the_journal_in_lines_and_in_reports(
    begin: Begin,
) -> None:
    run = await begin(CASE.read_text())
    await run.auto()
    await run.over()
    follower = Follower(run.directory)
    ended, left = (follower.state.steps[each].last_attempt for each in ("a", "b"))
    assert ended is not None
    assert left is not None
    try:
        assert (ended.status, ended.left) == ("passed", ())
        (name,) = ended.ended_with
        assert name.partition(" ")[2] == "sleep 317"
        assert (left.status, left.ended_with) == ("passed", ())
        assert left.left[0].partition(" ")[2] == "sleep 318"
    finally:
        os.kill(int(left.left[0].split()[0]), signal.SIGKILL)
    said = [
        journal_entry_text(e, follower.plan, follower.state) or ""
        for e in follower.initial_entries
    ]
    assert [each for each in said if each.endswith(f"; ended with the script: {name}")]
    told = build_report(run.directory)
    for form in FORMS.values():
        assert name in form(told)


def test_an_older_end_of_a_step_names_none() -> None:
    event = StepEnded(step="a", attempt=1, result=Status.PASSED, ended_with=("7 x",))
    entry = Entry(n=1, at=0.0, mono=0.0, boot="b", by="host", event=event)
    said = json.loads(encode_entry(entry, EMPTY_JOURNAL_HEAD))
    assert said.pop("ended_with") == ["7 x"]
    found, _ = decode_entry(json.dumps(said).encode())
    assert found.event == replace(event, ended_with=())


def test_the_screen_names_it_and_obeys_no_name(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "runs", load(CASE), values={})
    run.write(StepStarted(step="a", attempt=1))
    gone, left = ("7 e\x1b]0;vil\a[/x]",), ("8 sleep 9",)
    ended = StepEnded(
        step="a", attempt=1, result=Status.PASSED, left=left, ended_with=gone
    )
    run.write(ended, by="host")
    view = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
    fields = standing_fields(view, view.plan.steps["a"])
    found = {each.label: each.content.plain for each in fields}
    assert found["left"] == "still alive: 8 sleep 9"
    assert found["ended"].startswith("with the script: 7 e")
    assert found["ended"].endswith("vil␇[/x]")
    assert "\x1b" not in found["ended"]
