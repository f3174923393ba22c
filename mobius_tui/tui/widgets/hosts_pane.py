"""The pane of a step's hosts: a cursor to move over them, and a line to search in."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from mobius_tui.run.attempts.attempt_files import LastOutput
from mobius_tui.tui.backend.drawing_caches import cache_rows
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
from mobius_tui.tui.widgets.list_controls import (
    FilterLine,
    ListScrollbar,
    clamp_top,
    top_showing_row,
)

HOSTS_UPDATE_INTERVAL = 0.25
"""The least seconds between two updates of the rows: nobody reads faster changes."""
HOST_CURSOR = "»"
LOW_HOST_LIST_ROWS = 9
"""Rows of the pane below which only what matters most is shown."""
HOST_LIST_ROLES = (
    "plain",
    "strong",
    "muted",
    "accent",
    "good",
    "warn",
    "bad",
    "cursor",
)
LineKey = tuple[tuple[StyledPiece, ...], bool, bool, int, Style]
"""The key of a cached strip: the line's pieces, whether the cursor is on it, whether
the cursor is bright, the width in cells, and the background."""
MAX_CACHED_HOST_STRIPS = 256
"""The most strips in the cache."""


class HostRows(Widget, can_focus=True):
    """A list by lines: 1,000 hosts cost no more than the rows that are seen."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"hosts--{role}" for role in HOST_LIST_ROLES
    }

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

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        cache_rows(self)
        self.cursor = ""
        """The host under the cursor; empty where none is listed."""
        self.shown_hosts: StepHosts | None = None
        """The hosts as they are shown."""
        self._is_cursor_chosen = False
        self._top = 0
        self._outline = HostOutline()
        self._scroll_mark = ListScrollbar()
        self._tails: Mapping[str, LastOutput] = {}
        self._head: tuple[tuple[StyledPiece, ...], ...] = ()
        """The lines above the hosts' rows, made once for each update."""
        self._lines: list[tuple[tuple[StyledPiece, ...], bool]] = []
        self._strips: dict[LineKey, Strip] = {}
        self._styles_by_role: dict[str, Style] = {}
        self._ground = Style.null()
        self._updated = 0.0
        self._is_due = False

    def compose(self) -> ComposeResult:
        """The scrollbar."""
        yield self._scroll_mark

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
        self.cursor, self._is_cursor_chosen, self._top, self._tails = "", False, 0, {}
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
        width = self.content_width
        self._head = head_lines(self.shown_hosts, width, is_low=self._is_low)
        self._outline.update(
            self.shown_hosts, keep_order=self.has_focus_within, room=self._room()
        )
        names = self._outline.names
        if self.cursor not in names or not self._is_cursor_chosen:
            self.cursor = names[0] if names else ""
        self._show_frame(view, self.shown_hosts)
        self._show_cursor()
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
            width = self.content_width
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
    def content_width(self) -> int:
        """Cells of a line."""
        return self.size.width

    @property
    def rows_below(self) -> int:
        """Rows at the bottom that are no hosts'."""
        return 0

    @property
    def _is_low(self) -> bool:
        return self.size.height < LOW_HOST_LIST_ROWS

    def _room(self) -> int:
        """Rows for hosts."""
        return max(1, self.size.height - self.rows_below - len(self._head))

    @property
    def in_sight(self) -> tuple[str, ...]:
        """The hosts whose rows are seen."""
        return self._outline.names[self._top : self._top + self._room()]

    def _show_cursor(self) -> None:
        names = self._outline.names
        place = names.index(self.cursor) if self.cursor in names else 0
        room = self._room()
        self._top = top_showing_row(
            self._top, place=place, height=room, count=len(names)
        )
        self._scroll_mark.top, self._scroll_mark.count = self._top, len(names)
        self._scroll_mark.display = len(names) > room

    def _lay_out(self) -> None:
        """Make the lines; only those that have changed are drawn."""
        lines = [(pieces, False) for pieces in self._head]
        in_sight = self.in_sight
        name_width = name_cells(in_sight, self.content_width - 2)
        lines += [
            (self._line(host, name_width), host == self.cursor) for host in in_sight
        ]
        if self.shown_hosts is not None and not self._outline.names:
            lines.append((((self._empty_list_text(), "muted"),), False))
        before, self._lines = self._lines, lines
        width = self.size.width
        changed = [
            Region(0, y, width, 1)
            for y in range(max(len(before), len(lines)))
            if before[y : y + 1] != lines[y : y + 1]
        ]
        if changed:
            self.refresh(*changed)

    def _empty_list_text(self) -> str:
        if self._outline.query:
            return "  no host matches"
        find = first_key_name("hosts.find")
        return f"  none wants anybody, and none runs; {find} finds any of them"

    def _line(self, host: str, name_width: int) -> tuple[StyledPiece, ...]:
        assert self.shown_hosts is not None
        assert self.view is not None
        return host_line(
            host,
            self.shown_hosts.host_states[host],
            now=self.view.now,
            said=self._tails.get(host, LastOutput()),
            width=self.content_width - 2,
            name_width=name_width,
        ).pieces

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines; looks up once what is the same for each."""
        self._ground = self.rich_style
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line."""
        width = self.size.width
        if y >= len(self._lines):
            return Strip.blank(width, self._ground)
        pieces, is_cursor = self._lines[y]
        is_bright = is_cursor and self.has_focus_within
        look = pieces, is_cursor, is_bright, width, self._ground
        strip = self._strips.get(look)
        if strip is None:
            if len(self._strips) >= MAX_CACHED_HOST_STRIPS:
                self._strips.clear()
            is_host = y >= len(self._head)
            strip = self._strips[look] = self._draw(*look, is_host=is_host)
        return strip

    def _draw(
        self,
        pieces: tuple[StyledPiece, ...],
        is_cursor: bool,
        is_bright: bool,
        width: int,
        beyond: Style,
        *,
        is_host: bool,
    ) -> Strip:
        ground = self._style("cursor") if is_bright else Style.null()
        left = f"{HOST_CURSOR if is_cursor else ' '} " if is_host else ""
        segments = [Segment(left[:1], self._style("strong") + ground)] if left else []
        segments += [
            Segment(words, self._style(role) + ground) for words, role in pieces
        ]
        used = sum(cell_len(segment.text) for segment in segments)
        segments.append(Segment(" " * max(0, width - used), beyond + ground))
        return Strip(segments).adjust_cell_length(width, beyond)

    def _style(self, role: str) -> Style:
        if role not in self._styles_by_role:
            style = self.get_component_rich_style(f"hosts--{role}")
            self._styles_by_role[role] = style
        return self._styles_by_role[role]

    def notify_style_update(self) -> None:
        """Colours may have changed."""
        super().notify_style_update()
        self._styles_by_role, self._strips = {}, {}

    def on_resize(self) -> None:
        """Lay out for the room that there is."""
        self.update_hosts()

    def on_focus(self) -> None:
        """The cursor is bright while the list has the focus."""
        self.refresh()

    on_blur = on_focus


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
