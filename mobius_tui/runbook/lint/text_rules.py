"""Rules about scripts and texts, each finding at its very line of the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mobius_tui.runbook.decode.assemble import RunbookDraft
from mobius_tui.runbook.lint.rule_table import JUDGES, SECRET
from mobius_tui.runbook.lint.step_rules import check_paths
from mobius_tui.runbook.model.actions import Run, is_shell
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.model.templates import is_template
from mobius_tui.runbook.script_rules.cannot_fail import why_cannot_fail
from mobius_tui.runbook.script_rules.path_rules import output_starts
from mobius_tui.runbook.script_rules.placeholder_rule import (
    PLACEHOLDER,
    placeholder_warnings,
)
from mobius_tui.runbook.script_rules.script_context import ScriptContext, ScriptFinding
from mobius_tui.runbook.script_rules.script_syntax import is_bash, syntax_error
from mobius_tui.runbook.shell.script_model import CommandGroup, ParsedScript, Script
from mobius_tui.runbook.shell.script_parser import LIMIT, parse_script
from mobius_tui.runbook.shell.script_walk import (
    CommandVisit,
    assignments,
    commands,
    visits,
)
from mobius_tui.runbook.text.secret_detection import find_secrets
from mobius_tui.runbook.toml.table_reader import TomlTable

_ESCAPE = re.compile(
    r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|(?P<join>[ \t]*\n[ \t\n]*)|.)", re.DOTALL
)


class ValueOffsets:
    """The places of the characters of one text value."""

    def __init__(self, raw: str) -> None:
        """Look at a value as it is spelt, quotes included."""
        width = 3 if raw.startswith(("'''", '"""')) else 1
        start = width + (width == 3 and raw.startswith("\n", width))
        self._values, self._raws = [0], [start]
        if not raw.startswith('"'):
            return
        shrunk = start
        for match in _ESCAPE.finditer(raw, start, len(raw) - width):
            made = 0 if match["join"] is not None else 1
            shrunk += len(match[0]) - made
            self._values.append(match.end() - shrunk)
            self._raws.append(match.end())

    def place(self, offset: int) -> int:
        """The offset in the spelling of a character of the value."""
        at = bisect_right(self._values, offset) - 1
        return self._raws[at] + offset - self._values[at]


BUDGET = 256 * 1024
"""Characters of scripts that are looked at in one runbook: some 2 seconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ScriptSource:
    """One script of a runbook, and where it stands."""

    step: Step
    script: str
    shell: tuple[str, ...]
    """The program that runs it; empty for bash."""
    table: TomlTable
    path: tuple[str | int, ...]
    """Its key, below the table."""
    check: RunCheck | None = None
    """The check that it is; None for a step's own `run`."""

    def spelt(self) -> ValueSpelling:
        """The places of its characters in the file."""
        return ValueSpelling(self.table, self.path)


class ValueSpelling:
    """The places in the file of the characters of one text value."""

    def __init__(self, table: TomlTable, path: tuple[str | int, ...]) -> None:
        owner = table.owner(path[0]) if isinstance(path[0], str) else table
        self._document = owner.document
        self._spot = owner.document.positions.spot((*owner.path, *path))
        raw = owner.document.positions.text[self._spot.start : self._spot.end]
        self._inside = ValueOffsets(raw) if raw[:1] in ("'", '"') else None

    def doubt(self, code: str, message: str, offset: int) -> None:
        """Warn of a broken rule at a character of the value."""
        self._document.add_at(self._place(offset), message, code)

    def line(self, offset: int) -> int:
        """The line of the file that a character of the value stands on."""
        return self._document.positions.place(self._place(offset))[0]

    def is_told(self, code: str, offset: int) -> bool:
        """Whether a rule was found broken at a character of the value."""
        place = self._document.positions.place(self._place(offset))
        return (self._document.file, *place, code) in self._document.findings.told

    def _place(self, offset: int) -> int:
        if self._inside is None:
            return self._spot.key
        return self._spot.start + self._inside.place(offset)


def script_sources(draft: RunbookDraft) -> Iterator[ScriptSource]:
    """Every script of a runbook once; what `use` inherits is the other step's."""
    known: set[tuple[int, tuple[str | int, ...]]] = set()
    for step in draft.runbook.steps():
        table = draft.at("step", step.id)
        for piece in _of_step(step, table):
            place = id(table.owner(str(piece.path[0]))), piece.path
            if place not in known:
                known.add(place)
                yield piece


def _of_step(step: Step, table: TomlTable) -> Iterator[ScriptSource]:
    if isinstance(step.action, Run):
        yield ScriptSource(
            step=step,
            script=step.action.script,
            shell=step.action.shell,
            table=table,
            path=("run",),
        )
    for check, path in zip(step.checks, check_paths(table), strict=False):
        if not isinstance(check, RunCheck):
            continue
        short = path == ("check", "run") and isinstance(_value(table), str)
        yield ScriptSource(
            step=step,
            script=check.script,
            shell=check.shell,
            table=table,
            path=path if short else (*path, "script"),
            check=check,
        )


def _value(table: TomlTable) -> object:
    """The value of `check.run`."""
    checks = table.owner("check").node.get("check")
    return checks.get("run") if isinstance(checks, dict) else None


def warn_scripts(draft: RunbookDraft) -> None:
    """Warn of what shell scripts get wrong."""
    left = BUDGET
    parsed: list[tuple[ScriptSource, ParsedScript]] = []
    for piece in script_sources(draft):
        if not is_shell(piece.shell):
            continue
        length = min(len(piece.script), LIMIT)
        if len(piece.script) > LIMIT or length > left:
            words = f"a script of {len(piece.script)} characters"
            piece.table.doubt(
                "script-too-long", f"{words}: not all of it is looked at", *piece.path
            )
        if length <= left:
            left -= length
            parsed.append((piece, parse_script(piece.script)))
    elsewhere = _assigned(parsed)
    starts = _starts(draft.runbook, parsed)
    for piece, script in parsed:
        spelt = piece.spelt()
        broken = script.broken
        if broken is not None and is_bash(piece.shell):
            error = syntax_error(broken, spelt.line(broken.opened))
            spelt.doubt(error.code, error.message, error.offset)
            continue  # what else is in it is looked at once it can be read
        for each in _found(draft, piece, script, starts, elsewhere):
            spelt.doubt(each.code, each.message, each.offset)


def _found(
    draft: RunbookDraft,
    piece: ScriptSource,
    script: ParsedScript,
    starts: Mapping[str, str],
    elsewhere: Mapping[str, str],
) -> Iterator[ScriptFinding]:
    run = piece.step.action if piece.check is None else None
    look = ScriptContext(
        script=script,
        visits=_visits(script.body),
        follow=isinstance(run, Run) and run.follow,
        tty=isinstance(run, Run) and run.tty,
        declared=draft.runbook.variables,
        given=frozenset((*piece.step.env, *piece.step.secrets)),
        starts={**starts, **_plain(piece.step.env)},
        elsewhere=elsewhere,
    )
    false = piece.check is not None and why_cannot_fail(piece.check)
    for judge in JUDGES:
        for each in judge(look):
            if not (false and each.code == "swallowed-failure"):
                yield each


def _visits(body: Script) -> tuple[CommandVisit, ...]:
    """The commands; what the script defines itself is no program of that name."""
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


def _plain(values: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in values.items() if not is_template(text)}


def _assigned(parsed: list[tuple[ScriptSource, ParsedScript]]) -> dict[str, str]:
    """The names that scripts assign, and the first step of which one does."""
    found: dict[str, str] = {}
    for piece, script in parsed:
        for each in assignments(script.body):
            found.setdefault(each.name, piece.step.id)
    return found


def _starts(
    runbook: Runbook, parsed: list[tuple[ScriptSource, ParsedScript]]
) -> dict[str, str]:
    """How the values of variables begin, as far as the runbook says."""
    found: dict[str, str] = {}
    for profile in reversed(tuple(runbook.profiles.values())):
        found.update(_plain(profile.values))
    for name, variable in runbook.variables.items():
        if variable.default is not None and not is_template(variable.default):
            found[name] = variable.default
    for piece, script in parsed:
        outputs = piece.step.outputs
        written = output_starts(script.body, found) if outputs else {}
        found.update({name: written[name] for name in outputs if name in written})
    return found


_Path = tuple[str | int, ...]
_SCRIPTS = ("run", "script")
_NAMES = re.compile(r"(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|api_?key)$")
_NOT_VALUES = ("secrets", "from_env", "title", "when", "uses", "needs")
"""Keys below which a name of that kind is not the secret itself."""


def warn_texts(draft: RunbookDraft) -> None:
    """Warn of placeholders, and of what looks like a secret."""
    for table, path, text in _texts(draft):
        script = path[-1] in _SCRIPTS
        found = [
            (PLACEHOLDER.code, words, at)
            for at, words in placeholder_warnings(text, script=script)
        ]
        spans = [*find_secrets(text), *_named(table, path, text)]
        found += [(SECRET.code, _LOOKS, start) for start, _ in spans]
        if found:
            spelt = ValueSpelling(table, path)
            for code, words, at in found:
                spelt.doubt(code, words, at)


_LOOKS = "this looks like a secret, and whoever reads the runbook has it"


def _texts(draft: RunbookDraft) -> Iterator[tuple[TomlTable, _Path, str]]:
    """Every text of the main file, and of what is used of included ones."""
    for path, text in _leaves(draft.root.node, ()):
        yield draft.root, path, text
    for table in dict.fromkeys(draft.places.values()):
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


def _named(table: TomlTable, path: _Path, text: str) -> Iterator[tuple[int, int]]:
    """A value whose key says that it is a secret."""
    keys = [str(part) for part in (*table.path, *path)]
    name = keys[-2] if keys[-1] == "default" and len(keys) > 1 else keys[-1]
    if set(keys) & set(_NOT_VALUES) or not _NAMES.search(name):
        return
    letters = sum(char.isalpha() for char in text)
    if len(text) >= 6 and "$" not in text and 0 < letters < len(text):
        yield 0, len(text)
