"""The dialog that asks in which file an output is to be saved."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from textual import on
from textual.widget import Widget
from textual.widgets import Button, Input

from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget


class SaveDialog(Dialog[Path]):
    """Gives the name of a file that does not exist yet."""

    def __init__(self, output: Path, name: str) -> None:
        """Make the dialog.

        Args:
            output: where the output itself is.
            name: what the file may be called; offered, to be typed over.
        """
        super().__init__("Save the output")
        self._output = output
        self._line = Input(value=str(_here() / name), id="name", compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """What is saved, and the line."""
        yield words_widget(
            "What is saved is the text as it is shown, without colours, in a file that "
            "only you can read. It is never written over another file."
        )
        yield words_widget(f"The exact bytes are in {self._output}", "muted")

    def compose_foot(self) -> Iterable[Widget]:
        """The line."""
        yield self._line

    def choices(self) -> tuple[Choice, ...]:
        """Do it or not."""
        return (Choice("ok", "Save it", "primary"), Choice("cancel", "Don't"))

    def on_mount(self) -> None:
        """Type at once."""
        self._line.focus()

    @on(Button.Pressed, "#ok")
    @on(Input.Submitted)
    def give(self) -> None:
        """Give the path, if a file can be made there."""
        given = self._line.value.strip()
        path = _here() / os.path.expanduser(given)  # noqa: PTH111 - never fails
        if not given:
            self.refuse("A file needs a name.")
        elif os.path.lexists(path):
            self.refuse("There is such a file already, and it stays. Another name?")
        elif not path.parent.is_dir():
            self.refuse(f"There is no folder {path.parent}")
        else:
            self.dismiss(path)


def _here() -> Path:
    """The current directory, or the home folder where it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return Path(os.path.expanduser("~"))  # noqa: PTH111 - never fails
