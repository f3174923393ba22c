"""Runs the command that lists the options of a decision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mobius_tui.errors import MobiusError
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.checks.value_commands import ListedValues, list_values
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.journal.journal_writer import JournalWriter
from mobius_tui.run.planning.variables import script_env
from mobius_tui.run.storage.redaction import holds_secret
from mobius_tui.runbook.model.actions import Choose
from mobius_tui.runbook.model.runbook import Step


class OptionsNeededError(Exception):
    """A decision's options must be listed first, without holding the turn."""

    def __init__(self, step: Step) -> None:
        super().__init__(step.id)
        self.step = step


async def list_options(context: RunContext, writer: JournalWriter, step: Step) -> str:
    """List the options of a decision, and journal what there is to choose.

    It may take long, so the caller must not hold `writer.turn`.

    Returns:
        Why there are none, or not all, in words; empty where there is nothing to say.
    """
    choose = step.action
    assert isinstance(choose, Choose)
    assert choose.from_ is not None
    listed = await _listed_options(context, step, choose)
    rows = (f"{o.value}\t{o.title}\t{o.why}".rstrip("\t") for o in listed.options)
    text, problem = "\n".join(rows), listed.problem
    if holds_secret(text, context.secrets.values()):
        text, problem = "", "its command listed the value of a secret"
    event = VariableSet(name=choose.from_, value=text, source="output")
    await writer.write_in_turn(event, "host")
    return f"{context.plan.name(step.id)}: {context.redact(problem)}" if problem else ""


async def _listed_options(
    context: RunContext, step: Step, choose: Choose
) -> ListedValues:
    began = context.state.began
    assert began is not None
    declared = context.plan.runbook.variables[choose.var]
    variable = replace(declared, from_run=choose.from_run, many=False, choices=())
    try:
        env = {
            **context.env,
            **script_env(step, context.plan.runbook, context.values()),
        }
    except MobiusError as error:
        return ListedValues(problem=str(error))
    return await list_values(variable, workdir=Path(began.workdir), env=env)
