"""Notes made afterwards: in the record, never in the journal."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import RunError, UsageError
from mobius_tui.review import run_annotations
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_action_items import read_action_items, store_action_item
from mobius_tui.review.run_annotations import (
    AnnotationTarget,
    annotate,
    parse_moment,
    read_annotations,
)
from mobius_tui.review.run_report import ActionItem, StepItemId
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records import record_file
from mobius_tui.run.records.record_file import read_record
from mobius_tui.run.records.run_record import write_record
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import runs_root
from tests.review.forms import FORMS
from tests.review.story import HOSTILE, begun, story
from tests.tui.runs import BEGAN


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def over() -> RunDirectory:
    """A run that is over, with its record."""
    run = story(runs_root()).directory
    follower = Follower(run)
    write_record(run, follower.plan, follower.state, follower.head)
    return run


def test_a_time_of_day_is_local_also_where_the_clocks_are_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    began = datetime(2026, 3, 28, 22, tzinfo=UTC).timestamp()
    found = parse_moment("04:00", began=began, ended=began + 36_000)
    assert datetime.fromtimestamp(found, UTC) == datetime(2026, 3, 29, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "on"),
    [
        ([], "the run"),
        (["--at", "13:46:00"], "13:46:00"),
        (["--at", "+0:55"], "13:46:00"),
        (["--at", "2026-11-24T14:46:00+01:00"], "13:46:00"),
        (["--step", "roll"], "2.2 Restore the backup"),
        (["--step", "2.2"], "2.2 Restore the backup"),
        (["--from", "+0:55", "--to", "+1:00:55"], "13:46:00 to 14:46:00"),
    ],
)
def test_it_is_told_and_the_run_is_as_it_was_written(
    words: list[str], on: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = over()
    journal = run.journal.read_bytes()
    record = tomllib.loads(run.record.read_text())
    assert main(["annotate", run.id, "the disk was full", *words]) == 0
    assert main(["annotate", run.id, HOSTILE]) == 0
    assert run.journal.read_bytes() == journal
    assert tuple(run_problems(run)) == ()
    said = tomllib.loads(run.record.read_text())
    assert [each["text"] for each in said.pop("annotations")] == [
        "the disk was full",
        HOSTILE,
    ]
    assert len(said.pop("seals")) == 2
    assert said == record
    told = build_report(run)
    for form in FORMS.values():
        assert "\x1b" not in form(told)
    capsys.readouterr()
    assert main(["report", run.id]) == 0
    assert f"| {on} | the disk was full |" in capsys.readouterr().out


def test_a_record_that_is_written_again_keeps_it() -> None:
    run = over()
    assert main(["annotate", run.id, "first"]) == 0
    follower = Follower(run)
    write_record(run, follower.plan, follower.state, follower.head)
    assert [each.text for each in build_report(run).annotations] == ["first"]


def test_what_several_people_say_at_once_is_all_kept() -> None:
    run = over()
    people = [f"reviewer-{number}" for number in range(8)]

    def say(by: str) -> None:
        item = ActionItem(id=StepItemId(by), title=by, owner=by)
        for number in range(4):
            annotate(run, f"{by} {number}", AnnotationTarget(), by=by, now=BEGAN)
            store_action_item(run, item, by=by, now=BEGAN)

    with ThreadPoolExecutor(len(people)) as pool:
        for _ in pool.map(say, people):
            pass
    said = [each.text for each in read_annotations(run)]
    assert sorted(said) == [f"{by} {n}" for by in people for n in range(4)]
    for by in people:  # and each one's in the order in which they said it
        assert [w for w in said if w.startswith(by)] == [f"{by} {n}" for n in range(4)]
    assert {each.owner for each in read_action_items(run)} == set(people)


def test_a_record_is_not_changed_while_somebody_else_changes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = over()
    monkeypatch.setattr(record_file, "LOCK_TIMEOUT", 0.0)
    before = run.record.read_bytes()
    with (
        record_file.record_lock(run),
        pytest.raises(RunError, match="somebody else is changing it"),
    ):
        annotate(run, "text", AnnotationTarget(), by="ana", now=BEGAN)
    assert run.record.read_bytes() == before


def test_an_annotation_that_the_record_has_no_room_for_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = over()
    annotate(run, "first", AnnotationTarget(), by="ana", now=BEGAN)
    monkeypatch.setattr(run_annotations, "MAX_BYTES", run.record.stat().st_size + 100)
    with pytest.raises(RunError, match="is full: it has"):
        annotate(run, "x" * 4000, AnnotationTarget(), by="ana", now=BEGAN)
    assert [each.text for each in read_annotations(run)] == ["first"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["text", "--at", "noon"], "is no time"),
        (["text", "--at", "2026-11-20T10:00:00Z"], "more than a day away"),
        (["text", "--at", "25:00"], "is no time"),
        (["text", "--from", "+0:01"], "belong together"),
        (["text", "--from", "+0:09", "--to", "+0:01"], "is before --from"),
        (["text", "--step", "rol"], "did you mean"),
        (["text", "--step", "roll", "--at", "+0:01"], "give one of"),
        (["x" * 4001], "4000 characters"),
    ],
)
def test_what_is_nothing_of_the_run_is_refused(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = over()
    before = run.record.read_bytes()
    assert main(["annotate", run.id, *words]) == 2
    assert said in capsys.readouterr().err
    assert run.record.read_bytes() == before


def test_an_open_run_has_notes_instead(capsys: pytest.CaptureFixture[str]) -> None:
    run = begun(runs_root()).directory
    assert main(["annotate", run.id, "text"]) == 4
    assert "a note belongs into its journal" in capsys.readouterr().err
    assert not run.record.exists()


def test_a_record_that_cannot_be_read_is_left() -> None:
    run = over()
    run.record.write_text("no = [toml")
    assert main(["annotate", run.id, "text"]) == 4
    assert run.record.read_text() == "no = [toml"


def test_a_record_that_cannot_be_read_is_kept_beside_the_new_one() -> None:
    """Somebody may still mend it: what people said of the run is in there."""
    run = over()
    run.record.write_text("no = [toml")
    follower = Follower(run)
    write_record(run, follower.plan, follower.state, follower.head)
    assert read_record(run)["run"] == run.id
    (aside,) = run.path.glob("record.unread-*")
    assert aside.read_text() == "no = [toml"


def test_a_time_of_day_after_midnight_is_of_the_next_day() -> None:
    late = BEGAN + 10 * 3600  # 23:45:05
    assert parse_moment("00:10", began=late, ended=late + 3600) == late + 1495
    assert parse_moment("23:45:05", began=late + 0.4, ended=late + 3600) == late
    with pytest.raises(UsageError):
        parse_moment("+30:00:00", began=late, ended=late + 3600)
