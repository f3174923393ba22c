"""Failures that a script detects but does not pass on by its exit code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    one_line_excerpt,
)
from mobius_tui.runbook.shell.script_model import (
    Case,
    CommandGroup,
    If,
    Loop,
    Pipeline,
    Script,
    ScriptCommand,
    SimpleCommand,
    Statement,
)
from mobius_tui.runbook.shell.script_walk import effective_program, pipelines
from mobius_tui.runbook.toml.problem import LintRule

HARMLESS_COMMANDS = frozenset(
    ("echo", "printf", ":", "true", "sleep", "date", "logger", "tput")
)
_PREDICATES_WORDS = """
test [ [[ (( grep egrep fgrep zgrep rg command type which hash true false : read pgrep
umask shift pkill kill killall pidof let expr wait id getent mountpoint rm rmdir
"""
PREDICATES = frozenset(_PREDICATES_WORDS.split())
"""Commands whose failure is an answer, or means that there was nothing to do."""
TESTS = frozenset(("test", "[", "[[", "(("))
CONTROL_TRANSFERS = frozenset(("exit", "return", "break", "continue"))
_OUTPUT_TARGETS = frozenset(("1", "2", "/dev/stderr", "/dev/stdout", "/dev/null"))


def status_program(pipe: Pipeline) -> str:
    """The name of the last program of a pipeline, by whose status it is judged.

    `pipefail` is left out of account, by which an earlier program may fail it. For
    `x=$(…)` it is the program in the `$(…)`, for an assignment without one `true`; `?`
    if it is a compound command or unknown.
    """
    command = pipe.commands[-1]
    program = effective_program(command) if isinstance(command, SimpleCommand) else None
    if isinstance(command, SimpleCommand) and program is None and command.assignments:
        return _assigned(command)
    return "?" if program is None else program.name or "?"


def _assigned(command: SimpleCommand) -> str:
    """The program in `x=$(…)`, whose status the assignment has."""
    scripts = command.assignments[-1].value.scripts
    if not scripts or not scripts[-1]:
        return "true"
    return status_program(scripts[-1][-1].first)


def ends_in_head(pipe: Pipeline) -> bool:
    """Whether it ends in `head`, so that the other commands may get a SIGPIPE."""
    return status_program(pipe) == "head"


def hides_failure(pipe: Pipeline) -> bool:
    """Whether a pipeline only prints or exits with 0, which hides earlier failures."""
    command = pipe.commands[0]
    if len(pipe.commands) > 1:
        return False
    if isinstance(command, CommandGroup):
        return not command.function and script_only_prints(command.body)
    return isinstance(command, SimpleCommand) and (
        command_only_prints(command) or _exits_with_zero(command)
    )


def _exits_with_zero(command: SimpleCommand) -> bool:
    program = effective_program(command)
    if program is None or program.name not in ("exit", "return"):
        return False
    return [word.text for word in program.arguments] == ["0"]


def command_only_prints(command: SimpleCommand) -> bool:
    """Whether a command prints on the screen, and does nothing else."""
    program = effective_program(command)
    if program is None or program.name not in HARMLESS_COMMANDS or command.assignments:
        return False
    return all(
        redirect.target.text in _OUTPUT_TARGETS for redirect in command.redirects
    )


def script_only_prints(script: Script) -> bool:
    """Whether statements print and do nothing else; false for none."""
    return bool(script) and all(
        isinstance(command, SimpleCommand) and command_only_prints(command)
        for statement in script
        for pipe in pipelines(statement)
        for command in pipe.commands
    )


def pipeline_output(pipe: Pipeline) -> str:
    """The words that a pipeline would print, as far as they are in the script."""
    return script_output((Statement(start=pipe.start, first=pipe),))


def script_output(script: Script) -> str:
    """The words that the commands of a script would print."""
    words: list[str] = []
    for statement in script:
        for pipe in pipelines(statement):
            for command in pipe.commands:
                if isinstance(command, SimpleCommand):
                    words += [word.text for word in command.words[1:]]
                elif isinstance(command, CommandGroup):
                    words.append(script_output(command.body))
    return " ".join(words)


def short_pipeline(pipe: Pipeline) -> str:
    """A pipeline for a message."""
    command = pipe.commands[0]
    if not isinstance(command, SimpleCommand):
        return "{ … }"
    return one_line_excerpt(" ".join(word.source for word in command.words), 24)


SWALLOWED_FAILURE = LintRule(
    code="swallowed-failure",
    title="a loop, `||` or `if` that swallows a failure",
    reason="The step passes although something in it failed: a false green.",
    remedy="let it fail: `exit 1`, or no `||` at all; name exit codes that are fine "
    "in `success` or `warning`; three checks in a row are a check with "
    "`consecutive = 3`",
    bad="""effect = 'read'
run = '''
for i in 1 2 3; do
  if systemctl is-active api; then echo PASSED; else echo FAILED; fi
  sleep 10
done
'''""",
    good="""effect = 'read'
run = '''
for i in 1 2 3; do
  systemctl is-active api
  sleep 10
done
'''""",
)

FAILURE_WORDS = re.compile(
    r"(?i)(?<!\bno )(?<!\b0 )(?<!without )"
    r"(?:\bfail|\berror|\bnot ok\b|\bunhealthy|\bcritical\b|\bbroken\b|[❌✖✗✘🚨])"
)
"""What tells of something that went wrong."""


def hidden_failures(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find failures that `||`, `&&`, `if`, a retry loop or `set +e` hides."""
    yield from _statement_findings(context.script.body, last=True, top=True)
    yield from _errexit_off(context)


def _finding(offset: int, words: str) -> ScriptFinding:
    return ScriptFinding(code=SWALLOWED_FAILURE.code, offset=offset, message=words)


def _statement_findings(
    script: Script, *, last: bool, top: bool = False
) -> Iterator[ScriptFinding]:
    """The findings of statements.

    Args:
        script: the statements.
        last: whether the exit status of the last one becomes that of the script.
        top: whether they are at the top level of the script.
    """
    for index, statement in enumerate(script):
        is_last = last and index == len(script) - 1
        yield from _ignored_by_or(statement)
        if not is_last:
            yield from _ignored_by_and(statement)
        for pipe in pipelines(statement):
            for command in pipe.commands:
                yield from _command_findings(command, last=is_last, top=top)


def _command_findings(
    command: ScriptCommand, *, last: bool, top: bool
) -> Iterator[ScriptFinding]:
    """The findings of a compound command; conditions are left out."""
    match command:
        case If():
            yield from _ignored_by_if(command)
            for _, body in command.branches:
                yield from _statement_findings(body, last=last)
            yield from _statement_findings(command.otherwise or (), last=last)
        case Loop():
            if last and top:
                yield from _unchecked_retry_loop(command)
            yield from _statement_findings(command.body, last=False)
        case Case(arms=arms):
            for arm in arms:
                yield from _statement_findings(arm, last=last)
        case CommandGroup():
            # The status of a function, and of a subshell, is that of its last part.
            inside = bool(command.function) or command.subshell or last
            yield from _statement_findings(
                command.body, last=inside, top=top and not command.function
            )
        case SimpleCommand():
            return


def _ignored_by_or(statement: Statement) -> Iterator[ScriptFinding]:
    """`… || true`, `… || echo failed`."""
    if not statement.rest or statement.rest[-1][0] != "||":
        return
    last = statement.rest[-1][1]
    attempted = [statement.first, *(pipe for _, pipe in statement.rest[:-1])]
    if not hides_failure(last) or ends_in_head(attempted[-1]):
        return
    harmless = {*PREDICATES, *HARMLESS_COMMANDS, "?"}
    relevant = [
        name for pipe in attempted if (name := status_program(pipe)) not in harmless
    ]
    printed_failure = (
        pipeline_output(last) if FAILURE_WORDS.search(pipeline_output(last)) else ""
    )
    if relevant:
        words = f"after `|| {short_pipeline(last)}` nobody learns that "
        words += f"`{relevant[-1]}` failed"
        yield _finding(last.start, words)
    elif printed_failure:
        words = f"`{short_pipeline(last)}` is only printed, and the step passes"
        yield _finding(last.start, words)


def _ignored_by_and(statement: Statement) -> Iterator[ScriptFinding]:
    """`a && b`, of which only a failing `b` ends the script."""
    if not statement.rest or any(sign == "||" for sign, _ in statement.rest):
        return
    chain = [statement.first, *(pipe for _, pipe in statement.rest)]
    if status_program(chain[-1]) in CONTROL_TRANSFERS:
        return
    if _sets_variable((Statement(start=chain[-1].start, first=chain[-1]),)):
        return  # what was measured is told by the variable
    for pipe in chain[:-1]:
        name = status_program(pipe)
        fails = name not in PREDICATES and name not in HARMLESS_COMMANDS and name != "?"
        if fails and not pipe.negated:
            words = f"when `{name}` fails before `&&`, the script goes on"
            yield _finding(pipe.start, words)
            return


def _ignored_by_if(command: If) -> Iterator[ScriptFinding]:
    """An `if` whose bad branch only prints."""
    condition = command.branches[0][0]
    if len(command.branches) > 1 or not condition:
        return
    names = [status_program(pipe) for each in condition for pipe in pipelines(each)]
    negated = any(pipe.negated for each in condition for pipe in pipelines(each))
    good, bad = command.branches[0][1], command.otherwise
    if negated:
        bad, good = good, bad or ()
    if _sets_variable(good):
        return
    only_tests = all(name in TESTS for name in names) and not _tests_command_output(
        condition
    )
    prints_failure = (
        bad is not None and FAILURE_WORDS.search(script_output(bad)) is not None
    )
    relevant = [name for name in names if name not in PREDICATES and name != "?"]
    name = relevant[0] if relevant else names[-1]
    if bad is None:
        swallowed = bool(relevant) and script_only_prints(good)
    elif not script_only_prints(bad):
        swallowed = False
    elif not good or script_only_prints(good):
        swallowed = prints_failure or bool(relevant)
    else:
        swallowed = bool(relevant) or (prints_failure and not only_tests)
    if swallowed:
        what = "only printed" if bad is not None else "not even told"
        words = f"that `{name}` failed is {what}: the step passes all the same"
        yield _finding(command.start, words)


def _sets_variable(script: Script) -> bool:
    """Whether statements set a variable, which may be tested later."""
    return any(
        isinstance(command, SimpleCommand) and command.assignments and not command.words
        for statement in script
        for pipe in pipelines(statement)
        for command in pipe.commands
    )


def _tests_command_output(condition: Script) -> bool:
    """Whether a condition contains a command substitution."""
    return any(
        word.scripts
        for statement in condition
        for pipe in pipelines(statement)
        for command in pipe.commands
        if isinstance(command, SimpleCommand)
        for word in command.words
    )


def _unchecked_retry_loop(loop: Loop) -> Iterator[ScriptFinding]:
    """A retry loop at the end of a script: it passes even if no attempt succeeded."""
    if loop.kind not in ("for", "while", "until"):
        return
    if loop.kind != "for" and not _is_counter_condition(loop.condition):
        return
    for statement in loop.body:
        attempted = _program_that_ends_loop(statement)
        if attempted:
            words = f"this loop passes even if `{attempted}` never succeeds"
            yield _finding(loop.start, f"{words}: nothing after it looks")
            return


def _is_counter_condition(condition: Script) -> bool:
    return bool(condition) and status_program(condition[-1].first) in TESTS


def _program_that_ends_loop(statement: Statement) -> str | None:
    """The program whose success ends a loop; None if there is none."""
    chain = [statement.first, *(pipe for _, pipe in statement.rest)]
    command = statement.first.commands[0]
    if isinstance(command, If):
        condition, body = command.branches[0]
        name = status_program(condition[-1].first) if condition else "?"
        left = bool(body) and status_program(body[-1].first) in (
            "break",
            "exit",
            "return",
        )
        clean = left and all(_only_prints_or_leaves(each) for each in body)
        return (
            name if clean and name != "?" and not condition[-1].first.negated else None
        )
    signs = [sign for sign, _ in statement.rest]
    if signs == ["&&"] and status_program(chain[1]) in ("break", "exit", "return"):
        name = status_program(chain[0])
        return None if name == "?" else name
    return None


def _only_prints_or_leaves(statement: Statement) -> bool:
    """Whether a statement only prints, or leaves the loop or the script."""
    command = statement.first.commands[0]
    if not isinstance(command, SimpleCommand):
        return False
    return (
        command_only_prints(command)
        or status_program(statement.first) in CONTROL_TRANSFERS
    )


def _errexit_off(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find a `set +e` without a later `set -e`."""
    off: int | None = None
    for visit in context.visits:
        program = visit.program
        if program is None or program.name != "set":
            continue
        words = " ".join(word.text for word in program.arguments)
        if re.search(r"(^| )(\+[a-z]*e|\+o errexit)", words):
            off = visit.command.start
        elif re.search(r"(^| )(-[a-z]*e|-o errexit)", words):
            off = None
    if off is not None:
        yield _finding(off, "after `set +e` no failure ends the script")
