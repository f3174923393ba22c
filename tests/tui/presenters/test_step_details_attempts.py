"""Looking back at an attempt shows what that attempt was given, not what is so now."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import VariableSet
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.step_details import command_fields, detail_fields
from mobius_tui.tui.presenters.styled_text import Field
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.widgets.detail_pane import lay_out_fields
from tests.tui import scenes
from tests.tui.runs import MadeRun, Time, hosted, opened, press, until, words

OTHER, NEWEST = "/srv/other.zip", "/srv/newest.zip"
READS = ("backup_file", "target_env")


def put(run: MadeRun, value: str) -> None:
    run.write(VariableSet(name="backup_file", value=value, source="answer"))


def tried_twice(tmp_path: Path) -> MadeRun:
    """It failed, was given another file, and failed again."""
    run = scenes.failed(tmp_path)
    put(run, OTHER)
    run.write(StepStarted(step="execute", attempt=2, reads=READS), after=20)
    run.output("execute", 2, "second\n")
    ended = StepEnded(step="execute", attempt=2, result=Status.FAILED, reason="exit 2")
    run.write(ended, after=3)
    return run


def told(fields: tuple[Field, ...]) -> list[str]:
    lines = [field.content.plain + field.value for field in fields]
    return [line for line in lines if line.startswith("backup_file=")]


async def test_each_attempt_has_its_own_values(tmp_path: Path) -> None:
    run = tried_twice(tmp_path)
    async with hosted(run), opened(run) as (screen, _):
        view = screen.view
        assert view is not None
        key = StepRow("execute")

        def looking_at(tab: AttemptId | None) -> tuple[Field, ...]:
            return detail_fields(view, key, compact=False, tab=tab)

        last = looking_at(None)
        first, same = (looking_at(AttemptId("execute", n)) for n in (1, 2))
        other = looking_at(AttemptId("find-backup", 1))
        step = view.plan.steps["execute"]
        assert told(command_fields(view, step)) == [f"backup_file={OTHER}"]
    was = f"backup_file={scenes.BACKUP}"
    assert told(first) == [was, f"backup_file=now {OTHER}"]
    assert first[0].content.plain.startswith("✖ attempt 1, failed: exit 1")
    assert told(last) == told(same) == told(other) == [f"backup_file={OTHER}"]


async def test_a_long_value_is_another_only_if_it_is(tmp_path: Path) -> None:
    """Of a long one an attempt keeps its ends, and what tells it from others."""
    long, middle = "y" * 1500, "z" * 3000
    run = scenes.failed(tmp_path)
    put(run, f"{long}{middle}{long}")
    run.write(StepStarted(step="execute", attempt=2, reads=READS), after=20)
    ended = StepEnded(step="execute", attempt=2, result=Status.FAILED, reason="exit 2")
    run.write(ended, after=3)
    async with hosted(run), opened(run) as (screen, pilot):

        def looking() -> list[str]:
            assert screen.view is not None
            tab = AttemptId("execute", 2)
            key = StepRow("execute")
            return told(detail_fields(screen.view, key, compact=False, tab=tab))

        assert len(looking()) == 1, "it was not changed"
        put(run, f"{long}{middle[1:]}x{long}")
        await until(pilot, lambda: len(looking()) == 2)
        was, now = looking()
        assert was.removeprefix("backup_file=") != now.removeprefix("backup_file=now ")


async def test_the_reason_of_an_option_begins_beneath_its_title(
    tmp_path: Path,
) -> None:
    run = scenes.deciding(tmp_path)
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        key = screen.view.proposed_row
        fields = detail_fields(screen.view, key, compact=False)
        lines = [line.plain for line in lay_out_fields(fields, 46)]
    first = next(n for n, line in enumerate(lines) if line.startswith("choose"))
    assert lines[first].startswith("choose  ○ ")
    wrapped = [line for line in lines[first:] if line[8] not in "○●✖"]
    assert wrapped, "a reason takes more than a line"
    assert all(line.startswith(" " * 10) for line in wrapped if not line[:8].strip())


async def test_what_a_step_gave_stands_by_it(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    run.write(
        VariableSet(
            name="backup_file", value=OTHER, source="output", step="find-backup"
        )
    )
    async with hosted(run), opened(run) as (screen, _):
        assert screen.view is not None
        gave = {
            step: [
                field.content.plain + field.value
                for field in detail_fields(screen.view, StepRow(step), compact=False)
                if field.label == "gave"
            ]
            for step in ("find-backup", "execute")
        }
    assert gave == {"find-backup": [f"backup_file={OTHER}"], "execute": []}


async def test_what_changed_since_the_last_attempt_is_told(tmp_path: Path) -> None:
    run = tried_twice(tmp_path)
    put(run, NEWEST)
    async with hosted(run), opened(run) as (screen, _):
        view = screen.view
        assert view is not None
        fields = detail_fields(view, StepRow("execute"), compact=False)
        step = view.plan.steps["execute"]
        assert told(command_fields(view, step)) == [f"backup_file={NEWEST}"]
    assert told(fields) == [
        f"backup_file={OTHER}",
        f"backup_file=now {NEWEST}",
    ]


async def test_the_details_are_of_the_attempt_whose_output_is_shown(
    tmp_path: Path,
) -> None:
    run = tried_twice(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time, size=(160, 60)) as (_, pilot):
        assert "attempt 1, failed" not in words(pilot)
        await press(pilot, time, "2", "left_square_bracket")
        await until(pilot, lambda: "attempt 1, failed" in words(pilot))
        assert f"now {OTHER}" in words(pilot)
        await press(pilot, time, "right_square_bracket")
        await until(pilot, lambda: "attempt 1, failed" not in words(pilot))
        assert f"now {OTHER}" not in words(pilot)


COUNTED = """format = 2
[runbook]
id = "counted"
title = "Counted"
[var.width]
default = "2"
[var.tries]
default = "3"
[targets.web]
hosts = ["web-[1:4]"]
[[step]]
id = "go"
title = "Go"
run = "true"
hosts = "web"
parallel = "${width}"
max_failed = "${width}%"
retry = { attempts = "${tries}" }
"""


def test_an_attempt_has_the_counts_that_it_began_with(tmp_path: Path) -> None:
    path = tmp_path / "counted.toml"
    path.write_text(COUNTED)
    run = MadeRun(tmp_path, load(path), values={"width": "2", "tries": "3"})
    run.write(StepStarted(step="go", attempt=1, reads=("width", "tries")))
    run.write(StepEnded(step="go", attempt=1, result=Status.FAILED, reason="exit 1"))
    run.write(VariableSet(name="width", value="9", source="answer"))
    view = RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
    fields = detail_fields(view, StepRow("go"), compact=False)
    lines = [field.content.plain + field.value for field in fields]
    words = "on web, 2 at a time, as long as no more than 2% failed"
    assert words in lines, "as the attempt that is shown went over them"
    shown = [line for line in lines if line.startswith(("width=", "tries="))]
    assert shown == ["tries=3", "width=2", "width=now 9"]
