"""The dialog that asks for secrets that a run had, and that its host does not know."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from textual import on
from textual.widget import Widget
from textual.widgets import Input

from mobius_tui.run.planning.step_texts import secret_source_text
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    text_widget,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.widgets.answer_inputs import answer_label, answer_widget


class LostSecretsAnswer(Struct, frozen=True):
    """What the person gave."""

    values: tuple[tuple[str, str], ...] = ()
    """By variable's name; empty for one whose command or file is to be asked again."""
    goes_on_without: bool = False
    """Whether nothing was given, and the run goes on without them."""


class LostSecretsDialog(Dialog[LostSecretsAnswer]):
    """The result is the secrets, or that the run goes on without; no draft is kept."""

    def __init__(self, view: RunView) -> None:
        super().__init__("Secrets that are not known any more", tone="bad")
        declared = view.runbook.variables
        names = view.state.unsettled_secrets
        self._variables = [declared[name] for name in names if name in declared]
        self._lines = [answer_widget(each, "") for each in self._variables]

    def compose_body(self) -> Iterable[Widget]:
        """Why they are asked for, and a line for each."""
        yield text_widget(
            "This run had them; the host that runs it now was not given them. A script "
            "or a check could print one, and it could not be redacted: none begins "
            "until they are here."
        )
        for variable, line in zip(self._variables, self._lines, strict=True):
            yield answer_label(variable)
            if variable.is_fetched:
                source = secret_source_text(variable)
                words = f"It comes {source}: with nothing typed, that is tried again."
                yield text_widget(words, "muted")
            yield line
        yield text_widget(
            "Going on without is on record: what is printed from then on is kept as it "
            "is, also where it is one of them.",
            "muted",
        )

    def choices(self) -> tuple[Choice[LostSecretsAnswer], ...]:
        """Give them, go on without, or neither."""
        without = LostSecretsAnswer(goes_on_without=True)
        return (
            Choice("Give them", CallOnPress(self.submit), "primary"),
            Choice("Go on without", without, "error"),
            Choice("Not yet", CANCEL),
        )

    def on_mount(self) -> None:
        """Type at once; all may have been settled by somebody else meanwhile."""
        for line in self._lines[:1]:
            line.focus()

    @on(Input.Submitted)
    def submit(self) -> None:
        """Give what was typed."""
        typed = {
            variable.name: str(line.value or "")
            for variable, line in zip(self._variables, self._lines, strict=True)
        }
        given = tuple((name, value) for name, value in typed.items() if value)
        again = tuple((each.name, "") for each in self._variables if each.is_fetched)
        values = given or again
        if values:
            self.dismiss(LostSecretsAnswer(values))
        else:
            self.refuse("Type at least one of them, or go on without.")
