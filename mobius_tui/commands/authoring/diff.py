"""`mobius-tui diff` and `amend`: what was improvised in a run, and into which file."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.errors import EXIT_OK, UsageError
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.step_events import StepImprovised
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import GATE_OPENING_STATUSES, Status
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library import runbook_files
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.own_runbooks import why_read_only
from mobius_tui.runbook.library.runbook_rewriting import AddedStep, with_added_steps
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.runbook_diff import RunbookChange, diff_runbooks
from mobius_tui.runbook.toml.runbook_source import read_bytes, write_source
from mobius_tui.sanitize import line


class ImprovisedCommand(Struct, frozen=True, kw_only=True):
    """A command that was in no step."""

    number: str
    """`!1`."""
    step: Step
    """The step that it was in the run."""
    status: Status
    """What came of it."""
    after: str | None
    """The id of the step of the runbook that it came after; `None` if after none."""

    @property
    def is_proposed(self) -> bool:
        """Whether to propose it for the runbook: it passed, and came after a step."""
        return self.after is not None and self.status in GATE_OPENING_STATUSES


def improvised_commands(plan: Plan, state: RunState) -> tuple[ImprovisedCommand, ...]:
    """The improvised commands of a run, in order.

    Args:
        plan: the run's.
        state: the run's.
    """
    events = [each for each in state.step_additions if isinstance(each, StepImprovised)]
    before = {event.step: event.after for event in events}
    own = {step.id for step in plan.first_runbook.steps()}

    def place(step_id: str | None) -> str | None:
        """The step of the runbook that a step is, or comes after."""
        while step_id is not None and step_id not in own:
            step_id = plan.parent_of.get(step_id) or before.get(step_id)
        return step_id

    return tuple(
        ImprovisedCommand(
            number=plan.numbers[event.step],
            step=plan.steps[event.step],
            status=state.steps[event.step].status,
            after=place(event.after),
        )
        for event in events
    )


def do(options: argparse.Namespace) -> int:
    """`diff`: print changes and improvised commands; `amend`: write the latter."""
    follower = Follower(run_by_name(runs_root(), options.run))
    if options.command == "amend":
        return _amend(options, follower)
    return _diff(options, follower)


def _diff(options: argparse.Namespace, follower: Follower) -> int:
    """Print the changes part by part, and the commands that could be added."""
    began, directory = follower.began, follower.directory
    path = (
        _source(began)
        if options.runbook is None
        else runbook_files.find_runbook(options.runbook)
    )
    now = load(path)
    found = diff_runbooks(follower.plan.first_runbook, now)
    for change in found:
        for row in _change_lines(change):
            print_data(line(row))
    if not found:
        narrate(f"{path} says what it said in {directory.id}")
    commands = improvised_commands(follower.plan, follower.state)
    for command in commands:
        for row in _improvised_lines(command, follower, _same_step(command, now)):
            print_data(line(row))
    if any(each.is_proposed and not _same_step(each, now) for each in commands):
        narrate(f"`mobius-tui amend {directory.id}` writes it into the runbook")
    return EXIT_OK


def _source(began: RunBegan) -> Path:
    """The file that a run's runbook came from, or that of the same id.

    The latter is in the library, where own runbooks replace bundled ones.

    Raises:
        UsageError: neither is there.
    """
    path = Path(began.path)
    if began.path and path.is_file():
        return path
    try:
        return runbook_files.find_runbook(began.runbook)
    except UsageError:
        raise UsageError(
            f"{began.path or began.runbook} is not there any more; name the runbook: "
            f"`mobius-tui diff {began.run} FILE.toml`"
        ) from None


def _change_lines(change: RunbookChange) -> Iterator[str]:
    title = f" {change.title!r}" if change.title else ""
    words = f" {change.words}" if change.words else ""
    yield f"{change.kind} {change.part} {change.name}{title}{words}"
    for row in change.lines:
        yield f"    {row}"


def _improvised_lines(
    command: ImprovisedCommand, follower: Follower, same: str
) -> Iterator[str]:
    after, by = command.after, command.step.improvised_by
    place = f"after {follower.plan.name(after)}" if after else "after no step"
    there = f"; {_has_it(same)}" if same else ""
    yield f"improvised {command.number} by {by}, {place}: {command.status}{there}"
    for row in _script(command.step).split("\n"):
        yield f"    {' ' if same else '+'} {row}"


def _same_step(command: ImprovisedCommand, now: Runbook) -> str:
    """The id of the runbook's step with the same script; empty if there is none."""
    script = _script(command.step)
    return next((step.id for step in now.steps() if _script(step) == script), "")


def _script(step: Step) -> str:
    """The script of a step, without line ends around it; empty if it has none."""
    return step.action.script.strip("\n") if isinstance(step.action, Run) else ""


def _has_it(step_id: str) -> str:
    return f"the runbook has it as `{step_id}`"


def _amend(options: argparse.Namespace, follower: Follower) -> int:
    """Write improvised commands into the runbook, or print what would be written."""
    commands = improvised_commands(follower.plan, follower.state)
    path = _source(follower.began)
    now = load(path)
    additions = tuple(
        AddedStep(step=each.step, after=each.after)
        for each in _chosen(commands, options.step, follower.directory.id, now)
        if each.after is not None
    )
    data = with_added_steps(path, follower.plan.first_runbook, additions)
    if options.output is not None:
        write_source(Path(options.output), data, replace=False)
        print_data(line(f"{options.output} is written"))
    elif options.write:
        if reason := why_read_only(path):
            raise UsageError(f"amend: {path} stays as it is. {reason}")
        write_source(path, data, replace=True)
        print_data(
            line(f"{path} has {_steps_more(len(additions))}; look what to call it")
        )
    else:
        print_data(_difference(path, data))
        narrate("nothing is written: --write does that, or -o FILE")
    return EXIT_OK


def _steps_more(count: int) -> str:
    return "1 step more" if count == 1 else f"{count} steps more"


def _chosen(
    commands: Sequence[ImprovisedCommand],
    numbers: Sequence[str] | None,
    run: str,
    now: Runbook,
) -> Sequence[ImprovisedCommand]:
    """The commands to write: those that were named, or all that are proposed.

    A command that the runbook has in the meantime is not proposed.

    Raises:
        UsageError: there is none, or a number is of none.
    """
    if not commands:
        raise UsageError(f"amend: nothing was improvised in {run}")
    if not numbers:
        found = []
        for each in commands:
            same = _same_step(each, now)
            if each.is_proposed and not same:
                found.append(each)
                continue
            why = each.status if each.after else "after no step"
            why = _has_it(same) if same else why
            narrate(f"{each.number} is left out ({why}); --step names it")
        if not found:
            words = f"nothing that was improvised in {run} is left to write"
            raise UsageError(f"amend: {words}")
        return found
    known = {each.number.removeprefix("!"): each for each in commands}
    for number in numbers:
        named = known.get(number.removeprefix("!"))
        if named is None:
            there = ", ".join(known)
            raise UsageError(f"amend: --step {number}: there are {there}")
        if named.after is None:
            words = "it came after no step; write it where it belongs by hand"
            raise UsageError(f"amend: --step {number}: {words}")
    wanted = {number.removeprefix("!") for number in numbers}
    return [each for number, each in known.items() if number in wanted]


def _difference(path: Path, data: bytes) -> str:
    """What would be written, as a unified diff."""
    before, after = (
        text.decode("utf-8-sig").splitlines() for text in (read_bytes(path), data)
    )
    rows = difflib.unified_diff(before, after, str(path), "amended", lineterm="")
    return "\n".join(map(line, rows))
