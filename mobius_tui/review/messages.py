"""The messages of a run, as they were sent, or told by people. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.review.redact import Redactor
from mobius_tui.review.told import Delivered, ToldStep
from mobius_tui.review.walk import Key, Walk
from mobius_tui.run.deliveries import as_seen
from mobius_tui.run.plan import Plan
from mobius_tui.run.steps import Status
from mobius_tui.runbook.model_action import SendMessage


def messages(
    plan: Plan,
    walked: Walk,
    steps: tuple[ToldStep, ...],
    redactor: Redactor,
    *,
    hosted: bool,
) -> Iterator[Delivered]:
    """Every message that was sent, or told by a person, in the order of their times.

    Args:
        plan: the run's.
        walked: what its entries say.
        steps: what is told of its steps; the template's text is there, filled in.
        redactor: makes texts fit to be told.
        hosted: whether a host runs the run now.
    """
    sent = tuple(_sent(walked, redactor, hosted=hosted))
    through = {(d.queued.step, d.queued.attempt) for d in walked.state.deliveries}
    by_people = (
        delivered
        for told in steps
        for key, delivered in _by_people(plan, walked, told, redactor)
        if key not in through
    )
    yield from sorted((*sent, *by_people), key=lambda each: each.at)


def _sent(walked: Walk, redactor: Redactor, *, hosted: bool) -> Iterator[Delivered]:
    for delivery in walked.state.deliveries:
        own = as_seen(delivery, hosted=hosted)
        why = f": {own.reason}" if own.reason else ""
        yield Delivered(
            at=own.since or own.at,
            by=redactor.line(own.by),
            title=redactor.line(own.queued.title),
            channel=redactor.line(own.channel),
            state=redactor.line(f"{own.stand}{why}"),
            text=redactor.lines(own.queued.text),
        )


def _by_people(
    plan: Plan, walked: Walk, told: ToldStep, redactor: Redactor
) -> Iterator[tuple[Key, Delivered]]:
    """What a person said by other ways than the program's."""
    action = plan.steps[told.id].action
    if not isinstance(action, SendMessage):
        return
    for own in walked.state.steps[told.id].attempts:
        if own.ended is None:
            continue
        delivered = Delivered(
            at=own.ended,
            by=redactor.line(own.by),
            title=redactor.line(plan.runbook.messages[action.message].title),
            channel="",
            state="told" if own.status is Status.PASSED else str(own.status),
            text=redactor.lines(own.note or str(told.command)),
        )
        yield (told.id, own.number), delivered
