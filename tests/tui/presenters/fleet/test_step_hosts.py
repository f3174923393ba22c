"""A step's hosts in words."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.events.fleet_events import (
    HoldReason,
    HostsResolved,
    HostStatus,
)
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.tui.presenters.fleet.step_hosts import hosts_ahead_fields, release_text
from tests.tui import fleets
from tests.tui.runs import view_of


def test_again_tells_hosts_that_are_new_from_those_that_failed(
    tmp_path: Path,
) -> None:
    made = fleets.twelve_held(tmp_path)
    made.batch(2)
    made.all_well(("web-002", "web-003"))
    made.end("web-004", HostStatus.FAILED, exit=1)
    made.over(2)
    made.finish("failed", "3 of 12 passed, 1 failed (web-004), 8 not begun")
    step = next(each for each in made.run.runbook.steps() if each.id == made.step)
    first = [
        str(field.content) for field in hosts_ahead_fields(view_of(made.run), step)
    ]
    assert first[0].startswith("9 of 12: web-004, web-005, web-006")
    assert len(first) == 2, "what was not begun is not new"

    made.run.write(StepStarted(step=made.step, attempt=2))
    hosts = (*made.names[3:11], "web-013", "web-014")  # web-012 is gone
    made.run.write(
        HostsResolved(step=made.step, attempt=2, target="x", hosts=hosts, sha256="y")
    )
    refused = StepEnded(step=made.step, attempt=2, result=Status.NOT_STARTED)
    made.run.write(refused)
    again = [
        str(field.content) for field in hosts_ahead_fields(view_of(made.run), step)
    ]
    assert again[0].startswith("10 of 14: web-004, web-005, web-006")
    assert again[1] == "1 failed, 7 not begun, 2 new (web-013, web-014)"
    assert again[2] == "3 have passed and are left alone"


def test_what_is_let_go_on_names_the_hosts_of_its_batch_alone(tmp_path: Path) -> None:
    made = fleets.twelve_held(tmp_path)
    view = view_of(made.run)
    found = view.hosts(made.step)
    assert found is not None
    assert found.held is not None
    said = release_text(view, found, found.held)
    assert "batch 2 of 3 begins with web-002, web-003, web-004. " in said


def test_a_batch_that_a_trigger_holds_midway_names_what_is_left_of_it(
    tmp_path: Path,
) -> None:
    made = fleets.twelve_held(tmp_path)
    made.batch(2, 1)
    made.hold(2, HoldReason.TRIGGER, "3 failures")
    view = view_of(made.run)
    found = view.hosts(made.step)
    assert found is not None
    assert found.held is not None
    said = release_text(view, found, found.held)
    assert "batch 2 of 3 begins with web-003, web-004. " in said
