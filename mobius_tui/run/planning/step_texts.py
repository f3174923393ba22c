"""The runbook's own texts about a step, and where a secret comes from. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui import sanitize
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import AutoStopped, RunBegan
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.proposal import propose
from mobius_tui.run.planning.variables import Values
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.actions import Manual, SendMessage
from mobius_tui.runbook.model.runbook import Runbook, Step, Variable
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.runbook.prose.text_layout import plain_lines
from mobius_tui.runbook.text.shortening import excerpt


def labelled_texts(
    step: Step, runbook: Runbook, values: Values
) -> Iterator[tuple[str, Prose]]:
    """Why a step is there, and what a person is to do or say, each with its label."""
    if step.why:
        yield "why", values.prose(step.why)
    match step.action:
        case Manual(text=text):
            yield "do", values.prose(text)
        case SendMessage(message=message):
            yield "text", values.prose(runbook.messages[message].body)
        case _:
            pass


def lines_behind_label(label: str, prose: Prose) -> Iterator[str]:
    """The lines of a text: a label before the first, blanks before the others."""
    for line in plain_lines(prose):
        yield f"{label}{line}".rstrip()
        label = " " * len(label)


class StepTexts:
    """The runbook's texts for an event of the run, to be printed under the event."""

    INDENT = " " * 9

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._shown_phases: set[str] = set()
        """The ids of the phases whose purpose was printed already."""

    def lines(self, entry: Entry, state: RunState) -> Iterator[str]:
        """Texts of a phase or step that began, or of a step that waits for a person."""
        runbook = self._plan.runbook
        step = None
        match entry.event:
            case RunBegan() if runbook.summary:
                yield from self._lines_behind("what", Prose(runbook.summary))
            case StepStarted(step=name):
                step = self._plan.steps[name]
            case AutoStopped():
                step = self._plan.steps.get(propose(self._plan, state).step or "")
        if step is None:
            return
        phase = self._plan.phase_of[step.id]
        values = Values(state, now=entry.at, name_of=self._plan.name)
        if phase.why and phase.id not in self._shown_phases:
            self._shown_phases.add(phase.id)
            yield from self._lines_behind(
                f"why {sanitize.line(phase.title)}", values.prose(phase.why)
            )
        for label, prose in labelled_texts(step, runbook, values):
            yield from self._lines_behind(label, prose)

    def _lines_behind(self, label: str, prose: Prose) -> Iterator[str]:
        return lines_behind_label(f"{self.INDENT}{label}: ", prose)


def command_excerpt(script: str) -> str:
    """A command for a message: its beginning, on one line."""
    return sanitize.line(excerpt(script))


def fetched_text(variable: Variable) -> str:
    """When and where the host gets a secret, for a person."""
    return f"got {secret_source_text(variable)} when a step first needs it"


def secret_source_text(variable: Variable) -> str:
    """Where the host gets a secret, for a person: by a command, or from a file."""
    if variable.from_file:
        return f"from {sanitize.line(variable.from_file)}"
    return f"by `{command_excerpt(variable.from_run)}`"
