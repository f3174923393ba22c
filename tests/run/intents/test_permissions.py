"""What is judged to be allowed, a host does; what is not, it refuses in those words."""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import EVENTS
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.drill_intents import GiveHint, TouchSite
from mobius_tui.run.intents.intent_actions import ACTIONS
from mobius_tui.run.intents.message_intents import (
    DropMessages,
    ResendMessages,
    SendMessageOfStep,
)
from mobius_tui.run.intents.permissions import decide, decide_offer
from mobius_tui.run.intents.run_intents import (
    AddNote,
    EndRun,
    GiveSecrets,
    GoOnWithout,
    ReleaseHost,
)
from mobius_tui.run.intents.step_intents import (
    ListOptions,
    LookFirst,
    OverrideStep,
    RestoreStep,
    RetryStep,
    SkipStep,
    StartStep,
    StopStep,
    TickStep,
)
from mobius_tui.run.intents.undo_intents import UndoSteps
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.situation import ALLOWED, RefusalCode, Refused
from tests.run.planning import situations
from tests.run.planning.situations import (
    RARE,
    Judges,
    filled,
    made,
    on_hosts,
    situation,
    state_after,
)

DONE_WHERE_REOPENED = (
    *(UndoSteps, AddNote, EndRun, ReleaseHost, StopStep, ResendMessages, DropMessages),
    *(StartStep, RetryStep, LookFirst, SkipStep, RestoreStep, OverrideStep, TickStep),
    *(SendMessageOfStep, GiveSecrets, GoOnWithout),
)
"""All that a run takes which is open again to be undone."""
INTERNAL = re.compile(rf"\b(?:{'|'.join(EVENTS)})\b|step '")
"""Names that only the source has: no refusal is made of them."""


def test_what_is_allowed_a_host_does_and_what_is_not_it_refuses_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes seconds: in each state all that can be asked for is asked for."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    run = made(tmp_path)
    plan = Plan(run.runbook)
    allowed: Counter[type[Action]] = Counter()
    refused: Counter[type[Action]] = Counter()
    with asyncio.Runner() as runner:
        judges = Judges(run.directory, plan)

        async def agree(happened: list[Event]) -> None:
            state = state_after(judges.tail.entries, plan, happened)
            seen = situation(plan, state)
            for asked in situations.unfilled(plan, state):
                permission = decide_offer(asked, seen)
                reply = await judges.judge(state, filled(asked, seen))
                assert reply.ok is (permission == ALLOWED), (asked, reply, permission)
                if isinstance(permission, Refused):
                    refused[type(asked)] += 1
                    assert reply.text == permission.text
                    assert not INTERNAL.search(reply.text), reply.text
                    continue
                allowed[type(asked)] += 1
                if state.is_reopened:
                    assert isinstance(asked, DONE_WHERE_REOPENED), asked
                    begun = getattr(asked, "step", None)
                    assert begun in (None, "undo-mend", "tell") or isinstance(
                        asked, AddNote | StopStep
                    )
                missing = decide(asked, seen)
                if isinstance(missing, Refused):
                    assert missing.code is RefusalCode.UNFILLED
                    reply = await judges.judge(state, asked)
                    assert (reply.ok, reply.text) == (False, missing.text)

        @settings(
            max_examples=20,
            deadline=None,
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow],
        )
        @given(happened=situations.events_of(plan))
        @example(happened=RARE[0])
        @example(happened=RARE[1])
        @example(happened=RARE[2])
        @example(happened=RARE[3])
        @example(happened=RARE[4])
        @example(happened=RARE[5])
        @example(happened=RARE[6])
        @example(happened=RARE[7])
        @example(happened=RARE[8])
        @example(happened=RARE[9])
        @example(happened=on_hosts(plan)[0])
        @example(happened=on_hosts(plan)[1])
        @example(happened=on_hosts(plan)[2])
        @example(happened=on_hosts(plan)[3])
        def in_any_state(happened: list[Event]) -> None:
            runner.run(agree(happened))

        in_any_state()
        judges.close()
    of_drills = {TouchSite, GiveHint}
    by_command = {ListOptions}  # no decision of this runbook has a command
    wanted = set(ACTIONS) - of_drills - by_command
    assert set(allowed) >= wanted, "or it shows nothing"
    assert set(refused) >= set(ACTIONS) - {AddNote}
