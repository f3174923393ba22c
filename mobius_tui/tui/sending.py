"""Messages on their way, in words: what the screens say of channels and deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mobius_tui.run.channels import Way, ways
from mobius_tui.run.deliveries import (
    WANTS_A_PERSON,
    Delivery,
    Stand,
    as_seen,
    of_step,
)
from mobius_tui.run.message_words import unsent, why
from mobius_tui.runbook.model import Step
from mobius_tui.runbook.model_action import SendMessage
from mobius_tui.runbook.units import in_words
from mobius_tui.tui.field import Field
from mobius_tui.tui.glyphs import Mark
from mobius_tui.tui.theme import Role, assemble
from mobius_tui.tui.view import RunView

STANDS: Mapping[Stand, Mark] = {
    Stand.QUEUED: Mark("…", Stand.QUEUED, "accent"),
    Stand.SENDING: Mark("▶", Stand.SENDING, "accent"),
    Stand.SENT: Mark("✔", Stand.SENT, "good"),
    Stand.HELD: Mark("✖", Stand.HELD, "bad"),
    Stand.UNKNOWN: Mark("?", Stand.UNKNOWN, "warn"),
    Stand.DROPPED: Mark("–", Stand.DROPPED, "muted"),
}

STANDS_WORST_FIRST: Mapping[Stand, tuple[str, Role]] = {
    Stand.HELD: ("not sent", "bad"),
    Stand.UNKNOWN: ("perhaps sent", "warn"),
    Stand.QUEUED: ("queued", "accent"),
    Stand.SENDING: ("sending", "accent"),
    Stand.SENT: ("sent", "muted"),
    Stand.DROPPED: ("told", "muted"),
}
"""In the few letters that a row of the checklist has."""


def ways_of(view: RunView, step: Step) -> tuple[Way, ...]:
    """The channels of a message, and whether it can be sent to them now."""
    if not isinstance(step.action, SendMessage):
        return ()
    return ways(view.runbook, view.state, step.action.to)


def deliveries_of(view: RunView, step: Step) -> tuple[Delivery, ...]:
    """What became of a step's message, as it was told or queued last."""
    hosted = view.host is not None
    number = view.next_attempt(step.id)
    found = queued_ahead(view, step) or of_step(
        view.state.deliveries, step.id, number - 1
    )
    return tuple(as_seen(own, hosted=hosted) for own in found)


def queued_ahead(view: RunView, step: Step) -> tuple[Delivery, ...]:
    """What was queued just before its host ended, so that its step is not told yet."""
    return of_step(view.state.deliveries, step.id, view.next_attempt(step.id))


def open_deliveries(view: RunView) -> tuple[Delivery, ...]:
    """What has not arrived, as far as is known."""
    return unsent(view.state, hosted=view.host is not None)


def channel_fields(view: RunView, step: Step) -> Iterator[Field]:
    """Each channel of a message: how it stands with it, or whether it can be reached.

    Args:
        view: the run.
        step: the message's.
    """
    delivered = {own.channel: own for own in deliveries_of(view, step)}
    label = "to"
    for way in ways_of(view, step):
        own = delivered.get(way.channel)
        name: tuple[str, Role] = (f"{way.channel}  ", "plain")
        if own is not None:
            mark = STANDS[own.stand]
            state = (f"{mark.glyph} {mark.word}", mark.role)
            yield Field(label, assemble(name, state, (_more(view, own), "muted")))
        elif way.problem:
            words = f"✖ {way.problem}; the message can be copied"
            yield Field(label, assemble(name, (words, "warn")))
        else:
            yield Field(label, assemble(name, (f"● ready: {way.goes_to}", "good")))
        label = ""


def _more(view: RunView, own: Delivery) -> str:
    """What else is known of a delivery."""
    if own.stand is Stand.SENT:
        ago = in_words(max(0.0, view.now - own.since))
        answer = f": {own.answer}" if own.answer else ""
        return f"  {ago} ago; it answers {own.status}{answer}"
    words = why(own, now=view.now)
    return f"  {words}" if words else ""


def told(view: RunView, step: Step) -> tuple[str, Role]:
    """What the checklist says of a message that was told: the worst of its channels."""
    found = deliveries_of(view, step)
    if not found:
        return "told", "muted"
    order = list(STANDS_WORST_FIRST)
    worst = min((own.stand for own in found), key=order.index)
    return STANDS_WORST_FIRST[worst]


def trouble(view: RunView) -> tuple[str, Role] | None:
    """What the bar on top says of messages; `None` where there is nothing to say."""
    found = open_deliveries(view)
    held = sum(own.stand is Stand.HELD for own in found)
    perhaps = sum(own.stand is Stand.UNKNOWN for own in found)
    late = sum(own.stand is Stand.QUEUED and own.tries > 0 for own in found)
    if held:
        return f"✖ {held} not sent", "bad"
    if perhaps:
        return f"? {perhaps} perhaps sent", "warn"
    return (f"… {late} not sent yet", "warn") if late else None


def trouble_fields(view: RunView) -> Iterator[Field]:
    """What the cards say of messages that have not arrived."""
    for own in open_deliveries(view):
        mark = STANDS[own.stand]
        what = f"{own.channel}: {own.queued.title}"
        yield Field(
            "message",
            assemble(
                (f"{mark.glyph} {mark.word} ", mark.role),
                (what, "plain"),
                (_more(view, own), "muted"),
            ),
        )


def wants_a_person(view: RunView) -> str | None:
    """The step of the first message that somebody should see to."""
    for own in open_deliveries(view):
        if own.stand in WANTS_A_PERSON and own.queued.step in view.plan.steps:
            return own.queued.step
    return None
