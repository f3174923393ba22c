"""What the banner says of triggers and the rollback that begins by itself."""

from __future__ import annotations

from math import ceil

from textual.content import Content

from mobius_tui.run.rollback import in_the_way, rollback_of
from mobius_tui.runbook.units import clock
from mobius_tui.tui.commands import command
from mobius_tui.tui.theme import Role, assemble
from mobius_tui.tui.view import RunView

Part = tuple[str, Role]


def banner(view: RunView | None) -> tuple[Content, ...]:
    """The banner's lines, the gravest first; none where there is nothing to say."""
    if view is None or view.state.ended is not None or rollback_of(view.plan) is None:
        return ()
    watch = view.state.watch
    if watch.begun is not None:
        return _of_rollback(view)
    if watch.countdown is not None:
        alarm = watch.countdown.alarm
        return (_fired(alarm.reason), _of_countdown(view))
    if not watch.alarms:
        return ()
    latest = watch.alarms[-1]
    more = len(watch.alarms) - 1
    also = f"; {more} more" if more else ""
    parts: list[Part] = [("Nothing begins by itself", "strong")]
    if watch.why:
        parts.append((f" ({watch.why})", "muted"))
    parts += [*_key("roll_back", "begins the rollback"), *_key("arm", "arms it")]
    return (_fired(latest.reason + also), assemble(*parts))


def _fired(reason: str) -> Content:
    return assemble((" TRIGGER FIRED ", "bad"), (f" {reason}", "strong"))


def _key(command_id: str, words: str) -> list[Part]:
    name = command(command_id).key_name or "the palette"
    return [(" · ", "muted"), (name, "key"), (f" {words}", "plain")]


def _of_countdown(view: RunView) -> Content:
    countdown = view.state.watch.countdown
    assert countdown is not None
    left = countdown.ends - view.now
    busy = in_the_way(view.plan, view.state)
    if busy is not None:
        name = view.plan.name(busy.id)
        ran = clock(view.runtime(busy.id) or 0.0)
        parts: list[Part] = [
            (f"The rollback waits for {name}, which has run {ran}", "warn"),
            *_key("stop", "stops that"),
        ]
    elif left > 0:
        parts = [(f"The rollback begins in {clock(ceil(left))}", "bad")]
        parts += _key("roll_back", "begins it now")
    else:
        parts = [("The rollback waits for what the next checks say", "warn")]
    return assemble(*parts, *_key("hold", "holds it"))


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
