"""The statistics of a runbook as lines for a person and as JSON. Pure."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from mobius_tui.review.report_wording import column_duration, rate, when
from mobius_tui.review.run_statistics import (
    RestoreTime,
    RunbookStatistics,
    StepStatistics,
    percentile,
)
from mobius_tui.run.events.journal_entry import utc_timestamp
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.runbook.text.units import duration_in_words
from mobius_tui.sanitize import cells, line

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
        yield from textwrap.wrap(f"Never begun: {numbers}", 80)
    for mode, restored in stats.restored.items():
        yield from _restored(mode, restored)
    if stats.skipped_most:
        yield ""
        yield "Skipped most:"
        for step in stats.skipped_most:
            yield f"  {line(step.name)}, in {step.skipped} runs"
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
    while cells(name) > STEP_NAME_CELLS:
        name = f"{name[:-2]}…"
    padded = name + " " * (STEP_NAME_CELLS - cells(name))
    widths = (4, 6, 6, 6, 7, 7, 10)
    said = " ".join(
        f"{text:>{width}}" for text, width in zip(figures, widths, strict=True)
    )
    return f"{padded} {said}".rstrip()


def _restored(mode: Mode, found: tuple[RestoreTime, ...]) -> Iterator[str]:
    if not found:
        return
    took = [each.seconds for each in found]
    median = column_duration(percentile(took, 50))
    newest = (
        f"; the newest {MAX_RESTORE_TIMES} of {len(found)}:"
        if len(found) > MAX_RESTORE_TIMES
        else ":"
    )
    yield ""
    yield (
        f"Time to restore in {mode.plural}: median {median}, "
        f"best {column_duration(min(took))}{newest}"
    )
    yield f"  {COUNTED_SINCE}"
    longest = max(*took, 1.0)
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
            "steps": [_step(step) for step in stats.steps],
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


def _step(step: StepStatistics) -> Mapping[str, Any]:
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
        "expect": None
        if off is None
        else {"says": off.stated, "usual": off.usual, "should_say": off.suggested},
    }
