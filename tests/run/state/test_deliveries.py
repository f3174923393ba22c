"""Where messages stand: what may follow, and that nothing is sent twice by itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry, decode_entry, encode_entry
from mobius_tui.run.events.message_events import (
    MESSAGE_EVENTS,
    MessageDropped,
    MessageEvent,
    MessageNotSent,
    MessageQueued,
    MessageRequeued,
    MessageSent,
    MessageTried,
    MessageUnknown,
)
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import (
    HostStarted,
    RunBegan,
    RunEnded,
    TakenOver,
    VariableSet,
)
from mobius_tui.run.state.deliveries import (
    HOST_ENDED_REASON,
    DeliveryStatus,
    delivery_for_viewer,
)
from mobius_tui.run.state.reducer import advance, fold, initial_state
from mobius_tui.run.state.run_state import RunState
from mobius_tui.runbook.model.runbook import Runbook
from tests.run.small_runbook import BEGAN, RUNBOOK
from tests.table import each_row


def queued(delivery: int = 1, *channels: str) -> MessageQueued:
    return MessageQueued(
        delivery=delivery,
        channels=channels or ("slack",),
        title="Started",
        text="We roll back",
        step="a",
        attempt=1,
    )


def tried(number: int = 1, delivery: int = 1) -> MessageTried:
    return MessageTried(delivery=delivery, number=number)


def not_sent(number: int, again: float | None = None) -> MessageNotSent:
    return MessageNotSent(
        delivery=1, number=number, reason="it answers 500", again=again
    )


SENT = MessageSent(delivery=1, number=1, status=200, answer="ok")
LOST = MessageUnknown(delivery=1, number=1, reason="no answer in 10 s")
AGAIN = MessageRequeued(delivery=1)
DROPPED = MessageDropped(delivery=1, reason="told by phone")
HOST = HostStarted(pid=7)
TAKEN = TakenOver(epoch=2, place={}, taken_from={}, heard=1.0)


def entries(*events: Event) -> Iterator[Entry]:
    for n, event in enumerate((BEGAN, *events), 1):
        yield Entry(n=n, at=1000.0 + n, mono=float(n), boot="b", by="ana", event=event)


def stand(*events: Event, runbook: Runbook = RUNBOOK) -> DeliveryStatus:
    return fold(runbook, entries(*events)).deliveries[0].status


@each_row(
    ("events", "wanted"),
    [
        ((queued(),), DeliveryStatus.QUEUED),
        ((queued(), tried()), DeliveryStatus.SENDING),
        ((queued(), tried(), SENT), DeliveryStatus.SENT),
        ((queued(), tried(), not_sent(1, again=2.0)), DeliveryStatus.QUEUED),
        ((queued(), tried(), not_sent(1)), DeliveryStatus.NOT_SENT),
        ((queued(), not_sent(0)), DeliveryStatus.NOT_SENT),
        ((queued(), tried(), not_sent(1), AGAIN), DeliveryStatus.QUEUED),
        ((queued(), tried(), LOST), DeliveryStatus.UNKNOWN),
        ((queued(), tried(), LOST, AGAIN, tried(2)), DeliveryStatus.SENDING),
        ((queued(), tried(), LOST, DROPPED), DeliveryStatus.DROPPED),
        ((queued(), HOST), DeliveryStatus.QUEUED),
        ((queued(), tried(), HOST), DeliveryStatus.UNKNOWN),
        ((queued(), tried(), SENT, HOST), DeliveryStatus.SENT),
        ((queued(), TAKEN, HOST), DeliveryStatus.UNKNOWN),
        ((queued(), tried(), TAKEN, HOST), DeliveryStatus.UNKNOWN),
        ((queued(), tried(), not_sent(1), TAKEN, HOST), DeliveryStatus.NOT_SENT),
        ((queued(), TAKEN, HOST, AGAIN), DeliveryStatus.QUEUED),
        (
            (queued(), tried(), RunEnded(outcome=Outcome.COMPLETED), SENT),
            DeliveryStatus.SENT,
        ),
    ],
)
def test_where_a_message_stands(
    events: tuple[Event, ...], wanted: DeliveryStatus
) -> None:
    assert stand(*events) is wanted


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((queued(2),), "MessageQueued numbers 2; 1 is next"),
        ((tried(),), "MessageTried for delivery 1; there are 0"),
        ((queued(), tried(2)), "names try 2 of delivery 1, not 1"),
        ((queued(), SENT), "MessageSent while delivery 1 is queued"),
        ((queued(), tried(), SENT, AGAIN), "MessageRequeued while delivery 1 is sent"),
        ((queued(), tried(), tried(2)), "MessageTried while delivery 1 is being sent"),
        ((queued(), tried(), HOST, SENT), "MessageSent while delivery 1 is not known"),
        ((queued(), tried(), DROPPED), "MessageDropped while delivery 1 is being sent"),
        (
            (RunEnded(outcome=Outcome.FAILED), queued()),
            "MessageQueued after the run ended",
        ),
    ],
)
def test_what_may_not_follow(events: tuple[Event, ...], words: str) -> None:
    with pytest.raises(StateError, match=words):
        stand(*events)


def test_one_text_to_two_channels_is_two_deliveries() -> None:
    state = fold(RUNBOOK, entries(queued(1, "slack", "teams"), queued(3, "slack")))
    found = [(own.number, own.channel) for own in state.deliveries]
    assert found == [(1, "slack"), (2, "teams"), (3, "slack")]


def test_what_was_being_sent_when_the_host_died_is_said_to_be_unknown() -> None:
    own = fold(RUNBOOK, entries(queued(), tried())).deliveries[0]
    assert delivery_for_viewer(own, hosted=True).status is DeliveryStatus.SENDING
    seen = delivery_for_viewer(own, hosted=False)
    assert (seen.status, seen.reason) == (DeliveryStatus.UNKNOWN, HOST_ENDED_REASON)


def test_the_tries_of_a_round_begin_anew_when_a_person_sends_again() -> None:
    events = (queued(), tried(), not_sent(1, 1.0), tried(2), not_sent(2), AGAIN)
    own = fold(RUNBOOK, entries(*events)).deliveries[0]
    assert (own.tries, own.tries_since_request) == (2, 0)


def test_a_secret_that_comes_back_is_known_again() -> None:
    lost = HostStarted(pid=7, without=("hook",))
    back = VariableSet(name="hook", value=None, source="secret")
    assert fold(RUNBOOK, entries(lost)).lost_secrets == ("hook",)
    assert fold(RUNBOOK, entries(lost, back)).lost_secrets == ()
    assert fold(RUNBOOK, entries(lost, HOST)).lost_secrets == ()


@pytest.mark.parametrize(
    "event",
    [
        queued(1, "slack", "teams"),
        tried(),
        SENT,
        not_sent(1, 2.5),
        LOST,
        AGAIN,
        DROPPED,
    ],
)
def test_the_journal_gives_back_what_it_was_given(event: MessageEvent) -> None:
    entry = Entry(n=2, at=1000.0, mono=1.0, boot="b", by="ana", event=event)
    assert decode_entry(encode_entry(entry, "p")[:-1]) == (entry, "p")


EVENTS = st.sampled_from(
    [
        *(queued(n, *names) for n in (1, 2, 3) for names in (("s",), ("s", "t"))),
        *(tried(n, d) for n in (1, 2, 3) for d in (1, 2)),
        *(
            MessageSent(delivery=d, number=n, status=200)
            for d in (1, 2)
            for n in (1, 2)
        ),
        *(
            MessageNotSent(delivery=d, number=n, reason="r", again=again)
            for d in (1, 2)
            for n in (0, 1, 2)
            for again in (None, 1.0)
        ),
        *(MessageUnknown(delivery=d, number=1, reason="r") for d in (1, 2)),
        *(MessageRequeued(delivery=d) for d in (0, 1, 2)),
        *(MessageDropped(delivery=d, reason="r") for d in (1, 2)),
        HOST,
        RunEnded(outcome=Outcome.FAILED),
    ]
)


@given(st.lists(EVENTS, max_size=40))
@settings(deadline=None)
def test_whatever_is_journaled_nothing_goes_out_twice_by_itself(
    events: list[Event],
) -> None:
    """Between two tries there is a no that is known, or a person."""
    state = initial_state(RUNBOOK)
    taken: list[Event] = []
    for event in (BEGAN, *events):
        entry = Entry(
            n=state.last_entry_number + 1,
            at=1.0,
            mono=1.0,
            boot="b",
            by="x",
            event=event,
        )
        before = state.deliveries
        try:
            advance(state, entry)
        except StateError:
            assert state.deliveries == before
        else:
            taken.append(event)
    for number in range(1, len(state.deliveries) + 1):
        _one(number, taken, state)


def _one(number: int, taken: list[Event], state: RunState) -> None:
    may_be_tried = True
    over = False
    for event in taken:
        if isinstance(event, RunBegan | HostStarted | RunEnded | MessageQueued):
            continue
        assert isinstance(event, MESSAGE_EVENTS)
        if event.delivery != number:
            continue
        assert not over, "nothing follows once it is sent or dropped"
        match event:
            case MessageTried():
                assert may_be_tried
                may_be_tried = False
            case MessageNotSent(again=again):
                may_be_tried = again is not None
            case MessageRequeued():
                may_be_tried = True
            case MessageSent() | MessageDropped():
                over = True
            case _:
                pass
    own = state.deliveries[number - 1]
    assert over == (own.status in (DeliveryStatus.SENT, DeliveryStatus.DROPPED))
