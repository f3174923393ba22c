"""Steps that a run adds to its runbook: rows, their undo, improvised commands. Pure.

An item is hostile text. A script gets it as an environment variable, and texts as the
value of the provided name `step.ROW.item`, which is filled in and never read again.

The improvised steps of a run are in a phase of their own, off the main line. The run
never enters that phase: its steps are not proposed, do not start automatically, do not
become pending again, and do not count for the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.runbook.model.actions import Effect, Run, is_shell
from mobius_tui.runbook.model.check_kinds import Check, RunCheck
from mobius_tui.runbook.model.filled_titles import value_in_title
from mobius_tui.runbook.model.runbook import Approve, ForEach, Phase, Runbook, Step
from mobius_tui.runbook.model.script_names import names_in_script
from mobius_tui.runbook.model.templates import texts_in
from mobius_tui.runbook.text.template_text import (
    replace_name,
    template_names,
    without_templates,
)
from mobius_tui.structs import replace

MAX_ROWS = 500
"""Rows that a step has at most."""
MAX_ITEM_CHARACTERS = 1000
"""Characters of an item at most."""
_NO_TEMPLATES = frozenset({"script", "shell"})
"""Fields in which `${name}` is the shell's."""


def row_ids(step_id: str, count: int) -> tuple[str, ...]:
    """The ids of the rows of a step, in order."""
    return tuple(f"{step_id}--{number}" for number in range(1, count + 1))


def undo_id(step_id: str) -> str:
    """The id of the step that undoes a step, or a row of one."""
    return f"undo-{step_id}"


def items_of_lines(text: str) -> tuple[str, ...]:
    """The items that the lines of a text name: each once; blank lines name none.

    An item is its line as it is, with blanks at both ends: they may be a file's name.

    Raises:
        MobiusError: there are no items, or too many, or one is too long or has a NUL.
    """
    lines = (line.removesuffix("\r") for line in text.split("\n"))
    items = tuple(dict.fromkeys(line for line in lines if line.strip()))
    if not items:
        raise MobiusError("it lists nothing: no line has an item")
    if len(items) > MAX_ROWS:
        raise MobiusError(f"it lists {len(items)} items; {MAX_ROWS} are the most")
    longest = max(map(len, items))
    if longest > MAX_ITEM_CHARACTERS:
        words = f"an item of {longest} characters; {MAX_ITEM_CHARACTERS} are the most"
        raise MobiusError(f"it lists {words}")
    if any("\0" in item for item in items):
        raise MobiusError("it lists an item with a NUL, which no variable can hold")
    return items


def with_listing_steps(runbook: Runbook) -> Runbook:
    """The runbook as a run begins: each step with `for_each` is one that lists items.

    The rows, which have the action and the checks of the step, are added when the items
    are known.
    """
    if not any(step.for_each for step in runbook.steps()):
        return runbook
    phases = (
        replace(phase, steps=tuple(map(_listing, phase.steps)))
        for phase in runbook.phases
    )
    return replace(runbook, phases=tuple(phases))


def _listing(step: Step) -> Step:
    """The step that lists the items of a step with `for_each`; any other as it is."""
    each = step.for_each
    if each is None or each.row is not None:
        return step
    return replace(
        step,
        title=_title_of_all(step.title, each),
        action=each.command,
        checks=(),
        when_checks=_checks_of_rows(step, each.item, of_rows=False),
        uses=() if each.variable is None else (each.variable,),
        env={
            key: text
            for key, text in step.env.items()
            if each.command is not None and each.item not in template_names(text)
        },
        secrets={} if each.command is None else step.secrets,
        expect=None,
        retry=None,
        on_failure="stop",
        approve=None,
        for_each=replace(each, row=step),
    )


def _checks_of_rows(step: Step, item: str, *, of_rows: bool) -> tuple[Check, ...]:
    """The checks of a guard that name the item of a row, or those that do not.

    The latter have the same result for all rows: they are made once, when the items are
    listed.
    """
    return tuple(
        check for check in step.when_checks if _names_item(check, item) is of_rows
    )


def _names_item(check: Check, item: str) -> bool:
    """Whether a check names the item of a row."""
    if isinstance(check, RunCheck):
        scripts = (check.script, *check.shell)
        if any(item in names_in_script(text) for text in scripts):
            return True
    return any(item in template_names(text) for text in texts_in(check))


def _title_of_all(title: str, each: ForEach) -> str:
    """The title of a step with rows: without the item that only these have."""
    words = replace_name(title, each.item, f"each {each.item}")
    begins = title.startswith(f"${{{each.item}}}")
    return words[0].upper() + words[1:] if begins else words


def row_of(step: Step, row: str, item: str) -> Step:
    """The row of a step for one item.

    Args:
        step: the step with `for_each`. It has none if the runbook could not be read;
            the row is a copy of it then.
        row: the row's id.
        item: any text.
    """
    each = step.for_each
    like, name = (step, "item") if each is None else (each.row or step, each.item)
    value = f"${{step.{row}.item}}"
    return replace(
        like,
        id=row,
        title=_row_title(like.title, name, item),
        checks=_with_item(like.checks, name, value),
        when_checks=_with_item(_checks_of_rows(like, name, of_rows=True), name, value),
        action=_with_item(like.action, name, value),
        expect=_with_item(like.expect, name, value),
        env={**_with_item(like.env, name, value), name: value},
        for_each=None,
        gate=False,
    )


def undo_row_of(undo: Step, row: str, item: str) -> Step:
    """The step that undoes a row; it is added to the run together with the row.

    Args:
        undo: the step that undoes the rows of a step.
        row: the id of the row that it undoes.
        item: of that row.
    """
    return replace(row_of(undo, undo_id(row), item), undo_of=row)


def _row_title(title: str, name: str, item: str) -> str:
    """The title of a row, in which other names are still to be filled in."""
    shown = without_templates(value_in_title(item))
    named = replace_name(title, name, shown)
    return named if name in template_names(title) else f"{title}: {shown}"


def _with_item(part: Any, name: str, value: str) -> Any:
    """A part of the model with the provided name of an item for `${item}`."""
    if isinstance(part, str):
        return replace_name(part, name, value)
    if isinstance(part, Mapping):
        return {key: _with_item(each, name, value) for key, each in part.items()}
    if isinstance(part, tuple):
        return tuple(_with_item(each, name, value) for each in part)
    if isinstance(part, Struct):
        changed = {
            field: _with_item(getattr(part, field), name, value)
            for field in part.__struct_fields__
            if field not in _NO_TEMPLATES
        }
        return replace(part, **changed)  # type: ignore[type-var]
    return part


IMPROVISED_PHASE = "!"
"""Id and number of their phase; no runbook can have a phase of that id."""
_TITLE = "Improvised"
MAX_COMMAND = 16 * 1024
"""Characters that an improvised command has at most."""


def is_improvised(phase: Phase) -> bool:
    """Whether a phase is that of the improvised commands."""
    return phase.id == IMPROVISED_PHASE


def improvised_phase(runbook: Runbook) -> Phase | None:
    """The phase of the improvised commands; `None` where there are none yet."""
    return next(filter(is_improvised, runbook.phases), None)


def initial_command(step: Step | None) -> str:
    """The initial text of an improvised command: a step's script; empty if it has none.

    A script for another program than a shell is no command for bash.
    """
    action = step.action if step is not None else None
    if not isinstance(action, Run) or not is_shell(action.shell):
        return ""
    return action.script.strip("\n")


def improvised_step(
    runbook: Runbook,
    *,
    id: str,  # noqa: A002 - as a step has it
    script: str,
    title: str,
    effect: Effect,
    after: str | None,
    by: str,
) -> Step:
    """An improvised command as a step.

    Args:
        runbook: the run's.
        id: the step's.
        script: for bash.
        title: what the step is called.
        effect: what the script was judged to do.
        after: the id of the step that it came after: it has its environment, its
            secrets and its approval.
        by: who improvised it.
    """
    known = {step.id: step for step in runbook.steps()}
    before = known.get(after or "")
    own = before.action if before is not None else None
    carried = before if isinstance(own, Run) else None
    return Step(
        id=id,
        title=title,
        action=Run(script=script, effect=effect, is_judged=True),
        env=carried.env if carried is not None else {},
        secrets=carried.secrets if carried is not None else {},
        approve=_approval(runbook, before, effect),
        improvised_by=by,
    )


def _approval(runbook: Runbook, before: Step | None, effect: Effect) -> Approve | None:
    """The approval that an improvised command needs, so that none can be circumvented.

    A command that changes something needs that of the step before it. If there is none,
    one that destroys needs the first approval of the runbook's steps that destroy.
    """
    if before is not None and before.approve is not None and effect != "read":
        return before.approve
    destroying = (
        step.approve
        for step in runbook.steps()
        if isinstance(step.action, Run) and step.action.effect == "destroy"
    )
    return next(filter(None, destroying), None) if effect == "destroy" else None


def with_improvised(runbook: Runbook, step: Step) -> Runbook:
    """The runbook with one more improvised command, behind all else."""
    own = improvised_phase(runbook)
    steps = own.steps if own is not None else ()
    phase = Phase(id=IMPROVISED_PHASE, title=_TITLE, steps=(*steps, step), aside=True)
    others = (each for each in runbook.phases if not is_improvised(each))
    return replace(runbook, phases=(*others, phase))
