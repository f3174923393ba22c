"""Runs in any state that can come about, and a host that judges what is asked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.fleet_events import (
    BatchEnded,
    BatchHeld,
    BatchStarted,
    FleetEvent,
    FleetHostEnded,
    FleetHostSettled,
    FleetHostStarted,
    HoldReason,
    HostResult,
    HostsResolved,
    HostStatus,
)
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.message_events import (
    MessageNotSent,
    MessageQueued,
    MessageTried,
    MessageUnknown,
)
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    AutoStarted,
    HostStarted,
    PhaseEntered,
    PhaseLeft,
    RunEnded,
    RunReopened,
    VariableSet,
)
from mobius_tui.run.events.step_events import (
    ApprovalAsked,
    ApprovalDenied,
    ApprovalGiven,
    ChoiceMade,
    StepEnded,
    StepOverridden,
    StepRestored,
    StepSkipped,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.events.watch_events import (
    RollbackBegan,
    RollbackStopped,
    TriggerCleared,
    TriggerFired,
    WatchArmed,
    WatchDisarmed,
)
from mobius_tui.run.host.dispatcher import Dispatcher
from mobius_tui.run.host.host_services import HostServices
from mobius_tui.run.intents.action import Action, Caller
from mobius_tui.run.intents.approval_intents import ApproveStep, DenyApproval
from mobius_tui.run.intents.control_protocol import Envelope, Reply
from mobius_tui.run.intents.drill_intents import GiveHint
from mobius_tui.run.intents.fleet_intents import ReleaseBatch, SettleHost
from mobius_tui.run.intents.intent_actions import ACTIONS
from mobius_tui.run.intents.message_intents import SendMessageOfStep
from mobius_tui.run.intents.run_intents import AddNote
from mobius_tui.run.intents.step_intents import (
    ChooseOptions,
    ImproviseStep,
    OverrideStep,
    RetryStep,
    SkipStep,
    StartStep,
    StopStep,
    TickStep,
    available_options,
)
from mobius_tui.run.intents.undo_intents import UndoSteps
from mobius_tui.run.intents.watch_intents import ArmWatch, BeginRollback
from mobius_tui.run.journal.journal import Clock, Journal, read_journal
from mobius_tui.run.planning.approval_rules import binding_digest
from mobius_tui.run.planning.confirmation import (
    approval_phrase,
    rollback_confirmation_word,
    step_confirmation_word,
    undo_confirmation_word,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.rollback import rollback_phase, step_blocking_rollback
from mobius_tui.run.planning.situation import Situation
from mobius_tui.run.planning.undoing import undo_items
from mobius_tui.run.state.fleet_state import SETTLEMENTS_BY_STATUS
from mobius_tui.run.state.reducer import advance, fold
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.actions import Choose, Manual, SendMessage
from mobius_tui.structs import replace
from tests.run.made_services import make_context, make_services
from tests.tui.runs import MadeRun

UID = 1000
OTHER = 1001
NOW = 1_795_528_000.0
BOOK = """format = 2
[runbook]
id = "all"
title = "All kinds of steps"
environment = "env"
protected = ["production"]
[var.env]
default = "production"
[var.who]
[var.way]
[var.late]
[var.pw]
secret = true
from_env = "PW"
[targets.web]
hosts = ["a", "b"]
[[channel]]
id = "slack"
kind = "slack"
url = "http://127.0.0.1:1/"
[[message]]
id = "m"
title = "M"
body = "It is down"
[health]
[[health.probe]]
id = "web"
title = "Web"
url = "http://127.0.0.1:1/"
trigger = true
[health.trigger]
then = "back"
consecutive_failures = 3
[[phase]]
id = "main"
title = "Main"
[[phase.step]]
id = "log"
title = "Follow the log"
run = "sleep 60"
effect = "read"
follow = true
[[phase.step]]
id = "look"
title = "Look"
check = { file = { path = "/etc/hostname" } }
[[phase.step]]
id = "ask"
title = "Ask"
manual = "Ask them"
ask = { var = "who" }
[[phase.step]]
id = "way"
title = "Which way"
[phase.step.choose]
var = "way"
option = [{ value = "x", title = "X" }, { value = "y", title = "Y" }]
[[phase.step]]
id = "tell"
title = "Tell"
message = "m"
to = ["slack"]
[[phase.step]]
id = "gate"
title = "Gate"
run = "true"
effect = "read"
gate = true
[[phase.step]]
id = "change"
title = "Change"
run = "echo $late"
effect = "change"
needs = ["look"]
on_failure = "side"
[[phase.step]]
id = "only-x"
title = "Only if X"
run = "true"
effect = "read"
optional = true
when = { way = ["x"] }
[[phase.step]]
id = "roll-out"
title = "Roll out"
run = "true"
effect = "destroy"
hosts = "web"
batch = ["1"]
between = "person"
on_unreachable = "ask"
[[phase]]
id = "more"
title = "More"
[[phase.step]]
id = "second"
title = "With a second person"
run = "true"
effect = "destroy"
approve = { role = "ops", count = 2, within = "10m" }
[[phase.step]]
id = "wreck"
title = "Wreck"
run = "true"
effect = "destroy"
check = { file = { path = "/etc/hostname" } }
[[phase]]
id = "side"
title = "Side"
aside = true
[[phase.step]]
id = "watch-side"
title = "Follow it"
run = "sleep 60"
effect = "read"
follow = true
[[phase.step]]
id = "mend"
title = "Mend"
run = "true"
effect = "change"
undo = "false"
[[phase]]
id = "back"
title = "Back"
aside = true
instead_of = ["more"]
[[phase.step]]
id = "watch-back"
title = "Follow it back"
run = "sleep 60"
effect = "read"
follow = true
[[phase.step]]
id = "restore"
title = "Restore"
run = "true"
effect = "destroy"
"""
RESULTS = ("passed", "warned", "failed", "timed out", "stopped", "output lost")


def events_of(plan: Plan) -> st.SearchStrategy[list[Event]]:
    """Lists of what may happen to steps and the run; of it happens what may follow.

    Numbers of attempts, deliveries and bindings are put right as it happens.
    """
    far = st.integers(0, len(plan.steps)).map(
        lambda count: [
            StepOverridden(step=step, reason="seen")
            for step in list(plan.steps)[:count]
        ]
    )
    known = st.sets(st.sampled_from(("who", "way", "late"))).map(
        lambda names: [
            VariableSet(name=name, value="x", source="set") for name in sorted(names)
        ]
    )
    each = [*_of_steps(plan), *_of_hosts(plan), *_beside()]
    stories = st.sampled_from(each).flatmap(lambda one: one)
    later = st.lists(stories, min_size=1, max_size=7)
    return st.tuples(known, far, later).map(
        lambda parts: [*parts[0], *parts[1], *(e for each in parts[2] for e in each)]
    )


Story = st.SearchStrategy[list[Event]]


def _of_steps(plan: Plan) -> list[Story]:
    """What happens to a step, or to the phases."""
    steps = st.sampled_from(sorted(plan.steps))
    phases = st.sampled_from([phase.id for phase in plan.runbook.phases])
    results = st.sampled_from(RESULTS)

    def begun(step: str) -> list[Event]:
        return [StepStarted(step=step, attempt=0, reads=plan.variables_read[step])]

    def ended(step: str, result: Any) -> list[Event]:
        return [*begun(step), StepEnded(step=step, attempt=0, result=result)]

    def lost(step: str) -> list[Event]:
        return [*begun(step), StepUnknown(step=step, attempt=0, reason="?")]

    def entered(phase: str) -> list[Event]:
        return [PhaseEntered(phase=phase)]

    def chosen(value: str) -> list[Event]:
        return [ChoiceMade(step="way", attempt=0, var="way", values=(value,), reads=())]

    return [
        steps.map(begun),
        *[st.builds(ended, steps, results)] * 4,
        steps.map(lost),
        steps.map(lambda step: [StepSkipped(step=step, reason="no")]),
        steps.map(lambda step: [StepRestored(step=step)]),
        phases.map(entered),
        phases.map(entered),
        phases.map(lambda phase: [PhaseLeft(phase=phase, passed=True)]),
        st.sampled_from("xy").map(chosen),
    ]


AT_HOSTS: dict[str, Any] = {"step": "roll-out", "attempt": 0}


def rolled_out(plan: Plan, result: HostResult, *after: Event) -> list[Event]:
    """A step begins on hosts, and its first batch comes to something."""
    return [
        StepStarted(step="roll-out", attempt=0, reads=plan.variables_read["roll-out"]),
        HostsResolved(**AT_HOSTS, target="web", hosts=("a", "b"), sha256="x"),
        BatchStarted(**AT_HOSTS, batch=1, hosts=("a",)),
        FleetHostStarted(**AT_HOSTS, host="a"),
        FleetHostEnded(**AT_HOSTS, host="a", status=result),
        BatchEnded(**AT_HOSTS, batch=1),
        *after,
    ]


def _of_hosts(plan: Plan) -> list[Story]:
    """What happens to a step on hosts: its batch is held, one is settled, it ends."""
    ended = StepEnded(step="roll-out", attempt=0, result=Status.FAILED)
    rest: list[Event] = [
        BatchStarted(**AT_HOSTS, batch=2, hosts=("b",)),
        FleetHostStarted(**AT_HOSTS, host="b"),
        FleetHostEnded(**AT_HOSTS, host="b", status=HostStatus.OK),
        BatchEnded(**AT_HOSTS, batch=2),
    ]
    settled = FleetHostSettled(**AT_HOSTS, host="a", settled="ran", reason="seen")
    stories = [
        *(
            rolled_out(plan, HostStatus.OK, BatchHeld(**AT_HOSTS, batch=2, why=why))
            for why in (HoldReason.PERSON, HoldReason.TRIGGER)
        ),
        rolled_out(
            plan,
            HostStatus.UNKNOWN,
            BatchHeld(**AT_HOSTS, batch=2, why=HoldReason.UNKNOWN),
        ),
        rolled_out(plan, HostStatus.UNKNOWN, ended),
        rolled_out(plan, HostStatus.UNKNOWN, ended, settled),
        rolled_out(plan, HostStatus.UNREACHABLE, ended),
        rolled_out(plan, HostStatus.OK, *rest, ended),
    ]
    return [st.sampled_from(stories)]


def _beside() -> list[Story]:
    """What happens beside the steps: triggers, approvals, messages, the run's end."""
    cleared = TriggerCleared(probe="web", rule="consecutive_failures")
    begun = RollbackBegan(phase="back", cause="trigger", reason="down")
    tried = MessageTried(delivery=1, number=1)
    asked = st.builds(
        ApprovalAsked,
        step=st.just("second"),
        attempt=st.just(0),
        role=st.just("ops"),
        count=st.just(2),
        within=st.sampled_from((1.0, 600.0, 600.0)),
        binding=st.just(""),
        uid=st.sampled_from((UID, OTHER)),
    )
    given = st.builds(
        ApprovalGiven,
        step=st.just("second"),
        attempt=st.just(0),
        binding=st.just(""),
        name=st.sampled_from(("Ben", "Eve")),
        uid=st.sampled_from((UID, OTHER, 1002)),
    )
    denied = ApprovalDenied(step="second", attempt=0, reason="no", uid=OTHER)
    return [
        st.sampled_from(
            [
                [WatchArmed()],
                [WatchArmed(), WatchDisarmed(reason="no")],
                [FIRED],
                [WatchArmed(), replace(FIRED, grace=60.0)],
                [FIRED, cleared],
                [begun],
                [begun, PhaseEntered(phase="back"), RollbackStopped(reason="failed")],
            ]
        ),
        st.tuples(asked, given).map(lambda events: [*events]),
        st.tuples(asked, given).map(lambda events: [*events]),
        asked.map(lambda event: [event]),
        asked.map(lambda event: [event, denied]),
        st.sampled_from(
            [
                [_QUEUED],
                [_QUEUED, tried],
                [_QUEUED, tried, MessageNotSent(delivery=1, number=1, reason="no")],
                [_QUEUED, tried, MessageUnknown(delivery=1, number=1, reason="no")],
            ]
        ),
        st.sampled_from([[AutoStarted()], [ENDED], [ENDED, RunReopened()]]),
    ]


def state_after(
    began: tuple[Entry, ...], plan: Plan, events: Iterable[Event]
) -> RunState:
    """The run after as many of the events as may follow one another."""
    state = fold(plan.runbook, began)
    for place, event in enumerate(events):
        if (
            isinstance(event, RollbackBegan)
            and step_blocking_rollback(plan, state) is not None
        ):
            continue  # the host waits for it
        at = NOW - 60 + place
        mended = _mended(plan, state, event)
        entry = Entry(
            n=state.last_entry_number + 1,
            at=at,
            mono=at,
            boot="b",
            by="maria",
            event=mended,
        )
        try:
            advance(state, entry)
        except StateError:
            continue
    return state


def _mended(plan: Plan, state: RunState, event: Event) -> Event:
    """An event with the numbers that it must have to follow."""
    if isinstance(event, MessageQueued):
        number = len(state.steps[event.step].attempts) + 1
        return replace(event, delivery=len(state.deliveries) + 1, attempt=number)
    if isinstance(event, StepStarted | ChoiceMade | ApprovalAsked | ApprovalGiven):
        number = len(state.steps[event.step].attempts) + 1
        event = replace(event, attempt=number)
        if isinstance(event, ApprovalAsked | ApprovalGiven):
            bound = binding_digest(plan, state, plan.steps[event.step])
            return replace(event, binding=bound)
        return event
    if isinstance(event, FleetEvent):
        return replace(event, attempt=len(state.steps[event.step].attempts))
    if isinstance(event, StepEnded | StepUnknown | ApprovalDenied):
        have = len(state.steps[event.step].attempts)
        return replace(event, attempt=have + isinstance(event, ApprovalDenied))
    return event


def situation(plan: Plan, state: RunState) -> Situation:
    """The run as this user's viewer sees it."""
    return Situation(plan=plan, state=state, now=NOW, uid=UID, name="maria")


def unfilled(plan: Plan, state: RunState) -> Iterator[Action]:
    """All that can be asked for in a state, without what a person is asked for."""
    for kind in ACTIONS:
        names = set(kind.__struct_fields__)
        ways: list[dict[str, Any]] = [{}]
        if "step" in names and kind is not AddNote:
            ways = [{"step": step} for step in plan.steps]
        if "attempt" in names and kind is not StopStep:
            for way in ways:
                way["attempt"] = len(state.steps[way["step"]].attempts) + 1
            ways.append({**ways[-1], "attempt": 7})
        if kind in (ReleaseBatch, SettleHost):
            ways = list(_of_held(plan, state, kind))
        if "phase" in names:
            ways = [{"phase": phase.id} for phase in plan.runbook.phases]
        if "deliveries" in names:
            ways = [{"deliveries": (1,)}, {"deliveries": (1, 2, 1)}]
        if "values" in names:
            ways = [{"values": {name: "x"}} for name in ("who", "env", "pw")]
        if "secrets" in names:
            ways = [{"secrets": ("pw",)}, {"secrets": ("who",)}]
        if "manual" in names:
            ways = [{"manual": "stop"}, {"manual": "tick"}]
        if "act" in names:
            ways = [{"act": "heal", "seal": "0" * 64}]
        yield from (kind(**way) for way in ways)


def _of_held(
    plan: Plan, state: RunState, kind: type[Action]
) -> Iterator[dict[str, Any]]:
    """What can be asked of batches and hosts."""
    which = (
        [{"batch": 1}, {"batch": 2}]
        if kind is ReleaseBatch
        else [{"host": "a"}, {"host": "b"}, {"host": "nobody"}]
    )
    for step in ("roll-out", next(iter(plan.steps))):
        have = len(state.steps[step].attempts)
        for number in (have, have + 1):
            yield from ({"step": step, "attempt": number, **way} for way in which)


def filled(action: Action, seen: Situation) -> Action:
    """An action with all that a person is asked for."""
    plan, state = seen.plan, seen.state
    match action:
        case StartStep() | RetryStep():
            word = step_confirmation_word(
                plan, state, plan.steps[action.step], seen.by_whose_word
            )
            return replace(action, confirm=word)
        case TickStep():
            step = plan.steps[action.step].action
            asks = step.ask if isinstance(step, Manual) else ()
            answers = {ask.var: _answer(ask.match) for ask in asks}
            return replace(action, answers=answers, note="n")
        case ChooseOptions():
            step = plan.steps[action.step].action
            options = available_options(step, state) if isinstance(step, Choose) else ()
            first = tuple(options)[:1] or ("x",)
            return replace(action, options=first, reason="why")
        case SendMessageOfStep():
            step = plan.steps[action.step].action
            channels = step.to if isinstance(step, SendMessage) else ()
            return replace(action, channels=channels, text="It is down")
        case SettleHost():
            fleet = state.fleets.get(action.step)
            own = fleet.newest_states().get(action.host) if fleet is not None else None
            ways = SETTLEMENTS_BY_STATUS.get(own.status) if own is not None else None
            return replace(action, settled=ways[0] if ways else "ran", reason="why")
        case SkipStep() | OverrideStep() | DenyApproval() | ReleaseBatch():
            return replace(action, reason="why")
        case ImproviseStep():
            return replace(action, script="rm x", confirm="production")
        case AddNote() | GiveHint():
            return replace(action, text="why")
        case ArmWatch() | BeginRollback():
            phase = rollback_phase(plan)
            word = (
                rollback_confirmation_word(plan, state, phase)
                if phase is not None
                else ""
            )
            return replace(action, confirm=word)
        case UndoSteps():
            steps = tuple(item.step.id for item in undo_items(plan, state))
            word = undo_confirmation_word(plan, state)
            return replace(action, steps=steps, confirm=word)
        case ApproveStep():
            asked = state.approvals.get(action.step)
            bound = asked.request.binding if asked is not None else ""
            words = approval_phrase("Zoe", action.step)
            return replace(action, binding=bound, name="Zoe", confirm=words)
        case _:
            return action


def _answer(match: str | None) -> str:
    """An answer that its pattern takes."""
    likely = ("x", "@ana", "1", "https://127.0.0.1/x", "2026-11-24 13:45")
    return next((a for a in likely if match is None or re.fullmatch(match, a)), "?")


class Parked:
    """Takes the tasks of a host, and begins none of them."""

    def create_task(self, work: Coroutine[Any, Any, Any], name: str = "") -> Any:
        del name
        work.close()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class Judges:
    """A host's dispatcher and its journal, for one state of a run after the other."""

    def __init__(self, directory: RunDirectory, plan: Plan) -> None:
        self.directory, self.plan = directory, plan
        self.tail = read_journal(directory.journal)
        self.clock = Clock(wall=lambda: NOW, mono=lambda: 0.0, boot="b")
        self.journal = Journal(directory.journal, self.tail, self.clock)
        self.n = self.tail.entries[-1].n

    def host(self, state: RunState) -> HostServices:
        """What acts on a state, which it changes."""
        state.last_entry_number = self.n  # the journal goes on, the state does not
        parked: Any = Parked()
        plan = self.plan.copy()
        context = make_context(self.directory, plan, state, self.clock, parked)

        def on_entry(entry: Entry) -> None:
            self.n = entry.n
            plan.catch_up(state)

        return make_services(context, self.journal, on_entry)

    async def judge(self, state: RunState, action: Action) -> Reply:
        """What the host answers in a state, which stays as it is."""
        caller = Caller(name="maria", uid=UID)
        services = self.host(state.copy())
        return await Dispatcher(services).handle_intent(Envelope(action=action), caller)

    def close(self) -> None:
        self.journal.close()


def made(folder: Path) -> MadeRun:
    """A run of which any state can come about."""
    path = folder / "all.toml"
    path.write_text(BOOK)
    values = {"env": "production"}
    root = folder / "runs"
    return MadeRun(root, load(path), values=values, environment="production")


_QUEUED = MessageQueued(
    delivery=0, channels=("slack",), title="M", text="x", step="tell", attempt=0
)
ENDED = RunEnded(outcome=Outcome.ABANDONED)
FIRED = TriggerFired(probe="web", rule="consecutive_failures", reason="down", seen=NOW)
_MENDED: tuple[Event, ...] = (
    StepStarted(step="mend", attempt=0, reads=()),
    StepEnded(step="mend", attempt=0, result=Status.PASSED),
)
RARE: tuple[list[Event], ...] = (
    [WatchArmed(), replace(FIRED, grace=60.0)],
    [StepSkipped(step="look", reason="no")],
    [
        StepStarted(step="log", attempt=0, reads=()),
        StepStarted(step="watch-back", attempt=0, reads=()),
        StepStarted(step="watch-side", attempt=0, reads=()),
        FIRED,
    ],
    [
        *(
            StepOverridden(step=step, reason="seen")
            for step in (
                *("look", "ask", "tell", "gate", "change", "second", "wreck"),
                *("log", "way", "only-x", "roll-out"),
            )
        ),
        StepStarted(step="restore", attempt=0, reads=()),
    ],
    [
        *_MENDED,
        PhaseEntered(phase="undo", undoes=("undo-mend",)),
    ],
    [*_MENDED, ENDED],
    [
        *_MENDED,
        WatchArmed(),
        replace(FIRED, grace=60.0),
        StepStarted(step="gate", attempt=0, reads=()),
        StepEnded(step="gate", attempt=0, result=Status.FAILED),
        _QUEUED,
        MessageTried(delivery=1, number=1),
        MessageNotSent(delivery=1, number=1, reason="no"),
        ENDED,
        RunReopened(),
    ],
    [
        *_MENDED,
        RollbackBegan(phase="back", cause="trigger", reason="down"),
        PhaseEntered(phase="back"),
        StepStarted(step="restore", attempt=0, reads=()),
        StepEnded(step="restore", attempt=0, result=Status.FAILED),
        AutoStarted(),
        ENDED,
        RunReopened(),
        PhaseEntered(phase="undo", undoes=("undo-mend",)),
        StepStarted(step="undo-mend", attempt=0, reads=()),
        StepEnded(step="undo-mend", attempt=0, result=Status.FAILED),
    ],
    [
        StepStarted(step="look", attempt=0, reads=()),
        StepEnded(step="look", attempt=0, result=Status.FAILED),
        MessageQueued(
            delivery=0, channels=("slack",), title="M", text="x", step="tell", attempt=0
        ),
        MessageTried(delivery=1, number=1),
        MessageNotSent(delivery=1, number=1, reason="no"),
    ],
    [
        StepStarted(step="look", attempt=0, reads=()),
        StepEnded(step="look", attempt=0, result=Status.FAILED),
        VariableSet(name="pw", value=None, source="secret"),
        HostStarted(pid=1, without=("pw",)),
    ],
)
"""States that are seldom met by chance: a countdown, a skip, steps that go on, a change
that runs beside a main line that is done, a change that is to be undone, one in a run
that has ended, or is open again, a check that did not hold
and a message that did not arrive."""


def on_hosts(plan: Plan) -> list[list[Event]]:
    """States of a step on hosts that are seldom met by chance: a batch that a person
    lets begin, one that a trigger holds, a host of which nobody knows, one that cannot
    be reached."""
    held = [
        BatchHeld(**AT_HOSTS, batch=2, why=why)
        for why in (HoldReason.PERSON, HoldReason.TRIGGER, HoldReason.UNKNOWN)
    ]
    ended = StepEnded(step="roll-out", attempt=0, result=Status.FAILED)
    return [
        rolled_out(plan, HostStatus.OK, held[0]),
        rolled_out(plan, HostStatus.OK, held[1]),
        rolled_out(plan, HostStatus.UNKNOWN, held[2]),
        rolled_out(plan, HostStatus.UNREACHABLE, ended),
    ]
