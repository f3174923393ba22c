"""The library's lines: a runbook and a run in one line each."""

from __future__ import annotations

import time

from textual.content import Content

from mobius_tui.run.shelf import Shelved
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
    return assemble((book.title, "plain"), (f"  {book.id}  ", "muted")) + drill_words(
        book.drilled, now=now, is_edited=book.is_edited
    )


def drill_words(drill: Summary | None, *, now: float, is_edited: bool) -> Content:
    """When it was drilled last, with which outcome, by whom, and whether that holds."""
    if drill is None or drill.began is None:
        return assemble(("never drilled here", "muted"))
    glyph, role = OUTCOMES.get(drill.outcome, ("?", "warn"))
    edited: tuple[str, Role] = (
        ("  edited since", "warn") if is_edited else ("", "plain")
    )
    return assemble(
        (f"drilled {ago(now - drill.began)}  ", "muted"),
        (f"{glyph} {drill.outcome}", role),
        (f"  by {drill.operator}" if drill.operator else "", "muted"),
        edited,
    )
