"""Intents about the hosts of a step: to let a batch begin, to settle a host. Pure.

They only journal an event: the running attempt decides anew after each event.
"""

from __future__ import annotations

from typing import Literal, final

from mobius_tui.json_border import Integer
from mobius_tui.run.events.fleet_events import (
    RELEASABLE_HOLD_REASONS,
    BatchReleased,
    FleetHostSettled,
    HoldReason,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.intents.action import Action, Asked, Host
from mobius_tui.run.planning.situation import (
    NotPermittedError,
    RefusalCode,
    Situation,
    require_text,
)
from mobius_tui.run.state.fleet_state import SETTLEMENTS_BY_STATUS, StepFleet
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.model.runbook import Step


@final
class ReleaseBatch(Action, frozen=True, kw_only=True):
    """Let the held batch of a step begin, or go on."""

    step: str
    attempt: Integer
    """The attempt that is held."""
    batch: Integer
    """The batch that is held, as it was shown."""
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless the batch is held, and a person may let it go on.

        Where the runbook waits for a person, that is the answer; past anything else, a
        reason stays on record.
        """
        step = situation.step(self.step)
        name = situation.plan.name(step.id)
        own = _fleet_of(situation, step).last_attempt
        if situation.state.steps[step.id].status is not Status.RUNNING:
            words = f"{name} is not running: none of its hosts is held"
            raise NotPermittedError(RefusalCode.NOT_RUNNING, words)
        if own is None or own.held is None:
            raise NotPermittedError(RefusalCode.NOTHING_HELD, f"{name} is not held")
        held = own.held
        if (self.attempt, self.batch) != (own.attempt, held.batch):
            words = (
                f"{name} has moved on: batch {self.batch} of attempt {self.attempt} "
                f"was meant, batch {held.batch} of attempt {own.attempt} is held"
            )
            raise NotPermittedError(RefusalCode.MOVED_ON, words)
        if held.why not in RELEASABLE_HOLD_REASONS:
            why = held.reason or f"held: {held.why}"
            words = f"{name}, batch {held.batch}: {why}; settle that first"
            raise NotPermittedError(RefusalCode.NOTHING_HELD, words)
        if held.why is not HoldReason.PERSON:
            require_text(self.reason)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal that a person lets a held batch begin or go on."""
        event = BatchReleased(
            step=self.step,
            attempt=self.attempt,
            batch=self.batch,
            reason=self.reason.strip(),
        )
        return await host.write(event, asked.by, asked.intent)


@final
class SettleHost(Action, frozen=True, kw_only=True):
    """Decide how an unknown or unreachable host of a step counts."""

    step: str
    attempt: Integer
    """The newest attempt that the host was in."""
    host: str
    settled: Literal["", "ran", "did not run", "skip", "fail"] = ""
    """How the host counts: one of these words, or empty while none is chosen.

    `ran` and `did not run` are for an unknown host, `skip` and `fail` for one that
    cannot be reached.
    """
    reason: str = ""

    def require_permitted(self, situation: Situation) -> None:
        """Raise unless a person is asked what the host counts for."""
        step = situation.step(self.step)
        if situation.state.ended is not None:
            words = "the run has ended; nothing can be settled in it"
            raise NotPermittedError(RefusalCode.RUN_ENDED, words)
        own = _fleet_of(situation, step).newest_states().get(self.host)
        name, host = situation.plan.name(step.id), self.host
        if own is None:
            words = f"{name} has no host {host!r}"
            raise NotPermittedError(RefusalCode.UNKNOWN, words)
        if own.attempt != self.attempt:
            words = f"{host} was in attempt {own.attempt} last, not in {self.attempt}"
            raise NotPermittedError(RefusalCode.MOVED_ON, words)
        if own.settled is not None:
            words = f"{host} is settled already: {own.settled}"
            raise NotPermittedError(RefusalCode.SETTLED, words)
        ways = SETTLEMENTS_BY_STATUS.get(own.status, ())
        asks = step.rollout is not None and step.rollout.on_unreachable == "ask"
        if not ways or not own.wants_person(asks=asks):
            words = f"{host} is {own.status}: nobody is asked what it counts for"
            raise NotPermittedError(RefusalCode.SETTLED, words)
        if self.settled not in ways:
            words = f"{host} is {own.status}: say `{ways[0]}` or `{ways[1]}`"
            raise NotPermittedError(RefusalCode.UNFILLED, words)
        require_text(self.reason)

    async def do(self, host: Host, asked: Asked) -> Entry:
        """Journal what a person says that an unknown or unreachable host counts as."""
        assert self.settled
        event = FleetHostSettled(
            step=self.step,
            attempt=self.attempt,
            host=self.host,
            settled=self.settled,
            reason=self.reason.strip(),
        )
        return await host.write(event, asked.by, asked.intent)


def _fleet_of(situation: Situation, step: Step) -> StepFleet:
    fleet = situation.state.fleets.get(step.id)
    if fleet is None:
        words = f"{situation.plan.name(step.id)} has begun on no host"
        raise NotPermittedError(RefusalCode.WRONG_KIND, words)
    return fleet
