"""What the banner says of triggers and the rollback that begins by itself."""

from __future__ import annotations

from math import ceil

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.run.rollback import in_the_way, meter_of, oks_wanted, rollback_of
from mobius_tui.runbook.units import clock
from mobius_tui.tui.applies import of_watch
from mobius_tui.tui.commands import command
from mobius_tui.tui.theme import Role, assemble
from mobius_tui.tui.view import RunView

Part = tuple[str, Role]


def banner(view: RunView | None, *, before: str = "") -> tuple[Content, ...]:
    """The banner's lines, the gravest first; none where there is nothing to say.

    Args:
        view: the run.
        before: what has to be pressed before the keys that it names: `Esc` in a dialog.
    """
    if view is None or view.state.ended is not None or rollback_of(view.plan) is None:
        return ()
    watch = view.state.watch
    if watch.begun is not None:
        return _of_rollback(view)
    if watch.countdown is not None:
        return (_fired(watch.reason), _of_countdown(view, before))
    if not watch.alarms:
        return ()
    becomes = _of_armed if watch.armed else _of_unarmed
    return (_fired(watch.reason), becomes(view, before))


def _of_unarmed(view: RunView, before: str) -> Content:
    """That nobody but a person begins anything, and how."""
    watch, ways = view.state.watch, of_watch(view)
    parts: list[Part] = [("Nothing begins by itself", "strong")]
    if watch.why:
        parts.append((f" ({watch.why})", "muted"))
    busy = in_the_way(view.plan, view.state)
    if busy is not None:
        parts.append((f" · {view.plan.name(busy.id)} is running", "warn"))
    if "roll_back" in ways:
        parts += _key("roll_back", "begins the rollback", before)
    if "arm" in ways:
        parts += _key("arm", "arms it", before)
    return assemble(*parts)


def _of_armed(view: RunView, before: str) -> Content:
    """What the countdown waits for: since it was armed, all is counted anew."""
    health = view.runbook.health
    grace = view.values.preview(health.trigger.grace) if health is not None else ""
    meter = meter_of(view.meters, view.state.watch.alarms[0])
    so_far = f", {sanitize.line(meter.words)}" if meter is not None else ""
    words = f"Armed: counts anew{so_far}; then the rollback in {sanitize.line(grace)}"
    return assemble((words, "bad"), *_key("arm", "disarms it", before))


def _fired(reason: str) -> Content:
    words = Content.styled(" TRIGGER FIRED ", "bold reverse $error")
    return words + assemble((f" {reason}", "strong"))


def _key(command_id: str, words: str, before: str) -> list[Part]:
    name = f"{before} {command(command_id).key_name or 'the palette'}".strip()
    return [(" · ", "muted"), (name, "key"), (f" {words}", "plain")]


def _of_countdown(view: RunView, before: str) -> Content:
    countdown = view.state.watch.countdown
    assert countdown is not None
    left = countdown.ends - view.now
    busy = in_the_way(view.plan, view.state)
    if busy is not None:
        name = view.plan.name(busy.id)
        ran = clock(view.runtime(busy.id) or 0.0)
        parts: list[Part] = [
            (f"The rollback waits for {name}, which has run {ran}", "warn"),
            *_key("stop", "stops that", before),
        ]
    elif left > 0:
        parts = [(f"The rollback begins in {clock(ceil(left))}", "bad")]
        parts += _key("roll_back", "begins it now", before)
    else:
        oks = oks_wanted(view.meters, countdown.alarm)
        words = f"The rollback waits for the next check; {oks} good ones drop it"
        parts = [(words, "warn")]
    return assemble(*parts, *_key("hold", "holds it", before))


def _of_rollback(view: RunView) -> tuple[Content, ...]:
    """How the rollback goes; nothing once it has passed."""
    watch = view.state.watch
    begun = watch.begun
    if begun is None or watch.passed:
        return ()
    who = "A trigger" if begun.cause == "trigger" else watch.begun_by
    first = assemble((f"{who} began the rollback: ", "strong"), (begun.reason, "plain"))
    if watch.goes:
        return (first, assemble(("It goes on by itself.", "accent")))
    if watch.passed is False:
        return (first, assemble(("It did not pass; it wants a person.", "bad")))
    return (first, assemble(("It wants a person: ", "bad"), (watch.stopped, "plain")))
