"""Action items: from the runbook that looks back, kept beside the journal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobius_tui.errors import RunError, UsageError
from mobius_tui.review.formats.html_report import as_html
from mobius_tui.review.formats.json_report import report_as_json
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_action_items import (
    ActionItemList,
    action_item_list,
    read_action_items,
    store_action_item,
)
from mobius_tui.review.run_report import ActionItem, StepItemId
from mobius_tui.run.events.run_events import HostStarted, VariableSet
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.records.run_record import write_record
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.structs import replace
from tests.review.story import BOOK, story
from tests.tui.runs import MadeRun

ITEM = ActionItem(
    id=StepItemId("lessons"), title="Lessons learned", owner="@ops", due="2026-12-01"
)


@pytest.fixture
def run(tmp_path: Path) -> MadeRun:
    run = story(tmp_path / "runs")
    _record(run)
    return run


def listed(run: MadeRun, review: str | None = "mobius-post-incident") -> ActionItemList:
    """The items of a run whose runbook names the one that looks back."""
    runbook = replace(run.runbook, review=review)
    return action_item_list(run.directory, runbook, str(BOOK))


def _record(run: MadeRun) -> None:
    follower = Follower(run.directory)
    write_record(run.directory, follower.plan, follower.state, follower.head)


def test_the_items_are_the_steps_that_want_an_owner(run: MadeRun) -> None:
    found = listed(run)
    assert found.title == "MOBIUS post-incident"
    assert {"lessons", "failed-artifacts"} <= {str(each.id) for each in found.items}
    assert "what-happened" not in {str(each.id) for each in found.items}
    assert not any(each.owner or each.done for each in found.items)


def test_an_item_is_kept_changed_and_stays_when_the_record_is_written_anew(
    run: MadeRun,
) -> None:
    journal = run.directory.journal.read_bytes()
    store_action_item(run.directory, ITEM, by="ana", now=run.at)
    store_action_item(run.directory, replace(ITEM, done=True), by="ben", now=run.at)
    _record(run)
    assert read_action_items(run.directory) == (replace(ITEM, done=True, by="ben"),)
    items = {str(e.id): e for e in listed(run).items}
    assert items["lessons"].done
    assert run.directory.journal.read_bytes() == journal
    told = build_report(run.directory)
    assert json.loads(report_as_json(told))["action_items"][0]["owner"] == "@ops"
    assert "Lessons learned" in as_html(told)


def test_what_was_answered_in_the_run_that_looks_back_is_known(run: MadeRun) -> None:
    back = load(find_runbook("mobius-post-incident"))
    other = MadeRun(
        run.directory.path.parent, back, values={"incident": run.directory.id}
    )
    other.write(HostStarted(pid=7), by="host")
    other.write(VariableSet(name="lessons_owner", value="@lead", source="answer"))
    items = {str(e.id): e for e in listed(run).items}
    assert items["lessons"].owner == "@lead"
    store_action_item(run.directory, ITEM, by="ana", now=run.at)
    items = {str(e.id): e for e in listed(run).items}
    assert items["lessons"].owner == "@ops"


def test_what_cannot_be_kept_is_refused(run: MadeRun, tmp_path: Path) -> None:
    for due in ("tomorrow", "20261130", "2026-W48-1"):
        with pytest.raises(UsageError, match="is no day"):
            store_action_item(
                run.directory, replace(ITEM, due=due), by="ana", now=run.at
            )
    with pytest.raises(UsageError, match="at most"):
        store_action_item(
            run.directory, replace(ITEM, owner="x" * 201), by="ana", now=run.at
        )
    for title in (" ", "x" * 201):
        with pytest.raises(UsageError, match="say what is to be done"):
            store_action_item(
                run.directory, replace(ITEM, title=title), by="ana", now=run.at
            )
    with pytest.raises(RunError, match="is not over"):
        store_action_item(
            story(tmp_path / "open").directory, ITEM, by="ana", now=run.at
        )
    assert read_action_items(run.directory) == ()


def test_a_runbook_that_names_none_has_only_what_people_added(run: MadeRun) -> None:
    assert listed(run, None) == ActionItemList(title="", items=())
    first = listed(run, None).new()
    store_action_item(
        run.directory, replace(first, title="Buy disks"), by="ana", now=run.at
    )
    second = listed(run, None).new()
    assert (str(first.id), str(second.id)) == ("own:1", "own:2")
    store_action_item(
        run.directory, replace(second, title="Call Ben"), by="ana", now=run.at
    )
    store_action_item(
        run.directory, replace(first, title="Buy SSDs"), by="ben", now=run.at
    )
    own = ["Call Ben", "Buy SSDs"]
    assert [each.title for each in listed(run, None).items] == own
    assert [each.title for each in listed(run).items][-2:] == own
    told = build_report(run.directory)
    assert [each.title for each in told.action_items] == own
    ids = [each["id"] for each in json.loads(report_as_json(told))["action_items"]]
    assert ids == ["own:2", "own:1"]


@pytest.mark.parametrize("kept_id", ["own:x", "own:01", "own:", f"own:{'9' * 5000}"])
def test_an_id_that_nobody_could_have_added_stays_as_it_was_written(
    kept_id: str, run: MadeRun
) -> None:
    store_action_item(
        run.directory, replace(ITEM, id=StepItemId(kept_id)), by="ana", now=run.at
    )
    store_action_item(
        run.directory, replace(listed(run, None).new(), title="x"), by="ana", now=run.at
    )
    found = read_action_items(run.directory)
    assert [str(each.id) for each in found] == [kept_id, "own:1"]


@pytest.mark.parametrize(
    ("review", "words"),
    [
        ("no-such-runbook", "no-such-runbook"),
        ("gone.toml", "gone.toml"),
        ("../../etc/x.toml", "../../etc/x.toml"),
    ],
)
def test_one_that_cannot_be_read_is_said_and_no_other_is_put_in_its_place(
    review: str, words: str, run: MadeRun
) -> None:
    found = listed(run, review)
    assert found.items == ()
    assert found.problem.startswith(f"{words}, which lists more of them, cannot be")


def test_one_that_lies_beside_the_runbook_is_found_there(
    run: MadeRun, tmp_path: Path
) -> None:
    (tmp_path / "after.toml").write_text(AFTER)
    runbook = replace(run.runbook, review="after.toml")
    found = action_item_list(run.directory, runbook, str(tmp_path / "story.toml"))
    assert (found.problem, found.title) == ("", "After")
    assert [each.title for each in found.items] == ["Look at the disks"]


AFTER = """
format = 1
[runbook]
id = "after"
title = "After"
[var.disks_owner]
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "disks"
title = "Look at the disks"
manual = "Who?"
ask = { var = "disks_owner" }
"""
