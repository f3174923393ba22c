"""Decoding `for_each` of a step: its items, and how its rows run."""

from __future__ import annotations

from collections import Counter

from mobius_tui.runbook.decode.decode_variables import variable_name_problem
from mobius_tui.runbook.decode.value_shapes import (
    read_duration,
    read_interpreter,
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
from mobius_tui.runbook.model.for_each import MAX_ITEM_CHARACTERS, MAX_ROWS
from mobius_tui.runbook.model.limits import MAX_PARALLEL
from mobius_tui.runbook.model.runbook import ForEach
from mobius_tui.runbook.toml.table_reader import TomlTable

_FORMS = 'a list of texts, the name of a variable, or { run = "a command" }'
_KEYS_OF_ROWS = ("item", "max_failed", "parallel")
"""Keys that only a step with rows may have."""


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
        timeout=read_duration(table, "timeout", "1m"),
        max_output="1MiB",
    )


def _report_misuse(step: TomlTable, action: StepAction | None) -> None:
    """Report what a step with rows cannot have."""
    refused = {Choose: "choose", Watch: "watch", SendMessage: "message"}
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
