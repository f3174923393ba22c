"""Messages of the output pane."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from textual.message import Message
from textual.widget import Widget

if TYPE_CHECKING:
    from mobius_tui.run.state.attempt_id import AttemptId
    from mobius_tui.tui.output.output_document import OutputDocument
    from mobius_tui.tui.output.output_search import Search


class Followed(Message, namespace="output_pane"):
    """A pane began, or ceased, to follow the end of the output."""

    def __init__(self, pane: Widget, following: bool) -> None:
        super().__init__()
        self.pane = pane
        self.following = following

    @property
    def control(self) -> Widget:
        """The pane, for `@on(OutputPane.Followed, "#id")`."""
        return self.pane


class RowsCounted(Message, namespace="output_pane", bubble=False):
    """A thread has counted the lines of `document` up to its end."""

    def __init__(self, document: OutputDocument) -> None:
        super().__init__()
        self.document = document


class Searched(Message, namespace="output_pane", bubble=False):
    """A thread has counted on, in what `search` looks through."""

    def __init__(self, search: Search, *, is_over: bool = False) -> None:
        super().__init__()
        self.search = search
        self.is_over = is_over
        """Whether it has come to the end."""


class CopyWanted(Message, namespace="output_pane"):
    """Text is to be copied; reading it may take a while, so it is read in a thread."""

    def __init__(self, read: Callable[[], str]) -> None:
        super().__init__()
        self.read = read


class TabChosen(Message, namespace="output_pane"):
    """Another output is to be shown."""

    def __init__(self, attempt: AttemptId) -> None:
        super().__init__()
        self.attempt = attempt


class StopWanted(Message, namespace="output_pane"):
    """What runs beside the run is to be stopped."""

    def __init__(self, attempt: AttemptId) -> None:
        super().__init__()
        self.attempt = attempt


class OpenWanted(Message, namespace="output_pane"):
    """The output is to be opened elsewhere, or saved."""

    def __init__(self, way: Literal["pager", "editor", "save"]) -> None:
        super().__init__()
        self.way = way


class NoticeRequested(Message, namespace="output_pane"):
    """A notice is to be shown to the person."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words
