"""Every text that people or programs said is made harmless, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from msgspec.structs import asdict

from mobius_tui.review import report_redaction
from mobius_tui.review.report_redaction import ReportRedactor
from mobius_tui.review.run_report import (
    ActionItem,
    Annotation,
    Deviation,
    ReportDecision,
    ReportNote,
    ReportProbe,
    StepItemId,
    TimelineEntry,
)
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.state.step_state import Status
from mobius_tui.structs import replace

BAD = "a\x1b[2Jb s3cret"
GOOD = "a␛[2Jb [redacted]"
PROBE = ReportProbe(
    id=BAD,
    title=BAD,
    checks=1,
    ok=1,
    failed=0,
    no_data=0,
    success_rate=None,
    p50_ms=None,
    p95_ms=None,
    p99_ms=None,
    reported_p95_ms=None,
    reported_error_rate=None,
    outage_began=None,
    outage=None,
    limit_ms=None,
    beats=(),
)


@pytest.mark.parametrize(
    ("through", "said", "texts"),
    [
        (
            report_redaction.sanitize_statements,
            Deviation(
                kind=Status.SKIPPED, step="s", name=BAD, at=1.0, by=BAD, text=BAD
            ),
            ("name", "by", "text"),
        ),
        (
            report_redaction.sanitize_statements,
            ReportNote(at=1.0, by=BAD, name=BAD, text=BAD),
            ("by", "name", "text"),
        ),
        (
            report_redaction.sanitize_timeline,
            TimelineEntry(n=1, at=1.0, after=0.0, by=BAD, event=NoteAdded, text=BAD),
            ("by", "text"),
        ),
        (report_redaction.sanitize_probes, PROBE, ("id", "title")),
        (
            report_redaction.sanitize_decisions,
            ReportDecision(
                at=1.0, by=BAD, step="s", name=BAD, chosen=("x",), reason=BAD
            ),
            ("by", "name", "reason"),
        ),
        (
            report_redaction.sanitize_annotations,
            Annotation(written=1.0, by=BAD, text=BAD, step=BAD, since=1.0),
            ("by", "text", "step"),
        ),
        (
            report_redaction.sanitize_action_items,
            ActionItem(
                id=StepItemId("a"), title=BAD, owner=BAD, due=BAD, note=BAD, by=BAD
            ),
            ("title", "owner", "due", "note", "by"),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_text_is_made_harmless_and_nothing_else_is_changed(
    through: Callable[..., Iterator[Any]], said: Any, texts: tuple[str, ...]
) -> None:
    assert set(texts) == {name for name, v in asdict(said).items() if v == BAD}
    (found,) = through([said], ReportRedactor(["s3cret"]).line)
    assert found == replace(said, **dict.fromkeys(texts, GOOD))


def test_each_of_what_was_chosen_is_made_harmless() -> None:
    said = ReportDecision(
        at=1.0, by="", step="s", name="", chosen=(BAD, "x"), reason=""
    )
    (found,) = report_redaction.sanitize_decisions(
        [said], ReportRedactor(["s3cret"]).line
    )
    assert found.chosen == (GOOD, "x")


def test_a_line_of_the_timeline_is_cut_after_it_was_made_harmless() -> None:
    text = "x" * (report_redaction.MAX_TIMELINE_TEXT - 3) + "s3cret"
    said = TimelineEntry(n=1, at=1.0, after=0.0, by="", event=NoteAdded, text=text)
    (found,) = report_redaction.sanitize_timeline(
        [said], ReportRedactor(["s3cret"]).line
    )
    assert len(found.text) == report_redaction.MAX_TIMELINE_TEXT
    assert "s3" not in found.text
