"""Events of a step's hosts: what each changes, and which may not follow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mobius_tui.errors import StateError
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.fleet_events import (
    BatchEnded,
    BatchHeld,
    BatchReleased,
    BatchStarted,
    FleetEvent,
    FleetHostChecked,
    FleetHostEnded,
    FleetHostSettled,
    FleetHostStarted,
    HoldReason,
    HostResult,
    HostsResolved,
    HostStatus,
)
from mobius_tui.run.events.journal_entry import Entry, decode_entry, encode_entry
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.journal.describe_entry import journal_entry_text
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.state.fleet_state import (
    MAX_COMPLETE_ATTEMPTS,
    MAX_HOST_REASON_CHARS,
    AttemptFleet,
    hosts_to_do,
)
from mobius_tui.run.state.reducer import advance, initial_state
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import decode_runbook
from tests.run.small_runbook import BEGAN

BOOK = b"""format = 2
[runbook]
title = "Hosts"
[targets.web]
hosts = ["a", "b", "c"]
[[step]]
id = "go"
title = "Restart nginx"
run = "systemctl reload nginx"
hosts = "web"
"""
AT: dict[str, Any] = {"step": "go", "attempt": 1}


class Run:
    """A run in memory, whose events go through the journal's lines."""

    def __init__(self) -> None:
        runbook, problems = decode_runbook(
            Path("x.toml"), BOOK, lambda name: (name, b"")
        )
        assert runbook is not None, problems
        self.plan = Plan(runbook)
        self.state = initial_state(runbook)
        self.said: list[str | None] = []
        self.write(BEGAN)
        self.write(StepStarted(step="go", attempt=1))

    def write(self, event: Event) -> None:
        n = self.state.last_entry_number + 1
        entry = Entry(n=n, at=float(n), mono=float(n), boot="b", by="ops", event=event)
        read, _ = decode_entry(encode_entry(entry, ""))
        assert read == entry
        advance(self.state, read)
        self.said.append(journal_entry_text(entry, self.plan, self.state))

    def resolve(self, *hosts: str, attempt: int = 1) -> None:
        event = HostsResolved(
            step="go", attempt=attempt, target="web", hosts=hosts, sha256="x"
        )
        self.write(event)

    def begin(self, *hosts: str, attempt: int = 1) -> None:
        """A batch of hosts begins, and each of them."""
        batch = 1 + len(self.fleet.batches)
        self.write(BatchStarted(step="go", attempt=attempt, batch=batch, hosts=hosts))
        for host in hosts:
            self.write(FleetHostStarted(step="go", attempt=attempt, host=host))

    @property
    def fleet(self) -> AttemptFleet:
        last = self.state.fleets["go"].last_attempt
        assert last is not None
        return last


def test_a_rollout_in_the_journal() -> None:
    run = Run()
    resolved = HostsResolved(
        **AT, target="web", hosts=("a", "b", "c"), sha256="x", groups=2, limit="all"
    )
    events: list[FleetEvent] = [
        resolved,
        BatchStarted(**AT, batch=1, hosts=("a",)),
        FleetHostStarted(**AT, host="a"),
        FleetHostChecked(
            **AT, host="a", check=0, look=1, held=False, detail="502", ms=1.0, row=0
        ),
        FleetHostEnded(
            **AT, host="a", status=HostStatus.UNKNOWN, reason="the line broke"
        ),
        BatchEnded(**AT, batch=1, counts={"unknown": 1}),
        BatchHeld(**AT, batch=2, why=HoldReason.UNKNOWN, reason="nobody knows of a"),
        FleetHostSettled(**AT, host="a", settled="ran", reason="nginx is new there"),
        BatchHeld(**AT, batch=2, why=HoldReason.PERSON),
        BatchReleased(**AT, batch=2, reason="looks well"),
        BatchStarted(**AT, batch=2, hosts=("b", "c")),
        FleetHostStarted(**AT, host="b"),
        FleetHostEnded(**AT, host="b", status=HostStatus.FAILED, exit=3),
    ]
    for event in events:
        run.write(event)
    assert run.fleet.counts() == {
        HostStatus.OK: 1,
        HostStatus.FAILED: 1,
        HostStatus.PENDING: 1,
    }
    a, b = run.fleet.hosts["a"], run.fleet.hosts["b"]
    assert (a.batch, a.settled, a.reason) == (1, "ran", "nginx is new there")
    assert (a.last_look_detail, a.looks) == ("502", 1)
    assert (b.batch, b.exit, b.started, b.ended) == (2, 3, 14.0, 15.0)
    assert (run.fleet.released_batch, run.fleet.held) == (2, None)
    assert run.said[2:] == [
        "hosts: 1.1 Restart nginx: 3 hosts, of 2 groups, limited to all (a, b, c)",
        "batch 1 begins: 1.1 Restart nginx: 1 host",
        None,
        "a: look 1 does not hold: 502",
        "a unknown: 1.1 Restart nginx: the line broke",
        "batch 1 ended: 1.1 Restart nginx: 1 unknown",
        "held: 1.1 Restart nginx, batch 2; a host is unknown: nobody knows of a",
        "settled: 1.1 Restart nginx: a, it ran, by ops: nginx is new there",
        "held: 1.1 Restart nginx, batch 2; a person lets it begin",
        "released: 1.1 Restart nginx, batch 2, by ops: looks well",
        "batch 2 begins: 1.1 Restart nginx: 2 hosts",
        None,
        "b failed: 1.1 Restart nginx: exit 3",
    ]


def test_a_release_of_a_trigger_opens_no_gate() -> None:
    run = Run()
    run.resolve("a", "b")
    run.begin("a")
    run.write(BatchHeld(**AT, batch=2, why=HoldReason.TRIGGER))
    run.write(BatchReleased(**AT, batch=2))
    assert (run.fleet.released_batch, run.fleet.released_at) == (0, 7.0)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (HostsResolved(**AT, target="t", hosts=("x",), sha256=""), "twice"),
        (FleetHostStarted(step="x", attempt=1, host="a"), "the runbook lacks: 'x'"),
        (FleetHostStarted(step="go", attempt=2, host="a"), "which has 1"),
        (FleetHostStarted(**AT, host="a"), "'a' is running"),
        (FleetHostStarted(**AT, host="b"), "'b' is ok"),
        (FleetHostStarted(**AT, host="d"), "'d' is waiting"),
        (FleetHostStarted(**AT, host="x"), "'x' is none of its hosts"),
        (FleetHostEnded(**AT, host="c", status=HostStatus.OK), "'c' is pending"),
        (FleetHostEnded(**AT, host="b", status=HostStatus.OK), "'b' is ok"),
        (
            FleetHostSettled(**AT, host="b", settled="ran", reason=""),
            "'b' is ok, not 'ran'",
        ),
        (BatchStarted(**AT, batch=2, hosts=("d",)), "after 1, which is not over"),
        (BatchEnded(**AT, batch=1), "2 hosts of it are left"),
        (BatchEnded(**AT, batch=2), "batch 2 ends after 1"),
        (BatchHeld(**AT, batch=3, why=HoldReason.PERSON), "1 is the last"),
        (BatchReleased(**AT, batch=2), "nothing is held"),
    ],
)
def test_what_may_not_follow_is_refused_and_changes_nothing(
    event: FleetEvent, words: str
) -> None:
    run = Run()
    run.resolve("a", "b", "c", "d")
    run.write(BatchStarted(**AT, batch=1, hosts=("a", "b", "c")))
    run.write(FleetHostStarted(**AT, host="a"))
    run.write(FleetHostStarted(**AT, host="b"))
    run.write(FleetHostEnded(**AT, host="b", status=HostStatus.OK))
    before = run.fleet.copy()
    with pytest.raises(StateError, match=words):
        run.write(event)
    assert run.fleet == before


def test_an_attempt_has_one_list_of_hosts_that_are_there_once() -> None:
    run = Run()
    with pytest.raises(StateError, match="before step 'go' has its hosts"):
        run.write(BatchStarted(**AT, batch=1, hosts=("a",)))
    for hosts in ((), ("a", "a"), tuple(f"h{n}" for n in range(1001))):
        with pytest.raises(StateError, match="some twice, or none, or too many"):
            run.resolve(*hosts)
    run.resolve("a")
    for hosts in ((), ("a", "a"), ("b",)):
        with pytest.raises(StateError, match="hosts that do not wait"):
            run.write(BatchStarted(**AT, batch=1, hosts=hosts))


def test_what_is_settled_is_what_it_is_called() -> None:
    run = Run()
    run.resolve("a", "b")
    run.begin("a", "b")
    run.write(FleetHostEnded(**AT, host="a", status=HostStatus.UNREACHABLE))
    run.write(FleetHostEnded(**AT, host="b", status=HostStatus.UNKNOWN))
    with pytest.raises(StateError, match="not 'ran'"):
        run.write(FleetHostSettled(**AT, host="a", settled="ran", reason=""))
    with pytest.raises(StateError, match="not 'skip'"):
        run.write(FleetHostSettled(**AT, host="b", settled="skip", reason=""))
    run.write(FleetHostSettled(**AT, host="a", settled="fail", reason=""))
    with pytest.raises(StateError, match="settled already"):
        run.write(FleetHostSettled(**AT, host="a", settled="skip", reason=""))
    result = StepEnded(step="go", attempt=1, result=Status.FAILED)
    run.write(result)  # an unknown host can be settled afterwards, too
    run.write(FleetHostSettled(**AT, host="b", settled="did not run", reason=""))
    assert run.fleet.hosts["b"].status is HostStatus.FAILED
    with pytest.raises(StateError, match="while step 'go' is failed"):
        run.write(BatchEnded(**AT, batch=1))


def test_what_still_ran_ends_after_the_run() -> None:
    run = Run()
    run.resolve("a", "b")
    run.begin("a")
    run.write(RunEnded(outcome=Outcome.ABANDONED))
    run.write(FleetHostEnded(**AT, host="a", status=HostStatus.OK))
    run.write(BatchEnded(**AT, batch=1))
    with pytest.raises(StateError, match="after the run ended"):
        run.write(BatchStarted(**AT, batch=2, hosts=("b",)))


def test_the_newest_of_each_host_stays_and_the_oldest_attempts_go() -> None:
    run = Run()
    for attempt in range(1, MAX_COMPLETE_ATTEMPTS + 3):
        if attempt > 1:
            run.write(StepStarted(step="go", attempt=attempt))
        hosts = ("a", "b") if attempt == 1 else ("b", "c")
        run.resolve(*hosts, attempt=attempt)
        run.begin(hosts[0], attempt=attempt)
        own: dict[str, Any] = {"step": "go", "attempt": attempt, "host": hosts[0]}
        run.write(FleetHostEnded(**own, status=HostStatus.OK, reason="x" * 9999))
        run.write(StepEnded(step="go", attempt=attempt, result=Status.STOPPED))
    fleet = run.state.fleets["go"]
    assert len(fleet.attempts) == MAX_COMPLETE_ATTEMPTS
    newest = fleet.newest_states()
    assert {host: state.attempt for host, state in newest.items()} == {
        "a": 1,
        "b": MAX_COMPLETE_ATTEMPTS + 2,
        "c": MAX_COMPLETE_ATTEMPTS + 2,
    }
    assert newest["a"].status is HostStatus.OK
    assert len(newest["a"].reason) == MAX_HOST_REASON_CHARS


def test_what_passed_later_has_passed_in_all_that_follow() -> None:
    run = Run()
    course: list[tuple[int, str, HostResult]] = [
        (1, "a", HostStatus.FAILED),
        (2, "a", HostStatus.OK),
        (3, "b", HostStatus.OK),
    ]
    for attempt, host, status in course:
        if attempt > 1:
            run.write(StepEnded(step="go", attempt=attempt - 1, result=Status.FAILED))
            run.write(StepStarted(step="go", attempt=attempt))
        run.resolve(host, attempt=attempt)
        run.begin(host, attempt=attempt)
        own: dict[str, Any] = {"step": "go", "attempt": attempt, "host": host}
        run.write(FleetHostEnded(**own, status=status))
    assert hosts_to_do(("a", "b"), run.state.fleets["go"].newest_states()) == ()


@pytest.mark.parametrize("later", [1, MAX_COMPLETE_ATTEMPTS + 1])
def test_an_unknown_host_can_be_settled_after_later_attempts(later: int) -> None:
    run = Run()
    run.resolve("a", "b")
    run.begin("a", "b")
    run.write(FleetHostEnded(**AT, host="a", status=HostStatus.UNKNOWN))
    run.write(FleetHostEnded(**AT, host="b", status=HostStatus.FAILED))
    for attempt in range(2, later + 2):
        run.write(StepEnded(step="go", attempt=attempt - 1, result=Status.FAILED))
        run.write(StepStarted(step="go", attempt=attempt))
        newest = run.state.fleets["go"].newest_states()
        assert hosts_to_do(("a", "b"), newest) == ("b",)
        run.resolve("b", attempt=attempt)
    with pytest.raises(StateError, match="is no host of attempt 2, or of a later"):
        run.write(
            FleetHostSettled(step="go", attempt=2, host="a", settled="ran", reason="")
        )
    run.write(FleetHostSettled(**AT, host="a", settled="did not run", reason="x"))
    newest = run.state.fleets["go"].newest_states()
    assert newest["a"].status is HostStatus.FAILED
    assert hosts_to_do(("a", "b"), newest) == ("a", "b")
    assert set(run.state.fleets["go"].to_do) == {"a", "b"}
    with pytest.raises(StateError, match="settled already"):
        run.write(FleetHostSettled(**AT, host="a", settled="ran", reason=""))


def test_a_copy_of_the_state_stays_as_it_is() -> None:
    run = Run()
    run.resolve("a", "b")
    run.begin("a")
    copy = run.state.copy()
    run.write(FleetHostEnded(**AT, host="a", status=HostStatus.OK))
    kept = copy.fleets["go"].last_attempt
    assert kept is not None
    assert kept.hosts["a"].status is HostStatus.RUNNING
    assert run.fleet.hosts["a"].status is HostStatus.OK


def test_of_another_list_the_new_are_told_apart_and_the_gone_are_not_taken() -> None:
    run = Run()
    run.resolve("a", "b", "gone")
    run.begin("a", "b", "gone")
    run.write(FleetHostEnded(**AT, host="a", status=HostStatus.OK))
    run.write(FleetHostEnded(**AT, host="b", status=HostStatus.FAILED))
    run.write(FleetHostEnded(**AT, host="gone", status=HostStatus.FAILED))
    own = run.state.fleets["go"]
    assert own.to_do == ("b", "gone")
    run.write(StepEnded(step="go", attempt=1, result=Status.FAILED))
    run.write(StepStarted(step="go", attempt=2))
    run.resolve("b", "c", attempt=2)
    # It is refused, as it is not the list that was shown: b has failed all the same.
    run.write(StepEnded(step="go", attempt=2, result=Status.NOT_STARTED))
    assert own.newest_states()["b"].status is HostStatus.FAILED
    assert own.to_do == ("b", "c")
    assert own.new_hosts == ("c",)
