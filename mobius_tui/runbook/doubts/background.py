"""What a script leaves running in the background, which is ended with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mobius_tui.runbook.doubts.look import Finding, Look, shown
from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.shell.model import Script, Statement
from mobius_tui.runbook.shell.program import Program, options
from mobius_tui.runbook.shell.walk import Visit, inside, pipelines, visits

BACKGROUND = Rule(
    code="background",
    title="something left in the background, which is ended with the script",
    reason="What a script leaves in its process group is ended when the script ends, "
    "also under `nohup`: a service that was started so is gone, and its step passed.",
    remedy="`wait` for it, where it has an end; start a service that is to stay with "
    "`setsid -f PROGRAM >LOG 2>&1 </dev/null`, or with `systemd-run --unit=NAME`",
    bad="timeout = '1m'\nrun = 'nohup /srv/serve >/dev/null 2>&1 &'",
    good="timeout = '1m'\nrun = 'setsid -f /srv/serve >/dev/null 2>&1 </dev/null'",
)
_LEAVES = frozenset(("setsid", "systemd-run", "start-stop-daemon", "daemonize"))
"""Programs by which another one leaves the group, or is started by somebody else."""
_MINDS = frozenset(("wait", "kill", "pkill", "killall", "fg"))
"""What ends something in the background, or waits for its end."""
_LITTLE = frozenset(
    (":", "true", "echo", "printf", "sleep", "exit", "disown", "date", "cat", "kill")
)
"""What may come after something that was meant to stay."""


def background(look: Look) -> Iterator[Finding]:
    """What is sent to the background to stay: by `nohup`, or as the last command."""
    if any(_traps(visit) for visit in look.visits):
        return
    for statement in _sent(look.script.body):
        own = tuple(visits((statement,)))
        if not own or all(_leaves(visit.program) for visit in own):
            continue
        last = max(visit.command.start for visit in own)
        after = [v for v in look.visits if v.command.start > last]
        if any(_minds(visit.program) for visit in after):
            continue
        held = any("nohup" in v.program.wrappers for v in own if v.program)
        if held or _is_the_end(after):
            words = shown(look.script.text[statement.start :].split("\n")[0])
            yield Finding(
                code=BACKGROUND.code,
                offset=statement.start,
                message=f"`{words}`: what is in the background is ended with the "
                "script" + (", also under `nohup`" if held else ""),
            )


def _sent(script: Script) -> Iterator[Statement]:
    """Every statement that is sent to the background; not those inside of it."""
    for statement in script:
        if statement.background:
            yield statement
            continue
        for pipe in pipelines(statement):
            for command in pipe.commands:
                for inner in inside(command):
                    yield from _sent(inner)


def _leaves(run: Program | None) -> bool:
    """Whether a command is not ended with the script."""
    return run is not None and not _LEAVES.isdisjoint((run.name, *run.wrappers))


def _minds(run: Program | None) -> bool:
    """Whether it waits for what is in the background, or ends it."""
    if run is None or run.name not in _MINDS:
        return False
    return run.name != "kill" or "0" not in options(run.arguments, "sn")[0]


def _traps(visit: Visit) -> bool:
    """Whether it is a trap that minds it when the script ends."""
    run = visit.program
    if run is None or run.name != "trap":
        return False
    return any(name in word.text for word in run.arguments for name in _MINDS)


def _is_the_end(after: Sequence[Visit]) -> bool:
    """Whether nothing but little comes after it."""
    return all(v.program is None or v.program.name in _LITTLE for v in after)
