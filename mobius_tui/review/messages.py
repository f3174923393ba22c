"""The messages of a run, as they were told."""

from __future__ import annotations

from collections.abc import Iterator

from mobius_tui.review.redact import Redactor
from mobius_tui.review.told import Delivered, ToldStep
from mobius_tui.review.walk import Walk
from mobius_tui.run.plan import Plan
from mobius_tui.run.steps import Status
from mobius_tui.runbook.model import SendMessage


def messages(
    plan: Plan, walked: Walk, steps: tuple[ToldStep, ...], redactor: Redactor
) -> Iterator[Delivered]:
    """Every message that a person told, in the order of the steps.

    Args:
        plan: the run's.
        walked: what its entries say.
        steps: what is told of its steps; the template's text is there, filled in.
        redactor: makes texts fit to be told.
    """
    for told in steps:
        action = plan.steps[told.id].action
        if not isinstance(action, SendMessage):
            continue
        for own in walked.state.steps[told.id].attempts:
            if own.status is Status.RUNNING or own.ended is None:
                continue
            yield Delivered(
                at=own.ended,
                by=redactor.line(own.by),
                title=redactor.line(plan.runbook.messages[action.message].title),
                channel="",
                state="told" if own.status is Status.PASSED else str(own.status),
                text=redactor.lines(own.note or told.command),
            )
