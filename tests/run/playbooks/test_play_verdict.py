"""What the events of a play mean for each of its hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mobius_tui.run.fleet.fleet_lines import ReportedState
from mobius_tui.run.playbooks.play_events import PlayEvent
from mobius_tui.run.playbooks.play_verdict import HostVerdict, PlayEnd, PlayProgress

ENDED = PlayEnd(why="ansible-playbook: exit 0", code=0)
FAILED = PlayEnd(why="ansible-playbook: exit 2", code=2)
KILLED = PlayEnd(why="its keeper died")


def event(kind: str, host: str = "", task: str = "t", **more: Any) -> PlayEvent:
    return PlayEvent(event=kind, host=host, task=task, **more)


def begun(*hosts: str, is_script: bool = False) -> PlayProgress:
    """A play in which each host is at its first task."""
    progress = PlayProgress.of(("a", "b", "c"), is_script=is_script)
    progress.apply(event("play", hosts=("a", "b", "c")))
    for host in hosts:
        progress.apply(event("start", host))
    return progress


def stats(left_out: tuple[str, ...] = (), **hosts: Mapping[str, int]) -> PlayEvent:
    counts = {host: {"ok": 1, **each} for host, each in hosts.items()}
    return PlayEvent(event="stats", counts=counts, left_out=frozenset(left_out))


def test_a_host_that_begins_runs_and_says_at_what() -> None:
    told = begun().apply(event("start", "a", "copy [b]\x1b[31m"))
    assert told == HostVerdict(state=ReportedState.RUNNING, reason="copy [b]␛[31m")


def test_what_is_counted_at_the_end_has_passed() -> None:
    progress = begun("a", "b")
    progress.apply(stats(a={"changed": 1}, b={}))
    assert progress.verdict("a", ENDED).state is ReportedState.CHANGED
    passed = HostVerdict(state=ReportedState.OK, exit=0, cause="exited")
    assert progress.verdict("b", ENDED) == passed
    assert progress.verdict("c", ENDED) == passed  # its tasks were `run_once`


def test_a_host_that_no_play_is_for_has_not_passed() -> None:
    progress = PlayProgress.of(("a", "c"), is_script=False)
    progress.apply(event("play", hosts=("a",)))
    progress.apply(event("start", "a"))
    progress.apply(stats(a={}))
    nothing = progress.verdict("c", ENDED)
    assert nothing.state is ReportedState.FAILED
    assert nothing.reason == "no play of the playbook is for it: nothing was done"


@pytest.mark.parametrize("kind", ["ok", "changed", "skipped", "retry"])
def test_without_the_count_a_host_that_began_is_unknown(kind: str) -> None:
    progress = begun("a")
    progress.apply(event(kind, "a"))
    assert progress.verdict("a", KILLED) == HostVerdict(
        state=ReportedState.UNKNOWN,
        reason="its keeper died, at the task `t`: how far it got is not known",
    )


def test_without_the_count_a_host_that_did_not_begin_is_void() -> None:
    progress = begun("a")
    assert progress.verdict("b", KILLED).state is ReportedState.VOID
    stopped_by_itself = progress.verdict("b", FAILED)
    assert (
        stopped_by_itself.state is ReportedState.FAILED
    )  # else it were begun for ever
    assert stopped_by_itself.reason == "nothing was done: ansible-playbook: exit 2"


def test_without_the_count_a_failure_is_the_last_word() -> None:
    progress = begun("a")
    texts = {"msg": "non-zero return code", "stderr": "x\nno such unit\n"}
    progress.apply(event("failed", "a", texts=texts, rc=5))
    assert progress.verdict("a", KILLED) == HostVerdict(
        state=ReportedState.FAILED,
        reason="the task `t` failed: no such unit",
    )
    progress.apply(event("start", "a", "rescue"))
    assert progress.verdict("a", KILLED).state is ReportedState.UNKNOWN
    progress.apply(stats(a={"rescued": 1}))
    assert progress.verdict("a", ENDED).state is ReportedState.OK


def test_a_failure_that_is_ignored_is_none() -> None:
    progress = begun("a")
    progress.apply(event("failed", "a", ignored=True))
    assert progress.verdict("a", KILLED).state is ReportedState.UNKNOWN
    progress.apply(stats(a={"ignored": 1}))
    assert progress.verdict("a", ENDED).state is ReportedState.OK


@pytest.mark.parametrize("is_counted", [True, False])
def test_unreachable_at_another_task_than_the_first_is_unknown(
    is_counted: bool,
) -> None:
    progress = begun("a", "b")
    progress.apply(event("start", "b", "two"))
    for host, task in (("a", "t"), ("b", "two")):
        progress.apply(event("unreachable", host, task, texts={"msg": "no route"}))
    if is_counted:
        progress.apply(stats(a={"unreachable": 1}, b={"unreachable": 1}))
    end = FAILED if is_counted else KILLED
    assert progress.verdict("a", end) == HostVerdict(
        state=ReportedState.UNREACHABLE, reason="no route"
    )
    lost = progress.verdict("b", end)
    assert lost.state is ReportedState.UNKNOWN
    assert "at the task `two`" in lost.reason


def test_who_is_cut_off_by_the_failure_of_others_has_not_passed() -> None:
    """Ansible counts them as well: `any_errors_fatal` in 2.19."""
    progress = begun("a", "b")
    progress.apply(event("failed", "b", fatal=True))
    progress.apply(stats(a={}, b={"failures": 1}))
    cut = progress.verdict("a", FAILED)
    assert cut.state is ReportedState.FAILED
    assert cut.reason == "the play was given up after the task `t`, as others failed"


def test_a_fatal_failure_that_was_rescued_cuts_nobody_off() -> None:
    progress = begun("a", "b")
    progress.apply(event("failed", "b", fatal=True))
    progress.apply(stats(a={}, b={"rescued": 1}))
    assert progress.verdict("a", ENDED).state is ReportedState.OK


def test_who_is_cut_off_by_max_fail_percentage_has_not_passed() -> None:
    progress = begun("a", "b")
    progress.apply(event("failed", "b"))
    progress.apply(event("no hosts remaining"))
    progress.apply(stats(a={}, b={"failures": 1}))
    assert progress.verdict("a", FAILED).state is ReportedState.FAILED


def test_who_is_left_out_when_plays_are_given_up_has_not_passed() -> None:
    """A batch of `serial` that fails whole ends the playbook for all others."""
    progress = begun("a", "b")
    progress.apply(event("failed", "b"))
    progress.apply(stats(("a", "c"), a={}, b={"failures": 1}))
    assert progress.verdict("a", FAILED).state is ReportedState.FAILED
    assert progress.verdict("c", FAILED) == HostVerdict(
        state=ReportedState.FAILED,
        reason="the play was given up before it, as others failed",
    )


@pytest.mark.parametrize("code", [1, 2, 250])
def test_an_exit_that_no_host_explains_lets_nobody_pass(code: int) -> None:
    progress = begun("a")
    progress.apply(stats(a={}))
    end = PlayEnd(why="a plugin broke", code=code)
    assert progress.verdict("a", end) == HostVerdict(
        state=ReportedState.FAILED, reason="a plugin broke"
    )


def test_a_script_is_told_when_it_ends() -> None:
    progress = begun("a", "b", is_script=True)
    passed = progress.apply(event("ok", "a", "run", rc=0))
    failed = progress.apply(event("failed", "b", "run", rc=255))
    assert passed == HostVerdict(state=ReportedState.OK, exit=0, cause="exited")
    assert failed == HostVerdict(state=ReportedState.FAILED, exit=255, cause="exited")
    assert progress.verdict("a", KILLED) == passed
    assert progress.verdict("b", KILLED) == failed


def test_a_script_that_took_too_long_and_one_that_could_not_be_run() -> None:
    progress = begun("a", "b", is_script=True)
    late = progress.apply(event("failed", "a", "run", rc=124))
    assert late is not None
    assert late.cause == "timed out"
    texts = {"msg": "no python"}
    bare = progress.apply(event("failed", "b", "run", texts=texts))
    assert bare == HostVerdict(
        state=ReportedState.FAILED, reason="the task `run` failed: no python"
    )


def test_a_script_s_host_is_connected_to_first() -> None:
    progress = begun("a", "b", is_script=True)
    progress.apply(event("ok", "b", "connect", rc=0))
    progress.apply(event("start", "b", "run"))
    gone = progress.apply(event("unreachable", "a", "connect"))
    lost = progress.apply(event("unreachable", "b", "run"))
    assert gone is not None
    assert gone.state is ReportedState.UNREACHABLE
    assert lost is not None
    assert lost.state is ReportedState.UNKNOWN


@pytest.mark.parametrize(
    ("said", "host_key"),
    [
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key ve…",
            "changed",
        ),
        (
            "No host key is known for a and you have requested strict checking.",
            "unknown",
        ),
        ("ssh: connect to host a port 22: Connection refused", None),
    ],
)
def test_a_host_key_that_is_not_the_known_one_is_told_as_such(
    said: str, host_key: str | None
) -> None:
    progress = PlayProgress.of(["a"], is_script=False)
    progress.apply(event("start", "a", "facts"))
    progress.apply(event("unreachable", "a", "facts", texts={"msg": said}))
    progress.apply(stats(a={"unreachable": 1}))
    verdict = progress.verdict("a", PlayEnd(why="it ended", code=4))
    assert verdict.state is ReportedState.UNREACHABLE
    assert verdict.host_key == host_key
