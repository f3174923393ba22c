"""Approvals on the screen: asking for one, and giving it from a viewer of one's own."""

from __future__ import annotations

from mobius_tui.run.approvals import pending, valid
from mobius_tui.run.approver_names import phrase
from mobius_tui.run.intents import Intent
from mobius_tui.runbook.model import Step
from mobius_tui.tui.asking import Ask
from mobius_tui.tui.screens.approve import ApproveDialog
from mobius_tui.tui.screens.question import Question
from mobius_tui.tui.view import RunView


def waiting(view: RunView, key: str | None = None) -> Step | None:
    """The step that waits for an approval: the one under the cursor, or the first."""
    steps = pending(view.plan, view.state)
    return next((s for s in steps if s.id == key), steps[0] if steps else None)


async def ask_approval(ask: Ask, view: RunView, key: str | None) -> Intent | None:
    """Put a step before somebody else."""
    step = view.step(key)
    if step is None or step.approve is None:
        return None
    run = view.state.began.run if view.state.began else ""
    words = (
        f"{step.approve.role} approves it from a viewer of their own, by "
        f"`mobius-tui approve {run}`, or with this run open. It is for this command "
        f"with these values alone, and for {step.approve.within}."
    )
    title = f"Ask {step.approve.role} to approve {view.plan.name(step.id)}?"
    if not await ask(Question(title, words, verb="Ask", tone="warn")):
        return None
    number = view.next_attempt(step.id)
    return Intent(wish="ask approval", step=step.id, attempt=number)


async def approve(ask: Ask, view: RunView, key: str | None) -> Intent | None:
    """Say as a second person that a step may begin."""
    step = waiting(view, key)
    approval = valid(view.plan, view.state, step) if step is not None else None
    if step is None or approval is None:
        return None
    name = await ask(ApproveDialog(view, step, approval))
    if name is None:
        return None
    return Intent(
        wish="approve",
        step=step.id,
        attempt=approval.asked.attempt,
        values={"binding": approval.asked.binding, "name": name},
        confirm=phrase(name, step.id),
    )
