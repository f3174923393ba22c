"""A sequence that grows without copies, and whose older versions stay as they were."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.run_events import NoteAdded, RunBegan
from mobius_tui.run.state.persistent_list import EMPTY_LIST, PackedList, PersistentList
from mobius_tui.run.state.reducer import MAX_INTENTS_KEPT, advance, initial_state
from mobius_tui.run.state.step_state import NO_ATTEMPTS, Attempt, CheckTry, Status
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.run.books import ONE, step

STEPS = st.lists(
    st.tuples(st.sampled_from(["plus", "amended"]), st.integers(0, 9), st.integers()),
    max_size=40,
)


@given(STEPS)
def test_every_version_stays_what_a_tuple_would_be(
    steps: list[tuple[str, int, int]],
) -> None:
    """Whichever version is gone on with, an old one too, no other changes."""
    versions: list[tuple[PersistentList[int], tuple[int, ...]]] = [(EMPTY_LIST, ())]
    for way, which, item in steps:
        grown, model = versions[-1 - which % len(versions)]
        if way == "plus":
            versions.append((grown.appended(item), (*model, item)))
        elif model:
            versions.append((grown.with_last(item), (*model[:-1], item)))
        for each, wanted in versions:
            assert each == wanted
            assert tuple(each) == wanted
            assert len(each) == len(wanted)
            assert each[-2:] == wanted[-2:]
            if wanted:
                assert (each[0], each[-1]) == (wanted[0], wanted[-1])


def test_what_grows_is_not_copied() -> None:
    """20,000 notes on a run, and as many on each attempt, share one list."""
    first: PersistentList[int] = EMPTY_LIST.appended(0)
    grown = first
    for n in range(1, 20_000):
        grown = grown.appended(n).with_last(-n)
    assert len(first) == 1
    assert grown[19_998] == -19_998
    assert grown._shared is first._shared


@given(
    st.lists(
        st.tuples(st.sampled_from(["append", "fork"]), st.integers(0, 200)), max_size=9
    )
)
@settings(deadline=None)
def test_packed_items_are_what_a_list_would_hold(ways: list[tuple[str, int]]) -> None:
    """Whichever fork of a fork is gone on with, no other changes."""
    first = PackedList[int](
        lambda number: [number, str(number)], lambda row: int(row[0])
    )
    stores: list[tuple[PackedList[int], list[int]]] = [(first, [])]
    for way, number in ways:
        store, model = stores[number % len(stores)]
        if way == "append":
            for item in range(number):
                store.append(item)
                model.append(item)
        else:
            cut = min(number, len(model))
            stores.append((store.fork(cut), model[:cut]))
        for each, wanted in stores:
            assert len(each) == len(wanted)
            assert list(each.first(len(wanted))) == wanted
            assert list(each.first(70)) == wanted[:70]
            places = range(0, len(wanted), 13)
            assert [each[place] for place in places] == [wanted[p] for p in places]


def test_attempts_are_packed_and_are_what_they_were() -> None:
    """Older ones lie in blocks; whichever is asked for comes back as it was."""
    look = CheckTry(
        check=1, number=2, held=True, detail="200 \udcff ✓", held_in_row=1, at=9.75
    )
    made = tuple(
        Attempt(
            number=n,
            by="ana",
            started=1_795_527_905.123 + n / 7,
            ended=None if n % 5 else 1_795_527_906.5 + n / 3,
            duration=0.1 + n,
            status=Status.FAILED if n % 2 else Status.TIMED_OUT,
            reason="exit 1: \x00 … \U0001f4a5",
            exit=-9 if n % 3 else None,
            left=("4711 sleep",) * (n % 3),
            check_tries=PersistentList[CheckTry]().appended(look)
            if n % 4
            else EMPTY_LIST,
            reads=("a", "b"),
            mono=n * 1.001,
            boot="one" if n < 400 else "two",
        )
        for n in range(1, 1001)
    )
    grown = NO_ATTEMPTS
    versions = []
    for attempt in made:
        grown = grown.appended(replace(attempt, ended=None)).with_last(attempt)
        versions.append(grown)
    assert grown == made
    assert versions[200] == made[:201]
    assert grown[-700:-650] == made[-700:-650]
    assert tuple(reversed(grown)) == made[::-1]
    forked = versions[300]
    for attempt in made[:300]:  # far enough to pack blocks of its own
        forked = forked.appended(attempt)
    assert forked == (*made[:301], *made[:300])
    assert grown == made
    assert len(NO_ATTEMPTS) == 0


def test_a_run_remembers_what_everybody_wanted_lately(
    make_runbook: MakeRunbook,
) -> None:
    """A repeat comes at once; a run that goes on for weeks keeps no more of them."""
    state = initial_state(make_runbook(ONE + step("a")))
    began = RunBegan(
        run="r",
        runbook="test",
        file="f",
        sha256="0",
        title="T",
        mode=Mode.INCIDENT,
        workdir="/",
        operator="ana",
        setting={},
    )
    events: list[Event] = [began, *[NoteAdded(text="x")] * (MAX_INTENTS_KEPT + 50)]
    for n, event in enumerate(events, 1):
        entry = Entry(
            n=n, at=n, mono=n, boot="b", by="ana", event=event, intent=f"i{n}"
        )
        advance(state, entry)
    assert len(state.intents) == MAX_INTENTS_KEPT
    assert state.intents[f"i{n}"] == n
    assert len(state.notes) == MAX_INTENTS_KEPT + 50
