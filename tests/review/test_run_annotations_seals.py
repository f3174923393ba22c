"""What people say of a run afterwards is sealed: what is changed by hand is found."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import tomli_w

from mobius_tui.cli import main
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_action_items import store_action_item
from mobius_tui.review.run_annotations import (
    AnnotationTarget,
    annotate,
    read_annotations,
)
from mobius_tui.review.run_report import ActionItem, StepItemId
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import RunEnded
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.record_file import SEALS_TABLE, read_record
from mobius_tui.run.records.run_record import write_record
from mobius_tui.run.records.verification import run_problems
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.structs import replace
from tests.review.forms import FORMS
from tests.review.story import begun
from tests.tui.runs import BEGAN

ITEM = ActionItem(id=StepItemId("lessons"), title="Lessons", owner="@ops")
OTHER = ActionItem(id=StepItemId("pager"), title="Mend the pager", owner="ana")


def over(*, seals: bool = True) -> RunDirectory:
    """A run that is over, with its record."""
    run = begun(runs_root())
    run.write(RunEnded(outcome=Outcome.ABANDONED, reason="so", seals=seals), after=9)
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)
    return run.directory


def say(directory: RunDirectory, text: str) -> None:
    annotate(
        directory, text, AnnotationTarget(since=BEGAN + 1), by="ana", now=time.time()
    )


def wrong(directory: RunDirectory) -> list[str]:
    return [each for each in run_problems(directory) if each.startswith("record.toml")]


@pytest.fixture
def said() -> RunDirectory:
    """Annotated, and with action items, one of which was changed."""
    directory = over()
    for text in ("one", "two", "three"):
        say(directory, text)
    for item in (ITEM, OTHER, replace(ITEM, done=True)):
        store_action_item(directory, item, by="ben", now=time.time())
    return directory


def by_hand(
    directory: RunDirectory, change: Callable[[dict[str, Any]], object]
) -> None:
    record = read_record(directory)
    change(record)
    directory.record.write_text(tomli_w.dumps(record))


def test_what_the_program_wrote_is_as_it_was_written(said: RunDirectory) -> None:
    assert wrong(said) == []
    by_hand(said, lambda record: record)  # another layout says the same
    assert wrong(said) == []
    follower = Follower(said)
    write_record(said, follower.plan, follower.state, follower.head)
    assert wrong(said) == []
    assert len(read_record(said)[SEALS_TABLE]) == 6


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "annotation 2 was changed, or added by hand": (
        lambda r: r["annotations"][1].update(text="another")
    ),
    "annotation 1 was changed, or added by hand": (
        lambda r: r["annotations"][0].update(by="ben")
    ),
    "annotation 4 was changed, or added by hand": (
        lambda r: r["annotations"].append(dict(r["annotations"][0]))
    ),
    "1 annotation that was written is gone": lambda r: r["annotations"].pop(),
    "3 annotations that were written are gone": lambda r: r.pop("annotations"),
    "its annotations are not in the order in which they were written": (
        lambda r: r["annotations"].reverse()
    ),
    "its annotations are no list of them": lambda r: r.update(annotations="none"),
    "action item 2 was changed, or added by hand": (
        lambda r: r["action_items"][1].update(done=False)
    ),
    "1 action item that was written is gone": lambda r: r["action_items"].pop(0),
    "its action items are not in the order in which they were written": (
        lambda r: r["action_items"].reverse()
    ),
    "seal 2 does not follow the one before it": (
        lambda r: r[SEALS_TABLE][0].update(sha256="0" * 64)
    ),
    "seal 3 does not follow the one before it": lambda r: r[SEALS_TABLE].pop(2),
    "seal 1 does not follow the one before it": lambda r: r.update({SEALS_TABLE: [7]}),
}


@pytest.mark.parametrize("words", CHANGES)
def test_a_change_by_hand_is_found(words: str, said: RunDirectory) -> None:
    by_hand(said, CHANGES[words])
    assert f"record.toml: {words}" in wrong(said)
    assert any(words in each for each in build_report(said).damage)


def test_without_its_seals_all_of_it_was_added_by_hand(said: RunDirectory) -> None:
    by_hand(said, lambda record: record.pop(SEALS_TABLE))
    assert len(wrong(said)) == 5


def test_what_is_added_later_makes_nothing_good(said: RunDirectory) -> None:
    by_hand(said, lambda record: record["annotations"][1].update(text="another"))
    say(said, "four")
    assert wrong(said) == ["record.toml: annotation 2 was changed, or added by hand"]


def test_the_seals_of_another_run_are_none_of_this_one(said: RunDirectory) -> None:
    record = read_record(said)
    other = begun(runs_root(), mode=Mode.DRILL, at=BEGAN + 60)
    other.write(RunEnded(outcome=Outcome.ABANDONED, reason="so", seals=True))
    follower = Follower(other.directory)
    write_record(other.directory, follower.plan, follower.state, follower.head)
    tables = {
        name: record[name] for name in ("annotations", "action_items", SEALS_TABLE)
    }
    by_hand(other.directory, lambda own: own.update(tables))
    found = wrong(other.directory)
    assert found[0] == "record.toml: seal 1 does not follow the one before it"


def test_a_record_of_an_older_version_reads_and_is_sealed_from_now_on() -> None:
    directory = over(seals=False)
    say(directory, "older")
    by_hand(directory, lambda record: record.pop(SEALS_TABLE))
    assert wrong(directory) == []
    assert [each.text for each in read_annotations(directory)] == ["older"]
    say(directory, "newer")
    assert wrong(directory) == []
    by_hand(directory, lambda record: record["annotations"][0].update(text="other"))
    assert wrong(directory) == [
        "record.toml: annotation 1 was changed, or added by hand"
    ]


def test_verify_says_how_much_was_said_and_takes_the_head_of_it(
    said: RunDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    say(said, "four")
    last = build_report(said).said_head
    assert len(last) == 64
    for form in FORMS.values():
        if form is not FORMS["report.xml"]:
            assert last in form(build_report(said))
    code = main(["verify", said.id])
    told = capsys.readouterr().out
    found = "said afterwards: 4 annotations, 2 action items"
    assert (code, found in told, last in told) == (0, True, True), told
    assert main(["verify", said.id, "--head", last]) == 0
    by_hand(
        said, lambda record: (record[SEALS_TABLE].pop(), record["annotations"].pop())
    )
    assert wrong(said) == []
    assert main(["verify", said.id, "--head", last]) == 1


def test_verify_says_that_an_older_version_sealed_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    directory = over(seals=False)
    say(directory, "older")
    by_hand(directory, lambda record: record.pop(SEALS_TABLE))
    assert main(["verify", directory.id]) == 0
    words = "said afterwards: 1 annotation: an older version did not seal them"
    assert words in capsys.readouterr().out
