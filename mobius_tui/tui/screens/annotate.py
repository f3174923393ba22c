"""Annotating a run that is looked back on: what is said, and what it is on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input

from mobius_tui.review.annotating import Place
from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget


@dataclass(frozen=True, slots=True)
class Annotated:
    """What was said, on what."""

    text: str
    place: Place


class AnnotateDialog(Dialog[Annotated]):
    """Gives the text, and the place that was chosen by its button."""

    composes = True

    def __init__(self, places: tuple[tuple[str, Place], ...]) -> None:
        """Make the dialog.

        Args:
            places: what it can be on, in words, the likeliest first.
        """
        super().__init__("Annotate")
        self._places = places
        self._line = Input(placeholder="What is there to say?", id="text", compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """Where it is kept, and the line."""
        words = "Kept beside the run's journal, with your name; reports tell it."
        yield words_widget(words, "muted")
        yield self._line

    def choices(self) -> tuple[Choice, ...]:
        """A button for each place."""
        first, *others = (
            Choice(f"place-{number}", f"On {words}")
            for number, (words, _) in enumerate(self._places)
        )
        main = Choice(first.id, first.label, "primary")
        return (main, *others, Choice("cancel", "Don't"))

    def on_mount(self) -> None:
        """Type at once."""
        self._line.focus()

    @on(Input.Submitted)
    def _give_first(self) -> None:
        self._give(0)

    @on(Button.Pressed)
    def _give_chosen(self, event: Button.Pressed) -> None:
        name = event.button.id or ""
        if name.startswith("place-"):
            event.stop()
            self._give(int(name.removeprefix("place-")))

    def _give(self, number: int) -> None:
        text = self._line.value.strip()
        if not text:
            self.refuse("An annotation wants a text.")
        else:
            self.dismiss(Annotated(text, self._places[number][1]))
