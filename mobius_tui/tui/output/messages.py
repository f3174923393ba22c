"""What the output pane tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from mobius_tui.tui.output.document import Document
    from mobius_tui.tui.output.pane import OutputPane


class Followed(Message, namespace="output_pane"):
    """A pane began, or ceased, to follow the end of the output."""

    def __init__(self, pane: OutputPane, following: bool) -> None:
        super().__init__()
        self.pane = pane
        self.following = following

    @property
    def control(self) -> OutputPane:
        """The pane, for `@on(OutputPane.Followed, "#id")`."""
        return self.pane


class Counted(Message, namespace="output_pane", bubble=False):
    """A thread has counted the lines of `document` up to its end."""

    def __init__(self, document: Document) -> None:
        super().__init__()
        self.document = document
