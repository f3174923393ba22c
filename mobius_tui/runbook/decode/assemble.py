"""A draft of a runbook, assembled from its own tables and those of included files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar

from msgspec import Struct

from mobius_tui.runbook.decode import decode_head, decode_steps, decode_variables
from mobius_tui.runbook.decode.decode_derived_steps import UNDO_PHASE, read_undo_steps
from mobius_tui.runbook.decode.decode_files import RunbookFiles
from mobius_tui.runbook.decode.decode_health import read_health
from mobius_tui.runbook.decode.decode_targets import read_limits, read_targets
from mobius_tui.runbook.decode.include import IncludedFiles, IncludedPhase
from mobius_tui.runbook.decode.value_readers import read_fields
from mobius_tui.runbook.effects.command_effects import bundled_commands, heaviest_effect
from mobius_tui.runbook.model.actions import Choose, Manual, Run
from mobius_tui.runbook.model.guards import with_literal_choices
from mobius_tui.runbook.model.runbook import Phase, Runbook, SourceFile, Step, Variable
from mobius_tui.runbook.text.names import RUN_FACTS
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.structs import replace

PartKind = Literal[
    "phase", "step", "var", "profile", "message", "channel", "probe", "target"
]


class RunbookDraft(Struct, frozen=True, kw_only=True):
    """A decoded runbook with the tables of its parts, for lint."""

    runbook: Runbook
    root: TomlTable
    """The root table of the main file."""
    tables: Mapping[tuple[PartKind, str], TomlTable]
    """The table of each part by its id or name."""
    phase_entries: Mapping[str, TomlTable]
    """The `[[phase]]` table of the main file by the phase's id; for an included phase
    that is the one with `include`."""

    def table_of(self, part: PartKind, name: str) -> TomlTable:
        """The table of a part; the root of the main file if it has none."""
        return self.tables.get((part, name), self.root)


_Value = TypeVar("_Value")
_Found = Mapping[str, tuple[_Value, TomlTable]]
_Places = dict[tuple[PartKind, str], TomlTable]

MAX_JUDGED_CHARACTERS = 256 * 1024
"""Characters of scripts without an `effect` that are judged; later ones are not."""
_OVERRIDES = ("title", "why", "aside", "instead_of", "next", "attended")
"""Keys with which a `[[phase]]` with `include` may override the included phase."""


def assemble(
    root: TomlTable,
    path: Path,
    source: SourceFile,
    includes: IncludedFiles,
    files: RunbookFiles,
) -> RunbookDraft:
    """The draft of a runbook, from the root table of its file.

    Raises:
        TooManyProblemsError: there are too many problems.
    """
    tables: _Places = {}
    head_fields = decode_head.read_head(root)
    variables = _values_with_tables(
        decode_variables.read_variables(root), "var", tables
    )
    messages = _values_with_tables(decode_head.read_messages(root), "message", tables)
    channels = _values_with_tables(decode_head.read_channels(root), "channel", tables)
    profiles = _values_with_tables(
        decode_variables.read_profiles(root), "profile", tables
    )
    targets = _values_with_tables(read_targets(root), "target", tables)
    contacts = decode_head.read_contacts(root, includes)
    commands = decode_head.read_command_lines(root)
    health, probes = read_health(root, includes)
    tables.update({("probe", name): table for name, table in probes.items()})
    phases, entries = _phases(root, includes, tables)
    files.add(root)
    for other in includes.roots():
        other.present_keys("runbook", "health", "phase")  # theirs, and left alone
        files.add(other)
        _merge(variables, decode_variables.read_variables(other), "var", tables)
        _merge(messages, decode_head.read_messages(other), "message", tables)
        _merge(channels, decode_head.read_channels(other), "channel", tables)
        _merge(profiles, decode_variables.read_profiles(other), "profile", tables)
        _merge(targets, read_targets(other), "target", tables)
        commands = {**decode_head.read_command_lines(other), **commands}
        contacts = decode_head.merge_contacts(
            contacts, decode_head.read_contacts(other)
        )
    for name in [name for name, each in variables.items() if each.run]:
        for fact in RUN_FACTS:
            variables.setdefault(f"{name}_{fact}", Variable(name=f"{name}_{fact}"))
    for step in (step for phase in phases for step in phase.steps):
        for variable in variables_declared(step):
            variables.setdefault(variable.name, variable)
    runbook = Runbook(
        **head_fields,
        phases=phases,
        variables=MappingProxyType(variables),
        profiles=MappingProxyType(profiles),
        contacts=contacts,
        targets=MappingProxyType(targets),
        limits=read_limits(root),
        commands=MappingProxyType(commands),
        health=health,
        messages=MappingProxyType(messages),
        channels=MappingProxyType(channels),
        path=path,
        sources=(source, *includes.sources, *files.found()),
        files=files.found(),
    )
    return RunbookDraft(
        runbook=_completed(runbook), root=root, tables=tables, phase_entries=entries
    )


def _completed(runbook: Runbook) -> Runbook:
    """A runbook whose guards and effects are what all of it makes of them."""
    runbook = replace(runbook, phases=_with_literal_guards(runbook))
    if any(_is_judged(step) for step in runbook.steps()):
        runbook = replace(runbook, phases=_with_judged_effects(runbook))
    return runbook


def _is_judged(step: Step) -> bool:
    return isinstance(step.action, Run) and step.action.is_judged


def _with_judged_effects(runbook: Runbook) -> tuple[Phase, ...]:
    """The phases with the effects of scripts whose steps state none.

    The runbook's own `[commands]` count, and those of config.toml do not: it is the
    same for all who run it.
    """
    # Importing it takes 10 ms, which files that state every effect do not wait for.
    from mobius_tui.runbook.effects.effect_judge import judge_script

    commands = bundled_commands().extended(runbook.commands).with_files(runbook.files)
    remaining = MAX_JUDGED_CHARACTERS

    def judged(step: Step) -> Step:
        nonlocal remaining
        action = step.action
        if not isinstance(action, Run) or not action.is_judged:
            return step
        remaining -= len(action.script)
        if remaining < 0:
            return step
        found = judge_script(action.script, shell=action.shell, table=commands)
        effects = [each.effect for each in found.effects]
        if action.follow or action.tty:
            # Usually these read, so a command that is not known is no change.
            effects = [each.effect for each in found.effects if each.known]
        effect = heaviest_effect("read", *effects)
        return replace(step, action=replace(action, effect=effect))

    return tuple(
        replace(phase, steps=tuple(map(judged, phase.steps)))
        for phase in runbook.phases
    )


def _with_literal_guards(runbook: Runbook) -> tuple[Phase, ...]:
    """The phases, with guards that compare possible values of variables literally."""
    possible = cache(lambda name: frozenset(runbook.possible_values(name)))

    def read(step: Step) -> Step:
        if not step.when:
            return step
        when = with_literal_choices(step.when, possible)
        return replace(step, when=when)

    return tuple(
        replace(phase, steps=tuple(map(read, phase.steps))) for phase in runbook.phases
    )


def variables_declared(step: Step) -> tuple[Variable, ...]:
    """The variables that a step declares by its outputs, answers or decision."""
    found = [Variable(name=name) for name in step.outputs]
    match step.action:
        case Manual(ask=asks):
            found += [Variable(name=ask.var, title=ask.title) for ask in asks]
        case Choose(var=name, options=options, multi=multi):
            values = () if multi else tuple(option.value for option in options)
            found.append(Variable(name=name, title=step.title, choices=values))
        case _:
            pass
    return tuple(variable for variable in found if variable.name)


def _values_with_tables(
    found: _Found[_Value], part: PartKind, tables: _Places
) -> dict[str, _Value]:
    """The values alone; their tables are added to `tables`."""
    values: dict[str, _Value] = {}
    _merge(values, found, part, tables)
    return values


def _merge(
    values: dict[str, _Value], found: _Found[_Value], part: PartKind, tables: _Places
) -> None:
    """Add values and tables that are missing: those of the main file come first."""
    for name, (value, table) in found.items():
        if name not in values:
            values[name] = value
            tables[part, name] = table


def _phases(
    root: TomlTable, includes: IncludedFiles, tables: _Places
) -> tuple[tuple[Phase, ...], dict[str, TomlTable]]:
    """All phases in order, and the main file's table of each."""
    steps = decode_steps.StepTables()
    sources: list[tuple[TomlTable, IncludedPhase | None]] = []
    for entry in root.tables("phase"):
        included = None
        if entry.has("include"):
            entry.present_keys(*_OVERRIDES)
            included = includes.phase(entry)
            if included is None:
                continue
        sources.append((entry, included))
        steps.add_phase(entry if included is None else included.table)
    for other in includes.roots():
        steps.add_all(other)
    if root.has_since(2, "step"):
        if root.has("phase"):
            words = "steps outside of phases are for a runbook without [[phase]]"
            root.report(words, "step")
        sources.append((root, None))
        steps.add_phase(root)
    elif not root.present_keys("phase", "step"):
        steps_too = ", or one [[step]]" if root.format >= 2 else ""
        root.report(f"a runbook wants at least one [[phase]]{steps_too}")
    phases: list[Phase] = []
    entries: dict[str, TomlTable] = {}
    undone: list[tuple[Step, TomlTable]] = []
    for entry, included in sources:
        table = entry if included is None else included.table
        if table is root:
            phase, found = decode_steps.read_phase_of_bare_steps(root, steps)
        else:
            phase, found = decode_steps.read_phase(table, steps)
        if tables.get(("phase", phase.id)) is table:
            entry.report(f"`{phase.id}` is included twice; see `use`", "include")
            continue
        if included is not None:
            phase = _with_overrides(phase, entry, included.reference)
        _add_table("phase", phase.id, table, tables, entry)
        for step, inner in found:
            _add_table("step", step.id, inner, tables, inner)
        undone += read_undo_steps(found)
        entries.setdefault(phase.id, entry)
        phases.append(phase)
    if undone:
        phases.append(_undo_phase(undone, tables))
    return tuple(phases), entries


def _undo_phase(found: list[tuple[Step, TomlTable]], tables: _Places) -> Phase:
    """The phase of the steps that undo others, the last of the file first."""
    if ("phase", UNDO_PHASE.id) in tables:
        words = f"`{UNDO_PHASE.id}` is the phase that `undo` makes; take another id"
        tables["phase", UNDO_PHASE.id].report(words)
    for step, table in found:
        _add_table("step", step.id, table, tables, table)
    steps = tuple(step for step, _ in reversed(found))
    return replace(UNDO_PHASE, steps=steps)


def _add_table(
    part: PartKind, name: str, table: TomlTable, tables: _Places, reported_at: TomlTable
) -> None:
    """Add the table of a part; report it if there is a part with the same id."""
    first = tables.get((part, name))
    if first is None:
        tables[part, name] = table
        return
    where = f"{first.document.file}:{first.line()}"
    words = f"a second {part} `{name}`; the first is at {where}"
    reported_at.report(words, *reported_at.present_keys("id"))


def _with_overrides(phase: Phase, entry: TomlTable, reference: str) -> Phase:
    """An included phase with the overrides of the including file."""
    if entry.has("id") or entry.has("step"):
        words = "an included phase keeps its `id` and its steps"
        entry.report(words, entry.present_keys("id", "step")[0])
    given = entry.present_keys(*_OVERRIDES)
    changes = read_fields(entry, Phase, only=given)
    return replace(phase, include=reference, **changes)
