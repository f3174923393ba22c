"""A decision whose options come from a variable that a step before has found."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.step_events import ChoiceMade
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.state.step_state import ENDED_STATUSES
from tests.run.books import ONE, step
from tests.run.conftest import Begin
from tests.run.running import Running

LISTED = "found+=\tBad\tdamaged\nfound+=two\tTwo\tthe newest\nfound+=one\tOne\tolder\n"
BOOK = (
    ONE
    + step("find", 'cat list >> "$RUNBOOK_OUTPUT"', 'outputs = ["found"]')
    + '[[phase.step]]\nid = "pick"\ntitle = "pick"\n'
    + 'choose = { var = "picked", from = "found" }\n'
    + step("use", 'printf %s "$picked"')
)


async def found(begin: Begin, folder: Path) -> Running:
    """A run whose list has been found."""
    (folder / "list").write_text(LISTED)
    run = await begin(BOOK, workdir=folder)
    await run.did("start", "find")
    await run.status("find", "passed")
    return run


async def look_again(run: Running) -> None:
    """Run the step that lists once more, to its end."""
    await run.did("retry", "find")

    def ended(state: RunState) -> bool:
        own = state.steps["find"]
        return len(own.attempts) == 2 and own.status in ENDED_STATUSES

    await run.until(ended)


def choice(run: Running) -> ChoiceMade:
    """The decision, as it is on record."""
    events = (entry.event for entry in run.entries())
    (made,) = (event for event in events if isinstance(event, ChoiceMade))
    return made


async def test_it_waits_for_the_list_and_takes_what_is_on_it(
    begin: Begin, tmp_path: Path
) -> None:
    run = await begin(BOOK, workdir=tmp_path)
    reply = await run.intend("choose", "pick", names=("one",))
    assert "waits: no found yet" in reply.text
    (tmp_path / "list").write_text(LISTED)
    await run.did("start", "find")
    await run.status("find", "passed")
    await run.did("choose", "pick", names=("one",))
    await run.did("start", "use")
    await run.status("use", "passed")
    assert run.directory.attempt("use", 1).output.read_text() == "one"


async def test_what_was_not_listed_is_refused(begin: Begin, tmp_path: Path) -> None:
    run = await found(begin, tmp_path)
    for value in ("three", "One", "older", "two\none"):
        reply = await run.intend("choose", "pick", names=(value,))
        assert reply.text == "choose one of: two, one", value
    assert "picked" not in run.state.variables


async def test_what_has_no_value_can_be_seen_and_not_be_chosen(
    begin: Begin, tmp_path: Path
) -> None:
    run = await found(begin, tmp_path)
    assert "Bad\tdamaged" in (run.state.variables["found"].text or "")
    for value in ("", "Bad"):
        reply = await run.intend("choose", "pick", names=(value,))
        assert reply.text == "choose one of: two, one", value
    assert "picked" not in run.state.variables


async def test_only_what_is_listed_now_can_be_chosen(
    begin: Begin, tmp_path: Path
) -> None:
    run = await found(begin, tmp_path)
    (tmp_path / "list").write_text("found=three\tThree\tmade since\n")
    await look_again(run)
    reply = await run.intend("choose", "pick", names=("two",))
    assert reply.text == "choose one of: three"
    await run.did("choose", "pick", names=("three",))


async def test_it_waits_again_where_the_list_is_gone(
    begin: Begin, tmp_path: Path
) -> None:
    run = await found(begin, tmp_path)
    (tmp_path / "list").unlink()
    await look_again(run)
    reply = await run.intend("choose", "pick", names=("two",))
    assert "waits: no found yet" in reply.text


async def test_auto_takes_the_first_that_can_be_chosen_and_says_why(
    begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "list").write_text(LISTED)
    run = await begin(BOOK, workdir=tmp_path)
    await run.auto()
    state = await run.over()
    assert state.ended is not None
    assert state.ended.outcome == "completed"
    made = choice(run)
    assert (made.values, made.reason) == (
        ("two",),
        "the first that is listed: the newest",
    )


async def test_auto_says_no_reason_where_the_list_gives_none(
    begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "list").write_text("found=two\n")
    run = await begin(BOOK, workdir=tmp_path)
    await run.auto()
    await run.over()
    assert choice(run).reason == "the first that is listed"


async def test_auto_takes_what_it_was_told(begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(LISTED)
    run = await begin(BOOK, workdir=tmp_path)
    await run.auto({"picked": "one"})
    assert (await run.over()).ended is not None
    assert (choice(run).values, choice(run).reason) == (("one",), "")


async def test_auto_stops_where_nothing_can_be_chosen(
    begin: Begin, tmp_path: Path
) -> None:
    (tmp_path / "list").write_text("found=\tBad\tdamaged\n")
    run = await begin(BOOK, workdir=tmp_path)
    await run.auto()
    state = await run.until(lambda s: s.auto_stopped)
    assert state.auto_stopped is not None
    assert "wants a decision on picked" in state.auto_stopped.reason


def is_stale(run: Running) -> bool:
    """Whether the decision was made of another list than there is now."""
    return run.state.steps["pick"].is_stale


async def test_a_list_that_is_found_again_makes_the_decision_stale(
    begin: Begin, tmp_path: Path
) -> None:
    run = await found(begin, tmp_path)
    await run.did("choose", "pick", names=("one",))
    await look_again(run)
    assert is_stale(run)
    await run.did("choose", "pick", names=("two",), text="it is the newest")
    assert not is_stale(run)


async def test_what_a_person_chose_is_not_replaced_by_what_a_step_proposes(
    begin: Begin, tmp_path: Path
) -> None:
    proposes = BOOK.replace('outputs = ["found"]', 'outputs = ["found", "picked"]')
    (tmp_path / "list").write_text(f"{LISTED}picked=two\n")
    run = await begin(proposes, workdir=tmp_path)
    await run.did("start", "find")
    await run.status("find", "passed")
    assert run.state.variables["picked"].text == "two", "it is proposed"
    await run.did("choose", "pick", names=("one",))
    await look_again(run)
    assert run.state.steps["find"].status == "passed"
    assert run.state.variables["picked"].text == "one"
