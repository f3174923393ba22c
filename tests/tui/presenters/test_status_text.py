"""A status update can be copied wherever a run is before the person."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

import mobius_tui.tui.dialogs
from mobius_tui.review.run_action_items import ActionItemList
from mobius_tui.review.run_annotations import AnnotationTarget
from mobius_tui.review.run_report import ActionItem, StepItemId
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.fleet_events import HostStatus
from mobius_tui.run.events.step_events import ApprovalAsked
from mobius_tui.run.intents.fleet_intents import SettleHost
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.fleet_state import AttemptFleet, HostState
from mobius_tui.run.state.step_state import Approval
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.dialogs.answer_dialogs import AnswersDialog, DecisionDialog
from mobius_tui.tui.dialogs.confirm_dialogs import ApproveDialog, ConfirmDialog
from mobius_tui.tui.dialogs.dialog import ContactsDialog, Dialog
from mobius_tui.tui.dialogs.drills_dialog import DrillsDialog
from mobius_tui.tui.dialogs.end_card import EndCard
from mobius_tui.tui.dialogs.failure_dialogs import FailureDialog, SettleDialog
from mobius_tui.tui.dialogs.help_dialog import HelpDialog
from mobius_tui.tui.dialogs.improvise_dialog import ImproviseDialog
from mobius_tui.tui.dialogs.leave_dialog import LeaveDialog, make_leave_state
from mobius_tui.tui.dialogs.message_dialog import MessageDialog
from mobius_tui.tui.dialogs.phase_dialogs import (
    PhasesDialog,
    UndoConfirmDialog,
    UndoDialog,
)
from mobius_tui.tui.dialogs.question import Question, SaveDialog, TextDialog
from mobius_tui.tui.dialogs.return_card import ReturnCard
from mobius_tui.tui.dialogs.review_dialogs import (
    ActionItemDialog,
    ActionItemsDialog,
    AnnotateDialog,
    AnnotationsDialog,
)
from mobius_tui.tui.dialogs.rollback_dialog import RollbackDialog
from mobius_tui.tui.dialogs.script_dialog import ScriptDialog
from mobius_tui.tui.dialogs.secrets_dialog import LostSecretsDialog
from mobius_tui.tui.dialogs.source_dialogs import ChangesDialog
from mobius_tui.tui.presenters.fleet.host_marks import StepHosts
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.screen_state import DraftKey, Purpose
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.tui import scenes
from tests.tui.briefings import untouched
from tests.tui.runs import BEGAN, Time, hosted, opened, press, running, settled, until

ITEM = ActionItem(id=StepItemId("disk"), title="A larger disk")
SKIPPING = DraftKey(purpose=Purpose.SKIP)


def _step(view: RunView, step_id: str) -> Step:
    return view.plan.steps[step_id]


def _approval(view: RunView) -> Dialog[Any]:
    asked = ApprovalAsked(
        step="execute",
        attempt=1,
        role="@lead",
        count=1,
        within=60,
        binding="",
        uid=view.uid,
    )
    approval = Approval(request=asked, asked_by="sam", since=view.now)
    return ApproveDialog(view, _step(view, "execute"), approval)


def _settling(view: RunView) -> Dialog[Any]:
    unknown = HostState(status=HostStatus.UNKNOWN, attempt=1)
    hosts = {"web-1": unknown}
    last = AttemptFleet(
        attempt=1, target="web", sha256="", resolved_at=0.0, hosts=hosts
    )
    found = StepHosts(
        step=_step(view, "execute"),
        newest_attempt=last,
        host_states=hosts,
        counts=last.counts(),
        is_running=True,
    )
    action = SettleHost(step="execute", attempt=1, host="web-1")
    return SettleDialog("3.2 Restore", found, action)


MADE: Mapping[type[Dialog[Any]], Callable[[RunView], Dialog[Any]]] = {
    ActionItemDialog: lambda _: ActionItemDialog(ITEM),
    ActionItemsDialog: lambda _: ActionItemsDialog(
        ActionItemList(title="After", items=(ITEM,)), today="2026-11-24"
    ),
    AnnotationsDialog: lambda view: AnnotationsDialog((), view.plan, is_open=False),
    AnnotateDialog: lambda _: AnnotateDialog((("the run", AnnotationTarget()),)),
    AnswersDialog: lambda view: AnswersDialog(view, _step(view, "notify-ic")),
    ApproveDialog: _approval,
    ChangesDialog: lambda _: ChangesDialog(("-a", "+b")),
    ConfirmDialog: lambda view: ConfirmDialog(view, _step(view, "execute")),
    ImproviseDialog: lambda view: ImproviseDialog(view, _step(view, "execute")),
    ScriptDialog: lambda view: ScriptDialog(view, (_step(view, "execute"),)),
    ContactsDialog: lambda view: ContactsDialog(view.runbook.contacts),
    DecisionDialog: lambda view: DecisionDialog(view, _step(view, "decision")),
    DrillsDialog: lambda _: DrillsDialog("MOBIUS", tuple, runbook="mobius"),
    EndCard: lambda view: EndCard(view, "/runs/one", None),
    FailureDialog: lambda view: FailureDialog(view, _step(view, "execute")),
    HelpDialog: lambda _: HelpDialog((), introduction="", glyphs=False),
    LeaveDialog: lambda view: LeaveDialog(make_leave_state(view, ()), "one"),
    LostSecretsDialog: lambda view: LostSecretsDialog(view),
    MessageDialog: lambda view: MessageDialog(view, _step(view, "alert-stakeholders")),
    PhasesDialog: lambda view: PhasesDialog(
        view, view.runbook.phases[-1:], likely=None
    ),
    Question: lambda _: Question("Stop?", "It ends.", verb="Stop it", tone="bad"),
    TextDialog: lambda _: TextDialog(
        "Skip?", "Why?", draft_key=SKIPPING, verb="Skip", prompt="why"
    ),
    ReturnCard: lambda view: ReturnCard(view, "well", None),
    RollbackDialog: lambda view: RollbackDialog(view, arms=False),
    UndoDialog: lambda view: UndoDialog(view, (), likely=None),
    UndoConfirmDialog: lambda view: UndoConfirmDialog(view, ()),
    SettleDialog: _settling,
    SaveDialog: lambda _: SaveDialog(Path("/runs/output"), AttemptId("a", 1)),
}


def kinds(base: type[Dialog[Any]] = Dialog) -> Iterator[type[Dialog[Any]]]:
    for each in base.__subclasses__():
        if each.__module__.startswith("mobius_tui."):
            yield each
            yield from kinds(each)


def test_every_dialog_is_tried() -> None:
    for module in pkgutil.iter_modules(mobius_tui.tui.dialogs.__path__):
        import_module(f"mobius_tui.tui.dialogs.{module.name}")
    assert {*kinds()} == {*MADE}


@pytest.fixture(autouse=True)
def no_program_that_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


async def test_y_copies_a_status_update_over_every_dialog_and_answers_none(
    tmp_path: Path,
) -> None:
    run, over = scenes.failed(tmp_path / "a"), scenes.ended(tmp_path / "b")
    end = RunPresenter(Viewer(over.directory)).run_view_at(over.at, None)
    time = Time(run.at)
    copied = run.directory.path / "copied.txt"
    small = (40, 12)  # each of its many frames is drawn twice
    opening = opened(run, time=time, size=small)
    async with hosted(run) as host, opening as (screen, pilot):
        assert screen.view is not None
        for kind, make in MADE.items():
            dialog = make(end if kind is EndCard else screen.view)
            await over_the_run(screen, pilot, dialog)
            dialog.set_focus(None)
            await press(pilot, time, "y")
            await until(pilot, copied.exists)
            assert copied.read_text().startswith("MOBIUS rollback (INCIDENT)")
            assert pilot.app.screen is dialog, f"{kind.__name__} was not answered"
            copied.unlink()
            pilot.app.clear_notifications()
            dialog.dismiss(None)
            await until(pilot, lambda: screen.is_current)
        assert host.intents == []


async def over_the_run(
    screen: RunScreen, pilot: Pilot[AppResult], dialog: Dialog[Any]
) -> None:
    screen.questions.begin(_ask(screen, dialog))
    await until(pilot, lambda: pilot.app.screen is dialog)


async def _ask(screen: RunScreen, dialog: Dialog[Any]) -> None:
    await screen.questions.ask(dialog)


async def test_in_a_line_that_is_typed_in_y_is_a_letter(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        for opens in ("n", "question_mark"):
            await press(pilot, time, opens, "y")
            line = pilot.app.screen.query_one(Input)
            assert line.has_focus
            assert line.value == "y"
            await press(pilot, time, "escape")
        await settled(pilot)
    assert not (run.directory.path / "copied.txt").exists()


@pytest.mark.parametrize("pane", ["1", "2", "3"])
async def test_y_copies_from_a_pane_that_has_the_whole_screen(
    tmp_path: Path, pane: str
) -> None:
    run = scenes.failed(tmp_path)
    time = Time(run.at)
    copied = run.directory.path / "copied.txt"
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await press(pilot, time, pane, "z", "y")
        await until(pilot, copied.exists)
        assert screen.has_class("-zoomed")


async def test_the_briefing_says_that_nothing_has_begun(state_home: Path) -> None:
    page = untouched(wall=lambda: BEGAN)
    copied = state_home / "mobius-tui" / "copied.txt"
    async with running(page, size=(120, 36)) as pilot:
        await pilot.press("ctrl+y")
        await until(pilot, copied.exists)
    assert copied.read_text().splitlines() == [
        "MOBIUS rollback (DRILL) in production",
        "Not begun: the briefing is open, 0 of 22 steps done",
        "Next: 1.1 What do we see?",
        "2026-11-24 13:45:05 UTC · no run yet",
    ]
