"""Whether the watch may be armed, a rollback begun, or a drill led now. Pure."""

from __future__ import annotations

import re

from mobius_tui.run.events.drill_events import HintGiven
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
from mobius_tui.run.planning.confirmation import rollback_word
from mobius_tui.run.planning.rollback import rollback_phase
from mobius_tui.run.planning.situation import Code, NotPermittedError, Situation
from mobius_tui.runbook.model.runbook import Phase, Runbook

LONGEST_HINT = 500
"""Characters."""


def unattended(runbook: Runbook, asked: str) -> str:
    """Why no run goes by itself on the word of a check that cannot fail.

    Args:
        runbook: what is to be run.
        asked: what was asked for, such as `--auto`.

    Returns:
        In words; empty where no such check guards what destroys.
    """
    if not runbook.blocking:
        return ""
    return (
        f"{asked}: nobody would see that this went wrong: "
        f"{'; '.join(runbook.blocking)}. Mend the check, or run it guided, "
        f"without {asked}; `mobius-tui check --explain check-cannot-fail` says more"
    )


def arm(action: ArmWatch, situation: Situation) -> None:
    """A trigger that fires begins the rollback."""
    phase = require_rollback_phase(situation)
    _not_begun(situation)
    watch = situation.state.watch
    if watch.armed:
        words = f"it is armed already, by {watch.armed_by}"
        raise NotPermittedError(Code.ARMED, words)
    if words := unattended(situation.plan.runbook, "arming"):
        raise NotPermittedError(Code.UNATTENDED, words)
    situation.may_follow(WatchArmed())
    what = "an armed trigger rolls back by itself"
    _confirmed(situation, phase, action.confirm, what)


def disarm(_action: DisarmWatch, situation: Situation) -> None:
    """A trigger that fires only says so."""
    if not situation.state.watch.armed:
        raise NotPermittedError(Code.NOT_ARMED, "it is not armed")
    situation.may_follow(WatchDisarmed(reason=""))


def hold(_action: HoldRollback, situation: Situation) -> None:
    """The countdown ends, and nothing begins."""
    if situation.state.watch.countdown is None:
        words = "no countdown is under way; there is nothing to hold"
        raise NotPermittedError(Code.NO_COUNTDOWN, words)
    situation.may_follow(RollbackHeld(reason=""))


def begin_rollback(action: BeginRollback, situation: Situation) -> None:
    """A person begins what a trigger would."""
    phase = require_rollback_phase(situation)
    _not_begun(situation)
    busy = situation.in_the_way
    if busy is not None:
        why = f"{situation.plan.name(busy.id)} is running"
        raise NotPermittedError(Code.BUSY, f"{why}; wait, or stop it", why)
    situation.may_follow(RollbackBegan(phase=phase.id, cause="person", reason=""))
    situation.may_enter(phase)
    _confirmed(situation, phase, action.confirm, f"{phase.title} destroys")


def require_rollback_phase(situation: Situation) -> Phase:
    """The phase that triggers begin.

    Raises:
        NotPermittedError: the runbook names none.
    """
    phase = rollback_phase(situation.plan)
    if phase is None:
        words = "this runbook names no phase that a trigger begins"
        raise NotPermittedError(Code.NO_ROLLBACK, words)
    return phase


def _not_begun(situation: Situation) -> None:
    watch = situation.state.watch
    if watch.rollback is not None:
        words = (
            f"{watch.rollback_began_by} began the rollback; it is made once in a run"
        )
        raise NotPermittedError(Code.ROLLBACK_BEGUN, words)


def _confirmed(situation: Situation, phase: Phase, typed: str, what: str) -> None:
    word = rollback_word(situation.plan, situation.state, phase)
    if word and typed != word:
        words = f"{what}{situation.where}: type {word} to confirm it"
        raise NotPermittedError(Code.UNFILLED, words)


def give_hint(action: GiveHint, situation: Situation) -> None:
    """The team of a drill is told something."""
    _in_a_drill(situation)
    text = action.text.strip()
    if not text:
        raise NotPermittedError(Code.UNFILLED, "a hint says something")
    if len(text) > LONGEST_HINT:
        words = f"a hint has at most {LONGEST_HINT} characters; this one {len(text)}"
        raise NotPermittedError(Code.UNFILLED, words)


def touch_site(action: TouchSite, situation: Situation) -> None:
    """A drill's site is about to be touched."""
    _in_a_drill(situation)
    if re.fullmatch("[0-9a-f]{64}", action.seal) is None:
        words = "a facilitator injects, worsens or heals, and seals what it is"
        raise NotPermittedError(Code.UNFILLED, words)


def _in_a_drill(situation: Situation) -> None:
    began = situation.state.began
    if began is None or began.mode != "drill":
        words = "only a drill has a facilitator; this run is an incident"
        raise NotPermittedError(Code.NO_DRILL, words)
    situation.may_follow(HintGiven(text="", who=""))
