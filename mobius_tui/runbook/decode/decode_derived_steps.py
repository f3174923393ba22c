"""Decoding `for_each` and `undo`: the further steps that are made of a step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from mobius_tui.runbook.decode.decode_checks import read_step_checks
from mobius_tui.runbook.decode.decode_variables import variable_name_problem
from mobius_tui.runbook.decode.value_readers import (
    read_duration,
    read_interpreter,
    read_one_of,
    warn_of_backslash,
)
from mobius_tui.runbook.model.actions import (
    Choose,
    Manual,
    Run,
    SendMessage,
    StepAction,
    Watch,
)
from mobius_tui.runbook.model.key_table import ITEMS_BY_COMMAND
from mobius_tui.runbook.model.keys import TIMEOUT
from mobius_tui.runbook.model.runbook import ForEach, Phase, Step
from mobius_tui.runbook.model.runtime_steps import (
    MAX_ITEM_CHARACTERS,
    MAX_ROWS,
    undo_id,
)
from mobius_tui.runbook.model.targets import MAX_PARALLEL
from mobius_tui.runbook.toml.table_reader import TomlTable

_FORMS = 'a list of texts, the name of a variable, or { run = "a command" }'
_KEYS_OF_ROWS = ("item", "max_failed", "parallel")
"""Keys of a step with rows; all but `item` are of a step with `hosts`, too."""


def read_parallel(table: TomlTable) -> int:
    """How many steps or rows may run side by side; `true` for all of them."""
    if not table.has_since(2, "parallel"):
        return 0
    if isinstance(table.owner("parallel").node["parallel"], bool):
        return MAX_PARALLEL if table.flag("parallel") else 0
    return table.integer("parallel", 0, 2, MAX_PARALLEL)


def read_for_each(step: TomlTable, action: StepAction | None) -> ForEach | None:
    """The `for_each` of a step; None if it has none, and so runs once."""
    given = step.has_since(2, "for_each")
    of_rows = step.present_keys(*_KEYS_OF_ROWS)
    if not given:
        for key in () if step.has("for_each") else of_rows:
            of_hosts = key != "item"  # `parallel` and `max_failed` are of these, too
            if not (of_hosts and step.has("hosts")):
                others = " or `hosts`" if of_hosts and step.format >= 2 else ""
                step.report(f"`{key}` belongs to a step with `for_each`{others}", key)
        return None
    _report_misuse(step, action)
    value = step.value("for_each", (list, str, dict), _FORMS)
    item = step.text("item", "item")
    problem = variable_name_problem(item)
    if problem is not None:
        step.report(problem, "item" if step.has("item") else "for_each")
        item = "item"
    found = ForEach(
        items=_items(step) if isinstance(value, list) else (),
        variable=step.text("for_each") or "?" if isinstance(value, str) else None,
        command=_command(step) if isinstance(value, dict) else None,
        item=item,
        parallel=read_parallel(step),
        max_failed=step.integer("max_failed", 0, 0, MAX_ROWS),
    )
    if isinstance(action, Run) and action.tty and found.parallel:
        step.report("a terminal is given to one row at a time", "parallel")
    return found


def _items(step: TomlTable) -> tuple[str, ...]:
    """The items that a list names."""
    items = step.text_list("for_each")
    if not items and not step.node.get("for_each", True):
        step.report(
            "`for_each` names nothing: a list has at least one item", "for_each"
        )
    if len(items) > MAX_ROWS:
        words = f"{len(items)} items; a step has {MAX_ROWS} rows at most"
        step.report(f"`for_each` has {words}", "for_each")
    for index, item in enumerate(items):
        if item != item.strip() or len(item) > MAX_ITEM_CHARACTERS:
            words = (
                f"no blanks at its ends, and {MAX_ITEM_CHARACTERS} characters at most"
            )
            step.report(f"an item has {words}", "for_each", index)
    twice = [item for item, count in Counter(items).items() if count > 1]
    if twice:
        step.report(f"`{twice[0]}` is in the list twice", "for_each")
    return items


def _command(step: TomlTable) -> Run | None:
    """The command that prints the items, a line each."""
    table = step.table("for_each")
    if table is None:
        return None
    table.require("run")
    script = table.text("run", lines=True)
    if table.has("run") and not script.strip():
        table.report("`run` prints a line for each item", "run")
    if script:
        warn_of_backslash(table, "run")
    return Run(
        script=script,
        shell=read_interpreter(table),
        effect="read",
        timeout=read_duration(
            table, "timeout", ITEMS_BY_COMMAND["timeout"].usual, TIMEOUT
        ),
        max_output="1MiB",
    )


def _report_misuse(step: TomlTable, action: StepAction | None) -> None:
    """Report what a step with rows cannot have."""
    refused: Mapping[type, str] = {
        Choose: "choose",
        Watch: "watch",
        SendMessage: "message",
    }
    key = refused.get(type(action))
    if key is not None:
        step.report(f"`for_each` is for `run`, `manual` and `check`, not `{key}`", key)
    if isinstance(action, Run) and action.follow:
        words = "a step that follows never ends, so no row after it would begin"
        step.report(words, "follow")
    if isinstance(action, Manual) and action.ask:
        words = "each row would overwrite the answer of the one before"
        step.report(words, "ask")
    if step.present_keys("outputs"):
        words = "each row would overwrite the values of the one before"
        step.report(words, "outputs")


UNDO_PHASE = Phase(
    id="undo",
    title="Undo",
    why="Each of its steps undoes what another step has changed, the newest first.",
    steps=(),
    aside=True,
)
"""The phase of the steps that undo others, without these."""


def read_undo_steps(
    found: Iterable[tuple[Step, TomlTable]],
) -> Iterator[tuple[Step, TomlTable]]:
    """The steps that undo others, each with its table.

    Args:
        found: the steps of the file, with their tables.
    """
    for step, table in found:
        if not table.has("undo") or table.owner("undo").format < 2 or step.no_undo:
            continue
        if not isinstance(step.action, Run):
            table.report("`undo` belongs to a step with `run`", "undo")
            continue
        if step.action.follow or step.action.tty:
            key = "follow" if step.action.follow else "tty"
            table.report(f"a `{key}` step cannot have an `undo`", "undo")
            continue
        if step.rollout is not None:
            words = "`undo` cannot know on which hosts this ran, and how far"
            words += ": write a step of its own with these `hosts`, that takes it back "
            words += "wherever it is needed, in a phase with `aside = true`"
            table.report(f'{words}; and here `undo = "none: that step does"`', "undo")
            continue
        inner = _undo_table(table)
        if inner is not None:
            yield _undo_step(inner, step, step.action), inner


def _undo_table(step: TomlTable) -> TomlTable | None:
    """The table of a step's `undo`; a text is short for a table with `run`."""
    words = "a script in ''', a table with `run`, or \"none: the reason\""
    value = step.value("undo", (str, dict), words)
    if value is None:
        return None
    node = value if isinstance(value, dict) else {"run": value}
    return step.owner("undo").child(node, "undo")


def _undo_step(table: TomlTable, step: Step, action: Run) -> Step:
    """The step that undoes another one.

    It runs where and with what the other one does, if it says nothing else.
    """
    table.require("run")
    script = table.text("run", lines=True)
    if isinstance(table.node.get("run"), str) and not script.strip():
        table.report("`undo` is an empty script", "run")
    if script:
        warn_of_backslash(table, "run")
    effect = read_one_of(table, "effect", ("change", "destroy"), "change")
    return Step(
        id=undo_id(step.id),
        title=f"Undo: {step.title}",
        action=Run(
            script=script,
            shell=read_interpreter(table) if table.has("shell") else action.shell,
            effect=cast("Any", effect),
            is_judged=not table.has("effect"),
            timeout=read_duration(table, "timeout", None, TIMEOUT) or action.timeout,
        ),
        checks=read_step_checks(table),
        uses=(*step.uses, *table.text_list("uses")),
        env=step.env,
        secrets=step.secrets,
        for_each=ForEach(item=step.for_each.item) if step.for_each else None,
        role=step.role,
        undo_of=step.id,
        line=table.line(),
    )
