"""Evaluates the triggers at each check, counts down, and begins the rollback.

It is in the host, so that no terminal, dialog or flood of output delays it. Its
decisions are journaled under the writer's turn: of a trigger, a hold and a person who
begins the rollback at the same moment, one wins.
"""

from __future__ import annotations

import asyncio
import math

from msgspec import Struct

from mobius_tui.errors import MobiusError
from mobius_tui.health.health_record import MachineSample, ProbeResult, Rule
from mobius_tui.health.ticker import boot_clock
from mobius_tui.health.trigger import Cleared, Fired, Meter
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import PhaseEntered
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackDropped,
    TriggerCleared,
    TriggerFired,
)
from mobius_tui.run.journal.journal import JournalWriter
from mobius_tui.run.planning.rollback import (
    oks_that_drop_rollback,
    rollback_phase,
    step_blocking_rollback,
)
from mobius_tui.run.planning.trigger_rules import RunTriggerRules
from mobius_tui.run.state.watch_state import Alarm, Countdown

TRIGGER_AUTHOR = "trigger"
MAX_COUNTDOWN_DELAY = 1.0
"""Seconds that a countdown may end late. A host that is later was suspended: its data
is old, and a request to hold the countdown may not have reached it."""


class RollbackRecheck(Struct):
    """A rollback that did not begin at zero; the checks from then on decide on it.

    It waited for a step, the host was late, or the rule was not known to hold.
    """

    alarm: Alarm
    oks: int = 0
    """Consecutive ok checks since then."""


async def begin_rollback(
    writer: JournalWriter,
    event: RollbackBegan,
    who: str,
    intent_id: str | None = None,
) -> Entry:
    """Begin the rollback, and enter its phase; the turn is held by the caller."""
    entry = await writer.write(event, who, intent_id)
    await writer.write(PhaseEntered(phase=event.phase, reason=event.reason), who)
    return entry


class TriggerMonitor:
    """Evaluates the triggers at every check that the host makes."""

    def __init__(self, context: RunContext, writer: JournalWriter) -> None:
        """Begin to watch.

        Args:
            context: the run's.
            writer: the run's.
        """
        health = context.plan.runbook.health
        self._context = context
        self._writer = writer
        self._rules = RunTriggerRules(context.plan, context.state)
        self._grace = health.trigger.grace if health is not None else "10s"
        self._results: asyncio.Queue[
            tuple[ProbeResult, tuple[Fired | Cleared, ...]]
        ] = asyncio.Queue()
        self._recheck: RollbackRecheck | None = None

    def apply_health(self, record: ProbeResult | MachineSample) -> None:
        """Evaluate the rules for a check; `run` acts on the result."""
        if isinstance(record, ProbeResult):
            self._results.put_nowait((record, self._rules.apply_probe_result(record)))

    def apply_entry(self, entry: Entry) -> None:
        """Reset the rules' counters if an entry starts a new epoch of counting."""
        self._rules.apply_event(entry.event)

    def _condition_holds(self, alarm: Alarm) -> bool:
        rules = self._rules.evaluator
        return rules is not None and rules.condition_holds(alarm.probe, alarm.rule)

    def unknown_triggers(self) -> tuple[str, ...]:
        """Triggers of which it is not known whether they hold, in words."""
        rules = self._rules
        if rules.problem:
            return (f"the triggers ({rules.problem})",)
        return tuple(
            f"{meter.rule.replace('_', ' ')} of {meter.probe}"
            for meter in self._meters
            if meter.state == "unknown"
        )

    async def run(self) -> None:
        """Act on the results, for as long as the run is open."""
        while True:
            check, outcomes = await self._results.get()
            try:
                await self._act(check, outcomes)
            except MobiusError as error:
                print(f"watch: {error}", flush=True)  # noqa: T201

    async def _act(
        self, check: ProbeResult, outcomes: tuple[Fired | Cleared, ...]
    ) -> None:
        context, writer = self._context, self._writer
        async with writer.turn:
            if context.state.ended is not None or writer.failure is not None:
                return
            if context.state.is_reopened:
                return  # reopened to be undone: triggers begin nothing
            for outcome in outcomes:
                if isinstance(outcome, Cleared):
                    await self._clear(outcome)
                else:
                    await self._fire(outcome.probe, outcome.rule, outcome.reason, check)
            await self._fire_standing_alarm(check)
            await self._recheck_rollback(check)

    async def _clear(self, cleared: Cleared) -> None:
        fired = {(a.probe, a.rule) for a in self._context.state.watch.alarms}
        if (cleared.probe, cleared.rule) in fired:
            event = TriggerCleared(probe=cleared.probe, rule=cleared.rule)
            await self._writer.write(event, TRIGGER_AUTHOR)

    async def _fire_standing_alarm(self, check: ProbeResult) -> None:
        """Fire a trigger that had fired before the watch was armed, and still holds."""
        watch = self._context.state.watch
        if not watch.armed or watch.countdown is not None:
            return
        for alarm in watch.alarms:
            if self._condition_holds(alarm):
                await self._fire(alarm.probe, alarm.rule, alarm.reason, check)
                return

    async def _fire(
        self, probe: str, rule: Rule, reason: str, check: ProbeResult
    ) -> None:
        context, writer = self._context, self._writer
        watch = context.state.watch
        counts = watch.armed and watch.countdown is None and watch.rollback is None
        grace = self._grace_seconds() if counts else None
        event = TriggerFired(
            probe=probe, rule=rule, reason=reason, seen=check.at, grace=grace
        )
        await writer.write(event, TRIGGER_AUTHOR)
        countdown = context.state.watch.countdown
        if grace is not None and countdown is not None:
            context.tasks.create_task(self._count_down(countdown), name="countdown")

    def _grace_seconds(self) -> float:
        try:
            return self._context.values().seconds(self._grace, "grace")
        except MobiusError as error:
            print(f"health.trigger.grace: {error}; 10 s it is", flush=True)  # noqa: T201
            return 10.0

    async def _count_down(self, countdown: Countdown) -> None:
        """At zero the rollback begins, or waits for what is in its way."""
        context, writer = self._context, self._writer
        try:
            began = boot_clock()
            await asyncio.sleep(countdown.grace)
            late = boot_clock() - began - countdown.grace
            while self._counts_down(countdown):
                async with writer.turn:
                    if not self._counts_down(countdown):
                        return
                    if step_blocking_rollback(context.plan, context.state) is None:
                        await self._end_countdown(
                            countdown.alarm, late=late > MAX_COUNTDOWN_DELAY
                        )
                        return
                late = math.inf  # it waited for a step, so later checks decide
                await asyncio.sleep(0.05)
        except MobiusError as error:
            print(f"countdown: {error}", flush=True)  # noqa: T201

    async def _end_countdown(self, alarm: Alarm, *, late: bool) -> None:
        """Begin if the rule is known to hold now; else let the next checks decide."""
        if late or not self._condition_holds(alarm):
            self._recheck = RollbackRecheck(alarm)
        else:
            await self._begin(alarm)

    def _counts_down(self, countdown: Countdown) -> bool:
        state = self._context.state
        now = state.watch.countdown
        return now is not None and now.n == countdown.n and state.ended is None

    async def _recheck_rollback(self, check: ProbeResult) -> None:
        """Begin or drop the waiting rollback, by the checks since its countdown."""
        recheck = self._recheck
        if recheck is None:
            return
        context, writer = self._context, self._writer
        if context.state.watch.countdown is None:
            self._recheck = None  # held, disarmed, or begun by a person
            return
        alarm = recheck.alarm
        if check.probe != alarm.probe or check.state == "no data":
            return
        recheck.oks = recheck.oks + 1 if check.state == "ok" else 0
        if step_blocking_rollback(context.plan, context.state) is not None:
            recheck.oks = 0
        elif self._condition_holds(alarm):
            self._recheck = None
            await self._begin(alarm)
        elif recheck.oks >= oks_that_drop_rollback(self._meters, alarm):
            self._recheck = None
            words = f"{alarm.probe} was ok at {recheck.oks} checks in a row"
            await writer.write(RollbackDropped(reason=words), TRIGGER_AUTHOR)

    async def _begin(self, alarm: Alarm) -> None:
        """Begin the rollback for an alarm; the turn is held."""
        phase = rollback_phase(self._context.plan)
        assert phase is not None  # else it would not have been armed
        event = RollbackBegan(
            phase=phase.id,
            cause="trigger",
            reason=alarm.reason,
            probe=alarm.probe,
            rule=alarm.rule,
        )
        await begin_rollback(self._writer, event, TRIGGER_AUTHOR)

    @property
    def _meters(self) -> tuple[Meter, ...]:
        watch = self._rules.evaluator
        return watch.meters() if watch is not None else ()
