"""The score of a drill, as fields of the card at its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from mobius_tui.drill import past_drills
from mobius_tui.drill.detection_coverage import (
    SubjectCoverage,
    coverage_summary,
)
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.past_drills import TimeComparison
from mobius_tui.run.records.drill_history import faults_words, verdict_words
from mobius_tui.tui.presenters.glyphs import DRILL_VERDICT_MARKS
from mobius_tui.tui.presenters.styled_text import Field, FieldKind, Role, assemble, text

MAX_SCORE_LINES = 3
"""Lines that are shown under a label; of more, how many they are."""
_SHORT_LABELS: Mapping[str, str] = {
    **past_drills.TIME_LABELS,
    "steady": "healthy",
    "still wrong": "still",
    "steps wrong": "wrong",
    "out of order": "order",
    "overridden": "vouched",
    "undo proved": "undone",
    "undo unchecked": "unsure",
}
"""Words of a score that the column of labels has no room for."""


class DrillResult(Struct, frozen=True, kw_only=True):
    """What a drill came to, and the drills before it."""

    drill: DrillRecord
    times: tuple[TimeComparison, ...]


def undetected_fields(found: SubjectCoverage) -> Iterator[Field]:
    """What no drill has ever seen fail; empty before the first drill."""
    label = "unseen"
    for words in coverage_summary(found):
        shown = text(words, "warn" if label else "plain")
        yield Field(label, shown, kind=FieldKind.UNDETECTED)
        label = ""


def score_pending_fields() -> tuple[Field, ...]:
    """The fields while the score is not known yet."""
    return (Field("score", text("the site is asked how it is …", "muted")),)


def score_fields(scored: DrillResult | None) -> tuple[Field, ...]:
    """The score; or that there is none.

    Args:
        scored: what the drill came to; `None` where nobody keeps its score.
    """
    if scored is None:
        words = "none: the guard of the site, which keeps it, is gone"
        return (Field("score", text(words, "warn")),)
    return tuple(_fields(scored))


def _fields(scored: DrillResult) -> Iterator[Field]:
    score = scored.drill.score
    glyph, role = DRILL_VERDICT_MARKS[score.handled]
    yield Field(
        "score",
        assemble(
            (f"{glyph} {verdict_words(score.handled)}", role),
            (f"  {faults_words(score.faults)}", "muted"),
            (f"; {past_drills.counted_words(score)}", "muted"),
        ),
    )
    for time in scored.times:
        now, before = (
            past_drills.this_drill_words(time),
            past_drills.earlier_drills_words(time),
        )
        parts: list[tuple[str, Role]] = [
            (f"{now:>7}", "strong"),
            (f"  {before}" * bool(before), "muted"),
        ]
        yield Field(_SHORT_LABELS[time.name], assemble(*parts))
    if past_drills.has_no_earlier_drill(scored.times):
        yield Field("before", text(past_drills.NOTHING_TO_COMPARE, "muted"))
    for label, lines in past_drills.score_details(score):
        role = "bad" if label == "still wrong" else "plain"
        yield from _listed(_SHORT_LABELS.get(label, label), lines, role)


def _listed(label: str, lines: tuple[str, ...], role: Role) -> Iterator[Field]:
    for line in lines[:MAX_SCORE_LINES]:
        yield Field(label, text(line, role))
        label = ""
    if len(lines) > MAX_SCORE_LINES:
        yield Field("", text(f"and {len(lines) - MAX_SCORE_LINES} more", "muted"))
