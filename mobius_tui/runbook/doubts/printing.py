"""What a command's status says, and which commands do nothing but print."""

from __future__ import annotations

from mobius_tui.runbook.doubts.look import shown
from mobius_tui.runbook.shell.model import Group, Pipeline, Script, Simple, Statement
from mobius_tui.runbook.shell.program import program
from mobius_tui.runbook.shell.walk import pipelines

PRINTS = frozenset(("echo", "printf", ":", "true", "sleep", "date", "logger", "tput"))
_PREDICATES_WORDS = """
test [ [[ (( grep egrep fgrep zgrep rg command type which hash true false : read pgrep
umask shift pkill kill killall pidof let expr wait id getent mountpoint rm rmdir
"""
PREDICATES = frozenset(_PREDICATES_WORDS.split())
"""Commands whose failure is an answer, or means that there was nothing to do."""
TESTS = frozenset(("test", "[", "[[", "(("))
LEAVING = frozenset(("exit", "return", "break", "continue"))
_SCREENS = frozenset(("1", "2", "/dev/stderr", "/dev/stdout", "/dev/null"))


def status_of(pipe: Pipeline) -> str:
    """The program whose status a pipeline has; `?` where it is no simple command."""
    command = pipe.commands[-1]
    run = program(command) if isinstance(command, Simple) else None
    if isinstance(command, Simple) and run is None and command.assignments:
        return _assigned(command)
    return "?" if run is None else run.name or "?"


def _assigned(command: Simple) -> str:
    """The program in `x=$(…)`, whose status the assignment has."""
    scripts = command.assignments[-1].value.scripts
    if not scripts or not scripts[-1]:
        return "true"
    return status_of(scripts[-1][-1].first)


def is_cut(pipe: Pipeline) -> bool:
    """Whether it ends in `head`, after which the rest may end by a signal."""
    return status_of(pipe) == "head"


def hides(pipe: Pipeline) -> bool:
    """Whether a pipeline always succeeds, and does nothing but print."""
    command = pipe.commands[0]
    if len(pipe.commands) > 1:
        return False
    if isinstance(command, Group):
        return not command.function and only_prints(command.body)
    return isinstance(command, Simple) and (prints(command) or _leaves_well(command))


def _leaves_well(command: Simple) -> bool:
    run = program(command)
    if run is None or run.name not in ("exit", "return"):
        return False
    return [word.text for word in run.arguments] == ["0"]


def prints(command: Simple) -> bool:
    """Whether a command prints on the screen, and does nothing else."""
    run = program(command)
    if run is None or run.name not in PRINTS or command.assignments:
        return False
    return all(redirect.target.text in _SCREENS for redirect in command.redirects)


def only_prints(script: Script) -> bool:
    """Whether statements print and do nothing else; false for none."""
    return bool(script) and all(
        isinstance(command, Simple) and prints(command)
        for statement in script
        for pipe in pipelines(statement)
        for command in pipe.commands
    )


def printed(pipe: Pipeline) -> str:
    """What a pipeline prints."""
    return printed_by((Statement(start=pipe.start, first=pipe),))


def printed_by(script: Script) -> str:
    """What the commands of a script print."""
    words: list[str] = []
    for statement in script:
        for pipe in pipelines(statement):
            for command in pipe.commands:
                if isinstance(command, Simple):
                    words += [word.text for word in command.words[1:]]
                elif isinstance(command, Group):
                    words.append(printed_by(command.body))
    return " ".join(words)


def short(pipe: Pipeline) -> str:
    """A pipeline for a message."""
    command = pipe.commands[0]
    if not isinstance(command, Simple):
        return "{ … }"
    return shown(" ".join(word.source for word in command.words), 24)
