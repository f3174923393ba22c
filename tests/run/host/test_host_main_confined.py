"""A confined drill whose host begins anew, where nothing confines it."""

from __future__ import annotations

from mobius_tui.run.client.start_host import resume_run, start_host
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.host.host_setup import HostSpec
from mobius_tui.run.intents.control_protocol import Envelope, encode_envelope
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.journal.follower import Follower, JournalFollower
from mobius_tui.run.storage.state_folders import runs_root
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step
from tests.tui.runs import MadeRun
from tests.waiting import wait_for


async def test_it_ends_and_nothing_of_it_is_run_outside(
    make_runbook: MakeRunbook,
) -> None:
    runbook = make_runbook(ONE + step("a", "touch /nothing/is/run"))
    run = MadeRun(runs_root(), runbook, values={}, mode=Mode.DRILL, confined=True)
    await resume_run(run.directory, runbook)
    wait_for(lambda: Follower(run.directory).state.ended is not None)
    ended = Follower(run.directory).state.ended
    assert ended is not None
    assert ended.outcome is Outcome.ABANDONED
    assert "what confined this drill is gone" in ended.reason


async def test_not_even_what_it_was_asked_first(make_runbook: MakeRunbook) -> None:
    runbook = make_runbook(ONE + step("a", "touch /nothing/is/run"))
    run = MadeRun(runs_root(), runbook, values={}, mode=Mode.DRILL, confined=True)
    first = encode_envelope(Envelope(action=StartAutomatic())).decode()
    await start_host(run.directory, HostSpec(first_intent=first), runbook)
    wait_for(lambda: Follower(run.directory).state.ended is not None)
    wait_for(lambda: run.directory.host_pid() is None)
    events = [entry.event for entry in JournalFollower(run.directory).read_new()]
    assert isinstance(events[0], RunBegan)
    assert not any(isinstance(event, StepStarted) for event in events)
