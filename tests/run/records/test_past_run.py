"""What a run came to, summed up once: always what its journal says."""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobius_tui.errors import StateError
from mobius_tui.health.health_record import ProbeResult
from mobius_tui.review.run_annotations import AnnotationTarget, annotate
from mobius_tui.review.run_statistics import (
    past_runs,
    runbook_statistics,
    statistics_json,
    statistics_lines,
)
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import HostStopped, NoteAdded, RunEnded
from mobius_tui.run.events.step_events import (
    Result,
    StepEnded,
    StepOverridden,
    StepSkipped,
    StepStarted,
)
from mobius_tui.run.events.watch_events import TriggerCleared, TriggerFired
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records import past_run
from mobius_tui.run.records.run_record import refresh_stats, write_record
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.library.loader import load
from mobius_tui.structs import replace
from tests.review.story import BOOK, HOSTILE, begun, story
from tests.tui.runs import BEGAN, MadeRun

PLAN = Plan(load(BOOK))
STEPS = ("look", "tell", "clean", "verify", "roll", "ask")
RESULTS: tuple[Result, ...] = get_args(Result)


def told(root: Path) -> str:
    """All that `stats` says, for people and for programs."""
    found = runbook_statistics(PLAN, tuple(past_runs(root, "story")))
    return "\n".join((*statistics_lines(found), statistics_json(found)))


def from_journals(root: Path) -> str:
    """The same, where nothing is summed up."""
    for path in root.glob("*/stats.json"):
        path.unlink()
    said = told(root)
    for path in root.glob("*/stats.json"):
        path.unlink()
    return said


FIRED: Any = {"probe": "api", "rule": "consecutive_failures"}
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(StepStarted, step=st.sampled_from(STEPS), attempt=st.just(0)),
    st.builds(
        StepEnded,
        step=st.sampled_from(STEPS),
        attempt=st.just(0),
        result=st.sampled_from(RESULTS),
    ),
    st.builds(StepSkipped, step=st.sampled_from(STEPS), reason=st.just("so")),
    st.builds(StepOverridden, step=st.sampled_from(STEPS), reason=st.just("so")),
    st.just(TriggerFired(**FIRED, reason="3 failures", seen=BEGAN)),
    st.just(TriggerCleared(**FIRED)),
)
Course = list[tuple[float, Event]]
"""What happens in a run, each with the seconds since what was before it."""


def _numbered(follower: Follower, event: Event) -> Event:
    """The same, of the attempt that it can be of."""
    if not isinstance(event, StepStarted | StepEnded):
        return event
    number = len(follower.state.steps[event.step].attempts)
    return replace(event, attempt=number + isinstance(event, StepStarted))


def a_run(root: Path, course: Course, states: str, **how: Any) -> None:
    """A run in which everything happens that may, of what is asked for."""
    run = begun(root, **how)
    follower = Follower(run.directory)
    for after, event in course:
        with suppress(StateError):
            now = _numbered(follower, event)
            follower.state.validate_event(now)
            run.write(now, after=after)
            follower.poll()
    run.write(RunEnded(outcome=Outcome.INCOMPLETE, reason="so"), after=1)
    run.health(
        ProbeResult(
            at=BEGAN + 9.0 * number,
            mono=9.0 * number,
            probe="api",
            state="ok" if letter == "o" else "failed",
        )
        for number, letter in enumerate(states)
    )
    follower.poll()
    write_record(run.directory, follower.plan, follower.state, follower.head)
    if how.get("mode") == "drill":
        with run.directory.record.open("a") as file:
            file.write("[score]\ninjected = 12.5\nhandled = true\n")


@given(
    course=st.lists(st.tuples(st.floats(0.0, 90.0), EVENTS), max_size=25),
    states=st.text("of", max_size=12),
    mode=st.sampled_from(("incident", "drill")),
    damage=st.tuples(
        st.sampled_from(
            ("journal.jsonl", "health.jsonl", "record.toml", "stats.json", "runbook")
        ),
        st.sampled_from(("flip", "cut", "add", "again", "remove")),
        st.floats(0.0, 1.0, exclude_max=True),
    ),
)
@settings(max_examples=30, deadline=None)
def test_statistics_are_the_same_from_summaries_and_from_journals(
    course: Course,
    states: str,
    mode: str,
    damage: tuple[str, str, float],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        root.mkdir(mode=0o700)
        a_run(root, course, states, mode=mode)
        (directory,) = map(RunDirectory, root.iterdir())
        whole = from_journals(root)
        assert refresh_stats(directory) == past_run.read_stats(directory)
        assert past_run.read_stats(directory) is not None
        assert told(root) == whole
        assert not any("stats.json" in each for each in run_problems(directory))
        damaged(directory, *damage)
        assert told(root) == from_journals(root)


def damaged(directory: RunDirectory, name: str, how: str, where: float) -> None:
    """Let something become of a file of a run."""
    path = directory.path / name
    path = path / "story.toml" if name == "runbook" else path
    data = path.read_bytes()
    at = int(where * len(data))
    match how:
        case "flip" if data:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        case "cut":
            path.write_bytes(data[:at])
        case "add":
            path.write_bytes(data + b"{}")
        case "again":
            path.write_bytes(data + data[at:])
        case "remove":
            path.unlink()


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    """A run that has ended, and is summed up."""
    run = story(tmp_path / "runs", said=HOSTILE)
    refresh_stats(run.directory)
    assert past_run.read_stats(run.directory) is not None
    return run


def test_a_run_that_went_on_is_read_again_and_summed_up_anew(run: MadeRun) -> None:
    directory = run.directory
    before = directory.stats.read_bytes()
    run.write(NoteAdded(text="one more thing"), after=9)
    assert past_run.read_stats(directory) is None
    (found,) = past_runs(directory.path.parent, "story")
    assert past_run.read_stats(directory) == found
    assert directory.stats.read_bytes() != before


def test_health_that_was_written_anew_is_read_again(run: MadeRun) -> None:
    health = run.directory.health
    assert [each.restored for each in past_runs(health.parents[1], "story")] == [129]
    health.write_bytes(health.read_bytes().replace(b'"failed"', b'"ok"'))
    assert past_run.read_stats(run.directory) is None
    (found,) = past_runs(health.parents[1], "story")
    assert found.restored != 129


def test_a_run_whose_last_line_is_torn_is_left_out(run: MadeRun) -> None:
    with run.directory.journal.open("ab") as file:
        file.write(b'{"n":')
    assert [*past_runs(run.directory.path.parent, "story")] == []


def test_what_went_on_while_it_was_summed_up_is_not_kept(run: MadeRun) -> None:
    found, of = (
        refresh_stats(run.directory),
        past_run.stats_source_digest(run.directory),
    )
    assert found is not None
    before = run.directory.stats.read_bytes()
    run.write(HostStopped(reason="so"))
    past_run.write_stats(run.directory, replace(found, outcome=Outcome.FAILED), of)
    assert run.directory.stats.read_bytes() == before


def test_what_is_said_of_a_run_afterwards_loses_nothing(run: MadeRun) -> None:
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)
    refresh_stats(run.directory)
    whole = told(run.directory.path.parent)
    annotate(
        run.directory, "it was the disk", AnnotationTarget(), by="ana", now=run.at + 60
    )
    assert past_run.read_stats(run.directory) is None
    assert told(run.directory.path.parent) == whole
    assert past_run.read_stats(run.directory) is not None


def test_the_summary_of_another_run_is_not_believed(run: MadeRun) -> None:
    other = story(run.directory.path.parent, mode=Mode.DRILL, at=BEGAN + 1000)
    shutil.copy(run.directory.stats, other.directory.stats)
    assert past_run.read_stats(other.directory) is None


def test_the_summary_of_another_version_is_not_believed(
    run: MadeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_run, "__version__", "0.0.9")
    assert past_run.read_stats(run.directory) is None
    refresh_stats(run.directory)
    assert past_run.read_stats(run.directory) is not None
    monkeypatch.undo()
    assert past_run.read_stats(run.directory) is None


STRANGE: tuple[Any, ...] = (
    *([], "", 1e400, float("nan"), "9" * 5000, "\x1b[2J", True),
    *({"look": []}, {"look": [[], [], False]}, {"look": [["x"], [], False, False]}),
    *({"look": [[], ["1"], False, False]}, {"look": [[], [], 0, 1]}),
    *({"look": [["passed"], [float("inf")], False, False]}, {"look": [[{}]] * 4}),
)
"""What none of a summary's values can be, but for the runbook's name."""


def sealed(directory: RunDirectory, told: bytes) -> None:
    """Write a summary that somebody has made up, with its seal."""
    seal = past_run._stats_seal(past_run.stats_source_digest(directory), told)
    directory.stats.write_bytes(seal + b"\n" + told)


def test_one_that_somebody_made_up_is_held_to_its_types(run: MadeRun) -> None:
    whole = json.loads(run.directory.stats.read_bytes().partition(b"\n")[2])
    texts = [b"[" * 100_000, b'{"began":' + b"9" * 5000 + b"}", b"\xff", b"", b"1"]
    for key in whole:
        lacking = {each: value for each, value in whole.items() if each != key}
        values = (value for value in STRANGE if key != "runbook" or value == [])
        texts += [json.dumps({**whole, key: value}).encode() for value in values]
        texts.append(json.dumps(lacking).encode())
    for text in texts:
        sealed(run.directory, text)
        assert past_run.read_stats(run.directory) is None, text
    sealed(run.directory, json.dumps(whole).encode())
    assert past_run.read_stats(run.directory) is not None


def test_verify_tells_of_one_that_says_other_than_the_journal(run: MadeRun) -> None:
    assert not any("stats.json" in each for each in run_problems(run.directory))
    told = run.directory.stats.read_bytes().partition(b"\n")[2]
    sealed(run.directory, told.replace(b'"incomplete"', b'"completed"'))
    assert "stats.json: it says other than the journal" in [
        *run_problems(run.directory)
    ]


@pytest.mark.parametrize("kind", ["a link", "a pipe", "a folder", "a huge file"])
def test_what_is_no_summary_is_not_read(
    run: MadeRun, tmp_path: Path, kind: str
) -> None:
    path, whole = run.directory.stats, run.directory.stats.read_bytes()
    path.unlink()
    if kind == "a link":
        (tmp_path / "aside").write_bytes(whole)
        path.symlink_to(tmp_path / "aside")
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        path.mkdir()
    else:
        path.write_bytes(b"")
        os.truncate(path, 1 << 40)
    assert past_run.read_stats(run.directory) is None
    assert len([*past_runs(run.directory.path.parent, "story")]) == 1
    if kind == "a link":
        assert (tmp_path / "aside").read_bytes() == whole
        assert not path.is_symlink(), "it was put in its place, and not written through"


def test_a_full_disk_leaves_nothing_behind(
    run: MadeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.write(HostStopped(reason="so"))
    before = run.directory.stats.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    assert refresh_stats(run.directory) is not None
    assert run.directory.stats.read_bytes() == before
    names = {path.name for path in run.directory.path.iterdir()}
    assert not [
        name for name in names if name.startswith("stats.") and name != "stats.json"
    ]
    assert past_run.read_stats(run.directory) is None


def test_nothing_is_written_into_a_folder_that_is_not_to_be_written(
    run: MadeRun,
) -> None:
    run.directory.stats.unlink()
    run.directory.path.chmod(0o500)
    try:
        assert len([*past_runs(run.directory.path.parent, "story")]) == 1
    finally:
        run.directory.path.chmod(0o700)
