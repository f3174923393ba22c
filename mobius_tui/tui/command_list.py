"""The list of all commands; `commands` says what is made of it."""

from __future__ import annotations

from mobius_tui.tui.command import Command
from mobius_tui.tui.command_list_checklist import CHECKLIST_COMMANDS
from mobius_tui.tui.command_list_detail import DETAIL_COMMANDS
from mobius_tui.tui.command_list_facilitator import FACILITATOR_COMMANDS
from mobius_tui.tui.command_list_output import OUTPUT_COMMANDS
from mobius_tui.tui.command_list_pages import PAGE_COMMANDS
from mobius_tui.tui.command_list_review import (
    REVIEW_COMMANDS,
    STATS_COMMANDS,
    TIMELINE_COMMANDS,
)
from mobius_tui.tui.command_list_run import RUN_COMMANDS

COMMANDS: tuple[Command, ...] = (
    *RUN_COMMANDS,
    *CHECKLIST_COMMANDS,
    *OUTPUT_COMMANDS,
    *DETAIL_COMMANDS,
    *PAGE_COMMANDS,
    *FACILITATOR_COMMANDS,
    *TIMELINE_COMMANDS,
    *REVIEW_COMMANDS,
    *STATS_COMMANDS,
    Command(
        id="help",
        needed=True,
        keys=("question_mark", "f1"),
        title="Help: every key",
        label="Help",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="leave",
        needed=True,
        keys=("q",),
        title="Leave",
        label="Leave",
        help="Leaves the screen; a run goes on unless you stop it.",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="redraw",
        act="app.redraw",
        keys=("ctrl+l",),
        title="Draw the screen anew",
        help="Where something else has written over it.",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="palette",
        by_widget=True,
        needed=True,
        keys=("ctrl+p",),
        title="Find a command by its name",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="theme",
        act="choose_theme",
        keys=(),
        title="Choose other colours",
        help="A list of themes; your choice is kept in config.toml.",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="suspend",
        act="app.suspend",
        keys=("ctrl+z",),
        title="Stop the screens as a job of the shell; fg goes on",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="focus.next",
        act="app.focus_next",
        keys=("tab",),
        title="Next pane or field",
        group="Everywhere",
        place="app",
    ),
    Command(
        id="focus.before",
        act="app.focus_previous",
        keys=("shift+tab",),
        title="Pane or field before",
        group="Everywhere",
        place="app",
    ),
)
