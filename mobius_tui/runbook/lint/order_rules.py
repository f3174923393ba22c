"""Variables that a step reads before anything can have given them a value."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.runbook.decode.assemble import RunbookDraft, variables_declared
from mobius_tui.runbook.lint.rule_table import NO_VALUE_YET
from mobius_tui.runbook.lint.text_rules import ScriptSource, script_sources
from mobius_tui.runbook.model.guard_comparison import operand_names
from mobius_tui.runbook.model.guards import guard_leaves
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.script_names import name_offsets
from mobius_tui.runbook.model.templates import script_variables

_Place = tuple[str, int]
"""A sequence of steps (the main line, or an aside phase), and the index in it."""


def warn_unset_variables(draft: RunbookDraft) -> None:
    """Warn of each name in a script or in `when` that can have no value there."""
    order = _AssignmentOrder(draft.runbook)
    for source in script_sources(draft):
        for name in script_variables(source.step, draft.runbook.variables):
            why = order.why_unset(name, source.step)
            offset = _first_use(source, name)
            if why and offset is not None:
                source.positions().warn(NO_VALUE_YET.code, why, offset)
    for step in draft.runbook.steps():
        for path, name, texts in guard_leaves(step.when):
            others = (other for text in texts for other in operand_names(text))
            reasons = (order.why_unset(each, step) for each in (name, *others))
            for why in filter(None, reasons):
                table = draft.table_of("step", step.id)
                table.warn(NO_VALUE_YET.code, why, "when", *path)


def _first_use(source: ScriptSource, name: str) -> int | None:
    uses = name_offsets(source.script)
    return next((offset for each, offset in uses if each == name), None)


class _AssignmentOrder:
    """Which steps set which variables, and the order of the steps."""

    def __init__(self, runbook: Runbook) -> None:
        self._set_at_start = set(_set_at_start_of(runbook))
        self._setters: dict[str, list[str]] = {}
        for step in runbook.steps():
            for variable in variables_declared(step):
                self._setters.setdefault(variable.name, []).append(step.id)
        self._places: dict[str, _Place] = {}
        main = 0
        for phase in runbook.phases:
            for index, step in enumerate(phase.steps):
                main += not phase.aside
                self._places[step.id] = _place(phase, index, main)

    def why_unset(self, name: str, step: Step) -> str | None:
        """Why a variable has no value when a step begins; None if it can have one."""
        if name in self._set_at_start:
            return None
        setters = self._setters.get(name, [])
        if not setters:
            ways = "no `default`, no `ask`, no profile, and no step"
            return f"nothing gives `{name}` a value: {ways}"
        line, at = self._places[step.id]
        for setter in setters:
            other, place = self._places[setter]
            if other != line or place < at or setter == step.id:
                return None
        return f"`{name}` has no value yet: `{setters[0]}`, which gives it, comes later"


def _place(phase: Phase, index: int, main: int) -> _Place:
    return (f"aside {phase.id}", index) if phase.aside else ("", main)


def _set_at_start_of(runbook: Runbook) -> Iterator[str]:
    """The variables that can have a value when the run begins."""
    for profile in runbook.profiles.values():
        yield from profile.values
    for name, variable in runbook.variables.items():
        if variable.is_given_from_outside:
            yield name
        if variable.run:
            yield name
            yield from (
                each for each in runbook.variables if each.startswith(f"{name}_")
            )
