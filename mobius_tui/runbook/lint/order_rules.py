"""Variables that a step reads before anything can have given them a value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.decode.assemble import RunbookDraft, variables_declared
from mobius_tui.runbook.lint.rule_table import NO_VALUE_YET
from mobius_tui.runbook.lint.text_rules import ScriptSource, script_sources
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.model.templates import script_variables

_Place = tuple[str, int]
"""A line of steps, and how far on it: the main line, or an aside phase's own."""


def warn_unset_variables(draft: RunbookDraft) -> None:
    """Warn of each name in a script or in `when` that can have no value there."""
    order = _AssignmentOrder(draft.runbook)
    for piece in script_sources(draft):
        for name in script_variables(piece.step, draft.runbook.variables):
            why = order.why_empty(name, piece.step)
            offset = _mention(piece, name)
            if why and offset is not None:
                piece.spelt().doubt(NO_VALUE_YET.code, why, offset)
    for step in draft.runbook.steps():
        for name in step.when:
            why = order.why_empty(name, step)
            if why:
                draft.at("step", step.id).doubt(NO_VALUE_YET.code, why, "when", name)


def _mention(piece: ScriptSource, name: str) -> int | None:
    match = re.search(rf"\$\{{?[#!]?{name}\b", piece.script, re.ASCII)
    return None if match is None else match.start()


class _AssignmentOrder:
    """Which steps give which variables, and where these stand."""

    def __init__(self, runbook: Runbook) -> None:
        self._begun = set(_first(runbook))
        self._givers: dict[str, list[str]] = {}
        for step in runbook.steps():
            for variable in variables_declared(step):
                self._givers.setdefault(variable.name, []).append(step.id)
        self._places: dict[str, _Place] = {}
        main = 0
        for phase in runbook.phases:
            for index, step in enumerate(phase.steps):
                main += not phase.aside
                self._places[step.id] = _place(phase, index, main)

    def why_empty(self, name: str, step: Step) -> str:
        """Why a variable can have no value when a step begins; empty where it can."""
        if name in self._begun:
            return ""
        givers = self._givers.get(name, [])
        if not givers:
            ways = "no `default`, no `ask`, no profile, and no step"
            return f"nothing gives `{name}` a value: {ways}"
        line, at = self._places[step.id]
        for giver in givers:
            other, place = self._places[giver]
            if other != line or place < at or giver == step.id:
                return ""
        return f"`{name}` has no value yet: `{givers[0]}`, which gives it, comes later"


def _place(phase: Phase, index: int, main: int) -> _Place:
    return (f"aside {phase.id}", index) if phase.aside else ("", main)


def _first(runbook: Runbook) -> Iterator[str]:
    """The variables that can have a value when the run begins."""
    for profile in runbook.profiles.values():
        yield from profile.values
    for name, variable in runbook.variables.items():
        if variable.ask or variable.default is not None or variable.from_env:
            yield name
        if variable.run:
            yield name
            yield from (
                each for each in runbook.variables if each.startswith(f"{name}_")
            )
