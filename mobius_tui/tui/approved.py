"""Who has approved a step, in words, as long as that counts for something."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mobius_tui.run.approval_events import ApprovalGiven
from mobius_tui.run.approvals import may_not_begin, valid
from mobius_tui.runbook.model import Step
from mobius_tui.tui.field import Field
from mobius_tui.tui.theme import assemble, text
from mobius_tui.tui.view import RunView


def approved_fields(view: RunView, step: Step) -> Iterator[Field]:
    """Who approved the attempt that comes next, until when, and who may not begin it.

    Nothing where nobody has, or where what they approved has changed since.
    """
    approval = valid(view.plan, view.state, step)
    if approval is None or not approval.given:
        return
    words = f"approved by {', '.join(_who(each) for each in approval.given)}"
    if approval.complete:
        until = time.strftime("%H:%M:%S", time.localtime(approval.until))
        words += f", to be begun by {until}"
    yield Field("now", assemble((words, "good")))
    why_not = may_not_begin(view.plan, view.state, step, uid=view.uid, now=view.now)
    if why_not:
        yield Field("", text(why_not, "warn"))


def _who(given: ApprovalGiven) -> str:
    """A name, and how little it says where it is only typed."""
    return f"{given.name} (weaker: a typed name)" if given.weaker else given.name
