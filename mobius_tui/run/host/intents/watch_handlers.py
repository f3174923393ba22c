"""The wishes about the watch over health: arm, disarm, hold, roll back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from mobius_tui.errors import RunError
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackHeld,
    WatchArmed,
    WatchDisarmed,
)
from mobius_tui.run.host.engine import Engine
from mobius_tui.run.intents.messages import Intent
from mobius_tui.run.planning.confirmation import rollback_word
from mobius_tui.run.planning.initial_values import refuse_unattended
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.rollback import rollback_phase, step_blocking_rollback
from mobius_tui.run.watch.triggers import begin_rollback
from mobius_tui.runbook.model.runbook import Phase, Step


def _phase(engine: Engine) -> Phase:
    phase = rollback_phase(engine.plan)
    if phase is None:
        raise RunError("this runbook names no phase that a trigger begins")
    return phase


def _confirmed(engine: Engine, intent: Intent, what: str) -> bool:
    """Whether the word that confirms it was typed; refuse where it has to be."""
    word = rollback_word(engine.plan, engine.state, _phase(engine))
    if word and intent.confirm != word:
        began = engine.state.began
        where = f" in {began.environment}" if began and began.protected else ""
        raise RunError(f"{what}{where}: type {word} to confirm it")
    return bool(word)


def _not_yet(engine: Engine) -> None:
    watch = engine.state.watch
    if watch.rollback is not None:
        raise RunError(
            f"{watch.rollback_began_by} began the rollback; it is made once in a run"
        )


async def arm(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`arm`: a trigger that fires begins the rollback."""
    _phase(engine)
    _not_yet(engine)
    if engine.state.watch.armed:
        raise RunError(f"it is armed already, by {engine.state.watch.armed_by}")
    refuse_unattended(engine.plan.runbook, "arming")
    confirmed = _confirmed(engine, intent, "an armed trigger rolls back by itself")
    return await engine.write(WatchArmed(confirmed=confirmed), who, intent.id)


async def disarm(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`disarm`: a trigger that fires only says so."""
    if not engine.state.watch.armed:
        raise RunError("it is not armed")
    reason = intent.text.strip() or f"{who} disarmed it"
    return await engine.write(WatchDisarmed(reason=reason), who, intent.id)


async def hold(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`hold`: the countdown ends, and nothing begins."""
    if engine.state.watch.countdown is None:
        raise RunError("no countdown is under way; there is nothing to hold")
    return await engine.write(RollbackHeld(reason=intent.text.strip()), who, intent.id)


async def rollback(engine: Engine, intent: Intent, who: str) -> Entry | None:
    """`rollback`: a person begins what a trigger would."""
    phase = _phase(engine)
    _not_yet(engine)
    busy = step_blocking_rollback(engine.plan, engine.state)
    if busy is not None:
        raise RunError(f"{engine.plan.name(busy.id)} is running; wait, or stop it")
    _confirmed(engine, intent, f"{phase.title} destroys")
    reason = intent.text.strip() or engine.state.watch.rollback_reason
    event = RollbackBegan(
        phase=phase.id, cause="person", reason=reason or f"{who} began it"
    )
    return await begin_rollback(engine.writer, event, who, intent.id)


async def disarm_before_change(engine: Engine, step: Step, who: str) -> None:
    """A person starts what changes something: the watch must not roll back over it.

    Their own rollback makes probes fail.
    """
    if engine.state.watch.armed and effect_of(step) != "read":
        reason = f"{who} started {engine.plan.name(step.id)}"
        await engine.write(WatchDisarmed(reason=reason, step=step.id), who)


WATCH_HANDLERS: Mapping[
    str, Callable[[Engine, Intent, str], Awaitable[Entry | None]]
] = {
    "arm": arm,
    "disarm": disarm,
    "hold": hold,
    "rollback": rollback,
}
