"""Commands that never end by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mobius_tui.runbook.doubts.look import Finding, Look
from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.shell.model import HOLE, Loop, Script, Simple
from mobius_tui.runbook.shell.program import Program, options, program
from mobius_tui.runbook.shell.walk import Visit, commands, visits

ENDLESS_COMMAND = Rule(
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
"""Programs that follow something when told to: options with values, and which tell."""
_LOGS = frozenset(("docker", "podman", "kubectl", "docker-compose", "oc"))
_COUNTED: Mapping[str, tuple[str, str]] = {
    "ping": ("cIistWwQMpl", "cw"),
    "tcpdump": ("ciswrnGWC", "cGr"),
}
"""Programs that go on unless told how often: options with values, and which limit."""
_INTERVALS: Mapping[str, str] = {
    "iostat": "gjopy",
    "vmstat": "pS",
    "mpstat": "PIo",
    "pidstat": "pCGTU",
    "sar": "fioPsemn",
}
"""Programs that take an interval and a count; their short options with values."""


def endless(look: Look) -> Iterator[Finding]:
    """What runs until somebody stops it."""
    if look.follow or look.tty:
        return
    for visit in look.visits:
        run = visit.program
        if run is None or "timeout" in run.wrappers or _is_cut(visit):
            continue
        how = _endless(run)
        if how:
            yield Finding(
                code=ENDLESS_COMMAND.code,
                offset=run.word.start,
                message=f"`{how}` never ends by itself",
            )
    for command in commands(look.script.body):
        if isinstance(command, Loop) and _is_endless(command):
            yield Finding(
                code=ENDLESS_COMMAND.code,
                offset=command.start,
                message="this loop never ends: nothing in it breaks out",
            )


def _endless(run: Program) -> str:
    """What makes a command endless, in its own words; empty where it ends."""
    name = run.name
    if name in ("watch", "dstat", "yes"):
        return name
    if name in _FOLLOWS:
        valued, follow = _FOLLOWS[name]
        found = options(run.arguments, valued)[0] & follow
        if found and "--pid" not in options(run.arguments, valued)[0]:
            option = sorted(found)[0]
            return f"{name} {option if option[0] == '-' else f'-{option}'}"
    if name in _LOGS:
        given, rest = options(run.arguments)
        words = [word.text for word in rest]
        if "logs" in words and given & {"f", "--follow"}:
            return f"{name} logs -f"
        if words[:1] == ["stats"] and "--no-stream" not in given:
            return f"{name} stats"
    if name in _COUNTED:
        valued, limits = _COUNTED[name]
        if not options(run.arguments, valued)[0] & set(limits):
            return f"{name} without -{limits[0]}"
    if name in _INTERVALS:
        rest = options(run.arguments, _INTERVALS[name])[1]
        numbers = [word for word in rest if word.text.isdigit() or word.text == HOLE]
        if len(numbers) == 1:
            return f"{name} {numbers[0].source}"
    if name == "sleep" and run.arguments and run.arguments[0].text == "infinity":
        return "sleep infinity"
    if name == "top" and options(run.arguments, "dnpuUwso")[0] & {"b"}:
        return "" if options(run.arguments, "dnpuUwso")[0] & {"n"} else "top -b"
    return ""


def _is_cut(visit: Visit) -> bool:
    """Whether a later command of the pipeline, or `&`, ends it."""
    if visit.statement.background:
        return True
    for command in visit.pipeline.commands[visit.place + 1 :]:
        run = program(command) if isinstance(command, Simple) else None
        if run is None:
            continue
        if run.name == "head":
            return True
        if run.name == "grep" and options(run.arguments, "efABC")[0] & {"q", "m"}:
            return True
    return False


def _is_endless(loop: Loop) -> bool:
    """`while true` without a way out."""
    if loop.kind not in ("while", "until") or len(loop.condition) != 1:
        return False
    pipe = loop.condition[0].first
    first = pipe.commands[0]
    run = program(first) if isinstance(first, Simple) else None
    constant = {"while": ("true", ":"), "until": ("false",)}[loop.kind]
    if run is None or run.name not in constant or loop.condition[0].rest:
        return False
    return not _leaves(loop.body)


def _leaves(body: Script) -> bool:
    """Whether anything in a loop ends it, or may."""
    ways = ("break", "exit", "return", "exec", "kill")
    return any(
        visit.program is not None and visit.program.name in ways
        for visit in visits(body)
    )
