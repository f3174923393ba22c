"""What a run came to is told alike by all that tell it, whatever went wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest
from msgspec import Struct

from mobius_tui.review.formats.junit_report import as_junit
from mobius_tui.review.formats.markdown_report import as_markdown
from mobius_tui.review.report_builder import build_report
from mobius_tui.review.run_report import RunReport
from mobius_tui.review.run_statistics import past_runs, statistics_lines
from mobius_tui.review.run_statistics import runbook_statistics as statistics
from mobius_tui.run.events.fleet_events import (
    BatchEnded,
    BatchStarted,
    FleetHostEnded,
    FleetHostSettled,
    FleetHostStarted,
    HostResult,
    HostsResolved,
    HostStatus,
)
from mobius_tui.run.events.message_events import (
    MessageEvent,
    MessageNotSent,
    MessageQueued,
    MessageTried,
    MessageUnknown,
)
from mobius_tui.run.events.mode_and_outcome import Outcome
from mobius_tui.run.events.run_events import PhaseEntered, RunEnded
from mobius_tui.run.events.step_events import (
    Result,
    RowsAdded,
    StepEnded,
    StepSkipped,
    StepStarted,
)
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.planning.run_outcome import run_outcome
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace
from tests.conftest import MakeRunbook
from tests.tui.runs import MadeRun

BOOK = """format = 2
[runbook]
id = "verdicts"
title = "Verdicts"
[targets.web]
hosts = ["web-1", "web-2", "web-3"]
[var.url]
from_env = "HOOK"
secret = true
[[channel]]
id = "hook"
kind = "webhook"
url = "${url}"
[[message]]
id = "news"
title = "News"
body = "B"
[[step]]
id = "go"
title = "Go"
hosts = "web"
run = "true"
effect = "change"
undo = "none: it is harmless"
max_failed = "100%"
[[step]]
id = "each"
title = "Each"
for_each = ["a", "b", "c"]
run = 'echo "$item"'
effect = "read"
max_failed = 3
[[step]]
id = "edit"
title = "Edit"
run = "touch x"
effect = "change"
undo = "rm x"
[[step]]
id = "tell"
title = "Tell"
message = "news"
to = ["hook"]
"""


def done(
    run: MadeRun, step: str, result: Result = Status.PASSED, why: str = ""
) -> None:
    run.write(StepStarted(step=step, attempt=1), after=1)
    run.write(StepEnded(step=step, attempt=1, result=result, reason=why), after=1)


def hosts(
    run: MadeRun, worst: HostResult = HostStatus.OK, *, skipped: bool = False
) -> None:
    names = ("web-1", "web-2", "web-3")
    run.write(StepStarted(step="go", attempt=1), after=1)
    run.write(HostsResolved(step="go", attempt=1, target="web", hosts=names, sha256=""))
    run.write(BatchStarted(step="go", attempt=1, batch=1, hosts=names))
    for name in names:
        status = worst if name == "web-2" else HostStatus.OK
        run.write(FleetHostStarted(step="go", attempt=1, host=name))
        run.write(FleetHostEnded(step="go", attempt=1, host=name, status=status))
    if skipped:
        settled = FleetHostSettled(
            step="go", attempt=1, host="web-2", settled="skip", reason="off"
        )
        run.write(settled)
    run.write(BatchEnded(step="go", attempt=1, batch=1))
    result: Result = Status.PASSED if worst is HostStatus.OK else Status.WARNED
    why = "" if worst is HostStatus.OK else f"2 of 3 passed, 1 {worst} (web-2)"
    run.write(StepEnded(step="go", attempt=1, result=result, reason=why), after=1)


def rows(run: MadeRun, worst: Result = Status.PASSED, *, skipped: bool = False) -> None:
    ids = ("each--1", "each--2", "each--3")
    run.write(RowsAdded(step="each", rows=ids, items=("a", "b", "c")), by="host")
    for row in ids:
        if row == ids[1] and skipped:
            run.write(StepSkipped(step=row, reason="not now"))
        else:
            done(run, row, worst if row == ids[1] else Status.PASSED, "so")


def undone(run: MadeRun) -> None:
    run.write(PhaseEntered(phase="undo", undoes=("undo-edit",)))
    done(run, "undo-edit")


def told(run: MadeRun, *ends: MessageEvent) -> None:
    done(run, "tell")
    run.write(
        MessageQueued(
            delivery=1, channels=("hook",), title="N", text="B", step="tell", attempt=1
        )
    )
    for each in ends:
        run.write(each, by="host")


Write = Callable[[MadeRun], None]
WELL: dict[str, Write] = {
    "go": hosts,
    "each": rows,
    "edit": lambda run: done(run, "edit"),
    "tell": lambda run: done(run, "tell"),
    "after": lambda _run: None,
}
"""By step, in their order, how it goes well."""


def written(run: MadeRun, **otherwise: Write) -> None:
    """The whole run, of which some steps went otherwise."""
    for write in {**WELL, **otherwise}.values():
        write(run)


class Case(Struct, frozen=True):
    """Something that went wrong in a run."""

    step: str
    write: Write
    kind: str
    """Of the deviation."""
    text: str
    """What the deviation says."""
    counted: str = ""
    """A line of the statistics."""


def host(status: HostResult) -> Case:
    """A host that ended so."""
    return Case(
        step="go",
        write=lambda run: hosts(run, status),
        kind="hosts",
        text=f"1 of 3 did not pass: 1 {status} (web-2)",
        counted="  1.1 Go: 1 of 3",
    )


def message(said: str, end: MessageEvent) -> Case:
    """A message that came to this."""
    return Case(
        step="tell",
        write=lambda run: told(run, MessageTried(delivery=1, number=1), end),
        kind="message",
        text=f"message to hook (N) {said}",
    )


NOT_SENT = MessageNotSent(delivery=1, number=1, reason="404")
NOT_KNOWN = MessageUnknown(delivery=1, number=1, reason="it hung")
CASES = {
    "a host that failed": host(HostStatus.FAILED),
    "a host that is unreachable": host(HostStatus.UNREACHABLE),
    "a host of which nobody knows": host(HostStatus.UNKNOWN),
    "a host that was skipped": replace(
        host(HostStatus.UNREACHABLE),
        write=lambda run: hosts(run, HostStatus.UNREACHABLE, skipped=True),
        text="1 of 3 did not pass: 1 skipped (web-2)",
    ),
    "a row that failed": Case(
        step="each",
        write=lambda run: rows(run, Status.FAILED),
        kind="failed",
        text="so",
        counted="  1.2 Each: 1 of 3",
    ),
    "a row that was skipped": Case(
        step="each",
        write=lambda run: rows(run, skipped=True),
        kind="skipped",
        text="not now",
        counted="  1.2 Each: 1 of 3",
    ),
    "a step that was undone": Case(
        step="after",
        write=undone,
        kind="undone",
        text="by A.1 Undo: Edit",
        counted="  1.3 Edit, in 1 run",
    ),
    "a message that was not sent": message("not sent: 404", NOT_SENT),
    "a message of which nobody knows": message(
        "not known whether it arrived: it hung", NOT_KNOWN
    ),
}


@pytest.fixture
def run(tmp_path: Path, make_runbook: MakeRunbook) -> MadeRun:
    return MadeRun(tmp_path / "runs", make_runbook(BOOK), values={})


def ended(run: MadeRun) -> tuple[RunReport, Outcome, str]:
    """End a run as its host does; returns its report, and how it ended."""
    follower = Follower(run.directory)
    outcome, reason = run_outcome(follower.plan, follower.state)
    run.write(RunEnded(outcome=outcome, reason=reason), after=1)
    return build_report(run.directory), outcome, reason


def bad_cases(report: RunReport) -> list[str]:
    cases = Tree.fromstring(as_junit(report)).iter("testcase")
    bad = ("failure", "error")
    return [c.get("name", "") for c in cases if any(c.find(b) is not None for b in bad)]


@pytest.mark.parametrize("name", CASES)
def test_all_that_tell_of_a_run_tell_of(name: str, run: MadeRun) -> None:
    case = CASES[name]
    written(run, **{case.step: case.write})
    report, _, _ = ended(run)
    assert [(d.kind, d.text) for d in report.deviations] == [(case.kind, case.text)]
    assert "None: no attempt went wrong" not in as_markdown(report)
    if "skipped" in name:
        assert "<skipped" in as_junit(report)
    else:
        assert bad_cases(report), "no CI goes green of it"
    past = [*past_runs(run.directory.path.parent, "verdicts")]
    said = [*statistics_lines(statistics(Plan(run.runbook), past))]
    assert not case.counted or case.counted in said


def test_of_a_run_in_which_all_went_well_nothing_is_told(run: MadeRun) -> None:
    written(run)
    report, outcome, reason = ended(run)
    assert (outcome, reason) == (Outcome.COMPLETED, "every step that applies is done")
    assert (report.deviations, bad_cases(report)) == ((), [])
    assert "None: no attempt went wrong" in as_markdown(report)
    assert "[web-2]" in as_junit(report), "a host is a test case of its own"


def test_a_completed_run_names_what_it_went_past(run: MadeRun) -> None:
    lost = CASES["a message of which nobody knows"].write
    written(run, go=CASES["a host that failed"].write, tell=lost)
    _, outcome, reason = ended(run)
    assert outcome is Outcome.COMPLETED
    assert "1.1 Go warned: 2 of 3 passed, 1 failed (web-2)" in reason
    assert "message to hook (N) not known whether it arrived: it hung" in reason


def test_what_was_undone_is_neither_pending_nor_not_done(run: MadeRun) -> None:
    written(run, after=undone)
    report, outcome, reason = ended(run)
    assert outcome is Outcome.ABANDONED
    assert reason == "undone: 1.3 Edit"
    assert (report.done, report.applicable) == (6, 7)
    assert "#### 1.3 Edit — UNDONE" in as_markdown(report)
    assert bad_cases(report) == ["1.3 Edit"]
    assert 'type="undone" message="undone by A.1 Undo: Edit"' in as_junit(report)


@pytest.mark.parametrize("open_", [True, False])
def test_no_run_that_did_not_complete_is_green(run: MadeRun, open_: bool) -> None:
    hosts(run)
    report = build_report(run.directory) if open_ else ended(run)[0]
    assert bad_cases(report) == ["it completed"]
