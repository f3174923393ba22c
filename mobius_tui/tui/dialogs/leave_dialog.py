"""Leaving while a run is open: leave it as it is, stop what runs, or stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum, auto

from msgspec import Struct
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from mobius_tui import sanitize
from mobius_tui.program_name import called_name
from mobius_tui.run.host.host_setup import UNWATCHED_DRILL_LIMIT
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.rollback import ends_without_viewers
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.tui.dialogs.dialog import CANCEL, Choice, Dialog
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import text


class LeaveWay(Enum):
    """How an open run is left."""

    LEAVE = auto()
    STOP = auto()
    """What runs is stopped first."""


class LeaveState(Struct, frozen=True, kw_only=True):
    """The state of a run that decides what the leave dialog says."""

    running: Mapping[AttemptId, str]
    """Names of steps by attempt."""
    has_host: bool
    ended: str
    """What the run came to; empty while it is open."""
    is_silent: bool = False
    """Whether its host's process is alive, but does not respond."""
    ends_with_last_viewer: bool = False
    """Whether it is a watch that ends with the last viewer."""
    has_unwatched_limit: bool = False
    """Whether it is a drill that ends after some time without a viewer."""


NOTHING_TO_LEAVE = LeaveState(running={}, has_host=True, ended="")


def make_leave_state(view: RunView, running: tuple[AttemptId, ...]) -> LeaveState:
    """The state of a run that its leave dialog tells.

    Args:
        view: the run.
        running: what runs in it.
    """
    ended = view.state.ended
    return LeaveState(
        running={each: view.plan.name(each.step) for each in running},
        has_host=view.host_pid is not None,
        ended=ended.outcome if ended is not None else "",
        is_silent=view.host_silence > 0,
        ends_with_last_viewer=ends_without_viewers(view.plan, view.state),
        has_unwatched_limit=has_unwatched_limit(view.state),
    )


def has_unwatched_limit(state: RunState) -> bool:
    """Whether a run is a drill that ends some time after its last viewer has gone.

    The time is `UNWATCHED_DRILL_LIMIT`.
    """
    return state.is_drill and state.auto is None


def closing_text(state: RunState, plan: Plan) -> str:
    """What becomes of a run that is left, or became of it: for the shell."""
    run = state.began.run if state.began is not None else ""
    if state.ended is not None:
        return sanitize.line(f"{state.ended.outcome}: {state.ended.text} ({run})")
    if ends_without_viewers(plan, state):
        return f"the watch ends when nobody looks at it any more ({run})"
    if has_unwatched_limit(state):
        return (
            f"the drill goes on for {duration_in_words(UNWATCHED_DRILL_LIMIT)} "
            "that nobody watches; "
            f"`mobius-tui resume {run}` shows it again"
        )
    return f"the run goes on; `mobius-tui resume {run}` shows it again"


class LeaveDialog(Dialog[LeaveWay]):
    """Asks whether to leave, and how.

    What runs may end, or begin, while it is open: its words follow `state`, and no key
    counts that was typed before they were seen: nobody answers what they did not read.
    """

    state: reactive[LeaveState] = reactive(NOTHING_TO_LEAVE, repaint=False)

    def __init__(self, state: LeaveState, run_id: str) -> None:
        """Make the dialog.

        Args:
            state: what one would leave; the page sets it anew when that changes.
            run_id: by which one comes back.
        """
        super().__init__("Leave?")
        self._run_id = run_id
        self._first = state
        self.set_reactive(LeaveDialog.state, state)
        self._text = Static(
            self._leave_text(), id="leaving", classes="words", markup=False
        )

    def compose_body(self) -> Iterable[Widget]:
        """What runs, and how to come back."""
        yield self._text

    def _leave_text(self) -> Content:
        state = self.state
        lines = [text(f"▶ {name} is running", "accent") for name in self._names]
        back = text(f"Come back with: {called_name()} resume {self._run_id}", "muted")
        if state.ended:
            return text(f"The run has ended meanwhile: {state.ended}.")
        if not lines:
            was = "What was running has ended. " if self._first.running else ""
            keeps = "" if state.is_silent else ", and its host keeps watching health"
            host = keeps if state.has_host else ", and no host runs it"
            lines.append(text(f"{was}The run is open{host}."))
        if state.is_silent:
            words = "Its host gives no sign of life: nobody watches, nothing begins."
            lines.append(text(words, "bad"))
        if state.ends_with_last_viewer:
            words = "A watch that was begun without --detach ends with its last viewer."
            return Content("\n\n").join([*lines, text(words, "warn")])
        goes = text("It goes on without this screen, and nothing is lost.")
        if not state.has_host:
            keeps = "What runs comes to its own end. " if self._names else ""
            goes = text(
                f"{keeps}Nothing else begins until it is resumed; nothing is lost."
            )
        elif state.has_unwatched_limit:
            goes = text(
                "It goes on without this screen, and nothing is lost; but a drill that "
                f"nobody watches for {duration_in_words(UNWATCHED_DRILL_LIMIT)} "
                "ends as abandoned."
            )
        return Content("\n\n").join([*lines, goes, back])

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.state.running.values())

    def choices(self) -> tuple[Choice[LeaveWay], ...]:
        """Leave, stop, stay."""
        return (
            Choice(self._leave_label, LeaveWay.LEAVE, "primary"),
            Choice(self._stop_label, LeaveWay.STOP, "error"),
            Choice("Stay", CANCEL),
        )

    @property
    def _leave_label(self) -> str:
        state = self.state
        goes_on = state.has_host and not (state.ended or state.ends_with_last_viewer)
        return "Leave it running" if goes_on else "Leave"

    @property
    def _stop_label(self) -> str:
        return f"Stop {'it' if len(self._names) == 1 else 'them all'} and leave"

    def on_mount(self) -> None:
        """Enter leaves it running."""
        self._show_buttons()
        self.buttons[LeaveWay.LEAVE].focus()

    def _show_buttons(self) -> None:
        self.buttons[LeaveWay.LEAVE].label = self._leave_label
        stop = self.buttons[LeaveWay.STOP]
        stop.label = self._stop_label
        stop.display = bool(self._names)
        if stop.has_focus and not stop.display:
            self.buttons[LeaveWay.LEAVE].focus()

    def watch_state(self) -> None:
        """Say how it is now; it has to be read before it is answered."""
        if self.is_mounted:
            self.restart_input_guard()
            self._text.update(self._leave_text())
            self._show_buttons()
