"""A phase that a trigger begins, and that cannot come to its end by itself."""

from __future__ import annotations

from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.draft import Draft
from mobius_tui.runbook.unattended import at_the_start, begun_phase, obstacles

_FIND = (
    "[health]\n"
    "probe = [{ id = 'api', url = 'http://localhost/health', timeout = '1s' }]\n"
    "trigger = { consecutive_failures = 3, then = 'auto' }\n"
    "[[phase]]\nid = 'main'\ntitle = 'Main'\n"
    "step = [{ id = 'find', title = 'F', timeout = '1m', run = './find.sh', "
    "outputs = ['backup'] }]\n"
    "[[phase]]\nid = 'auto'\ntitle = 'By itself'\naside = true\n"
)
_RESTORE = (
    "{ id = 'restore', title = 'R', timeout = '5m', run = './restore.sh \"$backup\"' }"
)

UNATTENDED = Rule(
    code="unattended",
    title="a phase that a trigger begins, and that stops for a person",
    reason="Whoever arms it relies on it at a time when nobody is there; it changes "
    "something, and then waits: for a value, a step or a decision of the main line.",
    remedy="let a step of the phase itself find what it reads (`use` takes a step of "
    "the main line once more), give the variable a `default` or `ask`, and name "
    "nothing of the main line in `needs`",
    bad=f"{_FIND}step = [{_RESTORE}]",
    good=f"{_FIND}step = [{{ use = 'find', id = 'find-again' }}, {_RESTORE}]",
)


def doubt_unattended(draft: Draft) -> None:
    """Warn of each step at which what a trigger begins would stop.

    Raises:
        EnoughError: there are too many problems now.
    """
    runbook = draft.runbook
    phase = begun_phase(runbook)
    stops = obstacles(runbook, at_the_start(runbook), lambda step: f"`{step.id}`")
    for stop in stops:
        table = draft.at("step", stop.step.id)
        path = (stop.key,) if stop.key in table.node else ()
        words = f"a trigger begins `{phase.id if phase else ''}`, and it stops here"
        table.doubt(UNATTENDED.code, f"{words}: {stop.why}", *path)
