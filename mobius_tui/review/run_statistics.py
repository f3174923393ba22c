"""The statistics of a runbook over its runs: values, lines for a person, JSON."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.health.probe_window import nearest_rank
from mobius_tui.review import run_reader
from mobius_tui.review.report_wording import column_duration, rate, when
from mobius_tui.run.events.journal_entry import (
    utc_timestamp,
    without_garbage_collection,
)
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records import past_run
from mobius_tui.run.records.past_run import PastRun
from mobius_tui.run.records.run_record import refresh_stats
from mobius_tui.run.records.run_summary import read_summary
from mobius_tui.run.state.step_state import PASSED_STATUSES, Status
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import runs_of
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.prose.line_breaks import line_ranges
from mobius_tui.runbook.text.shortening import padded
from mobius_tui.runbook.text.units import (
    duration_in_words,
    duration_literal,
    parse_duration,
)
from mobius_tui.sanitize import cells, line

MIN_DURATIONS = 3
"""Durations needed before a correction of `expect` is suggested."""
MAX_USUAL_RATIO = 1.5
"""`expect` is too short if the median is more than this many times it."""
MIN_USUAL_RATIO = 0.5
"""`expect` is too long if the median is less than this fraction of it."""
MIN_DIFFERENCE_SECONDS = 2.0
"""A median that differs from the stated duration by less is not worth a correction."""
MAX_SKIPPED_STEPS = 3
"""Steps that are named as skipped most."""


class ExpectCorrection(Struct, frozen=True, kw_only=True):
    """A correction for the `expect` of a step, from its measured durations."""

    stated: str
    """What its `expect` says."""
    usual: float
    """The median in seconds."""
    suggested: str
    """What it should say: the 95th percentile, rounded up."""


class StepStatistics(Struct, frozen=True, kw_only=True):
    """One step over all runs."""

    id: str
    number: str
    title: str
    runs: int
    """Runs in which it was begun."""
    attempts: int
    """Attempts in all of them that came to an end."""
    passed: int
    """Of those, how many passed, with a warning or without."""
    median: float | None
    """Seconds of an attempt that passed."""
    p95: float | None
    """The nearest-rank 95th percentile of the same."""
    skipped: int
    """Runs at whose end it was skipped."""
    overridden: int
    """Runs at whose end somebody had vouched for it."""
    undone: int
    """Runs at whose end it was undone, or a row of it."""
    parts: int
    """Its hosts, or its rows, in all runs."""
    parts_not_passed: int
    """Of those, how many were failed, unreachable, unknown, skipped or never begun."""
    expect_correction: ExpectCorrection | None
    """What its `expect` should be; `None` if that is about right."""

    @property
    def name(self) -> str:
        """Its number and title: `2.1 Restore`."""
        return f"{self.number} {self.title}"

    @property
    def pass_rate(self) -> float | None:
        """The fraction of its attempts that passed."""
        return self.passed / self.attempts if self.attempts else None

    @property
    def retries(self) -> int:
        """Attempts after the first of a run."""
        return max(0, self.attempts - self.runs)


class RestoreTime(Struct, frozen=True, kw_only=True):
    """The time to restore of one run."""

    run: str
    began: float
    """Seconds since 1970."""
    seconds: float


class RunbookStatistics(Struct, frozen=True, kw_only=True):
    """The statistics of one runbook over its runs."""

    runbook: str
    title: str
    outcomes: Mapping[Mode, Mapping[Outcome, int]]
    """By mode, how many runs ended how."""
    steps: tuple[StepStatistics, ...]
    restored: Mapping[Mode, tuple[RestoreTime, ...]]
    """By mode, the oldest first."""
    skipped_most: tuple[StepStatistics, ...]


def runbook_statistics(plan: Plan, runs: Sequence[PastRun]) -> RunbookStatistics:
    """The statistics of a runbook over some runs.

    Args:
        plan: the runbook as it is now.
        runs: those that came to an end, the oldest first.
    """
    steps = tuple(_step(plan, step, runs) for step in plan.steps.values())
    outcomes: dict[Mode, dict[Outcome, int]] = {}
    restored: dict[Mode, list[RestoreTime]] = {mode: [] for mode in Mode}
    for run in runs:
        counts = outcomes.setdefault(run.mode, {})
        counts[run.outcome] = counts.get(run.outcome, 0) + 1
        if run.restored is not None:
            one = RestoreTime(run=run.id, began=run.began, seconds=run.restored)
            restored[run.mode].append(one)
    skipped = sorted(steps, key=lambda each: -each.skipped)
    return RunbookStatistics(
        runbook=plan.runbook.id,
        title=plan.runbook.title,
        outcomes=outcomes,
        steps=steps,
        restored={mode: tuple(found) for mode, found in restored.items()},
        skipped_most=tuple(
            each for each in skipped[:MAX_SKIPPED_STEPS] if each.skipped
        ),
    )


def _step(plan: Plan, step: Step, runs: Sequence[PastRun]) -> StepStatistics:
    known = [run.steps[step.id] for run in runs if step.id in run.steps]
    results = [result for each in known for result in each.results]
    took = [seconds for each in known for seconds in each.passed_durations]
    return StepStatistics(
        id=step.id,
        number=plan.numbers[step.id],
        title=step.title,
        runs=sum(bool(each.results or each.parts) for each in known),
        attempts=len(results),
        passed=sum(result in PASSED_STATUSES for result in results),
        median=percentile(took, 50),
        p95=percentile(took, 95),
        skipped=sum(each.skipped for each in known),
        overridden=sum(each.overridden for each in known),
        undone=sum(each.undone for each in known),
        parts=sum(each.parts for each in known),
        parts_not_passed=sum(each.parts_not_passed for each in known),
        expect_correction=_expect_correction(step, _usable_durations(step, runs)),
    )


def _usable_durations(step: Step, runs: Iterable[PastRun]) -> list[float]:
    """Seconds of passed attempts: of incidents, else of maintenance, else of all runs.

    A mode needs at least `MIN_DURATIONS` of them. Drills come last, since most steps
    are quicker in one.
    """
    found: dict[Mode, list[float]] = {mode: [] for mode in Mode}
    for run in runs:
        if step.id in run.steps:
            found[run.mode] += run.steps[step.id].passed_durations
    for mode in (Mode.INCIDENT, Mode.MAINTENANCE):
        if len(found[mode]) >= MIN_DURATIONS:
            return found[mode]
    return [seconds for own in found.values() for seconds in own]


def _expect_correction(
    step: Step, durations: Sequence[float]
) -> ExpectCorrection | None:
    """The correction for a step's `expect`; `None` if it is right, or too few ran."""
    usual, slow = percentile(durations, 50), percentile(durations, 95)
    if (
        step.expect is None
        or usual is None
        or slow is None
        or len(durations) < MIN_DURATIONS
    ):
        return None
    try:
        expected = parse_duration(step.expect)
    except ValueError:
        return None  # it depends on a variable
    fits = expected * MIN_USUAL_RATIO <= usual <= expected * MAX_USUAL_RATIO
    if fits or abs(usual - expected) < MIN_DIFFERENCE_SECONDS:
        return None
    return ExpectCorrection(
        stated=step.expect, usual=usual, suggested=duration_literal(_rounded(slow))
    )


def _rounded(duration: float) -> float:
    """Seconds, rounded up to 1, 5, 30 or 60, as a person would write them."""
    for limit, step in ((10, 1), (60, 5), (600, 30)):
        if duration <= limit:
            return max(1.0, math.ceil(duration / step) * step)
    return math.ceil(duration / 60) * 60


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The nearest-rank percentile; `None` if there are no values."""
    return nearest_rank(sorted(values), percent)


def runbook_named(name: str, root: Path) -> Runbook:
    """The runbook of a name or path; if it is gone, the copy in its newest run.

    Raises:
        UsageError: nothing has that name, and no run had.
        RunbookError: its file cannot be read.
    """
    try:
        return load(find_runbook(name))
    except UsageError:
        for directory in runs_of(root, name):
            record = run_reader.read_run(directory)
            if record.runbook.id == name:
                return record.runbook
        raise


def statistics_of_runbook(root: Path, runbook: Runbook) -> RunbookStatistics:
    """The statistics of a runbook over all of its runs.

    Args:
        root: the folder of all runs.
        runbook: as it is now.
    """
    with (
        without_garbage_collection()
    ):  # 500 runs of 200 steps are 100,000 values in no cycle
        return runbook_statistics(Plan(runbook), tuple(past_runs(root, runbook.id)))


def past_runs(root: Path, runbook: str) -> Iterator[PastRun]:
    """Every run of a runbook that came to an end and can be read, the oldest first.

    Args:
        root: the folder of all runs.
        runbook: its id.
    """
    for directory in reversed([*runs_of(root, runbook)]):
        found = past_run.read_stats(directory) or _from_journal(directory, runbook)
        if found is not None and found.runbook == runbook:
            yield found


def _from_journal(directory: RunDirectory, runbook: str) -> PastRun | None:
    if read_summary(directory).runbook != runbook:
        return None
    try:
        return refresh_stats(directory)
    except MobiusError:
        return None


STEP_NAME_CELLS = 26
"""Cells of a step's name."""
MAX_RESTORE_TIMES = 8
"""Times to restore that are listed."""
COUNTED_SINCE = "since the trigger, or else the beginning"
"""From when on they are counted."""
_HEAD = ("runs", "pass", "median", "p95", "retries", "skipped", "overridden")


def statistics_lines(stats: RunbookStatistics) -> Iterator[str]:
    """For a person, in 80 columns."""
    yield f"{line(stats.title)} ({line(stats.runbook)}): {_counted(stats)}"
    yield ""
    yield _row("", _HEAD)
    idle = [each for each in stats.steps if not (each.runs or each.skipped)]
    for step in stats.steps:
        if step not in idle:
            yield _row(line(step.name), _figures(step))
    if idle:
        numbers = ", ".join(each.number for each in idle)
        words = f"Never begun: {numbers}"
        yield from (words[begin:end] for begin, end in line_ranges(words, 80))
    for mode, restored in stats.restored.items():
        yield from _restored(mode, restored)
    for heading, _, lines in listed_steps(stats):
        yield ""
        yield f"{heading}:"
        yield from (f"  {each}" for each in lines)
    off = [step for step in stats.steps if step.expect_correction is not None]
    if off:
        yield ""
        yield "What `expect` says is off:"
    for step in off:
        correction = step.expect_correction
        assert correction is not None
        usual = duration_in_words(correction.usual)
        yield (
            f"  {line(step.name)}: it says {correction.stated}, and usually takes "
            f'{usual}; write expect = "{correction.suggested}"'
        )


def listed_steps(
    stats: RunbookStatistics,
) -> Iterator[tuple[str, Status | None, list[str]]]:
    """What the table has no column for: a heading, its status, and a line a step."""
    parts = [
        f"{line(each.name)}: {each.parts_not_passed} of {each.parts}"
        for each in stats.steps
        if each.parts_not_passed
    ]
    undone = [
        f"{line(each.name)}, in {_runs(each.undone)}"
        for each in stats.steps
        if each.undone
    ]
    skipped = [
        f"{line(each.name)}, in {_runs(each.skipped)}" for each in stats.skipped_most
    ]
    for heading, status, lines in (
        ("Hosts and rows that did not pass", None, parts),
        ("Undone at the end", Status.UNDONE, undone),
        ("Skipped most", Status.SKIPPED, skipped),
    ):
        if lines:
            yield heading, status, lines


def _runs(count: int) -> str:
    return "1 run" if count == 1 else f"{count} runs"


def _counted(stats: RunbookStatistics) -> str:
    parts = []
    for mode, counts in stats.outcomes.items():
        total = sum(counts.values())
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        parts.append(f"{total} {mode if total == 1 else mode.plural} ({said})")
    return "; ".join(parts) or "no run of it has ended yet"


def _figures(step: StepStatistics) -> tuple[str, ...]:
    passed = rate(step.pass_rate).replace(".0%", "%")
    counts = (step.retries, step.skipped, step.overridden)
    return (
        str(step.runs),
        passed,
        column_duration(step.median),
        column_duration(step.p95),
        *(str(count) for count in counts),
    )


def _row(name: str, figures: tuple[str, ...]) -> str:
    widths = (4, 6, 6, 6, 7, 7, 10)
    said = " ".join(
        f"{text:>{width}}" for text, width in zip(figures, widths, strict=True)
    )
    return f"{padded(name, STEP_NAME_CELLS, cells)} {said}".rstrip()


def mttr(found: Sequence[RestoreTime]) -> float:
    """The mean time to restore of one run or more, in seconds."""
    return statistics.fmean(each.seconds for each in found)


def restored_in_words(found: Sequence[RestoreTime]) -> str:
    """The mean, median and best of some times: `4:12, median 3:50, best 2:01`."""
    took = [each.seconds for each in found]
    return (
        f"{column_duration(mttr(found))}, median "
        f"{column_duration(percentile(took, 50))}, best {column_duration(min(took))}"
    )


def _restored(mode: Mode, found: tuple[RestoreTime, ...]) -> Iterator[str]:
    if not found:
        return
    newest = (
        f"; the newest {MAX_RESTORE_TIMES} of {len(found)}:"
        if len(found) > MAX_RESTORE_TIMES
        else ":"
    )
    yield ""
    yield f"MTTR in {mode.plural} {restored_in_words(found)}{newest}"
    yield f"  mean time to restore, {COUNTED_SINCE}"
    longest = max(1.0, *(each.seconds for each in found))
    for each in found[-MAX_RESTORE_TIMES:]:
        bar = "█" * max(1, round(each.seconds / longest * 30))
        yield f"  {when(each.began)[:16]}  {column_duration(each.seconds):>7}  {bar}"


def statistics_json(stats: RunbookStatistics) -> str:
    """For programs: durations in seconds, `null` where there is none."""
    return json.dumps(
        {
            "runbook": stats.runbook,
            "title": stats.title,
            "outcomes": {mode: dict(each) for mode, each in stats.outcomes.items()},
            "steps": [_step_as_json(step) for step in stats.steps],
            "mttr": {
                mode: mttr(found) for mode, found in stats.restored.items() if found
            },
            "restored": {
                mode: [
                    {
                        "run": r.run,
                        "began": utc_timestamp(r.began),
                        "seconds": r.seconds,
                    }
                    for r in found
                ]
                for mode, found in stats.restored.items()
            },
            "skipped_most": [step.id for step in stats.skipped_most],
        },
        indent=2,
    )


def _step_as_json(step: StepStatistics) -> Mapping[str, Any]:
    off = step.expect_correction
    return {
        "id": step.id,
        "name": step.name,
        "runs": step.runs,
        "attempts": step.attempts,
        "pass_rate": step.pass_rate,
        "median": step.median,
        "p95": step.p95,
        "retries": step.retries,
        "skipped": step.skipped,
        "overridden": step.overridden,
        "undone": step.undone,
        "parts": step.parts,
        "parts_not_passed": step.parts_not_passed,
        "expect": None
        if off is None
        else {"says": off.stated, "usual": off.usual, "should_say": off.suggested},
    }
