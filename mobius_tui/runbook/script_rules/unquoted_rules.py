"""Variables that the shell splits into words, or that may be empty."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.script_rules.path_rules import known_starts
from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    one_line_excerpt,
)
from mobius_tui.runbook.shell.command_program import (
    ASSIGNMENT_START,
    Program,
    split_options,
)
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK, Expansion, Loop, Word
from mobius_tui.runbook.shell.script_walk import (
    DECLARATION_COMMANDS,
    assignments,
    commands,
    own_words,
)
from mobius_tui.runbook.toml.problem import LintRule

UNQUOTED_VARIABLE = LintRule(
    code="unquoted-variable",
    title="a variable without quotes",
    reason="A blank, a `*` or nothing at all in its value makes other words of the "
    "command: `rm $old` removes what nobody named.",
    remedy='write "$name"; for several words use an array: "${names[@]}"',
    bad="effect = 'read'\nrun = 'ls -l $backup_file'\n"
    "env = { backup_file = '/srv/backups/latest.zip' }",
    good="effect = 'read'\nrun = 'ls -l \"$backup_file\"'\n"
    "env = { backup_file = '/srv/backups/latest.zip' }",
)
EMPTY_PATH = LintRule(
    code="empty-path",
    title='`rm -r "$x/…"` where x may be empty',
    reason='With an empty variable, `"$x/"` is `/`, and `/srv/$x` is all of /srv.',
    remedy='write "${x:?}/", which ends the script where x is empty',
    bad="effect = 'destroy'\nrun = 'rm -rf \"$old/\"'\ntimeout = '1m'\n"
    "env = { old = '/srv/old' }\ncheck.file = { path = '/srv/old', absent = true }",
    good="effect = 'destroy'\nrun = 'rm -rf \"${old:?}/\"'\ntimeout = '1m'\n"
    "env = { old = '/srv/old' }\ncheck.file = { path = '/srv/old', absent = true }",
)

_SPECIAL = frozenset(("#", "?", "$", "!", "-", ""))
_NUMBER = re.compile(r"-?\d+")
_NUMBERS = re.compile(r"\{-?\d+\.\.-?\d+\}|-?\d+")
_TESTS = frozenset(("test", "[", "[["))


def unquoted_variables(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find unquoted variables, which the shell splits into words."""
    numbers = _numeric_variables(context)
    for visit in context.visits:
        program = visit.program
        words = visit.command.words
        if words and words[0].text in ("[[", "(("):
            words = ()
        elif words and words[0].text == EXPANSION_MARK:
            words = words[1:]  # a command with its own options, split on purpose
        if program is not None and program.name in DECLARATION_COMMANDS:
            words = tuple(
                word for word in words if not ASSIGNMENT_START.match(word.text)
            )
        targets = [r.target for r in visit.command.redirects if "<<" not in r.sign]
        for word in (*words, *targets):
            if '\\"' in word.source:
                continue  # quoted once more, for the inside of backticks
            bare = next((e for e in word.expansions if _splits(e, numbers)), None)
            if bare is not None:
                yield ScriptFinding(
                    code=UNQUOTED_VARIABLE.code,
                    offset=bare.start,
                    message=f"`{one_line_excerpt(word.source, 30)}` without quotes "
                    "falls apart at blanks",
                )


def _splits(expansion: Expansion, numbers: set[str]) -> bool:
    if (
        expansion.quoted
        or expansion.name in _SPECIAL
        or expansion.operator in ("#", "!")
    ):
        return False
    return expansion.name not in numbers and expansion.operator not in (":+", "+")


def _numeric_variables(context: ScriptContext) -> set[str]:
    """The variables that are only assigned numbers."""
    found: dict[str, bool] = {}
    for expansion in assignments(context.script.body):
        found[expansion.name] = found.get(expansion.name, True) and _is_number(
            expansion.value
        )
    for command in commands(context.script.body):
        if isinstance(command, Loop) and command.name:
            is_numeric = bool(command.items) and all(
                _NUMBERS.fullmatch(word.text) or _is_count(word)
                for word in command.items
            )
            found[command.name] = found.get(command.name, True) and is_numeric
    return {name for name, is_numeric in found.items() if is_numeric}


def _is_number(value: Word) -> bool:
    if _NUMBER.fullmatch(value.text):
        return True
    outer = [expansion for expansion in value.expansions if not expansion.inner]
    if value.text != EXPANSION_MARK or len(outer) != 1:
        return False
    arithmetic = not outer[0].name and not value.scripts
    return arithmetic or outer[0].name in ("#", "?", "$", "!") or _is_count(value)


def _is_count(word: Word) -> bool:
    """Whether a word is `$(seq …)` or another count."""
    if len(word.scripts) != 1 or len(word.scripts[0]) != 1:
        return False
    command = word.scripts[0][0].first.commands[-1]
    words = list(own_words(command))
    return bool(words) and words[0].text in ("seq", "nproc")


def empty_removals(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find `rm -r` of a path that is too short if a variable is empty."""
    safe = _never_empty(context)
    for visit in context.visits:
        program = visit.program
        if program is None or program.name != "rm":
            continue
        given, rest = split_options(program.arguments)
        if given & {"r", "R", "--recursive"}:
            yield from _removal_findings(program, rest, safe)


def _removal_findings(
    program: Program, rest: list[Word], safe: set[str]
) -> Iterator[ScriptFinding]:
    for word in rest:
        outer = [expansion for expansion in word.expansions if not expansion.inner]
        at_start = re.match(rf"{EXPANSION_MARK}+/", word.text)
        at_end = re.search(rf"[^{EXPANSION_MARK}]/{EXPANSION_MARK}+/?\*?$", word.text)
        if not outer or not (at_start or at_end):
            continue
        expansion = outer[0] if at_start else outer[-1]
        if "?" in expansion.operator or expansion.name in safe or not expansion.name:
            continue
        remaining = word.text.replace(EXPANSION_MARK, "")
        yield ScriptFinding(
            code=EMPTY_PATH.code,
            offset=word.start,
            message=f"where `{expansion.name}` is empty, "
            f"`{one_line_excerpt(program.word.source)} "
            f"{one_line_excerpt(word.source, 30)}` "
            f"removes `{one_line_excerpt(remaining, 20)}`",
        )


def _never_empty(context: ScriptContext) -> set[str]:
    """The variables that always have a value."""
    found = {name for name, variable in context.declared.items() if variable.choices}
    found |= set(known_starts(context.script.body, {}))
    for visit in context.visits:
        program = visit.program
        for word in own_words(visit.command):
            found |= {e.name for e in word.expansions if "?" in e.operator}
        if program is not None and program.name in _TESTS:
            given = {word.text for word in program.arguments}
            if given & {"-n", "-d", "-e", "-f"}:
                for word in program.arguments:
                    found |= {e.name for e in word.expansions if e.name}
    return found
