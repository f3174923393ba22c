"""Intents about a run as a whole: its values, notes, phases, automation, end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal, final

from msgspec import field

from mobius_tui.errors import UsageError
from mobius_tui.json_border import Number
from mobius_tui.run.events.event import WhenReopened
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    AutoStarted,
    NoteAdded,
    PhaseEntered,
    RunEnded,
    VariableSet,
    WentOnWithout,
)
from mobius_tui.run.events.watch_events import WatchArmed
from mobius_tui.run.intents.action import (
    Action,
    Asked,
    Host,
    PermittedRequester,
)
from mobius_tui.run.intents.watch_intents import require_rollback_phase
from mobius_tui.run.planning.plan import effect_of, running_steps
from mobius_tui.run.planning.rollback import is_watch_run_only, person_end_reason
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.planning.situation import (
    NotPermittedError,
    RefusalCode,
    Situation,
    require_text,
)
from mobius_tui.run.planning.step_status import steps_awaiting_approval
from mobius_tui.run.planning.unattended_refusals import (
    manual_tick_refusal,
    unattended_refusal,
)
from mobius_tui.run.planning.undoing import NOTHING_TO_REHEARSE_TEXT, is_undoing
from mobius_tui.run.planning.variables import (
    require_value,
    validate_manual_answers,
    validate_value,
)
from mobius_tui.run.state.added_steps import failed_step_or_parent
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.limits import limited_texts_by_variable
from mobius_tui.runbook.model.runtime_steps import is_improvised
from mobius_tui.runbook.model.value_kinds import value_problem


@final
class SetVariables(Action, frozen=True, kw_only=True):
    """Give variables a value."""

    values: Mapping[str, str]
    """By variable."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless these variables may get these values."""
        runbook = situation.plan.runbook
        filled_in = limited_texts_by_variable(runbook)
        for name, value in self.values.items():
            variable = runbook.variables.get(name)
            if variable is None or variable.secret or name == runbook.environment:
                words = f"{name} cannot be set during a run"
                raise NotPermittedError(RefusalCode.NOT_SETTABLE, words)
            situation.require_event_allowed(
                VariableSet(name=name, value=value, source="set")
            )
            try:
                require_value(variable, value)
                validate_value(variable, value, filled_in.get(name, ()))
            except UsageError as error:
                raise NotPermittedError(RefusalCode.UNFILLED, str(error)) from error

    async def do(self, host: Host, asked: Asked) -> Entry | None:
        """Journal new values of variables; returns the last entry."""
        entry = None
        for name, value in self.values.items():
            event = VariableSet(name=name, value=value, source="set")
            entry = await host.write(event, asked.by, asked.intent)
        return entry


@final
class GiveSecrets(Action, frozen=True, kw_only=True):
    """Tell the host secrets that the run had, and that it does not know any more."""

    when_reopened: ClassVar[WhenReopened] = "always"
    notice: ClassVar[str] = "It is known again, and redacted wherever it is printed."
    values: Mapping[str, str] = field(default_factory=dict)
    """By variable; empty for one that a command or a file gives: it is got again."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless these are lost secrets, each with a value that it may have."""
        lost, values = situation.state.lost_secrets, self.values
        if values and not any(value or name in lost for name, value in values.items()):
            return  # what was to be got again has been, by now
        _require_lost(tuple(values), situation)
        for name, value in values.items():
            situation.require_event_allowed(
                VariableSet(name=name, value=None, source="secret")
            )
            variable = situation.plan.runbook.variables[name]
            if not value and not variable.is_fetched:
                words = f"{name}: a value is wanted"
                raise NotPermittedError(RefusalCode.UNFILLED, words)
            if value and (problem := value_problem(variable, value)):
                raise NotPermittedError(RefusalCode.UNFILLED, problem)

    async def do(self, host: Host, asked: Asked) -> Entry | None:
        """Take lost secrets, and journal that they are known; the last entry."""
        host.require_secrets(name for name, value in self.values.items() if not value)
        entry = None
        for name, value in self.values.items():
            if value:
                await host.learn_secret(name, value)
            elif name not in host.state.lost_secrets:
                continue  # it was got again, and that is on record
            event = VariableSet(name=name, value=None, source="secret")
            entry = await host.write(event, asked.by, asked.intent)
        return entry


@final
class GoOnWithout(Action, frozen=True, kw_only=True):
    """Go on without lost secrets: what is printed is not searched for them."""

    permitted_requester: ClassVar[PermittedRequester] = "owner"
    """They are the owner's."""
    when_reopened: ClassVar[WhenReopened] = "always"
    notice: ClassVar[str] = "That is on record; what is printed is kept as it is."
    secrets: tuple[str, ...] = ()
    """Their names."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless these are lost secrets that nobody went on without yet."""
        _require_lost(self.secrets, situation)
        situation.require_event_allowed(WentOnWithout(secrets=self.secrets))
        for name in self.secrets:
            if name in situation.state.secrets_gone_without:
                words = f"the run goes on without {name} already"
                raise NotPermittedError(RefusalCode.DONE, words)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that a person goes on without lost secrets."""
        event = WentOnWithout(secrets=self.secrets)
        return await host.write(event, asked.by, asked.intent)


def _require_lost(names: tuple[str, ...], situation: Situation) -> None:
    lost = situation.state.lost_secrets
    if not lost:
        words = "no secret of this run is lost"
        raise NotPermittedError(RefusalCode.NOT_SETTABLE, words)
    if not names:
        words = f"name the secrets: {', '.join(lost)}"
        raise NotPermittedError(RefusalCode.UNFILLED, words)
    for name in names:
        if name not in lost or name not in situation.plan.runbook.variables:
            words = f"{name} is no lost secret; these are: {', '.join(lost)}"
            raise NotPermittedError(RefusalCode.NOT_SETTABLE, words)


@final
class AddNote(Action, frozen=True, kw_only=True):
    """Journal a note, on a step or on the run."""

    never_late: ClassVar[bool] = True
    when_reopened: ClassVar[WhenReopened] = "always"
    moves_run: ClassVar[bool] = False
    notice: ClassVar[str] = "The note is on record."
    text: str = ""
    step: str | None = None

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the note may be recorded."""
        if self.step is not None:
            situation.step(self.step)
        situation.require_event_allowed(NoteAdded(text=self.text, step=self.step))
        require_text(self.text)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal a note."""
        event = NoteAdded(text=self.text.strip(), step=self.step)
        return await host.write(event, asked.by, asked.intent)


@final
class EnterPhase(Action, frozen=True, kw_only=True):
    """Enter an aside phase, or go to another phase of the main line."""

    phase: str
    from_step: str | None = None
    """The step that led there."""
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the run may enter the phase."""
        phases = {phase.id: phase for phase in situation.plan.runbook.phases}
        if self.phase not in phases or is_improvised(phases[self.phase]):
            words = f"this runbook has no phase {self.phase!r}"
            raise NotPermittedError(RefusalCode.UNKNOWN, words)
        if phases[self.phase] is situation.plan.runbook.undo_phase:
            words = f"{phases[self.phase].title} begins where steps are undone"
            raise NotPermittedError(RefusalCode.WRONG_KIND, words, words)
        busy = situation.busy_step
        if busy is not None:
            why = f"{situation.plan.name(busy.id)} is running"
            raise NotPermittedError(RefusalCode.BUSY, f"{why}; wait, or stop it", why)
        situation.require_phase_enterable(phases[self.phase])

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that the run enters a phase: an aside, or one of the main line."""
        origin = self.from_step
        if origin in host.state.steps:
            origin = failed_step_or_parent(host.state, origin)
        event = PhaseEntered(phase=self.phase, from_step=origin, reason=self.reason)
        return await host.write(event, asked.by, asked.intent)


@final
class StartAutomatic(Action, frozen=True, kw_only=True):
    """Run the main line without a person from here on: `--auto`."""

    permitted_requester: ClassVar[PermittedRequester] = "owner"
    """An automatic run acts in the owner's name: started by somebody else, that person
    could approve what they began themselves."""
    manual: Literal["stop", "skip", "tick"] = "stop"
    """What becomes of manual steps."""
    confirmed: bool = False
    """Whether what destroys is confirmed beforehand: `--yes`."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """What steps ask for, by variable."""
    attended: tuple[str, ...] = ()
    """Ids of attended phases in which the answers stand for a person."""
    trigger_within: Number | None = None
    """Seconds in which a trigger must begin the rollback before anything else is done;
    `None` where the main line is begun at once."""
    rehearse_undo: bool = False
    """Whether each step with an undo is undone once, and then run again; in a drill
    alone."""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the host may run the main line by itself from here on."""
        state = situation.state
        if words := unattended_refusal(situation.plan.runbook, "--auto"):
            raise NotPermittedError(RefusalCode.UNATTENDED, words)
        if is_undoing(situation.plan, state):
            words = "steps are being undone; what follows would do them again"
            raise NotPermittedError(RefusalCode.BUSY, words)
        if self.rehearse_undo and not state.is_drill:
            words = "only a drill rehearses how steps are undone"
            raise NotPermittedError(RefusalCode.NO_DRILL, words)
        if self.rehearse_undo and situation.plan.runbook.undo_phase is None:
            words = NOTHING_TO_REHEARSE_TEXT
            raise NotPermittedError(RefusalCode.NOTHING_TO_UNDO, words)
        if self.trigger_within is not None:
            if not state.is_drill:
                words = "only a drill waits for a trigger; `watch` does it elsewhere"
                raise NotPermittedError(RefusalCode.NO_DRILL, words)
            require_rollback_phase(situation)
        if self.manual == "tick" and state.began is not None:
            words = manual_tick_refusal(
                is_harmless=state.began.is_harmless_drill,
                environment=state.began.environment,
                protected=state.began.protected,
            )
            if words:
                words += "; without --auto a person does it, and ticks it"
                raise NotPermittedError(RefusalCode.PROTECTED, words)
        try:
            validate_manual_answers(situation.plan.runbook, self.answers)
        except UsageError as error:
            raise NotPermittedError(RefusalCode.UNFILLED, str(error)) from error
        situation.require_event_allowed(AutoStarted())

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that the host runs the main line by itself from now on."""
        answers = dict(self.answers)
        for name, variable in host.plan.runbook.variables.items():
            if variable.secret:
                answers.pop(name, None)  # the journal holds no secret
        event = AutoStarted(
            manual=self.manual,
            confirmed=self.confirmed,
            answers=answers,
            attended=self.attended,
            trigger=self.trigger_within,
            rehearse_undo=self.rehearse_undo,
        )
        if self.trigger_within is not None and not host.state.watch.armed:
            await host.write(WatchArmed(confirmed=self.confirmed), asked.by)
        return await host.write(event, asked.by, asked.intent)


@final
class EndRun(Action, frozen=True, kw_only=True):
    """End the run for good."""

    when_reopened: ClassVar[WhenReopened] = "always"
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the run may be ended."""
        situation.require_event_allowed(RunEnded(outcome=Outcome.ABANDONED))
        for step in running_steps(situation.plan, situation.state):
            if effect_of(step) != "read":
                name = situation.plan.name(step.id)
                words = (
                    f"{name} changes things and is still running; "
                    "wait for it, or stop it, before the run is ended"
                )
                raise NotPermittedError(RefusalCode.BUSY, words, f"{name} is running")

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal the run's end."""
        outcome, reason = run_outcome(host.plan, host.state)
        if is_watch_run_only(host.plan, host.state):
            outcome = Outcome.ABANDONED
            reason = person_end_reason(host.state.watch, asked.by)
        if self.reason.strip():
            reason = f"{self.reason.strip()} ({reason})"
        return await host.finish_run(outcome, reason, asked.by, asked.intent)


@final
class ReleaseHost(Action, frozen=True, kw_only=True):
    """Let the host process end if nobody else views the run; the run stays open."""

    never_late: ClassVar[bool] = True
    when_reopened: ClassVar[WhenReopened] = "always"

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the host may end while the run stays open."""
        plan, state = situation.plan, situation.state
        running = [
            plan.name(step.id)
            for step in plan.steps.values()
            if state.steps[step.id].status is Status.RUNNING
        ]
        words = ""
        if running:
            words = f"{', '.join(running)} is running; the host stays"
        elif steps_awaiting_approval(plan, state, situation.statuses):
            words = "an approval is waited for; the host stays"
        elif situation.viewers > 1:
            words = "others watch this run; the host stays"
        if words:
            raise NotPermittedError(RefusalCode.HOST_NEEDED, words)

    async def do(self, host: Host, _asked: Asked) -> None:
        """Let it end; no event records that."""
        host.release()
