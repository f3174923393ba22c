"""A phase that a trigger begins, and that cannot come to its end by itself."""

from __future__ import annotations

from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.draft import Draft
from mobius_tui.runbook.unattended import at_the_start, begun_phase, obstacles

_BEGUN = (
    "[health]\n[[health.probe]]\nid = 'api'\nurl = 'http://localhost:3000/health'\n"
    "timeout = '1s'\n[health.trigger]\nconsecutive_failures = 3\nthen = 'auto'\n"
)
_FIND = (
    "[[phase]]\nid = 'main'\ntitle = 'Main'\n[[phase.step]]\nid = 'find'\n"
    "title = 'Find the backup'\neffect = 'read'\noutputs = ['backup']\n"
    "run = './find.sh'\n"
)
_AUTO = "[[phase]]\nid = 'auto'\ntitle = 'By itself'\naside = true\n"
_RESTORE = (
    "[[phase.step]]\nid = 'restore'\ntitle = 'Restore'\neffect = 'destroy'\n"
    "run = './restore.sh \"$backup\"'\ntimeout = '5m'\ncheck.run = './is_up.sh'"
)

UNATTENDED = Rule(
    code="unattended",
    title="a phase that a trigger begins, and that stops for a person",
    reason="Whoever arms it relies on it at a time when nobody is there; it changes "
    "something, and then waits: for a value, a step or a decision of the main line.",
    remedy="let a step of the phase itself find what it reads (`use` takes a step of "
    "the main line once more), give the variable a `default` or `ask`, and name "
    "nothing of the main line in `needs`",
    bad=f"{_BEGUN}{_FIND}{_AUTO}{_RESTORE}",
    good=f"{_BEGUN}{_FIND}{_AUTO}[[phase.step]]\nuse = 'find'\nid = 'find-again'\n"
    f"{_RESTORE}",
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
