"""The banner lines of a trigger that fired, in this run or in another one."""

from __future__ import annotations

from math import ceil

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.planning.rollback import (
    meter_of,
    oks_that_drop_rollback,
    rollback_phase,
    step_blocking_rollback,
)
from mobius_tui.run.watch.other_runs import OtherRun
from mobius_tui.runbook.text.units import clock_duration
from mobius_tui.tui.commands.registry import command_by_id
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.availability import available_watch_commands
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Role, assemble

AlarmPart = tuple[str, Role]


def alarm_text(view: RunView | None, *, key_prefix: str = "") -> tuple[Content, ...]:
    """The banner's lines, the most urgent first; empty where there are none.

    There are none while no trigger has fired and no rollback has begun, where the
    runbook has no phase that triggers begin, after a rollback that passed, and once the
    run has ended.

    Args:
        view: the run.
        key_prefix: what has to be pressed before the keys that it names: `Esc` in a
            dialog.
    """
    if (
        view is None
        or view.state.ended is not None
        or rollback_phase(view.plan) is None
    ):
        return ()
    watch = view.state.watch
    if watch.rollback is not None:
        return _rollback_lines(view)
    if watch.countdown is not None:
        return (_fired_text(watch.rollback_reason), _countdown_line(view, key_prefix))
    if not watch.alarms:
        return ()
    becomes = _armed_line if watch.armed else _unarmed_line
    return (_fired_text(watch.rollback_reason), becomes(view, key_prefix))


def _unarmed_line(view: RunView, key_prefix: str) -> Content:
    """The line for a trigger that is not armed: a person must begin."""
    watch, ways = view.state.watch, available_watch_commands(view)
    parts: list[AlarmPart] = [("Nothing begins by itself", "strong")]
    if watch.disarm_reason:
        parts.append((f" ({watch.disarm_reason})", "muted"))
    busy = step_blocking_rollback(view.plan, view.state)
    if busy is not None:
        parts.append((f" · {view.plan.name(busy.id)} is running", "warn"))
    if RunCommand.ROLL_BACK in ways:
        parts += _key(RunCommand.ROLL_BACK, "begins the rollback", key_prefix)
    if RunCommand.ARM in ways:
        parts += _key(RunCommand.ARM, "arms it", key_prefix)
    return assemble(*parts)


def _armed_line(view: RunView, key_prefix: str) -> Content:
    """The line for an armed trigger: what its countdown waits for."""
    health = view.runbook.health
    grace = view.values.preview(health.trigger.grace) if health is not None else ""
    meter = meter_of(view.meters, view.state.watch.alarms[0])
    so_far = f", {sanitize.line(meter.words)}" if meter is not None else ""
    words = f"Armed: counts anew{so_far}; then the rollback in {sanitize.line(grace)}"
    return assemble((words, "bad"), *_key(RunCommand.ARM, "disarms it", key_prefix))


def _fired_text(reason: str) -> Content:
    words = Content.styled(" TRIGGER FIRED ", "bold reverse $error")
    return words + assemble((f" {reason}", "strong"))


def _key(named: RunCommand, words: str, key_prefix: str) -> list[AlarmPart]:
    name = f"{key_prefix} {command_by_id(named).key_name or 'the palette'}".strip()
    return [(" · ", "muted"), (name, "key"), (f" {words}", "plain")]


def _countdown_line(view: RunView, key_prefix: str) -> Content:
    countdown = view.state.watch.countdown
    assert countdown is not None
    left = countdown.ends - view.now
    busy = step_blocking_rollback(view.plan, view.state)
    if busy is not None:
        name = view.plan.name(busy.id)
        ran = clock_duration(view.runtime(busy.id) or 0.0)
        parts: list[AlarmPart] = [
            (f"The rollback waits for {name}, which has run {ran}", "warn"),
            *_key(RunCommand.STOP, "stops that", key_prefix),
        ]
    elif left > 0:
        parts = [(f"The rollback begins in {clock_duration(ceil(left))}", "bad")]
        parts += _key(RunCommand.ROLL_BACK, "begins it now", key_prefix)
    else:
        oks = oks_that_drop_rollback(view.meters, countdown.alarm)
        words = f"The rollback waits for the next check; {oks} good ones drop it"
        parts = [(words, "warn")]
    return assemble(*parts, *_key(RunCommand.HOLD, "holds it", key_prefix))


def _rollback_lines(view: RunView) -> tuple[Content, ...]:
    """The lines of a rollback that runs or failed; none once it has passed."""
    watch = view.state.watch
    begun = watch.rollback
    if begun is None or watch.rollback_passed:
        return ()
    who = "A trigger" if begun.cause == "trigger" else watch.rollback_began_by
    first = assemble((f"{who} began the rollback: ", "strong"), (begun.reason, "plain"))
    if watch.rollback_running:
        return (first, assemble(("It goes on by itself.", "accent")))
    if watch.rollback_passed is False:
        return (first, assemble(("It did not pass; it wants a person.", "bad")))
    return (
        first,
        assemble(("It wants a person: ", "bad"), (watch.rollback_stop_reason, "plain")),
    )


OtherRunPart = tuple[str, Role]


def other_runs_lines(
    runs: tuple[OtherRun, ...], *, now: float, key: str
) -> tuple[Content, ...]:
    """Two lines about the most urgent one; none where there is none.

    Args:
        runs: the most urgent first.
        now: seconds since 1970.
        key: the name of the key that opens it.
    """
    if not runs:
        return ()
    first = runs[0]
    mode = "" if first.mode is Mode.INCIDENT else f"{first.mode.upper()} · "
    place = f" ▸ {first.environment}" if first.environment else ""
    name = sanitize.line(f"{mode}{first.title}{place}")
    words = "ROLLBACK" if first.watch.rollback is not None else "TRIGGER FIRED"
    head = Content.styled(f" {words} ", "bold reverse $error")
    reason = sanitize.line(_reason(first))
    more = f" · and {len(runs) - 1} more" if len(runs) > 1 else ""
    return (
        head
        + assemble((f" in another run: {name}", "strong"), (f": {reason}", "plain")),
        assemble(
            *_consequence(first, now),
            (" · ", "muted"),
            (key, "key"),
            (f" opens that run{more}", "plain"),
        ),
    )


def _reason(run: OtherRun) -> str:
    watch = run.watch
    if watch.rollback is not None:
        return watch.rollback.reason
    if watch.countdown is not None:
        return watch.countdown.alarm.reason
    return watch.alarms[0].reason


def _consequence(run: OtherRun, now: float) -> tuple[OtherRunPart, ...]:
    """What follows in the other run.

    Whether and when its rollback begins or goes on.
    """
    watch = run.watch
    if watch.rollback is not None:
        if watch.rollback_running:
            return (("The rollback goes on by itself", "accent"),)
        return (("The rollback wants a person", "bad"),)
    if watch.countdown is None:
        if watch.armed:
            return (("Armed: it begins once the trigger fires again", "bad"),)
        return (("Nothing begins by itself", "strong"),)
    left = watch.countdown.ends - now
    if left > 0:
        words = f"The rollback begins in {clock_duration(ceil(left))}"
        return ((f"{words}, or as soon as it can", "bad"),)
    return (("The rollback begins as soon as it can", "bad"),)
