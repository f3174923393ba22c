"""Actions by a short word each, as tests ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mobius_tui.run.intents.action import FREE_TEXT_FIELDS, Action
from mobius_tui.run.intents.approval_intents import (
    ApproveStep,
    AskApproval,
    DenyApproval,
)
from mobius_tui.run.intents.drill_intents import GiveHint, TouchSite
from mobius_tui.run.intents.fleet_intents import ReleaseBatch, SettleHost
from mobius_tui.run.intents.message_intents import (
    DropMessages,
    ResendMessages,
    SendMessageOfStep,
)
from mobius_tui.run.intents.run_intents import (
    AddNote,
    EndRun,
    EnterPhase,
    GiveSecrets,
    GoOnWithout,
    ReleaseHost,
    SetVariables,
    StartAutomatic,
)
from mobius_tui.run.intents.step_intents import (
    ChooseOptions,
    ImproviseStep,
    ListOptions,
    LookFirst,
    OverrideStep,
    RestoreStep,
    RetryStep,
    SkipStep,
    StartStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.intents.undo_intents import ReopenRun, UndoSteps
from mobius_tui.run.intents.watch_intents import (
    ArmWatch,
    BeginRollback,
    DisarmWatch,
    HoldRollback,
)

WORDS: Mapping[str, type[Action]] = {
    "start": StartStep,
    "retry": RetryStep,
    "improvise": ImproviseStep,
    "stop": StopStep,
    "look": LookFirst,
    "settle": SettleHost,
    "skip": SkipStep,
    "restore": RestoreStep,
    "override": OverrideStep,
    "tick": TickStep,
    "choose": ChooseOptions,
    "let begin": ReleaseBatch,
    "list": ListOptions,
    "send": SendMessageOfStep,
    "send again": ResendMessages,
    "drop": DropMessages,
    "set": SetVariables,
    "give secrets": GiveSecrets,
    "go on without": GoOnWithout,
    "note": AddNote,
    "enter": EnterPhase,
    "undo": UndoSteps,
    "reopen": ReopenRun,
    "auto": StartAutomatic,
    "arm": ArmWatch,
    "disarm": DisarmWatch,
    "hold": HoldRollback,
    "rollback": BeginRollback,
    "hint": GiveHint,
    "facilitate": TouchSite,
    "ask approval": AskApproval,
    "approve": ApproveStep,
    "deny": DenyApproval,
    "end": EndRun,
    "release": ReleaseHost,
}
CALLED: Mapping[str, tuple[str, ...]] = {
    "text": FREE_TEXT_FIELDS,
    "values": ("values", "answers"),
    "names": ("options", "channels", "deliveries", "attended", "secrets"),
    "step": ("step", "from_step"),
}
"""The fields that a test's word for one may mean; each action has one of them."""


def action(word: str, step: str | None = None, **given: Any) -> Action:
    """An action.

    Args:
        word: which.
        step: the step that it is about, if it is about one.
        given: its other fields, by their names or by those in `CALLED`; an attempt
            that it does not name is left out.
    """
    kind = WORDS[word]
    known = set(kind.__struct_fields__)
    made: dict[str, Any] = {}
    for name, value in {"step": step, **given}.items():
        found = known.intersection(CALLED.get(name, (name,)))
        if found:
            made[found.pop()] = value
        else:
            assert name == "attempt" or value is None, f"{word} has no {name}"
    return kind(**made)
