"""The lines of a briefing for which commands propose values."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.checks.value_commands import ListedValues
from mobius_tui.run.client.listed_values import proposed_value
from mobius_tui.runbook.model.runbook import Variable
from mobius_tui.runbook.model.value_kinds import value_on_one_line
from mobius_tui.tui.presenters.briefing_fields import proposal_text
from mobius_tui.tui.widgets.answer_inputs import ProposalInput, ProposalNote


class ProposedValues:
    """The values that commands listed for each input line, and the note under it."""

    def __init__(self) -> None:
        self._lines: dict[Variable, ProposalInput] = {}
        self._notes: dict[Variable, ProposalNote] = {}
        self._listed: dict[Variable, ListedValues | None] = {}
        self._read: dict[Variable, Mapping[str, str]] = {}
        """What each command read of the other lines."""

    def __bool__(self) -> bool:
        return bool(self._lines)

    def make_input(self, variable: Variable, known: str) -> ProposalInput:
        """The line of a variable.

        Args:
            variable: it has a command that lists values.
            known: the value that it begins with; may be empty.
        """
        value = value_on_one_line(variable, known)
        made = ProposalInput(value, id=f"var-{variable.name}")
        self._lines[variable] = made
        return made

    def make_proposal_note(self, variable: Variable) -> ProposalNote:
        """The note under a variable's input: what was listed for it."""
        self._listed[variable] = None
        made = ProposalNote(proposal_text(None, "", several=variable.many))
        self._notes[variable] = made
        return made

    def reset_listed(self) -> None:
        """Forget what was listed, and show that the commands are being run."""
        self._listed = dict.fromkeys(self._lines)
        self.refresh_notes()

    def show(
        self, variable: Variable, listed: ListedValues, read: Mapping[str, str]
    ) -> None:
        """Propose what was listed.

        Args:
            variable: whose command listed it.
            listed: what it listed.
            read: the values of other variables that it read, by variable.
        """
        self._listed[variable] = listed
        self._read[variable] = read
        values = tuple(each.value for each in listed.options)
        first = value_on_one_line(variable, proposed_value(variable, listed))
        self._lines[variable].propose((first,) if variable.many else values, first)
        self.refresh_notes()

    def withdraw_outdated(self, held: Mapping[str, str]) -> None:
        """Propose no more what was listed for values that have changed since.

        Args:
            held: what the lines hold now, by variable.
        """
        for variable, read in tuple(self._read.items()):
            changed = [name for name, value in read.items() if held.get(name) != value]
            if changed:
                words = f"not listed for this {', '.join(changed)} yet"
                self.show(variable, ListedValues(problem=words), {})

    def refresh_notes(self) -> None:
        """Mark what each line holds."""
        for variable, note in self._notes.items():
            held = self._lines[variable].value
            words = proposal_text(self._listed[variable], held, several=variable.many)
            note.update(words)
