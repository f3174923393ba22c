"""The commands on a run and its steps; see `registry.COMMANDS`."""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from mobius_tui.tui.commands.command import Command, FlowId, PaneName


class RunCommand(StrEnum):
    """The commands on steps and the run that apply at some times and not at others."""

    TICK = "tick"
    MESSAGE = "message"
    STOP = "stop"
    APPROVE = "approve"
    HOLD = "hold"
    ROLL_BACK = "roll_back"
    TERMINAL = "terminal"
    GO_ON = "go_on"
    LOOK_FIRST = "look_first"
    RETRY = "retry"
    SKIP = "skip"
    RESTORE = "restore"
    OVERRIDE = "override"
    IMPROVISE = "improvise"
    NOTE = "note"
    ARM = "arm"
    ENTER_PHASE = "enter_phase"
    UNDO = "undo"
    CONTACTS = "contacts"
    SCRIPTS = "scripts"
    RELEASE_BATCH = "release_batch"
    SETTLE_HOST = "settle_host"
    END_RUN = "end_run"


_step = partial(Command, group="Steps", place="run")
_run = partial(Command, group="Run", place="run")
_moving = partial(Command, group="Moving", place="run")
_watch = partial(Command, group="Watch", place="run")

RUN_COMMANDS: tuple[Command, ...] = (
    _step(
        id="next_action",
        needs_key=True,
        keys=("enter",),
        title="Do the next thing",
        help="Does what the line above the footer says; asks before anything changes.",
    ),
    _step(
        id=RunCommand.TICK,
        flow=FlowId.TICK,
        keys=("space",),
        title="Tick or decide the step",
        label="Tick",
        help="Says that you have done it, or answers what it asks.",
    ),
    _step(
        id=RunCommand.MESSAGE,
        flow=FlowId.MESSAGE,
        keys=("m",),
        title="Show the step's message",
        label="Message",
        help="The text, filled in; tell it, then tick it as told.",
    ),
    _step(
        id=RunCommand.STOP,
        flow=FlowId.STOP,
        keys=("x",),
        title="Stop the step",
        label="Stop",
        help="Ends a running step and every process of its group.",
    ),
    _step(
        id=RunCommand.APPROVE,
        flow=FlowId.APPROVE,
        keys=("A",),
        title="Approve what waits for you",
        label="Approve",
        help="As a second person: shows what would run, and takes a typed phrase.",
    ),
    _watch(
        id=RunCommand.HOLD,
        intent="HoldRollback",
        needs_key=True,
        keys=("H",),
        title="Hold the rollback",
        label="Hold",
        help="Ends the countdown at once and disarms the watch; nothing begins.",
    ),
    _watch(
        id=RunCommand.ROLL_BACK,
        intent="BeginRollback",
        flow=FlowId.ROLL_BACK,
        keys=("B",),
        title="Begin the rollback",
        label="Roll back",
        help="What a trigger would begin; asks first, and it is made once in a run.",
    ),
    _step(
        id=RunCommand.TERMINAL,
        depends_on_state=True,
        keys=("T",),
        title="Go to the step's terminal",
        label="Terminal",
        help="Leaves the screens for it; Ctrl+] comes back and leaves it running.",
    ),
    _step(
        id=RunCommand.LOOK_FIRST,
        intent="LookFirst",
        flow=FlowId.LOOK_FIRST,
        depends_on_state=True,
        keys=("v",),
        title="Look first: make the step's checks",
        label="Check",
        help="Where nobody knows how far it got; nothing else of it is run.",
    ),
    _step(
        id=RunCommand.RETRY,
        intent="RetryStep",
        flow=FlowId.RETRY,
        keys=("r",),
        title="Run the step again",
        label="Retry",
        help="A new attempt; the old one and its output stay on record.",
    ),
    _step(
        id=RunCommand.RELEASE_BATCH,
        flow=FlowId.RELEASE_BATCH,
        keys=("L",),
        title="Let the held hosts begin",
        label="Let go on",
        help="Where a batch waits for a person, or for health; past that, with a "
        "reason.",
    ),
    _step(
        id=RunCommand.SETTLE_HOST,
        flow=FlowId.SETTLE_HOST,
        keys=("d",),
        title="Say what became of a host",
        label="Settle",
        help="Of one that is unknown: it ran, or it did not; with a reason.",
    ),
    _step(
        id=RunCommand.SKIP,
        intent="SkipStep",
        flow=FlowId.SKIP,
        keys=("s",),
        title="Skip the step",
        label="Skip",
        help="Passes it over, with a reason on record. A gate cannot be skipped.",
    ),
    _step(
        id=RunCommand.RESTORE,
        intent="RestoreStep",
        flow=FlowId.RESTORE,
        keys=("u",),
        title="Undo the skip",
        label="Unskip",
        help="Makes a skipped step pending again.",
    ),
    _step(
        id=RunCommand.OVERRIDE,
        intent="OverrideStep",
        flow=FlowId.OVERRIDE,
        keys=("o",),
        title="Override the step",
        label="Override",
        help="You vouch for it, with a reason on record; gates open.",
    ),
    _step(
        id=RunCommand.SCRIPTS,
        flow=FlowId.SCRIPTS,
        keys=("f2", "V"),
        title="Show all that the step runs",
        label="Script",
        help="The whole script, and the files of the runbook that it calls. A dialog "
        "in which something is typed has it by F2.",
    ),
    _step(
        id=RunCommand.IMPROVISE,
        intent="ImproviseStep",
        flow=FlowId.IMPROVISE,
        keys=("exclamation_mark",),
        title="Run a command that is in no step",
        help="Typed, or begun from the step's own; judged, confirmed, kept on record.",
    ),
    _step(
        id=RunCommand.NOTE,
        flow=FlowId.NOTE,
        keys=("n",),
        title="Add a note",
        label="Note",
        help="Puts a remark on the step on record.",
    ),
    _watch(
        id=RunCommand.ARM,
        flow=FlowId.ARM,
        keys=("a",),
        title="Arm the watch, or disarm it",
        label="Arm",
        help="Armed, a trigger that fires begins the rollback after a countdown.",
    ),
    _run(
        id=RunCommand.ENTER_PHASE,
        flow=FlowId.ENTER_PHASE,
        keys=("f",),
        title="Turn aside to another phase",
        label="Turn aside",
        help="Goes to failure recovery, or another phase off the main line.",
    ),
    _run(
        id=RunCommand.UNDO,
        flow=FlowId.UNDO,
        keys=("U",),
        title="Undo what was done",
        label="Undo",
        help="Shows what each step's `undo` would run, newest first, before it does.",
    ),
    _run(
        id=RunCommand.CONTACTS,
        flow=FlowId.CONTACTS,
        keys=("at",),
        title="Show whom to call",
        label="Contacts",
    ),
    _run(
        id=RunCommand.GO_ON,
        depends_on_state=True,
        keys=("greater_than_sign", "ctrl+enter"),
        title="Go on until somebody is needed",
        label="Go on",
        help="Begins one step after another; through changes it asks first. Any key "
        "that acts stops it.",
    ),
    _run(
        id="status",
        keys=("y",),
        title="Copy a status update",
        label="Status",
        help="To paste where people read; works in dialogs, too.",
    ),
    _run(
        id="follow_up",
        depends_on_state=True,
        keys=("P",),
        title="Begin what is due after the run",
        help="When it has ended: the runbook that looks back on it.",
    ),
    _run(
        id="changes",
        keys=("D",),
        title="Show what was edited since it began",
        help="Compares the runbook's file with the copy that this run goes by.",
    ),
    _run(
        id=RunCommand.END_RUN,
        intent="EndRun",
        flow=FlowId.END_RUN,
        keys=("E",),
        title="End the run",
        label="End",
        help="Ends it for good, whatever is not done; the record says what was.",
    ),
    _moving(
        id="follow_run",
        keys=("escape",),
        title="Back to the next step",
        help="Puts the cursor back where the run is, and keeps it there.",
    ),
    _moving(
        id="pane.checklist",
        focuses=PaneName.CHECKLIST,
        keys=("1",),
        title="Go to the checklist",
    ),
    _moving(
        id="pane.output", focuses=PaneName.OUTPUT, keys=("2",), title="Go to the output"
    ),
    _moving(
        id="pane.health", focuses=PaneName.HEALTH, keys=("3",), title="Go to health"
    ),
    _moving(
        id="pane.detail",
        focuses=PaneName.DETAIL,
        keys=("4",),
        title="Go to the step's details",
    ),
    _moving(
        id="zoom",
        keys=("z",),
        title="Zoom the pane",
        label="Zoom",
        help="Gives the whole screen to the pane that has the focus, and back.",
    ),
)
