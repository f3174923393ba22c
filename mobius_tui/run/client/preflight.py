"""The checks before a run: missing programs and scripts, understated effects."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.run.checks.value_commands import secret_file_path, secret_file_problem
from mobius_tui.run.planning.plan import Plan, effect_of
from mobius_tui.run.planning.unattended_refusals import unattended_refusal
from mobius_tui.runbook.lint.label_rules import (
    does_in_words,
    effects_beyond_labels,
    too_low_in_words,
)
from mobius_tui.runbook.model.actions import Run, is_shell
from mobius_tui.runbook.model.check_kinds import SqlCheck
from mobius_tui.runbook.model.runbook import Runbook, Step, step_of_probe
from mobius_tui.runbook.shell.script_model import EXPANSION_MARK, CommandGroup
from mobius_tui.runbook.shell.script_parser import parse_script
from mobius_tui.runbook.shell.script_walk import commands, visits

_CALLED_PATH = re.compile(
    r"(?:^|[;&|({])[ \t]*"
    r"(?:(?:if|then|else|elif|while|until|do|exec|sudo|env|time|!)[ \t]+)*"
    r"(?P<by>(?:bash|sh)[ \t]+)?(?P<path>\./[\w./+-]+)(?=[\s;&|)]|$)",
    re.MULTILINE,
)
"""A command that is a path from the directory: `./scripts/x.sh`, `bash ./x`."""
_CHANGES_DIRECTORY = re.compile(r"(?:^|[;&|({])[ \t]*(?:cd|pushd)\b", re.MULTILINE)


def preflight_problems(runbook: Runbook, workdir: Path, path: str) -> Iterator[str]:
    """What is missing, each in words for a person.

    Args:
        runbook: what is to be run.
        workdir: where its commands will run.
        path: PATH for them.
    """
    yield from runbook.blocking
    for programs in programs_wanted(runbook):
        if not any(shutil.which(program, path=path) for program in programs):
            yield f"{' or '.join(programs)} is not on PATH; install it"
    if not workdir.is_dir():
        yield f"the directory {workdir} is not there; give --workdir"
        return
    plan = Plan(runbook)
    missing: dict[str, list[str]] = {}
    for step in runbook.steps():
        for words in _missing_scripts(step, workdir):
            missing.setdefault(words, []).append(plan.numbers[step.id])
    for words, numbers in missing.items():
        yield f"{words} ({', '.join(numbers)} would run it)"


def programs_wanted(runbook: Runbook) -> tuple[tuple[str, ...], ...]:
    """The programs that must be there; of several in one entry, one is enough."""
    required = ((program,) for program in runbook.requires)
    return tuple(dict.fromkeys((*required, *_sql_clients(runbook))))


def _sql_clients(runbook: Runbook) -> Iterator[tuple[str, ...]]:
    """The database clients that `sql` checks need, each with its alternatives."""
    for step in (*runbook.steps(), *map(step_of_probe, runbook.probes())):
        for check in (*step.checks, *step.when_checks):
            if isinstance(check, SqlCheck) and check.clients:
                yield check.clients


_BUILTINS = frozenset(
    (
        *(".", ":", "[", "[[", "alias", "bg", "bind", "break", "builtin", "caller"),
        *("cd", "command", "compgen", "complete", "compopt", "continue", "declare"),
        *(
            "dirs",
            "disown",
            "echo",
            "enable",
            "eval",
            "exec",
            "exit",
            "export",
            "false",
        ),
        *("fc", "fg", "getopts", "hash", "help", "history", "jobs", "kill", "let"),
        *("local", "logout", "mapfile", "popd", "printf", "pushd", "pwd", "read"),
        *("readarray", "readonly", "return", "set", "shift", "shopt", "source"),
        *("suspend", "test", "times", "trap", "true", "type", "typeset", "ulimit"),
        *("umask", "unalias", "unset", "wait"),
    )
)
"""Commands that are built into bash, and so are no programs."""


def missing_sources(
    runbook: Runbook, known: Collection[str], workdir: Path, path: str
) -> Iterator[str]:
    """The programs and files that give variables a value, and are not there.

    Args:
        runbook: what is to be run.
        known: names of the variables that were given a value; a default does not count,
            as the command that proposes values is run all the same.
        workdir: where commands run.
        path: PATH for them.
    """
    for name, variable in runbook.variables.items():
        if name in known:
            continue
        if variable.from_file:
            problem = secret_file_problem(secret_file_path(variable.from_file, workdir))
            if problem:
                yield f"{problem}; [var.{name}] is in it"
        for program in _programs_called(variable.from_run):
            found = workdir / program if "/" in program else Path(program)
            if shutil.which(found, path=path) is None:
                where = f"in {workdir}" if "/" in program else "on PATH"
                yield f"{program} is not {where}; [var.{name}] gets its value by it"


def _programs_called(script: str) -> Iterator[str]:
    """The programs that a script calls by name, each once; not computed names.

    Paths with `~` are left out, and relative ones of a script that changes directory:
    where they lead is not known.
    """
    moves = _CHANGES_DIRECTORY.search(script) is not None
    body = parse_script(script).body
    own = {c.function for c in commands(body) if isinstance(c, CommandGroup)}
    programs = (each.program for each in visits(body) if each.program is not None)
    named = (each.word.text for each in programs if each.name)
    for name in dict.fromkeys(named):
        if name.startswith("~") or (moves and "/" in name and name[0] != "/"):
            continue
        if name and name not in _BUILTINS | own and EXPANSION_MARK not in name:
            yield name


def unset_variables(runbook: Runbook, known: Collection[str]) -> Iterator[str]:
    """The variables that steps wait for and nothing sets, each with its remedy.

    Args:
        runbook: what is to be run.
        known: names of the variables that have a value.
    """
    plan = Plan(runbook)
    for name, variable in runbook.variables.items():
        if name in known or variable.ask or name in plan.step_that_sets:
            continue
        if variable.from_run or variable.from_file:
            continue  # a command or a file gives it its value
        waiting = [
            plan.numbers[step]
            for step, reads in plan.variables_read.items()
            if name in reads
        ]
        if not waiting:
            continue
        words = f"{', '.join(waiting)} {'wait' if waiting[1:] else 'waits'} for it"
        if variable.from_env is not None:
            later = "in a run that has begun, set it and resume"
            yield f"set {variable.from_env}: {words}; {later}"
        else:
            source = f", or a `from_env` to [var.{name}]" if variable.secret else ""
            yield f"give --var {name}=VALUE{source}: {words}"


_ROOM_FOR_ARGUMENTS = 16 << 10
"""Bytes that a process's own words, and what the system adds to them, may take."""


def refuse_too_large_together(runbook: Runbook, values: Mapping[str, str]) -> None:
    """Refuse values that no process of a step takes together.

    Args:
        runbook: what is to be run.
        values: every variable's value, those of secrets too.

    Raises:
        UsageError: a step reads more than a process takes; it is named.
    """
    sizes = {name: _environment_bytes(name, text) for name, text in values.items()}
    most = os.sysconf("SC_ARG_MAX") - _ROOM_FOR_ARGUMENTS
    most -= sum(_environment_bytes(*each) for each in os.environ.items())
    if sum(sizes.values()) <= most:
        return
    plan = Plan(runbook)
    for step, names in plan.variables_read.items():
        size = sum(sizes.get(name, 0) for name in names)
        if size > most:
            words = f"the variables that {plan.name(step)} reads are {size} bytes"
            raise UsageError(
                f"{words} together; a process takes {max(most, 0)}; give what is "
                "longer by a file"
            )


def _environment_bytes(name: str, text: str) -> int:
    """What a variable takes of the room that a process has for all of them."""
    return len(f"{name}={text}".encode("utf-8", "surrogatepass")) + 9


def refuse_unattended(runbook: Runbook, feature: str) -> None:
    """Refuse to run unattended if a check that cannot fail guards a destructive step.

    Args:
        runbook: what is to be run.
        feature: what was asked for, such as `--auto`.

    Raises:
        UsageError: such a check guards what destroys.
    """
    if words := unattended_refusal(runbook, feature):
        raise UsageError(words)


def _missing_scripts(step: Step, place: Path) -> Iterator[str]:
    """Scripts that a step calls by their path and that are not there.

    Scripts of a step on hosts are on these, and are not checked.
    """
    action = step.action
    if not isinstance(action, Run) or not is_shell(action.shell) or step.rollout:
        return
    if _CHANGES_DIRECTORY.search(action.script):
        return  # it changes directory, so its relative paths cannot be checked
    for called in dict.fromkeys(_CALLED_PATH.findall(action.script)):
        by, path = called
        file = place / path
        if not file.exists():
            yield f"{path} is not in {place} yet"
        elif not by and not os.access(file, os.X_OK):
            yield f"{path} in {place} is not executable: chmod +x"


_MAX_COMMAND_CHARS = 60
"""Characters of a command that are shown."""


def understated_step_notices(plan: Plan, phase_id: str | None = None) -> Iterator[str]:
    """A sentence about each step whose script does more than its label says.

    Args:
        plan: the runbook's.
        phase_id: of the phase to examine; all of them without it.
    """
    steps = {step.id: step for step in plan.first_runbook.steps()}
    for step_id, found in effects_beyond_labels(plan.first_runbook).items():
        if phase_id is None or plan.phase_of[step_id].id == phase_id:
            deed = next(e for e in found.effects if e.effect == found.effect)
            does = does_in_words(deed, _MAX_COMMAND_CHARS)
            words = too_low_in_words(does, effect_of(steps[step_id]))
            yield f"{plan.name(step_id)}: {words}"
