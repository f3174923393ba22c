"""Applying the rules about scripts and texts, each finding at its place in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.decode.decode_checks import checks_with_paths
from mobius_tui.runbook.lint.rule_table import SCRIPT_RULES, SECRET
from mobius_tui.runbook.model.actions import Choose, Run, is_shell
from mobius_tui.runbook.model.check_kinds import RunCheck, SqlCheck
from mobius_tui.runbook.model.runbook import Runbook, Step, Variable, step_of_probe
from mobius_tui.runbook.script_rules.cannot_fail import why_cannot_fail
from mobius_tui.runbook.script_rules.path_rules import output_prefixes
from mobius_tui.runbook.script_rules.placeholder_rule import (
    PLACEHOLDER,
    placeholder_warnings,
)
from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    is_bash,
    syntax_error,
)
from mobius_tui.runbook.shell.script_model import CommandGroup, ParsedScript, Script
from mobius_tui.runbook.shell.script_parser import MAX_CHARACTERS, parse_script
from mobius_tui.runbook.shell.script_walk import (
    CommandVisit,
    assignments,
    commands,
    visits,
)
from mobius_tui.runbook.text.secret_detection import find_secrets
from mobius_tui.runbook.text.template_text import is_template
from mobius_tui.runbook.toml.positions import KeyPath
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.structs import replace

_ESCAPE = re.compile(
    r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|(?P<join>[ \t]*\n[ \t\n]*)|.)", re.DOTALL
)


class ValueOffsets:
    """Maps offsets in a text value to offsets in its TOML source."""

    def __init__(self, raw: str) -> None:
        """Read a value.

        Args:
            raw: its TOML source, with quotes.
        """
        width = 3 if raw.startswith(("'''", '"""')) else 1
        start = width + (width == 3 and raw.startswith("\n", width))
        self._values, self._raws = [0], [start]
        if not raw.startswith('"'):
            return
        escaped_excess = start
        for match in _ESCAPE.finditer(raw, start, len(raw) - width):
            made = 0 if match["join"] is not None else 1
            escaped_excess += len(match[0]) - made
            self._values.append(match.end() - escaped_excess)
            self._raws.append(match.end())

    def to_source(self, offset: int) -> int:
        """The offset in the source of a character of the value."""
        at = bisect_right(self._values, offset) - 1
        return self._raws[at] + offset - self._values[at]


MAX_SCRIPT_CHARACTERS = 256 * 1024
"""Characters of scripts that are examined in one runbook: they take about 2 seconds."""


class ScriptSource(Struct, frozen=True, kw_only=True):
    """One script of a runbook, and its place in the file."""

    step: Step
    script: str
    shell: tuple[str, ...]
    """The program that runs it; empty for bash."""
    table: TomlTable
    path: tuple[str | int, ...]
    """Its key, below the table."""
    check: RunCheck | SqlCheck | None = None
    """The check that it is part of, or a stand-in for a script that gives a value.

    None for the `run` of a step or of its `for_each`.
    """

    def positions(self) -> ValuePositions:
        """The positions of its characters in the file."""
        return ValuePositions(self.table, self.path)


class ValuePositions:
    """The positions in the file of the characters of one text value."""

    def __init__(self, table: TomlTable, path: tuple[str | int, ...]) -> None:
        owner = table.owner(path[0]) if isinstance(path[0], str) else table
        self._document = owner.document
        positions = owner.document.positions
        self._key_offsets = positions.offsets_of((*owner.path, *path))
        raw = positions.text[self._key_offsets.start : self._key_offsets.end]
        self._value_offsets = ValueOffsets(raw) if raw[:1] in ("'", '"') else None

    def warn(self, code: str, message: str, offset: int) -> None:
        """Warn of a broken rule at a character of the value."""
        self._document.report_at(self._place(offset), message, code)

    def line(self, offset: int) -> int:
        """The line in the file of a character of the value, from 1."""
        return self._document.positions.line_and_column(self._place(offset))[0]

    def is_reported(self, code: str, offset: int) -> bool:
        """Whether a warning of a rule is reported at a character of the value."""
        place = self._document.positions.line_and_column(self._place(offset))
        return (
            self._document.file,
            *place,
            code,
        ) in self._document.findings.warning_places

    def _place(self, offset: int) -> int:
        if self._value_offsets is None:
            return self._key_offsets.key
        return self._key_offsets.start + self._value_offsets.to_source(offset)


_SQL = ("psql", "-f")
"""What runs a query, as far as the judge of its effect needs to know."""


def script_sources(draft: RunbookDraft) -> Iterator[ScriptSource]:
    """Every script of a runbook once; what `use` inherits is the other step's."""
    seen: set[tuple[int, tuple[str | int, ...]]] = set()
    places = [(step, draft.table_of("step", step.id)) for step in draft.runbook.steps()]
    places += [
        (step_of_probe(probe), draft.table_of("probe", probe.id))
        for probe in draft.runbook.probes()
    ]
    for step, table in places:
        for source in _of_step(step, table):
            place = id(table.owner(str(source.path[0]))), source.path
            if place not in seen:
                seen.add(place)
                yield source
    for variable in draft.runbook.variables.values():
        if variable.from_run:
            yield _of_variable(variable, draft.table_of("var", variable.name))


def _of_variable(variable: Variable, table: TomlTable) -> ScriptSource:
    """The command of a variable, which only reads, as a check does."""
    check = RunCheck(script=variable.from_run)
    return ScriptSource(
        step=Step(id=f"var.{variable.name}", title=variable.name, checks=(check,)),
        script=variable.from_run,
        shell=(),
        table=table,
        path=("from_run",),
        check=check,
    )


def _of_step(step: Step, table: TomlTable) -> Iterator[ScriptSource]:
    if isinstance(step.action, Run) and not step.action.playbook:
        yield ScriptSource(
            step=step,
            script=step.action.script,
            shell=step.action.shell,
            table=table,
            path=("run",),
        )
    if step.for_each is not None and step.for_each.command is not None:
        yield ScriptSource(
            step=replace(step, action=step.for_each.command),
            script=step.for_each.command.script,
            shell=step.for_each.command.shell,
            table=table,
            path=("for_each", "run"),
        )
    if isinstance(step.action, Choose) and step.action.from_run:
        yield ScriptSource(
            step=step,
            script=step.action.from_run,
            shell=(),
            table=table,
            path=("choose", "from", "run"),
            check=RunCheck(script=step.action.from_run),
        )
    for check, path in checks_with_paths(step, table):
        if isinstance(check, SqlCheck):
            yield ScriptSource(
                step=step,
                script=check.query,
                shell=_SQL,
                table=table,
                path=(*path, "query"),
                check=check,
            )
        if not isinstance(check, RunCheck):
            continue
        short = isinstance(_value_at(table, path), str)
        yield ScriptSource(
            step=step,
            script=check.script,
            shell=check.shell,
            table=table,
            path=path if short else (*path, "script"),
            check=check,
        )


def _value_at(table: TomlTable, path: KeyPath) -> object:
    """The value at a path that exists below a step's table."""
    value: Any = table.owner(str(path[0])).node
    for part in path:
        value = value[part]
    return value


def warn_scripts(draft: RunbookDraft) -> None:
    """Apply the rules about shell scripts."""
    remaining = MAX_SCRIPT_CHARACTERS
    parsed: list[tuple[ScriptSource, ParsedScript]] = []
    for source in script_sources(draft):
        if not is_shell(source.shell):
            continue
        length = min(len(source.script), MAX_CHARACTERS)
        if len(source.script) > MAX_CHARACTERS or length > remaining:
            words = f"a script of {len(source.script)} characters"
            source.table.warn(
                "script-too-long", f"{words}: not all of it is looked at", *source.path
            )
        if length <= remaining:
            remaining -= length
            parsed.append((source, parse_script(source.script)))
    first_setters = _assigned_names(parsed)
    starts = _runbook_prefixes(draft.runbook, parsed)
    for source, script in parsed:
        positions = source.positions()
        broken = script.syntax_problem
        if broken is not None and is_bash(source.shell):
            error = syntax_error(broken, positions.line(broken.opener_start))
            positions.warn(error.code, error.message, error.offset)
            continue  # its other problems are found once it can be parsed
        for each in _script_findings(draft, source, script, starts, first_setters):
            positions.warn(each.code, each.message, each.offset)


def _script_findings(
    draft: RunbookDraft,
    source: ScriptSource,
    script: ParsedScript,
    starts: Mapping[str, str],
    first_setters: Mapping[str, str],
) -> Iterator[ScriptFinding]:
    run = source.step.action if source.check is None else None
    context = ScriptContext(
        script=script,
        visits=_visits(script.body),
        follow=isinstance(run, Run) and run.follow,
        tty=isinstance(run, Run) and run.tty,
        only_shows=isinstance(run, Run) and _only_shows(source.step, run),
        declared=draft.runbook.variables,
        environment_names=environment_names(source),
        value_prefixes={**starts, **_without_templates(source.step.env)},
        first_setters=first_setters,
    )
    cannot_fail = source.check is not None and why_cannot_fail(source.check)
    for rule in SCRIPT_RULES:
        for each in rule(context):
            if not (cannot_fail and each.code == "swallowed-failure"):
                yield each


def _only_shows(step: Step, run: Run) -> bool:
    """Whether a step's script only shows something, and need not succeed for it."""
    says_codes = (run.success, run.warning) != ((0,), ())
    hangs = bool(step.checks) or step.gate or step.retry or step.on_failure != "stop"
    is_plain = not (run.shell or run.follow or run.tty or step.undo_of)
    return run.effect == "read" and is_plain and not (says_codes or hangs)


def environment_names(source: ScriptSource) -> frozenset[str]:
    """The environment variables that a step gives to a script of its own."""
    each = source.step.for_each
    is_row = each is not None and source.path[0] != "for_each"
    item = (each.item,) if each is not None and is_row else ()
    host = () if source.step.rollout is None else ("RUNBOOK_HOST",)
    return frozenset((*source.step.env, *source.step.secrets, *item, *host))


def _visits(body: Script) -> tuple[CommandVisit, ...]:
    """Every simple command.

    A call of a function of the script itself has an empty program name.
    """
    own = {
        each.function
        for each in commands(body)
        if isinstance(each, CommandGroup) and each.function
    }
    return tuple(
        replace(visit, program=replace(visit.program, name=""))
        if visit.program is not None and visit.program.name in own
        else visit
        for visit in visits(body)
    )


def _without_templates(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if not is_template(text)}


def _assigned_names(parsed: list[tuple[ScriptSource, ParsedScript]]) -> dict[str, str]:
    """The names that scripts assign, each with the first step that does."""
    found: dict[str, str] = {}
    for source, script in parsed:
        for each in assignments(script.body):
            found.setdefault(each.name, source.step.id)
    return found


def _runbook_prefixes(
    runbook: Runbook, parsed: list[tuple[ScriptSource, ParsedScript]]
) -> dict[str, str]:
    """How the values of variables begin, as far as the runbook says."""
    found: dict[str, str] = {}
    for profile in reversed(tuple(runbook.profiles.values())):
        found.update(_without_templates(profile.values))
    for name, variable in runbook.variables.items():
        if variable.default is not None and not is_template(variable.default):
            found[name] = variable.default
    for source, script in parsed:
        outputs = source.step.outputs
        written = output_prefixes(script.body, found) if outputs else {}
        found.update({name: written[name] for name in outputs if name in written})
    return found


_Path = tuple[str | int, ...]
_SCRIPTS = ("run", "script", "from_run")
_SECRET_KEY = re.compile(r"(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key)$")
_HARMLESS_KEYS = ("secrets", "from_env", "title", "when", "uses", "needs")
"""Keys whose values are no secrets, whatever their names."""


def warn_texts(draft: RunbookDraft) -> None:
    """Warn of placeholders, and of what looks like a secret."""
    for table, path, text in _texts(draft):
        script = path[-1] in _SCRIPTS
        found = [
            (PLACEHOLDER.code, words, at)
            for at, words in placeholder_warnings(text, script=script)
        ]
        spans = [*find_secrets(text), *_secret_by_key(table, path, text)]
        found += [(SECRET.code, _WARNING, start) for start, _ in spans]
        if found:
            positions = ValuePositions(table, path)
            for code, words, at in found:
                positions.warn(code, words, at)


_WARNING = "this looks like a secret, and whoever reads the runbook has it"


def _texts(draft: RunbookDraft) -> Iterator[tuple[TomlTable, _Path, str]]:
    """Every text of the main file, and of the used parts of included files."""
    for path, text in _leaves(draft.root.node, ()):
        yield draft.root, path, text
    for table in dict.fromkeys(draft.tables.values()):
        if table.document is not draft.root.document:
            for path, text in _leaves(table.node, ()):
                yield table, path, text


def _leaves(node: Any, path: _Path) -> Iterator[tuple[_Path, str]]:
    if isinstance(node, str):
        if path:
            yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _leaves(value, (*path, index))


def _secret_by_key(
    table: TomlTable, path: _Path, text: str
) -> Iterator[tuple[int, int]]:
    """The span of a value whose key says that it is a secret."""
    keys = [str(part) for part in (*table.path, *path)]
    name = keys[-2] if keys[-1] == "default" and len(keys) > 1 else keys[-1]
    if set(keys) & set(_HARMLESS_KEYS) or not _SECRET_KEY.search(name):
        return
    letters = sum(char.isalpha() for char in text)
    if len(text) >= 6 and "$" not in text and 0 < letters < len(text):
        yield 0, len(text)
