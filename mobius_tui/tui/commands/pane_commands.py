"""The commands of the checklist, details, output and hosts; see `registry`."""

from __future__ import annotations

from functools import partial

from mobius_tui.tui.commands.command import Command, OutputNeed

_moving = partial(Command, group="Moving", place="checklist")
_run = partial(Command, group="Run", place="checklist")

CHECKLIST_COMMANDS: tuple[Command, ...] = (
    _moving(
        id="checklist.up",
        act="cursor(-1)",
        needs_key=True,
        keys=("up", "k"),
        title="Up",
    ),
    _moving(
        id="checklist.down",
        act="cursor(1)",
        needs_key=True,
        keys=("down", "j"),
        title="Down",
    ),
    _moving(
        id="checklist.phase_before",
        act="phase(-1)",
        keys=("left", "h"),
        title="Phase before",
    ),
    _moving(
        id="checklist.phase_after",
        act="phase(1)",
        keys=("right", "l"),
        title="Phase after",
    ),
    _moving(
        id="checklist.fold",
        act="fold",
        keys=("minus",),
        title="Fold the phase, or unfold it",
        help="Hides a phase's steps, or shows them; a click on its sign does it, too.",
    ),
    _moving(
        id="checklist.fold_done",
        act="fold_done",
        keys=("underscore",),
        title="Fold the phases that are done, or unfold all",
    ),
    _run(
        id="checklist.edit",
        act="edit",
        keys=("e",),
        title="Edit the step in the runbook's file",
        help="Opens its source in $VISUAL, $EDITOR or vi, for the next run.",
    ),
    _moving(
        id="checklist.filter",
        act="filter",
        keys=("slash",),
        title="Find steps",
        label="Find",
        help="Lists the steps whose title, id or state matches; Esc lists all again.",
    ),
    _moving(
        id="checklist.left_out",
        act="left_out",
        keys=("asterisk",),
        title="Show or hide steps that do not apply",
        label="All steps",
        help="Hidden, one row of a phase stands for them.",
    ),
    _moving(id="checklist.page_up", act="page(-1)", keys=("pageup",), title="Page up"),
    _moving(
        id="checklist.page_down", act="page(1)", keys=("pagedown",), title="Page down"
    ),
    _moving(id="checklist.first", act="first", keys=("g", "home"), title="First step"),
    _moving(id="checklist.last", act="last", keys=("G", "end"), title="Last step"),
)


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


_in_pane = partial(Command, group="Output", place="output")
_anywhere = partial(Command, group="Output", place="run")

OUTPUT_COMMANDS: tuple[Command, ...] = (
    _in_pane(id="output.up", act="rows(-1)", keys=("up", "k"), title="Scroll up"),
    _in_pane(id="output.down", act="rows(1)", keys=("down", "j"), title="Scroll down"),
    _in_pane(id="output.page_up", act="pages(-1)", keys=("pageup",), title="Page up"),
    _in_pane(
        id="output.page_down", act="pages(1)", keys=("pagedown",), title="Page down"
    ),
    _in_pane(id="output.first", act="top", keys=("g", "home"), title="First line"),
    _in_pane(
        id="output.last", act="follow", keys=("G", "end"), title="Last line, and follow"
    ),
    _in_pane(
        id="output.left", act="shift(-8)", keys=("left",), title="Left in a long line"
    ),
    _in_pane(
        id="output.right", act="shift(8)", keys=("right",), title="Right in a long line"
    ),
    _anywhere(
        id="output.wrap", act="wrap", keys=("w",), title="Wrap long lines, or not"
    ),
    _anywhere(
        id="output.times", act="times", keys=("t",), title="Show when each line came"
    ),
    _in_pane(
        id="output.stop",
        act="stop",
        needs=OutputNeed.LIVE_OUTPUT,
        keys=("x",),
        title="Stop the live output that is shown",
        label="Stop it",
        help="Ends what runs beside the run; elsewhere x stops the step at the cursor.",
    ),
    _in_pane(
        id="output.next_tab",
        act="tab(1)",
        needs=OutputNeed.SEVERAL_TABS,
        keys=("right_square_bracket",),
        title="Next attempt, or live output",
        label="Attempts",
    ),
    _in_pane(
        id="output.previous_tab",
        act="tab(-1)",
        needs=OutputNeed.SEVERAL_TABS,
        keys=("left_square_bracket",),
        title="Attempt before, or live output",
    ),
    _in_pane(
        id="output.find",
        act="find",
        keys=("slash",),
        title="Find in the output",
        label="Find",
        help="Marks what is typed; ↑ ↓ go from hit to hit, Enter keeps them, Esc ends.",
    ),
    _in_pane(
        id="output.next_hit",
        act="hit(1)",
        keys=("n",),
        title="Next hit of what is looked for",
        help="While something is looked for in the output; else n adds a note.",
    ),
    _in_pane(
        id="output.hit_before",
        act="hit(-1)",
        keys=("N",),
        title="Hit before, of what is looked for",
    ),
    _in_pane(
        id="output.copy",
        act="copy",
        keys=("c",),
        title="Copy the selection, or a line",
        label="Copy",
        help="What the mouse selected; else the hit's line, the newest, or the "
        "first in sight. What was copied is marked. Ctrl+C copies a selection, too.",
    ),
    _in_pane(
        id="output.copy_all",
        act="copy_all",
        keys=("C",),
        title="Copy the whole output",
        label="All",
    ),
    _in_pane(
        id="output.pager",
        act="open('pager')",
        keys=("o",),
        title="Open the output in a pager",
        label="Pager",
        help="Shows a copy without control characters in $PAGER, or in less.",
    ),
    _in_pane(
        id="output.editor",
        act="open('editor')",
        keys=("e",),
        title="Open the output in an editor",
        label="Editor",
        help="Opens a copy without control characters in $VISUAL, $EDITOR or vi.",
    ),
    _in_pane(
        id="output.save",
        act="open('save')",
        keys=("S",),
        title="Save the output in a file",
        label="Save",
        help="Asks for a name, and never writes over a file.",
    ),
    _in_pane(
        id="output.dismiss",
        act="dismiss",
        keys=("escape",),
        title="End finding, then clear the selection",
    ),
)


_hosts = partial(Command, group="Hosts", place="hosts")

HOSTS_COMMANDS: tuple[Command, ...] = (
    _hosts(id="hosts.up", act="cursor(-1)", keys=("up", "k"), title="Host above"),
    _hosts(id="hosts.down", act="cursor(1)", keys=("down", "j"), title="Host below"),
    _hosts(id="hosts.page_up", act="page(-1)", keys=("pageup",), title="Page up"),
    _hosts(id="hosts.page_down", act="page(1)", keys=("pagedown",), title="Page down"),
    _hosts(id="hosts.first", act="first", keys=("g", "home"), title="First host"),
    _hosts(id="hosts.last", act="last", keys=("G", "end"), title="Last host"),
    _hosts(
        id="hosts.open",
        act="open",
        keys=("enter",),
        title="Show the host's output",
        help="In place of the hosts; Esc comes back to them.",
    ),
    _hosts(
        id="hosts.find",
        act="filter",
        keys=("slash",),
        title="Find hosts",
        label="Find",
        help="By name or state; Enter keeps what was found, Esc lists all again.",
    ),
    _hosts(
        id="hosts.all",
        act="all_outputs",
        keys=("a",),
        title="Show what all hosts said",
        label="All",
        help="Line by line as they came, each with its host; it follows what comes.",
    ),
    _hosts(
        id="hosts.same",
        act="same_outputs",
        keys=("equals_sign",),
        title="Show what hosts said, the same once",
        label="Same once",
        help="Each output once, over the names of all hosts that said it.",
    ),
    _hosts(
        id="hosts.batch",
        act="batch_output",
        needs=OutputNeed.PLAYBOOK,
        keys=("b",),
        title="Show what Ansible printed for the host's batch",
        label="Batch",
        help="Its warnings and errors, which are of no host; Esc comes back.",
    ),
    _hosts(
        id="hosts.dismiss",
        act="dismiss",
        keys=("escape",),
        title="List the others again",
    ),
)
