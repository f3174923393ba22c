"""The pane of a step's hosts: a cursor to move over them, and a line to search in."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from mobius_tui.run.attempts.attempt_files import LastOutput
from mobius_tui.tui.commands.registry import bindings, first_key_name
from mobius_tui.tui.presenters.fleet.host_marks import (
    StepHosts,
    StyledPiece,
    hosts_per_mark,
)
from mobius_tui.tui.presenters.fleet.step_hosts import (
    MAX_HOSTS_ALL_LISTED,
    HostOutline,
    batch_text,
    head_lines,
    host_line,
    name_cells,
    strip_cells,
)
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import cut
from mobius_tui.tui.widgets.list_controls import CURSOR_GLYPH, CursorList

HOSTS_UPDATE_INTERVAL = 0.25
"""The least seconds between two updates of the rows: nobody reads faster changes."""
LOW_HOST_LIST_ROWS = 9
"""Rows of the pane below which only what matters most is shown."""


class HostsLine(NamedTuple):
    """A line of the pane."""

    pieces: tuple[StyledPiece, ...]
    is_host: bool = False
    """Whether it is a host's, and not above these."""
    is_cursor: bool = False


class HostsPane(CursorList[HostsLine]):
    """The hosts of a step, with a cursor to move, and a line to search in."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("hosts")]

    view: reactive[RunView | None] = reactive(None, repaint=False)
    step: reactive[str | None] = reactive(None, repaint=False)
    """The step whose hosts are shown; `None` for none."""

    class TailsWanted(Message):
        """The last lines of the hosts in sight are to be read anew."""

        def __init__(self, step: str, hosts: Mapping[str, int]) -> None:
            """Make the message.

            Args:
                step: whose hosts they are.
                hosts: by host, the number of the last attempt that it was in.
            """
            super().__init__()
            self.step, self.hosts = step, hosts

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
        super().__init__("name, or state such as failed", id=id)
        self.add_class("-away")
        self.cursor = ""
        """The host under the cursor; empty where none is listed."""
        self.shown_hosts: StepHosts | None = None
        """The hosts as they are shown."""
        self._is_cursor_chosen = False
        self._outline = HostOutline()
        self._tails: Mapping[str, LastOutput] = {}
        self._head: tuple[tuple[StyledPiece, ...], ...] = ()
        """The lines above the hosts' rows, made once for each update."""
        self._lines: list[HostsLine] = []
        self._updated = 0.0
        self._is_due = False

    # What is shown

    def watch_view(self) -> None:
        """Update the rows, at most once in `HOSTS_UPDATE_INTERVAL`."""
        wait = self._updated + HOSTS_UPDATE_INTERVAL - monotonic()
        if wait <= 0 or self.shown_hosts is None:
            self.update_hosts()
        elif not self._is_due:
            self._is_due = True
            self.set_timer(wait, self.update_hosts)

    def watch_step(self) -> None:
        """Begin at the top of other hosts."""
        self.cursor, self._is_cursor_chosen, self.top, self._tails = "", False, 0, {}
        self._outline = HostOutline()
        self.update_hosts()

    def on_mount(self) -> None:
        """Now there is something to draw."""
        self.update_hosts()

    def update_hosts(self) -> None:
        """Take up how the hosts are now, and draw the lines that have changed."""
        self._is_due = False
        view, step = self.view, self.step
        if view is None or step is None or not self.is_mounted:
            return
        self._updated = monotonic()
        self.shown_hosts = view.hosts(step)
        if self.shown_hosts is None:
            return
        width = self.size.width
        self._head = head_lines(self.shown_hosts, width, is_low=self._is_low)
        self._outline.update(
            self.shown_hosts,
            keep_order=self.has_focus_within,
            room=self.visible_row_count,
        )
        names = self._outline.names
        if self.cursor not in names or not self._is_cursor_chosen:
            self.cursor = names[0] if names else ""
        self._show_frame(view, self.shown_hosts)
        self.show_cursor()
        self._lay_out()
        self.want_tails()

    def want_tails(self) -> None:
        """Have the last lines of the rows in sight read."""
        if self.shown_hosts is not None and self.display:
            hosts = {
                name: self.shown_hosts.host_states[name].attempt
                for name in self.in_sight
            }
            if hosts:
                self.post_message(self.TailsWanted(self.shown_hosts.step.id, hosts))

    def show_tails(self, step: str, tails: Mapping[str, LastOutput]) -> None:
        """Show what hosts printed last.

        Args:
            step: whose hosts they are.
            tails: by host; empty for nothing.
        """
        if step == self.step and tails != self._tails:
            self._tails = tails
            self._lay_out()

    @property
    def has_tails(self) -> bool:
        """Whether the last lines of output of the visible hosts have been read."""
        return all(host in self._tails for host in self.in_sight)

    def _show_frame(self, view: RunView, found: StepHosts) -> None:
        number = found.newest_attempt.attempt
        again = f" · attempt {number}" if number > 1 else ""
        title = f"Hosts · {view.plan.numbers[found.step.id]}{again}"
        words = [batch_text(view, found)]
        if self._outline.query:
            found_count = (
                f"{len(self._outline.names)} of {len(found.host_states)} found"
            )
            words = [f"{found_count} · Esc all"]
        elif len(found.host_states) > MAX_HOSTS_ALL_LISTED:
            width = self.size.width
            cells = strip_cells(len(found.host_states), width, is_low=self._is_low)
            each = hosts_per_mark(len(found.host_states), cells)
            words.append(f"a mark is {each} hosts" if each > 1 else "")
        below = cut(" · ".join(filter(None, words)), max(0, self.size.width - 2))
        if str(self.border_title or "") != title:
            self.border_title = Content(title)
        if str(self.border_subtitle or "") != below:
            self.border_subtitle = Content(below)

    # Lines

    @property
    def _is_low(self) -> bool:
        return self.size.height < LOW_HOST_LIST_ROWS

    @property
    def rows_above(self) -> int:
        """What is held, how many are what, and the strip."""
        return len(self._head)

    @property
    def visible_row_count(self) -> int:
        """Rows for hosts."""
        return max(1, super().visible_row_count)

    @property
    def row_count(self) -> int:
        """The hosts that are listed."""
        return len(self._outline.names)

    @property
    def cursor_index(self) -> int:
        """The row of the host under the cursor."""
        names = self._outline.names
        return names.index(self.cursor) if self.cursor in names else 0

    @property
    def in_sight(self) -> tuple[str, ...]:
        """The hosts whose rows are seen."""
        return self._outline.names[self.top : self.top + self.visible_row_count]

    def _lay_out(self) -> None:
        """Make the lines; only those that have changed are drawn."""
        in_sight = self.in_sight
        name_width = name_cells(in_sight, self.size.width - 2)
        self._lines = [HostsLine(pieces) for pieces in self._head]
        self._lines += [
            HostsLine(
                self._pieces(host, name_width),
                is_host=True,
                is_cursor=host == self.cursor,
            )
            for host in in_sight
        ]
        if self.shown_hosts is not None and not self._outline.names:
            self._lines.append(HostsLine(((self._empty_list_text(), "muted"),)))
        self.redraw_changed()

    def _empty_list_text(self) -> str:
        if self._outline.query:
            return "  no host matches"
        find = first_key_name("hosts.find")
        return f"  none wants anybody, and none runs; {find} finds any of them"

    def _pieces(self, host: str, name_width: int) -> tuple[StyledPiece, ...]:
        assert self.shown_hosts is not None
        assert self.view is not None
        return host_line(
            host,
            self.shown_hosts.host_states[host],
            now=self.view.now,
            said=self._tails.get(host, LastOutput()),
            width=self.size.width - 2,
            name_width=name_width,
        ).pieces

    def line_at(self, y: int) -> HostsLine | None:
        """A line as it was last laid out."""
        return self._lines[y] if y < len(self._lines) else None

    def draw_line(self, line: HostsLine, width: int, *, is_focused: bool) -> Strip:
        """Draw a line; the cursor's is bright where keys go to the list."""
        is_bright = line.is_cursor and is_focused
        ground = self.style_of("cursor") if is_bright else Style.null()
        segments = []
        if line.is_host:
            left = CURSOR_GLYPH if line.is_cursor else " "
            segments.append(Segment(left, self.style_of("strong") + ground))
        segments += [
            Segment(words, self.style_of(role) + ground) for words, role in line.pieces
        ]
        used = sum(cell_len(segment.text) for segment in segments)
        segments.append(Segment(" " * max(0, width - used), self.rich_style + ground))
        return Strip(segments)

    def on_resize(self) -> None:
        """Lay out for the room that there is."""
        self.update_hosts()

    # Moving

    def move_to(self, index: int) -> None:
        """Put the cursor on a row."""
        self.cursor = self._outline.names[index]
        self._is_cursor_chosen = True
        self.show_cursor()
        self._lay_out()
        if not self.has_tails:  # known ones are read anew at each update
            self.want_tails()
        self.post_message(self.Moved())

    def rows_scrolled(self) -> None:
        """Draw the rows that have come into sight, and have their last lines read."""
        self._lay_out()
        self.want_tails()

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

    def action_filter(self) -> None:
        """Type what to find."""
        super().action_filter()
        self.update_hosts()

    def action_dismiss(self) -> None:
        """List the others again; without a search, leave the key to others."""
        if not self.is_filtered:
            raise SkipAction
        self.clear_filter()

    def clear_filter(self) -> None:
        """List the others again."""
        self._outline.query = ""
        super().clear_filter()
        self.update_hosts()

    def search(self, query: str) -> None:
        """List what matches, the cursor on the first of it."""
        self._outline.query = query
        self.top, self._is_cursor_chosen = 0, False
        self.update_hosts()
        self.post_message(self.Moved())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the pointer is; a second click opens it."""
        index = self.row_under(event)
        if index is None:
            return
        event.stop()
        self.move_to(index)
        if event.chain > 1:
            self.action_open()
