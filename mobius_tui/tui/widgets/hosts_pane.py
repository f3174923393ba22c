"""The pane of a step's hosts: a cursor to move over them, and a line to search in."""

from __future__ import annotations

from typing import ClassVar

from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import Input

from mobius_tui.tui.commands.registry import bindings
from mobius_tui.tui.widgets.host_list import HostRows
from mobius_tui.tui.widgets.list_controls import FilterLine, ListScrollbar, clamp_top

WHEEL_ROWS = 3
"""Rows that one notch of the mouse wheel moves."""


class HostsPane(HostRows):
    """The rows, with a cursor to move, and a line to search in."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("hosts")]

    class Opened(Message):
        """The output of a host is to be shown."""

        def __init__(self, step: str, host: str) -> None:
            super().__init__()
            self.step, self.host = step, host

    class GatherWanted(Message):
        """The outputs of all hosts are to be shown as one."""

        def __init__(self, step: str, *, same_once: bool) -> None:
            super().__init__()
            self.step, self.same_once = step, same_once

    class BatchWanted(Message):
        """What Ansible printed for the batch of a host is to be shown."""

        def __init__(self, step: str, host: str) -> None:
            super().__init__()
            self.step, self.host = step, host

    class Moved(Message):
        """The cursor is on another host."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.add_class("-away")
        self._filter_line = FilterLine("name, or state such as failed")

    def compose(self) -> ComposeResult:
        """The scrollbar, and the line to search in, hidden until it is used."""
        yield from super().compose()
        yield self._filter_line

    @property
    def rows_below(self) -> int:
        """The line to search in."""
        return int(self._filter_line.display)

    def _move_to(self, place: int) -> None:
        names = self._outline.names
        if names:
            self.cursor = names[max(0, min(place, len(names) - 1))]
            self._is_cursor_chosen = True
            self._show_cursor()
            self._lay_out()
            if not self.has_tails:  # known ones are read anew at each update
                self.want_tails()
            self.post_message(self.Moved())

    def _place(self) -> int:
        names = self._outline.names
        return names.index(self.cursor) if self.cursor in names else 0

    def action_cursor(self, count: int) -> None:
        """Move by rows."""
        self._move_to(self._place() + count)

    def action_page(self, count: int) -> None:
        """Move by pages that overlap by one row."""
        self._move_to(self._place() + count * max(1, self._room() - 1))

    def action_first(self) -> None:
        """Go to the first host."""
        self._move_to(0)

    def action_last(self) -> None:
        """Go to the last host."""
        self._move_to(len(self._outline.names) - 1)

    def action_open(self) -> None:
        """Have the output of the host under the cursor shown."""
        if not self.cursor or self.step is None:
            raise SkipAction
        self._is_cursor_chosen = True
        self.post_message(self.Opened(self.step, self.cursor))

    def action_all_outputs(self) -> None:
        """Have the outputs of all hosts shown, one after the other."""
        if self.step is not None:
            self.post_message(self.GatherWanted(self.step, same_once=False))

    def action_same_outputs(self) -> None:
        """Have the outputs of all hosts shown, each once."""
        if self.step is not None:
            self.post_message(self.GatherWanted(self.step, same_once=True))

    @property
    def uses_ansible(self) -> bool:
        """Whether it is Ansible that works on the hosts."""
        found = self.shown_hosts if self.step is not None else None
        rollout = found.step.rollout if found is not None else None
        return rollout is not None and rollout.engine == "ansible"

    def action_batch_output(self) -> None:
        """Have shown what Ansible printed for the batch of the host at the cursor."""
        if not self.cursor or self.step is None or not self.uses_ansible:
            raise SkipAction
        self._is_cursor_chosen = True
        self.post_message(self.BatchWanted(self.step, self.cursor))

    # Finding

    def action_find(self) -> None:
        """Type what to find."""
        self._filter_line.display = True
        self._filter_line.focus()
        self.update_hosts()

    def action_dismiss(self) -> None:
        """List the others again; without a search, leave the key to others."""
        if not self._filter_line.display:
            raise SkipAction
        self.clear_filter()

    @on(FilterLine.Cleared)
    def clear_filter(self) -> None:
        """List the others again."""
        self._filter_line.value = ""
        self._filter_line.display = False
        self._outline.query = ""
        self.focus()
        self.update_hosts()

    @on(Input.Changed)
    def _search_typed(self, event: Input.Changed) -> None:
        """List what matches, the cursor on the first of it."""
        event.stop()
        self._outline.query = event.value.strip()
        self._top, self._is_cursor_chosen = 0, False
        self.update_hosts()
        self.post_message(self.Moved())

    @on(Input.Submitted)
    def _accept_search(self, event: Input.Submitted) -> None:
        """Back to the list of what was found."""
        event.stop()
        if self._outline.query:
            self.focus()
        else:
            self.clear_filter()

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the pointer is; a second click opens it."""
        at = event.get_content_offset(self)
        place = -1 if at is None else at.y - len(self._head)
        if not 0 <= place < len(self.in_sight):
            return
        event.stop()
        self._move_to(self._top + place)
        if event.chain > 1:
            self.action_open()

    @on(ListScrollbar.Dragged)
    def _dragged(self, event: ListScrollbar.Dragged) -> None:
        event.stop()
        self._show_from(event.top)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll, leaving the cursor where it is."""
        event.stop().prevent_default()
        self._show_from(self._top + WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll, leaving the cursor where it is."""
        event.stop().prevent_default()
        self._show_from(self._top - WHEEL_ROWS)

    def _show_from(self, top: int) -> None:
        self._top = clamp_top(top, height=self._room(), count=len(self._outline.names))
        self._scroll_mark.top = self._top
        self._lay_out()
        self.want_tails()
