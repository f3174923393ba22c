"""The score of a drill, as fields of the card at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mobius_tui.drill import score_words
from mobius_tui.drill.history import Beside, beside, known_before
from mobius_tui.drill.judging import await_score
from mobius_tui.drill.kept import Kept
from mobius_tui.drill.never_red import Watched, in_short, watched
from mobius_tui.run.directory import RunDirectory
from mobius_tui.runbook.model import Runbook
from mobius_tui.tui.field import Field
from mobius_tui.tui.glyphs import VERDICTS
from mobius_tui.tui.theme import Role, assemble, text

SHOWN = 3
"""Lines that are shown under a label; of more, how many they are."""
_LABELS: Mapping[str, str] = {
    "detected": "detect",
    "decided": "decide",
    "restored": "restore",
    "steady": "healthy",
    "still wrong": "still",
    "steps wrong": "wrong",
    "out of order": "order",
    "overridden": "vouched",
}
"""Words of a score that the column of labels has no room for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """What a drill came to, and the drills before it."""

    drill: Kept
    times: tuple[Beside, ...]


async def await_fields(
    directory: RunDirectory, site: Path, runbook: Runbook
) -> tuple[Field, ...]:
    """The score of a drill that is over, once it is known.

    Args:
        directory: the run.
        site: the folder of its site.
        runbook: what was drilled.
    """
    drill = await await_score(directory, site)
    if drill is None:
        return score_fields(None)
    before = await asyncio.to_thread(known_before, directory, drill)
    found = await asyncio.to_thread(watched, directory.path.parent, runbook)
    scored = Scored(drill=drill, times=beside(drill, before))
    return (*score_fields(scored), *unseen_fields(found))


def unseen_fields(found: Watched) -> Iterator[Field]:
    """What was never seen red; nothing before the first drill."""
    label = "unseen"
    for words in in_short(found):
        yield Field(label, text(words, "warn" if label else "plain"))
        label = ""


def awaited() -> tuple[Field, ...]:
    """What stands there until the site has been asked."""
    return (Field("score", text("the site is asked how it is …", "muted")),)


def score_fields(scored: Scored | None) -> tuple[Field, ...]:
    """The score; or that there is none.

    Args:
        scored: what the drill came to; `None` where nobody keeps its score.
    """
    if scored is None:
        words = "none: the guard of the site, which keeps it, is gone"
        return (Field("score", text(words, "warn")),)
    return tuple(_fields(scored))


def _fields(scored: Scored) -> Iterator[Field]:
    score = scored.drill.score
    glyph, role = VERDICTS[score.handled]
    yield Field(
        "score",
        assemble(
            (f"{glyph} {score_words.verdict_words(score)}", role),
            (f"  {score_words.faults_words(score)}", "muted"),
            (f"; {score_words.counted_words(score)}", "muted"),
        ),
    )
    for time in scored.times:
        now, before = score_words.now_words(time), score_words.before_words(time)
        parts: list[tuple[str, Role]] = [
            (f"{now:>7}", "strong"),
            (f"  {before}" * bool(before), "muted"),
        ]
        yield Field(_LABELS[time.name], assemble(*parts))
    if score_words.is_first(scored.times):
        yield Field("before", text(score_words.FIRST, "muted"))
    for label, lines in score_words.details(score):
        role = "bad" if label == "still wrong" else "plain"
        yield from _listed(_LABELS.get(label, label), lines, role)


def _listed(label: str, lines: tuple[str, ...], role: Role) -> Iterator[Field]:
    for line in lines[:SHOWN]:
        yield Field(label, text(line, role))
        label = ""
    if len(lines) > SHOWN:
        yield Field("", text(f"and {len(lines) - SHOWN} more", "muted"))
