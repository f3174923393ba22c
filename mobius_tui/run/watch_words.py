"""What the watch over health did, as lines."""

from __future__ import annotations

from mobius_tui.run.entry import Entry
from mobius_tui.run.plan import Plan
from mobius_tui.run.watch_events import (
    RollbackBegan,
    RollbackDropped,
    RollbackHeld,
    RollbackStopped,
    TriggerCleared,
    TriggerFired,
    WatchArmed,
    WatchBegan,
    WatchDisarmed,
    WatchOver,
)
from mobius_tui.runbook.units import in_words


def words(entry: Entry, plan: Plan) -> str | None:
    """What an entry says to a reader; `None` for one that is not of the watch."""
    match entry.event:
        case WatchBegan(seconds=seconds):
            if seconds is None:
                return "watching until somebody ends it"
            return f"watching for {in_words(seconds)}"
        case WatchOver(reason=reason):
            return f"the watch is over, the run stays open: {reason}"
        case WatchArmed():
            return f"armed: a trigger begins the rollback by itself, by {entry.by}"
        case WatchDisarmed(reason=reason):
            return f"disarmed: {reason}"
        case TriggerFired(reason=reason, grace=None):
            return f"trigger fired: {reason}"
        case TriggerFired(reason=reason, grace=grace):
            left = in_words(grace or 0.0)
            return f"trigger fired: {reason}; the rollback begins in {left}"
        case TriggerCleared(probe=probe, rule=rule):
            return f"trigger cleared: {rule.replace('_', ' ')} of {probe}"
        case RollbackHeld(reason=reason):
            why = f": {reason}" if reason else ""
            return f"held: the countdown ended, by {entry.by}{why}; disarmed"
        case RollbackDropped(reason=reason):
            return f"the rollback is not begun: {reason}"
        case RollbackBegan(phase=phase, cause=cause, reason=reason):
            who = "a trigger" if cause == "trigger" else entry.by
            title = plan.runbook.phase(phase).title
            return f"rollback begins: {title}, by {who}: {reason}"
        case RollbackStopped(reason=reason):
            return f"the rollback wants a person: {reason}"
        case _:
            return None
