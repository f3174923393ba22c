"""The library's lines: a runbook and a run in one line each, in columns."""

from __future__ import annotations

import time
from collections.abc import Iterator

from textual.content import Content

from mobius_tui.drill.freshness import Freshness
from mobius_tui.drill.shelf import Shelved
from mobius_tui.run.summary import Summary
from mobius_tui.runbook.units import ago, clock
from mobius_tui.tui.columns import Cell, Column, Table
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
LONG_AGO = 300 * 86400.0
"""Seconds after which the year says more than the hour."""


def when(seconds: float | None, now: float) -> str:
    """A time where the program runs: `24 Nov 13:45`, or `24 Nov 2025` if long ago."""
    if seconds is None:
        return ""
    form = "%d %b %Y" if now - seconds > LONG_AGO else "%d %b %H:%M"
    return time.strftime(form, time.localtime(seconds))


def run_table(*, is_open: bool) -> Table:
    """The columns of runs; what is open has not taken its time yet."""
    took = () if is_open else (Column(caption="took", rank=4, is_right=True),)
    return Table(
        Column(caption="", most=26),
        Column(caption="began", rank=3),
        *took,
        Column(caption="mode", rank=2),
        Column(caption="title", least=18, most=40),
        Column(caption="environment", rank=1, most=20),
        Column(caption="id", rank=5, most=60, has_ends=True),
    )


def standing(run: Summary, now: float) -> tuple[str, Role]:
    """How a run stands or ended: a glyph and a word."""
    glyph, role = OUTCOMES.get(run.outcome, ("?", "warn"))
    word = run.outcome
    if run.outcome == "open":
        alive = run.host is not None
        glyph, role = ("▶", "accent") if alive else ("?", "warn")
        word = "still running" if alive else run.since(now) or "open, no host"
    return f"{glyph} {word}", role


def in_short(run: Summary, now: float) -> tuple[str, Role]:
    """The same, in no more than two words."""
    words, role = standing(run, now)
    return (f"{words[0]} open" if run.outcome == "open" else words), role


def run_cells(run: Summary, now: float) -> Iterator[Cell]:
    """How it stands, when it began, how long it took, what it was, and its id."""
    yield standing(run, now)
    yield when(run.began, now), "muted"
    if run.outcome != "open":
        yield clock(run.took) if run.took is not None else "", "muted"
    yield run.mode, "muted"
    yield run.title, "plain"
    yield run.environment, "muted"
    yield run.id, "muted"


def book_table() -> Table:
    """The columns of runbooks."""
    return Table(
        Column(caption="", least=26, most=40),
        Column(caption="id", rank=1, most=40, has_ends=True),
        Column(caption="steps", rank=2, is_right=True),
        Column(caption="last run", rank=3),
        Column(caption="", rank=6),
        Column(caption="environment", rank=5, most=20),
        Column(caption="drilled", rank=4),
    )


def book_cells(book: Shelved, now: float) -> Iterator[Cell]:
    """Its title, its id, its size, how its last run and its last drill went, and where.

    The environment is the one that it is for where nobody names another.
    """
    if book.runbook is None:
        yield f"✖ {book.title}: cannot be read", "bad"
        yield from ((words, "muted") for words in (book.id, "", "", "", "", ""))
        return
    yield book.title, "plain"
    yield book.id, "muted"
    yield str(len(book.runbook.steps())), "muted"
    used = book.runs[0] if book.runs else None
    if used is None or used.began is None:
        yield "never", "muted"
        yield "", "muted"
    else:
        words, role = in_short(used, now)
        glyph, _, word = words.partition(" ")
        yield f"{glyph} {ago(max(0.0, now - used.began))}", role
        yield word, "muted"
    yield book.environment, "muted"
    yield _drilled(book.drilled, now)


def _drilled(fresh: Freshness | None, now: float) -> Cell:
    if fresh is None or fresh.drill.began is None:
        return "never", "muted"
    edited = ", edited" if fresh.is_edited else ""
    words = f"{ago(max(0.0, now - fresh.drill.began))}{edited}"
    return (f"✔ {words}", "good") if fresh.is_proof else (f"✖ {words}", "bad")


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
