"""Commands that never end, and processes that a script leaves in the background."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mobius_tui.runbook.script_rules.script_context import (
    ScriptContext,
    ScriptFinding,
    one_line_excerpt,
)
from mobius_tui.runbook.shell.script_model import (
    EXPANSION_MARK,
    Loop,
    Script,
    SimpleCommand,
    Statement,
)
from mobius_tui.runbook.shell.script_walk import (
    CommandVisit,
    Program,
    commands,
    effective_program,
    nested_scripts,
    pipelines,
    split_options,
    visits,
)
from mobius_tui.runbook.toml.problem import LintRule

ENDLESS_COMMAND = LintRule(
    code="endless-command",
    title="a command that never ends by itself, without `follow`",
    reason="The step runs until its time-out, is stopped, and has failed.",
    remedy="`follow = true`: it runs beside the other steps until it is stopped; or "
    "limit it, as by `timeout 30` or `-n 100`",
    bad="effect = 'read'\nrun = 'journalctl -u api -f'",
    good="run = 'journalctl -u api -f'\nfollow = true",
)

_FOLLOWS: Mapping[str, tuple[str, frozenset[str]]] = {
    "tail": ("nc", frozenset(("f", "F", "--follow"))),
    "journalctl": ("untpgSUoD", frozenset(("f", "--follow"))),
    "dmesg": ("", frozenset(("w", "W", "--follow", "--follow-new"))),
    "inotifywait": ("", frozenset(("m", "--monitor"))),
}
"""Programs that can follow a file: their short options with a value, and the
options with which they follow."""
_LOGS = frozenset(("docker", "podman", "kubectl", "docker-compose", "oc"))
_COUNTED: Mapping[str, tuple[str, str]] = {
    "ping": ("cIistWwQMpl", "cw"),
    "tcpdump": ("ciswrGWC", "cGr"),
}
"""Programs that repeat without end by default: their short options with a value, and
those that limit the count."""
_INTERVALS: Mapping[str, str] = {
    "iostat": "gjop",
    "vmstat": "pS",
    "mpstat": "PIo",
    "pidstat": "pCGTU",
    "sar": "fioPsemn",
    "dstat": "CDINS",
}
"""Programs that take an interval and a count; their short options with values."""


def endless_commands(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find commands that run until someone stops them."""
    if context.follow or context.tty:
        return
    for visit in context.visits:
        program = visit.program
        if (
            program is None
            or "timeout" in program.wrappers
            or _is_ended_from_outside(visit)
        ):
            continue
        form = _endless_form(program)
        if form:
            yield ScriptFinding(
                code=ENDLESS_COMMAND.code,
                offset=program.word.start,
                message=f"`{form}` never ends by itself",
            )
    for command in commands(context.script.body):
        if isinstance(command, Loop) and _is_endless(command):
            yield ScriptFinding(
                code=ENDLESS_COMMAND.code,
                offset=command.start,
                message="this loop never ends: nothing in it breaks out",
            )


def _endless_form(program: Program) -> str | None:
    """The form in which a command never ends, for a message; None if it ends."""
    name = program.name
    if name in ("watch", "yes"):
        return name
    if name in _FOLLOWS:
        valued, follow = _FOLLOWS[name]
        found = split_options(program.arguments, valued)[0] & follow
        if found and "--pid" not in split_options(program.arguments, valued)[0]:
            option = sorted(found)[0]
            return f"{name} {option if option[0] == '-' else f'-{option}'}"
    if name in _LOGS:
        given, rest = split_options(program.arguments)
        words = [word.text for word in rest]
        if "logs" in words:
            texts = [word.text for word in program.arguments]
            following = program.arguments[texts.index("logs") + 1 :]
            if split_options(following)[0] & {"f", "--follow"}:
                return f"{name} logs -f"
        if words[:1] == ["stats"] and "--no-stream" not in given:
            return f"{name} stats"
    if name in _COUNTED:
        valued, limits = _COUNTED[name]
        if not split_options(program.arguments, valued)[0] & set(limits):
            return f"{name} without -{limits[0]}"
    if name in _INTERVALS:
        rest = split_options(program.arguments, _INTERVALS[name])[1]
        numbers = [
            word for word in rest if word.text.isdigit() or word.text == EXPANSION_MARK
        ]
        if len(numbers) == 1:
            return f"{name} {numbers[0].source}"
        if name == "dstat" and not numbers:
            return name
    if (
        name == "sleep"
        and program.arguments
        and program.arguments[0].text == "infinity"
    ):
        return "sleep infinity"
    if name == "top" and split_options(program.arguments, "dnpuUwso")[0] & {"b"}:
        return (
            None
            if split_options(program.arguments, "dnpuUwso")[0] & {"n"}
            else "top -b"
        )
    return None


def _is_ended_from_outside(visit: CommandVisit) -> bool:
    """Whether something else ends the command.

    It is in the background, or `head`, `grep -q` or `grep -m` closes its pipe.
    """
    if visit.statement.background:
        return True
    for command in visit.pipeline.commands[visit.pipeline_index + 1 :]:
        program = (
            effective_program(command) if isinstance(command, SimpleCommand) else None
        )
        if program is None:
            continue
        if program.name == "head":
            return True
        if program.name == "grep" and split_options(program.arguments, "efABC")[0] & {
            "q",
            "m",
        }:
            return True
    return False


def _is_endless(loop: Loop) -> bool:
    """`while true` without a way out."""
    if loop.kind not in ("while", "until") or len(loop.condition) != 1:
        return False
    pipe = loop.condition[0].first
    first = pipe.commands[0]
    program = effective_program(first) if isinstance(first, SimpleCommand) else None
    constant = {"while": ("true", ":"), "until": ("false",)}[loop.kind]
    if program is None or program.name not in constant or loop.condition[0].rest:
        return False
    return not _exits_loop(loop.body)


def _exits_loop(body: Script) -> bool:
    """Whether anything in a loop ends it, or may."""
    exits = ("break", "exit", "return", "exec", "kill")
    return any(
        visit.program is not None and visit.program.name in exits
        for visit in visits(body)
    )


BACKGROUND = LintRule(
    code="background",
    title="something left in the background, which is ended with the script",
    reason="What a script leaves in its process group is ended when the script ends, "
    "also under `nohup`: a service that was started so is gone, and its step passed.",
    remedy="`wait` for it, where it has an end; start a service that is to stay with "
    "`setsid -f PROGRAM >LOG 2>&1 </dev/null`, or with `systemd-run --unit=NAME`",
    bad="timeout = '1m'\nrun = 'nohup /srv/serve >/dev/null 2>&1 &'",
    good="timeout = '1m'\nrun = 'setsid -f /srv/serve >/dev/null 2>&1 </dev/null'",
)
_DETACHING = frozenset(("setsid", "systemd-run", "start-stop-daemon", "daemonize"))
"""Programs that start another one outside the script's process group."""
_ENDS_JOBS = frozenset(("wait", "kill", "pkill", "killall", "fg"))
"""Commands that end background jobs, or wait for them."""
_TRAILING = frozenset(
    (":", "true", "echo", "printf", "sleep", "exit", "disown", "date", "cat", "kill")
)
"""Commands that may follow a job that was meant to outlive the script."""


def background_jobs(context: ScriptContext) -> Iterator[ScriptFinding]:
    """Find background jobs meant to outlive the script: by `nohup`, or at its end."""
    if any(_ends_jobs_by_trap(visit) for visit in context.visits):
        return
    for statement in _background_statements(context.script.body):
        own = tuple(visits((statement,)))
        if not own or all(_stays_running(visit.program) for visit in own):
            continue
        last = max(visit.command.start for visit in own)
        after = [v for v in context.visits if v.command.start > last]
        if any(_ends_jobs(visit.program) for visit in after):
            continue
        by_nohup = any("nohup" in v.program.wrappers for v in own if v.program)
        if by_nohup or _only_trailing(after):
            words = one_line_excerpt(
                context.script.text[statement.start :].split("\n")[0]
            )
            yield ScriptFinding(
                code=BACKGROUND.code,
                offset=statement.start,
                message=f"`{words}`: what is in the background is ended with the "
                "script" + (", also under `nohup`" if by_nohup else ""),
            )


def _background_statements(script: Script) -> Iterator[Statement]:
    """Every statement that runs in the background; not those inside of it."""
    for statement in script:
        if statement.background:
            yield statement
            continue
        for pipe in pipelines(statement):
            for command in pipe.commands:
                for inner in nested_scripts(command):
                    yield from _background_statements(inner)


def _stays_running(program: Program | None) -> bool:
    """Whether a command outlives the script."""
    return program is not None and not _DETACHING.isdisjoint(
        (program.name, *program.wrappers)
    )


def _ends_jobs(program: Program | None) -> bool:
    """Whether a command waits for background jobs, or ends them."""
    if program is None or program.name not in _ENDS_JOBS:
        return False
    return (
        program.name != "kill" or "0" not in split_options(program.arguments, "sn")[0]
    )


def _ends_jobs_by_trap(visit: CommandVisit) -> bool:
    """Whether it is a trap that ends background jobs."""
    program = visit.program
    if program is None or program.name != "trap":
        return False
    return any(name in word.text for word in program.arguments for name in _ENDS_JOBS)


def _only_trailing(after: Sequence[CommandVisit]) -> bool:
    """Whether only `_TRAILING` commands follow."""
    return all(v.program is None or v.program.name in _TRAILING for v in after)
