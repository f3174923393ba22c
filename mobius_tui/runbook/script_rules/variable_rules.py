"""Shell variables that are not set here, misspelt, unquoted, or may be empty."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.script_rules.path_rules import known_prefixes
from mobius_tui.runbook.script_rules.placeholder_rule import PLACEHOLDER
from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    one_line_excerpt,
)
from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    MARKS,
    Expansion,
    Loop,
    Script,
    Word,
)
from mobius_tui.runbook.shell.script_walk import (
    ASSIGNMENT_START,
    DECLARATION_COMMANDS,
    Program,
    assignments,
    commands,
    own_words,
    split_options,
)
from mobius_tui.runbook.text.names import is_mobius_variable, is_reserved, nearest
from mobius_tui.runbook.toml.problem import LintRule

LOST_VARIABLE = LintRule(
    code="lost-variable",
    title="a variable that only another step's script sets",
    reason="Each step has a shell of its own: what one exports is gone in the next.",
    remedy='list it in the other step\'s `outputs`, and write `echo "NAME=$value" >> '
    '"$RUNBOOK_OUTPUT"` there; or declare a [var]',
    bad="""effect = 'read'
run = 'export BACKUP_FILE=/srv/backups/latest.zip; ls "$BACKUP_FILE"'
[[phase.step]]
id = 'next'
title = 'Next'
effect = 'read'
run = 'unzip -t "$BACKUP_FILE"'""",
    good="""effect = 'read'
run = 'echo "backup_file=/srv/backups/latest.zip" >> "$RUNBOOK_OUTPUT"'
outputs = ['backup_file']
[[phase.step]]
id = 'next'
title = 'Next'
effect = 'read'
run = 'unzip -t "$backup_file"'""",
)

_SETS = frozenset(("read", "mapfile", "readarray", "getopts", "printf", "let"))


def variables_of_other_steps(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find names that this script does not set, but another step's script does."""
    own = {
        each.name for each in assignments(context.script.body)
    } | context.environment_names
    for command in commands(context.script.body):
        if isinstance(command, Loop):
            own.add(command.name)
    for visit in context.visits:
        program = visit.program
        if program is not None and program.name in _SETS:
            own |= {word.text for word in program.arguments}
    reported: set[str] = set()
    for visit in context.visits:
        for word in own_words(visit.command):
            for each in word.expansions:
                name = each.name
                if name in own | reported or name in context.declared or each.operator:
                    continue
                if name in context.first_setters:
                    reported.add(name)
                    yield ScriptFinding(
                        code=LOST_VARIABLE.code,
                        offset=each.start,
                        message=f"`{name}` is set by the script of step "
                        f"`{context.first_setters[name]}` alone, and is gone here",
                    )


MISSPELT_VARIABLE = LintRule(
    code="misspelt-variable",
    title="a variable that nothing sets, and whose name is nearly that of another",
    reason="The script ends there, in the middle of what it does: steps run with "
    "`set -u`.",
    remedy="spell it as it is declared; or set it in the script, or in the step's "
    "`env`",
    bad="effect = 'read'\nrun = 'ls \"$backup_fil\"'\n[var.backup_file]\n"
    "ask = true\n[[phase.step]]\nid = 't'\ntitle = 'T'\n"
    "effect = 'read'\nrun = 'ls \"$backup_file\"'",
    good="effect = 'read'\nrun = 'ls \"$backup_file\"'\n[var.backup_file]\nask = true",
)

_DEFAULTED = frozenset((":-", "-", ":=", "=", ":+", "+", MARKS["!"]))
"""Operators that handle an unset name, and the mark `!`.

In `${!name}` another name is meant, and in `${!name@}` all that begin so.
"""
_REQUIRED = frozenset((":?", "?"))
"""Operators that fail for an unset name: one in capitals must come from outside."""
_SOURCING = re.compile(r"(?m)(?:^|[;&|({])\s*(?:\.|source|eval)\s")
"""Commands that may set any name."""
_EXPANSION = re.compile(r"\$\{?[#!]?\w+", re.ASCII)
_WORD = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WELL_KNOWN_WORDS = """
CI COLORTERM COLUMNS COPROC DISPLAY EDITOR HOSTTYPE INVOCATION_ID KUBECONFIG LINES
MACHTYPE MAIL MAPFILE NO_COLOR NOTIFY_SOCKET OSTYPE PAGER PIPESTATUS REPLY SHLVL
SRANDOM TEMP TMP USERNAME VIRTUAL_ENV VISUAL EPOCHSECONDS EPOCHREALTIME
"""
_WELL_KNOWN = frozenset(_WELL_KNOWN_WORDS.split())
_FAMILY = re.compile(
    r"(?i)(?:AWS|AZURE|GOOGLE|CLOUDSDK|DOCKER|KUBERNETES|VAULT|CONSUL|NOMAD|TF|ANSIBLE"
    r"|PG|MYSQL|REDIS|SSH|SUDO|XDG|CARGO|GO|JAVA|NODE|NPM|MAVEN|GITHUB|GITLAB|JENKINS"
    r"|SYSTEMD|HTTPS?|FTP|NO|ALL)_?[A-Z_]+"
)
"""Prefixes of names that programs read from the environment."""
_NUMBERED = re.compile(r"\d+|s$")
_PROVIDED = ("RUNBOOK_OUTPUT", "RUNBOOK_FILES")
_MIN_LENGTH = 4
"""Letters: shorter names are similar to too many others."""


def misspelt_variables(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find names that nothing sets, and are similar to a known one or must be set."""
    text = context.script.text
    if _SOURCING.search(text):
        return
    set_here = {each.name for each in assignments(context.script.body)}
    for command in commands(context.script.body):
        if isinstance(command, Loop):
            set_here.add(command.name)
    known = {*context.declared, *context.environment_names, *set_here, *_PROVIDED}
    # A name that also occurs without `$` is set by `read`, `(( ))` and the like.
    without_dollar = set(_WORD.findall(_EXPANSION.sub(" ", text)))
    for each in _expansions(context.script.body):
        name = each.name
        if name in known or name in without_dollar or name in context.first_setters:
            continue
        if each.operator in _DEFAULTED or _is_environment_name(name):
            continue
        intended = _intended_name(name, known)
        if intended:
            yield ScriptFinding(
                code=MISSPELT_VARIABLE.code,
                offset=each.start,
                message=f"nothing sets `{name}`; did you mean `{intended}`?",
            )
        elif each.operator in _REQUIRED and name.isupper():
            words = f"`${{{name}{each.operator}}}` wants a value that nothing gives"
            yield ScriptFinding(code=PLACEHOLDER.code, offset=each.start, message=words)


def _expansions(script: Script) -> Iterator[Expansion]:
    """Every `$name` of a script, those in `$(…)` too."""
    for command in commands(script):
        for word in own_words(command):
            yield from word.expansions
            for inner in word.scripts:
                yield from _expansions(inner)


def _is_environment_name(name: str) -> bool:
    """Whether a name is one of the environment's, or of the shell's own."""
    if not _WORD.fullmatch(name):
        return True
    if is_mobius_variable(name):
        return False
    return is_reserved(name) or name in _WELL_KNOWN or bool(_FAMILY.fullmatch(name))


def _intended_name(name: str, known: set[str]) -> str | None:
    """The known name that was probably intended; None if there is none."""
    if len(name) < _MIN_LENGTH:
        return None
    same = [each for each in sorted(known) if each.lower() == name.lower()]
    if same:
        return same[0]
    others = [each for each in sorted(known) if _stem(each) != _stem(name)]
    return nearest(name, others, cutoff=0.8) or None


def _stem(name: str) -> str:
    """A name without digits and a plural `s`, for names such as `node1` and `nodes`."""
    return _NUMBERED.sub("", name)


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
        or expansion.operator in MARKS.values()
    ):
        return False
    return expansion.name not in numbers and expansion.operator not in (":+", "+")


def _numeric_variables(context: ScriptContext) -> set[str]:
    """The variables that are only assigned numbers."""
    found: dict[str, bool] = {}
    for assignment in assignments(context.script.body):
        found[assignment.name] = found.get(assignment.name, True) and _is_number(
            assignment.value
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


def dangerous_removals(context: ScriptContext) -> Iterator[ScriptFinding]:
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
    found |= set(known_prefixes(context.script.body, {}))
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
