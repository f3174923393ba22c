"""Contacts, channels and the delivery of messages, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mobius_tui.run.journal.describe_entry import undelivered, unsent_reason
from mobius_tui.run.messaging.channels import ChannelRoute, channel_routes
from mobius_tui.run.state.deliveries import (
    DELIVERY_STATUSES_NEEDING_PERSON,
    Delivery,
    DeliveryStatus,
    deliveries_of_attempt,
    delivery_for_viewer,
)
from mobius_tui.runbook.model.actions import SendMessage
from mobius_tui.runbook.model.runbook import Contact, Step
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.commands.run_commands import RunCommand
from mobius_tui.tui.presenters.glyphs import Mark
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.presenters.styled_text import Field, FieldKind, Role, assemble, text


def contact_fields(contacts: tuple[Contact, ...]) -> tuple[Field, ...]:
    """A line for each contact."""
    width = max((len(contact.handle) for contact in contacts), default=0)
    return tuple(
        Field("call" if number == 0 else "", assemble(*_words(contact, width)))
        for number, contact in enumerate(contacts)
    )


def role_fields(contacts: tuple[Contact, ...], step: Step) -> Iterator[Field]:
    """Whose job a step is, and how they are reached."""
    if step.role is None:
        return
    contact = next((each for each in contacts if each.role == step.role), None)
    if contact is None:
        yield Field("role", text(step.role), kind=FieldKind.ROLE)
    else:
        yield Field("role", assemble(*_words(contact)), kind=FieldKind.ROLE)


def escalation_fields(contacts: tuple[Contact, ...], step: Step) -> Iterator[Field]:
    """Whom to call about a failed step.

    The first contact of its role, else the first.
    """
    own = [each for each in contacts if each.role == step.role]
    for contact in (*own, *contacts)[:1]:
        key = first_key_name(RunCommand.CONTACTS)
        more = f"  {key} all" if key else ""
        yield Field("call", assemble(*_words(contact), (more, "muted")))


def _words(contact: Contact, width: int = 0) -> Iterator[tuple[str, Role]]:
    yield f"{contact.handle:<{width}}  ", "key"
    yield contact.role, "plain"
    if contact.for_:
        yield f"  {contact.for_}", "muted"


DELIVERY_MARKS: Mapping[DeliveryStatus, Mark] = {
    DeliveryStatus.QUEUED: Mark("…", DeliveryStatus.QUEUED, "accent"),
    DeliveryStatus.SENDING: Mark("▶", DeliveryStatus.SENDING, "accent"),
    DeliveryStatus.SENT: Mark("✔", DeliveryStatus.SENT, "good"),
    DeliveryStatus.NOT_SENT: Mark("✖", DeliveryStatus.NOT_SENT, "bad"),
    DeliveryStatus.UNKNOWN: Mark("?", DeliveryStatus.UNKNOWN, "warn"),
    DeliveryStatus.DROPPED: Mark("–", DeliveryStatus.DROPPED, "muted"),
}

DELIVERY_WORDS: Mapping[DeliveryStatus, tuple[str, Role]] = {
    DeliveryStatus.NOT_SENT: ("not sent", "bad"),
    DeliveryStatus.UNKNOWN: ("perhaps sent", "warn"),
    DeliveryStatus.QUEUED: ("queued", "accent"),
    DeliveryStatus.SENDING: ("sending", "accent"),
    DeliveryStatus.SENT: ("sent", "muted"),
    DeliveryStatus.DROPPED: ("told", "muted"),
}
"""Short words for a delivery in the checklist; the worst status stands first."""


def channels_of(view: RunView, step: Step) -> tuple[ChannelRoute, ...]:
    """The channels of a message, and whether it can be sent to them now."""
    if not isinstance(step.action, SendMessage):
        return ()
    return channel_routes(view.runbook, view.state, step.action.to)


def deliveries_of(view: RunView, step: Step) -> tuple[Delivery, ...]:
    """The deliveries of a step's message, as it was last sent or queued."""
    hosted = view.host_pid is not None
    number = view.next_attempt(step.id)
    found = queued_before_host_ended(view, step) or deliveries_of_attempt(
        view.state.deliveries, step.id, number - 1
    )
    return tuple(delivery_for_viewer(own, hosted=hosted) for own in found)


def queued_before_host_ended(view: RunView, step: Step) -> tuple[Delivery, ...]:
    """Deliveries queued just before the host ended; the step is not done."""
    return deliveries_of_attempt(
        view.state.deliveries, step.id, view.next_attempt(step.id)
    )


def open_deliveries(view: RunView) -> tuple[Delivery, ...]:
    """What has not arrived, as far as is known."""
    return undelivered(view.state, hosted=view.host_pid is not None)


def channel_fields(view: RunView, step: Step) -> Iterator[Field]:
    """A field for each channel: its delivery, or whether it can be reached.

    Args:
        view: the run.
        step: the message's.
    """
    delivered = {own.channel: own for own in deliveries_of(view, step)}
    label = "to"
    for channel in channels_of(view, step):
        own = delivered.get(channel.channel)
        name: tuple[str, Role] = (f"{channel.channel}  ", "plain")
        if own is not None:
            mark = DELIVERY_MARKS[own.status]
            state = mark.glyph_and_word
            yield Field(
                label, assemble(name, state, (_delivery_details(view, own), "muted"))
            )
        elif channel.problem:
            words = f"✖ {channel.problem}; the message can be copied"
            yield Field(label, assemble(name, (words, "warn")))
        else:
            yield Field(label, assemble(name, (f"● ready: {channel.goes_to}", "good")))
        label = ""


def _delivery_details(view: RunView, own: Delivery) -> str:
    """What else is known of a delivery."""
    if own.status is DeliveryStatus.SENT:
        ago = duration_in_words(max(0.0, view.now - own.status_since))
        answer = f": {own.answer}" if own.answer else ""
        return f"  {ago} ago; it answers {own.http_status}{answer}"
    words = unsent_reason(own, now=view.now)
    return f"  {words}" if words else ""


def delivery_summary(view: RunView, step: Step) -> tuple[str, Role]:
    """The checklist's text for a message that was sent: the worst of its deliveries."""
    found = deliveries_of(view, step)
    if not found:
        return "told", "muted"
    order = list(DELIVERY_WORDS)
    worst = min((own.status for own in found), key=order.index)
    return DELIVERY_WORDS[worst]


def delivery_problem(view: RunView) -> tuple[str, Role] | None:
    """The header's text about undelivered messages; `None` if there are none."""
    found = open_deliveries(view)
    held = sum(own.status is DeliveryStatus.NOT_SENT for own in found)
    perhaps = sum(own.status is DeliveryStatus.UNKNOWN for own in found)
    late = sum(own.status is DeliveryStatus.QUEUED and own.tries > 0 for own in found)
    if held:
        return f"✖ {held} not sent", "bad"
    if perhaps:
        return f"? {perhaps} perhaps sent", "warn"
    return (f"… {late} not sent yet", "warn") if late else None


def delivery_problem_fields(view: RunView) -> Iterator[Field]:
    """The cards' fields about messages that have not arrived."""
    for own in open_deliveries(view):
        mark = DELIVERY_MARKS[own.status]
        what = f"{own.channel}: {own.queued_event.title}"
        yield Field(
            "message",
            assemble(
                (f"{mark.glyph} {mark.word} ", mark.role),
                (what, "plain"),
                (_delivery_details(view, own), "muted"),
            ),
        )


def step_needing_person(view: RunView) -> str | None:
    """The id of the first step whose message a person has to see to; else `None`."""
    for own in open_deliveries(view):
        if (
            own.status in DELIVERY_STATUSES_NEEDING_PERSON
            and own.queued_event.step in view.plan.steps
        ):
            return own.queued_event.step
    return None
