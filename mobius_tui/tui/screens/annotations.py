"""What people have said of a run that is looked back on, and the way to where it is."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, OptionList
from textual.widgets.option_list import Option

from mobius_tui.review.told import Annotation
from mobius_tui.run.plan import Plan
from mobius_tui.tui.commands import key_of
from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget
from mobius_tui.tui.theme import assemble


class AnnotationsDialog(Dialog[int]):
    """Gives the place, among those listed, of the one that the person goes to."""

    ASKS = False

    def __init__(
        self, said: Sequence[Annotation], plan: Plan, *, at: int = 0, is_open: bool
    ) -> None:
        """Make the dialog.

        Args:
            said: the annotations, in the order of what they are on.
            plan: the run's.
            at: the place of the one that the cursor begins on.
            is_open: whether the run goes on, so that none can be made yet.
        """
        super().__init__("Annotations")
        self._said = said
        self._plan = plan
        self._at = at
        self._is_open = is_open
        lines = (Option(self._lines(each)) for each in said)
        self._list = OptionList(*lines, id="annotations", markup=False, compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """Each with its text; where there is none, how to make one."""
        if not self._said:
            yield words_widget(self._none(), "muted")
        else:
            yield self._list

    def _none(self) -> str:
        if self._is_open:
            return (
                "There are none: the run goes on, and a note belongs into its journal."
            )
        annotate, mark = key_of("review.annotate"), key_of("review.mark")
        return (
            f"There are none yet. {annotate} makes one: on the moment at the cursor, "
            f"the step, or the whole run; {mark} marks one end of a range first."
        )

    def _lines(self, each: Annotation) -> Content:
        """What it is on, by whom and when it was said, and under that its words."""
        written = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.written))
        head = assemble(
            (self._place(each), "key"),
            (f"  {each.by or 'nobody knows who'}", "strong"),
            (f"  {written}", "muted"),
        )
        return head + Content("\n") + assemble((each.text, "plain"))

    def _place(self, each: Annotation) -> str:
        if each.step:
            known = each.step in self._plan.steps
            return self._plan.name(each.step) if known else each.step
        if each.since is None:
            return "the run"
        until = "" if each.until is None else f" to {_clock(each.until)}"
        return f"{_clock(each.since)}{until}"

    def choices(self) -> tuple[Choice, ...]:
        """Go there, or close."""
        if not self._said:
            return super().choices()
        return (Choice("ok", "Go there", "primary"), Choice("cancel", "Close"))

    def on_mount(self) -> None:
        """Choose at once."""
        if self._said:
            self._list.highlighted = self._at
            self._list.focus()

    @on(OptionList.OptionSelected)
    @on(Button.Pressed, "#ok")
    def give(self) -> None:
        """Give the one under the cursor."""
        self.dismiss(self._list.highlighted)


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
