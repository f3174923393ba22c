"""Whether the watch may be armed, a rollback begun, or a drill led now. Pure."""

from __future__ import annotations

import re

from mobius_tui.run.events.run_events import HintGiven
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackHeld,
    WatchArmed,
    WatchDisarmed,
)
from mobius_tui.run.intents.intent_actions import (
    ArmWatch,
    BeginRollback,
    DisarmWatch,
    GiveHint,
    HoldRollback,
    TouchSite,
)
from mobius_tui.run.planning.confirmation import rollback_confirmation_word
from mobius_tui.run.planning.rollback import rollback_phase
from mobius_tui.run.planning.situation import NotPermittedError, RefusalCode, Situation
from mobius_tui.runbook.model.runbook import Phase, Runbook

MAX_HINT_CHARS = 500
"""Characters of a hint at most."""


def unattended_refusal(runbook: Runbook, feature: str) -> str:
    """Why a runbook may not run unattended, as a check of it cannot fail.

    Args:
        runbook: what is to be run.
        feature: what was asked for, such as `--auto`.

    Returns:
        The reason in words; empty where no such check guards a step that destroys.
    """
    if not runbook.blocking:
        return ""
    return (
        f"{feature}: nobody would see that this went wrong: "
        f"{'; '.join(runbook.blocking)}. Mend the check, or run it guided, "
        f"without {feature}; `mobius-tui check --explain check-cannot-fail` says more"
    )


def require_may_arm(action: ArmWatch, situation: Situation) -> None:
    """Raise unless the watch may be armed."""
    phase = require_rollback_phase(situation)
    _require_no_rollback_yet(situation)
    watch = situation.state.watch
    if watch.armed:
        words = f"it is armed already, by {watch.armed_by}"
        raise NotPermittedError(RefusalCode.ARMED, words)
    if words := unattended_refusal(situation.plan.runbook, "arming"):
        raise NotPermittedError(RefusalCode.UNATTENDED, words)
    situation.require_event_allowed(WatchArmed())
    what = "an armed trigger rolls back by itself"
    _require_confirmation(situation, phase, action.confirm, what)


def require_may_disarm(_action: DisarmWatch, situation: Situation) -> None:
    """Raise unless the watch may be disarmed."""
    if not situation.state.watch.armed:
        raise NotPermittedError(RefusalCode.NOT_ARMED, "it is not armed")
    situation.require_event_allowed(WatchDisarmed(reason=""))


def require_may_hold(_action: HoldRollback, situation: Situation) -> None:
    """Raise unless there is a countdown that may be held."""
    if situation.state.watch.countdown is None:
        words = "no countdown is under way; there is nothing to hold"
        raise NotPermittedError(RefusalCode.NO_COUNTDOWN, words)
    situation.require_event_allowed(RollbackHeld(reason=""))


def require_may_begin_rollback(action: BeginRollback, situation: Situation) -> None:
    """Raise unless a person may begin the rollback."""
    phase = require_rollback_phase(situation)
    _require_no_rollback_yet(situation)
    busy = situation.rollback_blocker
    if busy is not None:
        why = f"{situation.plan.name(busy.id)} is running"
        raise NotPermittedError(RefusalCode.BUSY, f"{why}; wait, or stop it", why)
    situation.require_event_allowed(
        RollbackBegan(phase=phase.id, cause="person", reason="")
    )
    situation.require_phase_enterable(phase)
    _require_confirmation(situation, phase, action.confirm, f"{phase.title} destroys")


def require_rollback_phase(situation: Situation) -> Phase:
    """The phase that triggers begin.

    Raises:
        NotPermittedError: the runbook names none.
    """
    phase = rollback_phase(situation.plan)
    if phase is None:
        words = "this runbook names no phase that a trigger begins"
        raise NotPermittedError(RefusalCode.NO_ROLLBACK, words)
    return phase


def _require_no_rollback_yet(situation: Situation) -> None:
    watch = situation.state.watch
    if watch.rollback is not None:
        words = (
            f"{watch.rollback_began_by} began the rollback; it is made once in a run"
        )
        raise NotPermittedError(RefusalCode.ROLLBACK_BEGUN, words)


def _require_confirmation(
    situation: Situation, phase: Phase, typed: str, what: str
) -> None:
    word = rollback_confirmation_word(situation.plan, situation.state, phase)
    if word and typed != word:
        words = f"{what}{situation.environment_phrase}: type {word} to confirm it"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def require_may_give_hint(action: GiveHint, situation: Situation) -> None:
    """Raise unless this is a drill whose team may get the hint."""
    _require_drill(situation)
    text = action.text.strip()
    if not text:
        raise NotPermittedError(RefusalCode.UNFILLED, "a hint says something")
    if len(text) > MAX_HINT_CHARS:
        words = f"a hint has at most {MAX_HINT_CHARS} characters; this one {len(text)}"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def require_may_touch_site(action: TouchSite, situation: Situation) -> None:
    """Raise unless this is a drill whose site may be changed."""
    _require_drill(situation)
    if re.fullmatch("[0-9a-f]{64}", action.seal) is None:
        words = "a facilitator injects, worsens or heals, and seals what it is"
        raise NotPermittedError(RefusalCode.UNFILLED, words)


def _require_drill(situation: Situation) -> None:
    if not situation.state.is_drill:
        words = "only a drill has a facilitator; this run is none"
        raise NotPermittedError(RefusalCode.NO_DRILL, words)
    situation.require_event_allowed(HintGiven(text="", who=""))
