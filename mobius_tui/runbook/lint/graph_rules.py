"""Rules about the graphs of steps (`needs`) and phases (`next`, `on_failure`, …)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.model.actions import Choose
from mobius_tui.runbook.model.runbook import Phase, Step
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.table_reader import TomlTable

_Graph = dict[str, set[str]]


def lint_graph(draft: RunbookDraft) -> None:
    """Report steps and phases that do not exist, circles, and phases out of reach.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    _lint_needs(draft)
    own = draft.runbook.undo_phase
    phases = {phase.id: phase for phase in draft.runbook.phases if phase is not own}
    reached = {own.id} if own is not None else set()
    for target, table, path in _edges_to_phases(draft):
        reached.add(target)
        if target not in phases:
            words = f"no phase `{target}`{did_you_mean(target, phases)}"
            table.report(words, *path)
    _lint_failure_phases(draft, phases)
    _warn_asides(draft, phases, reached)


def _lint_needs(draft: RunbookDraft) -> None:
    known = {step.id for step in draft.runbook.steps() if not step.undo_of}
    graph: _Graph = {}
    for step in draft.runbook.steps():
        for index, need in enumerate(step.needs):
            if need in known:
                graph.setdefault(step.id, set()).add(need)
                continue
            words = f"no step `{need}`{did_you_mean(need, known)}"
            draft.table_of("step", step.id).report(words, "needs", index)
    for circle in _cycles(graph):
        words = f"`needs` goes round in a circle: {' → '.join(circle)}"
        draft.table_of("step", circle[0]).report(words, "needs")


def _cycles(graph: _Graph) -> Iterator[list[str]]:
    """Each cycle of a graph once, as a path that ends at its start."""
    while True:
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            yield circle
            graph[circle[0]].discard(circle[1])
        else:
            return


def _edges_to_phases(
    draft: RunbookDraft,
) -> Iterator[tuple[str, TomlTable, tuple[str | int, ...]]]:
    """Each phase that is named as a target, with the table and key that name it."""
    for phase in draft.runbook.phases:
        entry = draft.entries.get(phase.id, draft.root)
        place = draft.table_of("phase", phase.id)
        if phase.next is not None:
            yield phase.next, entry if entry.has("next") else place, ("next",)
        for step in phase.steps:
            table = draft.table_of("step", step.id)
            if _failure_phase(step) is not None:
                yield step.on_failure, table, ("on_failure",)
            if isinstance(step.action, Choose):
                for index, option in enumerate(step.action.options):
                    if option.go is not None:
                        yield option.go, table, ("choose", "option", index, "go")
    health = draft.runbook.health
    root = draft.root.table("health")
    if health is not None and health.trigger.then is not None and root is not None:
        yield health.trigger.then, root, ("trigger", "then")


def _failure_phase(step: Step) -> str | None:
    return None if step.on_failure in ("stop", "continue") else step.on_failure


def _lint_failure_phases(draft: RunbookDraft, phases: Mapping[str, Phase]) -> None:
    """A phase for failures must not lead to itself by its own failures."""
    graph: _Graph = {}
    culprits: dict[tuple[str, str], str] = {}
    for phase in draft.runbook.phases:
        for step in phase.steps:
            target = _failure_phase(step)
            if target in phases and target is not None:
                graph.setdefault(phase.id, set()).add(target)
                culprits.setdefault((phase.id, target), step.id)
    for circle in _cycles(graph):
        words = f"`on_failure` goes round in a circle: {' → '.join(circle)}"
        step_id = culprits[circle[0], circle[1]]
        draft.table_of("step", step_id).report(words, "on_failure")


def _warn_asides(
    draft: RunbookDraft, phases: Mapping[str, Phase], reached: set[str]
) -> None:
    for phase in draft.runbook.phases:
        entry = draft.entries.get(phase.id, draft.root)
        place = entry if entry.has("instead_of") else draft.table_of("phase", phase.id)
        for index, other in enumerate(phase.instead_of):
            if other not in phases:
                words = f"no phase `{other}`{did_you_mean(other, phases)}"
                place.report(words, "instead_of", index)
        if phase.aside and phase.id not in reached:
            words = f"nothing leads to `{phase.id}`: only a person can enter it"
            entry.warn("unreached-phase", words)
        if not phase.aside and (phase.next is not None or phase.instead_of):
            key = "next" if phase.next is not None else "instead_of"
            words = f"`{key}` means nothing on the main line: `aside = true` is missing"
            culprit = entry if entry.has(key) else draft.table_of("phase", phase.id)
            culprit.warn("main-line-key", words, key)
