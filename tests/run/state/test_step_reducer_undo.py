"""What can be undone: what was done and not undone since, with what it saw then."""

from __future__ import annotations

from typing import Any

import pytest

from mobius_tui.errors import StateError
from mobius_tui.run.events.fleet_events import (
    BatchStarted,
    FleetHostEnded,
    FleetHostStarted,
    HostsResolved,
    HostStatus,
)
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.events.step_events import (
    StepEnded,
    StepOverridden,
    StepStarted,
    StepUnknown,
)
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace
from tests.run import small_runbook
from tests.run.small_runbook import end, start
from tests.run.undo_runbook import after, turned


def set_to(value: str, name: str = "w", step: str | None = None) -> VariableSet:
    if step is None:
        return VariableSet(name=name, value=value, source="set")
    return VariableSet(name=name, value=value, source="output", step=step)


DONE_A = (start("a"), set_to("kept", "v", "a"), end("a"))


def test_what_is_undone_says_so_and_is_without_what_it_gave() -> None:
    read = StepStarted(step="read", attempt=1, reads=("v",))
    state = after(*DONE_A, read, end("read"), turned("a"), start("undo-a"))
    assert state.steps["a"].status is Status.PASSED
    state = after(
        *DONE_A, read, end("read"), turned("a"), start("undo-a"), end("undo-a")
    )
    assert state.steps["a"].status is Status.UNDONE
    assert len(state.steps["a"].attempts) == 1
    assert "v" not in state.variables
    assert state.steps["read"].is_stale
    assert not state.changes


def test_an_undo_sees_the_variables_of_the_attempt_that_it_undoes() -> None:
    state = after(
        *(set_to("before"), start("a"), set_to("during")),
        *(set_to("mine", "v", "a"), end("a"), set_to("after"), turned("a")),
    )
    seen = {name: each.text for name, each in state.variables_for("undo-a").items()}
    assert seen == {"w": "before", "v": "mine"}
    assert state.variables["w"].text == "after"
    began = StepStarted(step="undo-a", attempt=1, reads=("v", "w"))
    events = (set_to("before"), *DONE_A, set_to("after"), turned("a"), began)
    last = after(*events).steps["undo-a"].last_attempt
    assert last is not None
    assert dict(last.variables_given) == {"v": "kept", "w": "before"}


@pytest.mark.parametrize(
    ("result", "is_change"),
    [("passed", True), ("failed", True), ("timed out", True), ("not started", False)],
)
def test_whatever_has_begun_may_have_changed_something(
    result: str, is_change: bool
) -> None:
    assert ("a" in after(start("a"), end("a", 1, result)).changes) == is_change


def test_what_did_not_start_is_none_though_it_counts_as_a_warning() -> None:
    warned = StepEnded(step="a", attempt=1, result=Status.WARNED)
    assert "a" not in after(start("a"), warned).changes
    assert "a" in after(start("a"), replace(warned, exit=3)).changes


def test_on_hosts_a_warning_has_changed_something_where_any_of_them_began() -> None:
    own: dict[str, Any] = {"step": "a", "attempt": 1}
    listed = HostsResolved(**own, target="t", hosts=("h",), sha256="x")
    begun = (
        BatchStarted(**own, batch=1, hosts=("h",)),
        FleetHostStarted(**own, host="h"),
        FleetHostEnded(**own, host="h", status=HostStatus.FAILED),
    )
    warned = StepEnded(step="a", attempt=1, result=Status.WARNED)
    assert "a" not in after(start("a"), listed, warned).changes
    assert "a" in after(start("a"), listed, *begun, warned).changes


def test_what_is_unknown_can_be_undone_and_what_only_reads_cannot() -> None:
    unknown = StepUnknown(step="b", attempt=1, reason="it died")
    state = after(start("read"), end("read"), start("b"), unknown)
    assert list(state.changes) == ["b"]


def test_a_retry_that_did_not_start_leaves_the_change_before_it() -> None:
    state = after(*DONE_A, start("a", 2), end("a", 2, "not started"))
    assert state.changes["a"].attempt == 1
    assert state.changes["a"].variables["v"].text == "kept"


def test_the_newest_change_is_the_last() -> None:
    state = after(
        *(start("a"), end("a"), start("b"), end("b")),
        *(start("a", 2), end("a", 2, "failed")),
    )
    assert [(name, each.attempt) for name, each in state.changes.items()] == [
        ("b", 1),
        ("a", 2),
    ]


def test_to_vouch_for_an_undo_is_to_have_undone_it() -> None:
    failed = (start("undo-a"), end("undo-a", 1, "failed"))
    vouched = StepOverridden(step="undo-a", reason="by hand")
    state = after(*DONE_A, turned("a"), *failed)
    assert "a" in state.changes
    state = after(*DONE_A, turned("a"), *failed, vouched)
    assert state.steps["a"].status is Status.UNDONE
    assert not state.changes


NOT_TWICE = (*DONE_A, turned("a"), start("undo-a"), end("undo-a"))
REFUSED = [
    ((start("undo-a"),), "'undo-a', which has nothing to undo"),
    ((*NOT_TWICE, start("undo-a", 2)), "'undo-a', which has nothing to undo"),
    (
        (*NOT_TWICE, StepOverridden(step="undo-a", reason="r")),
        "'undo-a', which has nothing to undo",
    ),
    ((*DONE_A, start("a", 2), start("undo-a")), "has nothing to undo"),
    ((*DONE_A, start("undo-a"), start("a", 2)), "while 'a' is being undone"),
    ((turned("a"),), "'undo-a' has nothing to undo"),
]


@pytest.mark.parametrize(("events", "words"), REFUSED)
def test_nothing_is_undone_twice_or_while_it_is_done(
    events: tuple[object, ...], words: str
) -> None:
    with pytest.raises(StateError, match=words):
        after(*events)  # type: ignore[arg-type]


def test_a_run_that_undoes_nothing_keeps_nothing_for_it() -> None:
    state = small_runbook.after(start("a"), end("a"))
    assert (state.changes, state.changes_under_way) == ({}, {})
