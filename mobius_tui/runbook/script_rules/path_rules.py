"""Paths that lead to another file, or none, in the directory where they are used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    one_line_excerpt,
    with_known_values,
)
from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    Loop,
    Script,
    SimpleCommand,
    Word,
)
from mobius_tui.runbook.shell.script_walk import (
    CommandVisit,
    Program,
    assignments,
    commands,
    effective_program,
    split_options,
)
from mobius_tui.runbook.toml.problem import LintRule

SUM_ELSEWHERE = LintRule(
    code="sum-elsewhere",
    title="`sha256sum -c` from another directory",
    reason="A sum file holds the bare name of its file: checked from another "
    "directory, it fails for a good file.",
    remedy="a `checksum` check, which compares hash with hash; or `cd` to the folder "
    "of the sum file before",
    bad="effect = 'read'\nrun = 'sha256sum -c backups/latest.zip.sha256'",
    good="effect = 'read'\nrun = 'cd backups; sha256sum -c latest.zip.sha256'",
)
RELATIVE_PATH = LintRule(
    code="relative-path",
    title="a relative path given to a script that may change its directory",
    reason="A script that changes its directory before it opens the file looks for it "
    "in the wrong place.",
    remedy='give the absolute path: "$PWD/backups/…", or `realpath`',
    bad="timeout = '1m'\nrun = './scripts/verify.sh --backup backups/latest.zip'",
    good="timeout = '1m'\n"
    "run = './scripts/verify.sh --backup \"$PWD/backups/latest.zip\"'",
)

_SUMS = re.compile(r"(sha\d*|md5|b2|ck)sum|shasum|gsha256sum")
_ABSOLUTE = frozenset(("realpath", "readlink", "pwd", "mktemp", "grealpath"))
_SHELLS = frozenset(("bash", "sh", "dash", "python", "python3", "node", "perl", "ruby"))
_OPTION = re.compile(r"--?[A-Za-z][\w-]*")
_RELATIVE = re.compile(rf"(?![/~$\-{EXPANSION_MARK}])[^\s:]*/")
_MAX_INDIRECTIONS = 5
"""How many assignments are followed from one variable to the next."""


def relative_paths(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find checksum files of another directory, and relative paths that may break.

    That is those given to scripts, and those of variables that are used after a `cd`.
    """
    known = known_prefixes(context.script.body, context.value_prefixes)
    for visit in context.visits:
        program = visit.program
        if program is None:
            continue
        if _SUMS.fullmatch(program.name):
            yield from _checksum_findings(visit, program, context)
        elif is_script(program):
            yield from _script_call_findings(program, known)
        elif visit.directory_changes and program.name not in (
            "cd",
            "pushd",
            "echo",
            "printf",
        ):
            yield from _after_cd_findings(visit, program, context, known)


def _checksum_findings(
    visit: CommandVisit, program: Program, context: ScriptContext
) -> Iterator[ScriptFinding]:
    given, rest = split_options(program.arguments, "a")
    if visit.directory_changes or not given & {"c", "--check"}:
        return
    for word in rest:
        text = with_known_values(word, context.value_prefixes)
        if "/" in text.removeprefix("./") or EXPANSION_MARK in text:
            code = one_line_excerpt(word.source, 30)
            words = f"`{program.name} -c {code}` looks for the file here"
            yield ScriptFinding(
                code=SUM_ELSEWHERE.code,
                offset=program.word.start,
                message=f"{words}, not beside the sum file",
            )
            return


def is_script(program: Program) -> bool:
    """Whether a command is a script of one's own: by its path, or given to a shell."""
    text = program.word.text
    if program.name in _SHELLS:
        return bool(program.arguments) and _is_local(program.arguments[0].text)
    return _is_local(text)


def _is_local(text: str) -> bool:
    return "/" in text and not text.startswith(("/usr/", "/bin/", "/sbin/", "-"))


def _script_call_findings(
    program: Program, known: Mapping[str, str]
) -> Iterator[ScriptFinding]:
    """`./script --option relative/path`."""
    words = program.arguments
    for index, word in enumerate(words):
        option, equals, _ = word.text.partition("=")
        if not _OPTION.fullmatch(option):
            continue
        if equals:
            start = _value_prefix(word, known)[len(option) + 1 :]
            given = word
        elif index + 1 < len(words):
            given = words[index + 1]
            start = _value_prefix(given, known)
        else:
            return
        if is_relative(start):
            path = f"{start.replace(EXPANSION_MARK, '…')}"
            message = (
                f"`{option}` gets the relative path `{one_line_excerpt(path, 30)}`"
            )
            yield ScriptFinding(
                code=RELATIVE_PATH.code,
                offset=given.start,
                message=f"{message}: if {one_line_excerpt(program.word.source, 30)} "
                "changes its directory, that is another file there",
            )


def _after_cd_findings(
    visit: CommandVisit,
    program: Program,
    context: ScriptContext,
    known: Mapping[str, str],
) -> Iterator[ScriptFinding]:
    """Find a variable that got a relative path before a `cd` and is used after it."""
    given = {each.name: each.start for each in assignments(context.script.body)}
    for word in program.arguments:
        for each in word.expansions:
            if each.operator or each.start != word.start + word.quoted:
                continue
            before = given.get(each.name)
            if before is None:
                continue
            changed_directory = any(
                before < at < word.start for at in visit.directory_changes
            )
            if changed_directory and is_relative(known.get(each.name, "")):
                path = one_line_excerpt(
                    known[each.name].replace(EXPANSION_MARK, "…"), 30
                )
                words = f"`{each.name}` begins with the relative path `{path}`"
                yield ScriptFinding(
                    code=RELATIVE_PATH.code,
                    offset=each.start,
                    message=f"{words}, and `cd` came in between",
                )


def is_relative(start: str) -> bool:
    """Whether a value with this prefix is a relative path that contains a `/`."""
    return "://" not in start and _RELATIVE.match(start) is not None


def known_prefixes(body: Script, initial: Mapping[str, str]) -> dict[str, str]:
    """The known prefix of each variable's value, found by following assignments.

    `EXPANSION_MARK` stands for unknown parts.

    Args:
        body: the script.
        initial: the values of variables that it does not assign itself.
    """
    words: dict[str, Word] = {each.name: each.value for each in assignments(body)}
    for command in commands(body):
        if isinstance(command, Loop) and command.items:
            words.setdefault(command.name, command.items[0])
    known = dict(initial)
    for name in words:
        known.pop(name, None)
    for _ in range(_MAX_INDIRECTIONS):
        for name, word in words.items():
            start = _value_prefix(word, known)
            if start and not start.startswith(EXPANSION_MARK):
                known[name] = start
    return known


def _value_prefix(word: Word, known: Mapping[str, str]) -> str:
    """The start of a word's value; unknown parts are `EXPANSION_MARK`."""
    text = with_known_values(word, known)
    if not text.startswith(EXPANSION_MARK) or not word.scripts:
        return text
    printed = _substitution_start(word.scripts[0], known)
    return printed + text[1:] if printed else text


def _substitution_start(script: Script, known: Mapping[str, str]) -> str:
    """How the output of a `$(…)` starts, for `ls`, `find`, `echo` and paths."""
    if len(script) != 1:
        return ""
    command = script[0].first.commands[0]
    last = script[0].first.commands[-1]
    last_run = effective_program(last) if isinstance(last, SimpleCommand) else None
    if last_run is not None and last_run.name in _ABSOLUTE | {"xargs"}:
        return "/" if last_run.name in _ABSOLUTE else ""
    program = effective_program(command) if isinstance(command, SimpleCommand) else None
    if program is None or program.name not in ("ls", "find", "echo"):
        return ""
    rest = split_options(program.arguments)[1]
    return with_known_values(rest[0], known) if rest else ""


def output_prefixes(body: Script, initial: Mapping[str, str]) -> dict[str, str]:
    """How the values start that a script writes to `$RUNBOOK_OUTPUT`."""
    known = known_prefixes(body, initial)
    found: dict[str, str] = {}
    for command in commands(body):
        if not isinstance(command, SimpleCommand):
            continue
        if not any("RUNBOOK_OUTPUT" in r.target.source for r in command.redirects):
            continue
        for word in command.words[1:]:
            name, equals, value = with_known_values(word, known).partition("=")
            if equals and name.isidentifier() and not value.startswith(EXPANSION_MARK):
                found[name] = value
    return found
