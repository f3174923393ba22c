"""Actions by a short word each, as tests ask for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mobius_tui.run.intents import intent_actions as a

WORDS: Mapping[str, type[a.Action]] = {
    "start": a.StartStep,
    "retry": a.RetryStep,
    "improvise": a.ImproviseStep,
    "stop": a.StopStep,
    "look": a.LookFirst,
    "settle": a.SettleHost,
    "skip": a.SkipStep,
    "restore": a.RestoreStep,
    "override": a.OverrideStep,
    "tick": a.TickStep,
    "choose": a.ChooseOptions,
    "let begin": a.ReleaseBatch,
    "list": a.ListOptions,
    "send": a.SendMessageOfStep,
    "send again": a.ResendMessages,
    "drop": a.DropMessages,
    "set": a.SetVariables,
    "give secrets": a.GiveSecrets,
    "go on without": a.GoOnWithout,
    "note": a.AddNote,
    "enter": a.EnterPhase,
    "undo": a.UndoSteps,
    "reopen": a.ReopenRun,
    "auto": a.StartAutomatic,
    "arm": a.ArmWatch,
    "disarm": a.DisarmWatch,
    "hold": a.HoldRollback,
    "rollback": a.BeginRollback,
    "hint": a.GiveHint,
    "facilitate": a.TouchSite,
    "ask approval": a.AskApproval,
    "approve": a.ApproveStep,
    "deny": a.DenyApproval,
    "end": a.EndRun,
    "release": a.ReleaseHost,
}
CALLED: Mapping[str, tuple[str, ...]] = {
    "text": a.FREE_TEXT_FIELDS,
    "values": ("values", "answers"),
    "names": ("options", "channels", "deliveries", "attended", "secrets"),
    "step": ("step", "from_step"),
}
"""The fields that a test's word for one may mean; each action has one of them."""


def action(word: str, step: str | None = None, **given: Any) -> a.Action:
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
