"""What is asked of a host: no secret of it is kept, and what follows is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.events.run_events import PhaseEntered
from mobius_tui.run.host.dispatcher import Dispatcher, refuse_or_redact_secrets
from mobius_tui.run.intents.control_protocol import Caller, Envelope
from mobius_tui.run.intents.intent_actions import (
    FREE_TEXT_FIELDS,
    Action,
    AddNote,
    ApproveStep,
    ChooseOptions,
    SetVariables,
    SkipStep,
    StartAutomatic,
    TickStep,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.reducer import fold
from tests.run.planning.situations import UID, Judges, made, state_after

SECRET = "hunter2-and-more"


@pytest.mark.parametrize(
    "action",
    [
        AddNote(text=f"by {SECRET}"),
        SkipStep(step="look", reason=f"by {SECRET}"),
        ChooseOptions(step="way", attempt=1, reason=f"by {SECRET}"),
        TickStep(step="ask", attempt=1, note=f"by {SECRET}"),
    ],
)
def test_a_text_that_is_kept_loses_the_values_of_secrets(
    tmp_path: Path, action: Action
) -> None:
    run = made(tmp_path)
    judges = Judges(run.directory, Plan(run.runbook))
    services = judges.host(fold(run.runbook, judges.tail.entries))
    services.context.secrets["token"] = SECRET
    harmless = refuse_or_redact_secrets(services, action)
    [text] = [t for t in (getattr(harmless, n, "") for n in FREE_TEXT_FIELDS) if t]
    assert text.startswith("by ")
    assert SECRET not in text
    judges.close()


@pytest.mark.parametrize(
    "action",
    [
        TickStep(step="ask", attempt=1, answers={"who": SECRET}),
        SetVariables(values={"who": f"<{SECRET}>"}),
        StartAutomatic(answers={"who": SECRET}),
        ApproveStep(step="second", name=SECRET),
    ],
)
def test_a_value_that_is_a_secret_is_refused(tmp_path: Path, action: Action) -> None:
    """As another text, it would not be that value."""
    run = made(tmp_path)
    judges = Judges(run.directory, Plan(run.runbook))
    services = judges.host(fold(run.runbook, judges.tail.entries))
    services.context.secrets["token"] = SECRET
    with pytest.raises(RunError, match="holds the value of a secret, and is kept"):
        refuse_or_redact_secrets(services, action)
    judges.close()


async def test_what_follows_is_written_before_the_answer(tmp_path: Path) -> None:
    """Nothing else of this host runs: an aside of which all is skipped is left."""
    run = made(tmp_path)
    plan = Plan(run.runbook)
    judges = Judges(run.directory, plan)
    entered = [PhaseEntered(phase="side", reason="asked")]
    services = judges.host(state_after(judges.tail.entries, plan, entered))
    dispatcher, caller = Dispatcher(services), Caller(name="maria", uid=UID)
    for step in ("watch-side", "mend"):
        assert services.context.state.aside_frames, "entered, and not left yet"
        action = SkipStep(step=step, reason="done by hand")
        reply = await dispatcher.handle_intent(Envelope(action=action), caller)
        assert reply.ok, reply.text
    assert services.context.state.aside_frames == ()
    judges.close()
