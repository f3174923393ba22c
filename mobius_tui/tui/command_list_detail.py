"""The commands that scroll the details of a step; see `command_list`."""

from __future__ import annotations

from functools import partial

from mobius_tui.tui.command import Command

_detail = partial(Command, group="Details", place="detail")

DETAIL_COMMANDS: tuple[Command, ...] = (
    _detail(id="detail.up", act="rows(-1)", keys=("up", "k"), title="Scroll up"),
    _detail(id="detail.down", act="rows(1)", keys=("down", "j"), title="Scroll down"),
    _detail(id="detail.page_up", act="pages(-1)", keys=("pageup",), title="Page up"),
    _detail(
        id="detail.page_down", act="pages(1)", keys=("pagedown",), title="Page down"
    ),
    _detail(id="detail.first", act="first", keys=("g", "home"), title="First line"),
    _detail(id="detail.last", act="last", keys=("G", "end"), title="Last line"),
)
