"""Rules about single steps, and about what they name."""

from __future__ import annotations

from mobius_tui.runbook.decode_head import name_problem
from mobius_tui.runbook.draft import Draft
from mobius_tui.runbook.model import Step
from mobius_tui.runbook.model_action import Choose, Manual, Run, SendMessage, Watch
from mobius_tui.runbook.model_check import OutputCheck
from mobius_tui.runbook.names import did_you_mean
from mobius_tui.runbook.reader import Table


def lint_steps(draft: Draft) -> None:
    """Report what single steps get wrong.

    Raises:
        EnoughError: there are too many problems now.
    """
    for step in draft.runbook.steps():
        table = draft.at("step", step.id)
        _outputs(step, table)
        match step.action:
            case SendMessage() as sent:
                _message(sent, draft, table)
            case Watch():
                health = draft.runbook.health
                if health is None or not health.probes:
                    table.report("`watch` wants a [health] with probes", "watch")
            case Run(tty=True) if not step.optional:
                words = "--auto has no terminal for a `tty` step, and stops there"
                remedy = "with `optional = true` it skips the step and goes on"
                table.doubt("tty-not-optional", f"{words}; {remedy}", "tty")
            case Choose() if step.checks:
                words = "a decision is not checked; put the check in a step of its own"
                table.report(words, "check")
            case _:
                pass
        if any(isinstance(check, OutputCheck) for check in step.checks):
            _looked_at(step, table)
    _then(draft)


def _outputs(step: Step, table: Table) -> None:
    for index, name in enumerate(step.outputs):
        problem = name_problem(name)
        if problem is not None:
            table.report(problem, "outputs", index)


def _looked_at(step: Step, table: Table) -> None:
    """An `output` check looks at what is recorded."""
    words = ""
    if not isinstance(step.action, Run):
        words = "an `output` check wants a `run` to look at"
    elif step.action.tty:
        words = "nothing of a `tty` step is recorded for an `output` check to look at"
    if words:
        table.report(words, "check", "output")


def _message(sent: SendMessage, draft: Draft, table: Table) -> None:
    messages, channels = draft.runbook.messages, draft.runbook.channels
    if sent.message not in messages:
        near = did_you_mean(sent.message, messages)
        table.report(f"no message `{sent.message}`{near}", "message")
    for index, channel in enumerate(sent.to):
        if channel not in channels:
            near = did_you_mean(channel, channels)
            table.report(f"no channel `{channel}`{near}", "to", index)


def _then(draft: Draft) -> None:
    """A phase that a trigger begins runs without a person."""
    health = draft.runbook.health
    if health is None or health.trigger.then is None:
        return
    for phase in draft.runbook.phases:
        if phase.id != health.trigger.then:
            continue
        for step in phase.steps:
            key = _wants_person(step)
            if key is not None:
                words = f"[health.trigger] begins `{phase.id}` with nobody there"
                table = draft.at("step", step.id)
                table.report(f"{words}: no `{key}` in its steps", key)


def _wants_person(step: Step) -> str | None:
    """The key by which a step cannot do without a person, or None."""
    if step.approve is not None:
        return "approve"
    match step.action:
        case Manual(ask=asks):
            return "ask" if asks else "manual"
        case Choose():
            return "choose"
        case Run(tty=True):
            return "tty"
        case _:
            return None
