"""Every dialog, and how it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from tests.tui import fleets, scenes
from tests.tui.runs import MadeRun


@dataclass(frozen=True, slots=True)
class Opening:
    """How a dialog is opened."""

    scene: Callable[[Path], MadeRun]
    keys: tuple[str, ...] = ()
    is_new: bool = True


def failed_check(tmp_path: Path) -> MadeRun:
    """A step that only reads has failed, and is no gate."""
    run = scenes.decided(tmp_path)
    run.write(StepStarted(step="system-status", attempt=1))
    reason = "exit 127: a program was not found"
    ended = StepEnded(
        step="system-status", attempt=1, result=Status.FAILED, reason=reason, exit=127
    )
    run.write(ended, after=2)
    return run


DIALOGS = {
    "decide-several": Opening(scenes.fresh, ("enter",)),
    "decide-one": Opening(scenes.deciding, ("enter",)),
    "decide-listed": Opening(scenes.listed, ("enter",)),
    "confirm-typed": Opening(scenes.assessed, ("enter",)),
    "answers": Opening(scenes.paging, ("space",)),
    "message": Opening(scenes.telling, ("enter",)),
    "message-not-sent": Opening(scenes.unsent, ("m",)),
    "failure": Opening(scenes.failed, ("enter",)),
    "failure-unknown": Opening(scenes.unknown, ("enter",)),
    "failure-of-a-look": Opening(failed_check, ("enter",)),
    "skip": Opening(scenes.decided, ("s",)),
    "override": Opening(scenes.decided, ("o",)),
    "note": Opening(scenes.decided, ("n",)),
    "end": Opening(scenes.decided, ("E",)),
    "phases": Opening(scenes.failed, ("f",)),
    "stop": Opening(scenes.running, ("x",)),
    "scripts": Opening(scenes.assessed, ("f2",)),
    "contacts": Opening(scenes.failed, ("at",)),
    "help": Opening(scenes.fresh, ("question_mark",)),
    "leave": Opening(scenes.running, ("q",)),
    "return": Opening(scenes.failed, is_new=False),
    "ended": Opening(scenes.ended),
    "lost-secrets": Opening(scenes.without_secrets, ("enter",)),
    "arm": Opening(scenes.fired, ("a",)),
    "disarm": Opening(scenes.countdown, ("a",)),
    "roll-back": Opening(scenes.fired, ("B",)),
    "undo": Opening(scenes.changed, ("U",)),
    "undo-steps": Opening(scenes.changed, ("U", "end", "enter")),
    "note-under-alarm": Opening(scenes.countdown, ("n",)),
    "improvise": Opening(scenes.failed, ("exclamation_mark",)),
    "settle-host": Opening(lambda path: fleets.canary_unknown(path).run, ("enter",)),
    "palette": Opening(scenes.failed, ("ctrl+p",)),
}
"""By name."""
