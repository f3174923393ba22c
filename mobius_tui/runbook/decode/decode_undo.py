"""`undo`: the steps that undo others, in a phase of their own off the main line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from mobius_tui.runbook.decode.decode_checks import read_step_checks
from mobius_tui.runbook.decode.value_shapes import (
    read_duration,
    read_interpreter,
    read_one_of,
    warn_of_backslash,
)
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.for_each import undo_id
from mobius_tui.runbook.model.runbook import ForEach, Phase, Step
from mobius_tui.runbook.toml.table_reader import TomlTable

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
            timeout=read_duration(table, "timeout", None) or action.timeout,
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
