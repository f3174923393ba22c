"""Begins one step after another, until a step needs a person or a key is pressed."""

from __future__ import annotations

from collections.abc import Callable

from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.going_on import (
    next_step_without_person,
    steps_before_person_needed,
)
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION, Status
from mobius_tui.run.state.watch_state import Alarm
from mobius_tui.runbook.model.actions import Effect
from mobius_tui.runbook.model.runbook import Step
from mobius_tui.tui.dialogs.question import DialogOpener, Notifier, Question
from mobius_tui.tui.presenters.next_action import FocusOutput
from mobius_tui.tui.presenters.run_view import RunView

MAX_STEPS_IN_QUESTION = 8
"""Steps that are named in the question whether changes may begin by themselves."""


class StepStarter:
    """Begins step after step from the screen, until a person is needed.

    The host is not told of it: without a screen nothing goes on.
    """

    def __init__(
        self,
        send: Callable[[Action], None],
        open_dialog: DialogOpener,
        tell: Notifier,
        changed: Callable[[], None],
    ) -> None:
        """Go on with nothing yet.

        Args:
            send: sends an action to the host.
            open_dialog: shows a dialog and waits for what it gives.
            tell: shows a notice for a moment.
            changed: called when the run begins or ceases to go on by itself.
        """
        self._send = send
        self._open_dialog = open_dialog
        self._tell = tell
        self._changed = changed
        self._reach: Effect | None = None
        self._phase: str | None = None
        self._begun: set[AttemptId] = set()
        self._alarms: frozenset[Alarm] = frozenset()

    async def begin_after_question(
        self, view: RunView, phase: str | None = None
    ) -> None:
        """A worker: go on from here; where the next step changes something, ask first.

        Args:
            view: the run.
            phase: the id of the only phase that it goes on in; None for the whole run.
        """
        reads_first = isinstance(
            next_step_without_person(view.situation, "read", phase), Step
        )
        question = None
        if phase is not None or not reads_first:
            question = _changes_question(view, phase)
        if question is None:
            self.begin(view, "read", phase)
        elif await self._open_dialog(question):
            self.begin(view, "change", phase)

    def begin(self, view: RunView, reach: Effect, phase: str | None = None) -> None:
        """Go on from here.

        Args:
            view: the run.
            reach: the heaviest effect that a step may have.
            phase: the id of the only phase that it goes on in; None for the whole run.
        """
        self._reach, self._phase = reach, phase
        self._begun = set()
        self._alarms = frozenset(view.state.watch.alarms)
        self.advance(view)
        self._changed()

    def stop(self, why: str = "") -> None:
        """Begin no other step; what runs goes on.

        Args:
            why: told to the person, if there is anything to tell.
        """
        if self._reach is None:
            return
        self._reach = None
        if why:
            self._tell(f"Goes on no further: {why}.")
        self._changed()

    def stop_by_key(self) -> bool:
        """Stop as a key acted; returns whether the run went on by itself."""
        was_active = self._reach is not None
        self.stop("a key acted")
        return was_active

    def advance(self, view: RunView) -> None:
        """Begin the next step, if the run goes on by itself and it needs no person."""
        if self._reach is None:
            return
        if why := self._why_to_stop(view):
            self.stop(why)
            return
        found = next_step_without_person(view.situation, self._reach, self._phase)
        if isinstance(found, str):
            self.stop(found)
        elif found is not None:
            attempt = AttemptId(found.id, view.next_attempt(found.id))
            if attempt not in self._begun:
                self._begun.add(attempt)
                self._send(StartStep(step=attempt.step, attempt=attempt.number))

    def _why_to_stop(self, view: RunView) -> str:
        if view.state.ended is not None or view.host_pid is None:
            return "no host runs the run"
        if not self._alarms.issuperset(view.state.watch.alarms):
            return "a trigger has fired"
        for step_id in {attempt.step for attempt in self._begun}:
            status = view.state.steps[step_id].status
            if status is Status.WARNED or status in STATUSES_NEEDING_DECISION:
                return f"{view.plan.name(step_id)}: {status}"
        return ""

    def offer(self) -> FocusOutput | None:
        """What the line above the keys says while the run goes on by itself."""
        if self._reach is None:
            return None
        what = "what reads" if self._reach == "read" else "changes, too"
        words = f"Going on by itself through {what}"
        return FocusOutput(text=words, role="accent", note="any key that acts stops it")


def _changes_question(view: RunView, phase: str | None) -> Question | None:
    """The question whether steps that change something may begin by themselves.

    None where no step that is left does.

    Args:
        view: the run.
        phase: the id of the only phase that it is about; None for the whole run.
    """
    steps = steps_before_person_needed(view.situation, "change", phase)
    names = [name for step in steps if (name := _name_of_change(view, step))]
    if not names:
        return None
    listed = [f"  {name}" for name in names[:MAX_STEPS_IN_QUESTION]]
    if len(names) > MAX_STEPS_IN_QUESTION:
        listed.append(f"  and {len(names) - MAX_STEPS_IN_QUESTION} more")
    where = f" in {view.environment}" if view.environment else ""
    words = (
        f"Each of these changes something{where}, and begins without another question, "
        "until somebody is needed, one fails or warns, or a key acts:"
    )
    lines = (words, "", *listed, "", "What destroys is asked for as ever.")
    return Question("Go on through changes?", *lines, verb="Go on", tone="warn")


def _name_of_change(view: RunView, step: Step) -> str:
    """The name of a step that changes something; empty for others.

    A step with `for_each` only lists at first; its rows follow by themselves.
    """
    row = step.for_each.row if step.for_each is not None else None
    if row is not None and effect_of(row) == "change":
        return f"{view.plan.name(step.id)}, once for each item"
    return view.plan.name(step.id) if effect_of(step) == "change" else ""
