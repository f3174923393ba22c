"""The library's lines: a runbook and a run in one line each."""

from __future__ import annotations

import time

from textual.content import Content

from mobius_tui.drill.freshness import Freshness
from mobius_tui.drill.shelf import Shelved
from mobius_tui.run.summary import Summary
from mobius_tui.runbook.units import ago, clock
from mobius_tui.tui.theme import Role, assemble

OUTCOMES: dict[str, tuple[str, Role]] = {
    "completed": ("✔", "good"),
    "failed": ("✖", "bad"),
    "incomplete": ("▲", "warn"),
    "abandoned": ("■", "warn"),
    "damaged": ("✖", "bad"),
    "never began": ("○", "muted"),
    "imported": ("○", "muted"),
}
"""Each outcome's glyph."""
OUTCOME = 13
"""Cells of the column of outcomes."""


LONG_AGO = 300 * 86400.0
"""Seconds after which the year says more than the hour."""


def when(seconds: float | None, now: float) -> str:
    """A time where the program runs: `24 Nov 13:45`, or `24 Nov 2025` if long ago."""
    if seconds is None:
        return ""
    form = "%d %b %Y" if now - seconds > LONG_AGO else "%d %b %H:%M"
    return time.strftime(form, time.localtime(seconds))


def run_line(run: Summary, now: float) -> Content:
    """How it stands, when it began, how long it took, what it was, and its id."""
    glyph, role = OUTCOMES.get(run.outcome, ("?", "warn"))
    word = run.outcome
    if run.outcome == "open":
        alive = run.host is not None
        glyph, role = ("▶", "accent") if alive else ("?", "warn")
        word = "still running" if alive else run.since(now) or "open, no host"
    took = clock(run.took) if run.took is not None else ""
    times = f"{when(run.began, now):<12}  {took:>7}"
    if len(word) > OUTCOME:  # of what is open the time that it took is not known
        times = times.rstrip().ljust(len(times) + OUTCOME - len(word))
    return assemble(
        (f"{glyph} {word:<{OUTCOME}}  ", role),
        (f"{times}  {run.mode:<8}  ", "muted"),
        (run.title, "plain"),
        (f" ▸ {run.environment}" if run.environment else "", "muted"),
        (f"  {run.id}", "muted"),
    )


def runbook_line(book: Shelved, now: float) -> Content:
    """Its title, its id, and how its last drill went."""
    if book.problem:
        return assemble(
            ("✖ cannot be read  ", "bad"), (f"{book.path}: {book.problem}", "plain")
        )
    head = assemble((book.title, "plain"), (f"  {book.id}  ", "muted"))
    return head + drill_words(book.drilled, now=now)


def drill_words(fresh: Freshness | None, *, now: float) -> Content:
    """When it was drilled last, how that went, by whom, and what was edited since."""
    began = fresh.drill.began if fresh is not None else None
    if fresh is None or began is None:
        return assemble(("never drilled here", "muted"))
    drill, score = fresh.drill, fresh.score
    glyph, role = OUTCOMES.get(drill.outcome, ("?", "warn"))
    word = drill.outcome
    if score is not None and score.handled is False:
        glyph, word, role = "✖", "not handled", "bad"
    points = f" (score {fresh.points})" if fresh.points else ""
    who = f"  by {drill.operator}" if drill.operator else " "
    return assemble(
        (f"drilled {ago(now - began)}  ", "muted"),
        (f"{glyph} {word}", role),
        (f"{who}{points}".rstrip(), "muted"),
        (f"  {fresh.edits}" if fresh.edits else "", "warn"),
    )
