"""What is asked of a host: no secret of it is kept, and what follows is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

import pytest
from msgspec import Struct

from mobius_tui.errors import RunError
from mobius_tui.run.attempts.run_context import RunContext
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import EVENTS
from mobius_tui.run.events.run_events import PhaseEntered
from mobius_tui.run.host.dispatcher import Dispatcher, refuse_or_redact_secrets
from mobius_tui.run.intents.action import FREE_TEXT_FIELDS, Action, Caller
from mobius_tui.run.intents.approval_intents import ApproveStep
from mobius_tui.run.intents.control_protocol import Envelope
from mobius_tui.run.intents.intent_actions import ACTIONS
from mobius_tui.run.intents.run_intents import AddNote, SetVariables, StartAutomatic
from mobius_tui.run.intents.step_intents import (
    ChooseOptions,
    SkipStep,
    StartStep,
    TickStep,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.reducer import fold
from tests.run.planning.situations import UID, Judges, made, state_after
from tests.run.samples import fields_of, sample
from tests.table import each_row

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


def texts_of(kind: type[Struct]) -> Iterator[tuple[str, Any]]:
    """Each field of a class that may hold any text, with the secret in it."""
    hints = get_type_hints(kind)
    for name in kind.__struct_fields__:
        value = sample(hints[name], f"<{SECRET}>")
        if SECRET in repr(value):
            yield name, value


ACTION_FIELDS = [
    (kind, name, value) for kind in ACTIONS for name, value in texts_of(kind)
]
EVENT_FIELDS = [
    (kind, name, value) for kind in EVENTS.values() for name, value in texts_of(kind)
]


@pytest.fixture
def context(tmp_path: Path) -> Iterator[RunContext]:
    """A run's, which has a secret."""
    run = made(tmp_path)
    judges = Judges(run.directory, Plan(run.runbook))
    services = judges.host(fold(run.runbook, judges.tail.entries))
    services.context.secrets["token"] = SECRET
    yield services.context
    judges.close()


@each_row(("kind", "name", "value"), ACTION_FIELDS)
def test_no_field_of_an_action_brings_a_secret_in(
    context: RunContext, kind: type[Action], name: str, value: object
) -> None:
    """Whatever the field, and whatever fields there will be."""
    action = kind(**{**fields_of(kind), name: value})
    services: Any = SimpleNamespace(context=context)
    try:
        kept = refuse_or_redact_secrets(services, action)
    except RunError:
        return
    if name in ("confirm", "binding"):
        return  # only compared; nothing of it is kept, as the next test has it
    assert SECRET not in repr(kept)
    assert "[redacted]" in repr(kept)


@each_row(("kind", "name", "value"), EVENT_FIELDS)
def test_no_field_of_an_event_keeps_a_secret(
    context: RunContext, kind: type[Event], name: str, value: object
) -> None:
    event = kind(**{**fields_of(kind), name: value})
    try:
        kept = context.harmless(event)
    except RunError:
        return
    assert SECRET not in repr(kept)
    assert "[redacted]" in repr(kept)


def test_a_short_secret_in_a_step_s_name_keeps_nobody_from_the_step(
    context: RunContext,
) -> None:
    context.secrets["token"] = "oo"
    services: Any = SimpleNamespace(context=context)
    action = StartStep(step="look", attempt=1, confirm="production")
    assert refuse_or_redact_secrets(services, action) == action
    with pytest.raises(RunError, match="holds the value of a secret"):
        refuse_or_redact_secrets(services, StartStep(step="loom", attempt=1))


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
