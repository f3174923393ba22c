"""The library: its lines, what opening each does, and the preview beside them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from msgspec import Struct
from textual.content import Content

from mobius_tui.drill.library_listing import ListedRunbook
from mobius_tui.drill.past_drills import DrillFreshness
from mobius_tui.run.events.mode_and_outcome import ListingState, Outcome
from mobius_tui.run.planning.plan import effect_of, kind_of, phase_numbers
from mobius_tui.run.records.run_summary import RunSummary
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.model.runbook import Phase, Runbook
from mobius_tui.runbook.prose.prose_model import Prose
from mobius_tui.runbook.prose.text_layout import plain_lines
from mobius_tui.runbook.text.shortening import shortened, shortened_at_word
from mobius_tui.runbook.text.template_text import title_of_unknown_run
from mobius_tui.runbook.text.units import ago_in_words, measured_duration
from mobius_tui.structs import replace
from mobius_tui.tui.presenters.columns import (
    ColumnTable,
    TableCell,
    TableColumn,
    TableRow,
)
from mobius_tui.tui.presenters.glyphs import Mark
from mobius_tui.tui.presenters.styled_text import Field, Role, assemble, text

OUTCOME_MARKS: Mapping[Outcome | ListingState, tuple[str, Role]] = {
    Outcome.COMPLETED: ("✔", "good"),
    Outcome.FAILED: ("✖", "bad"),
    Outcome.INCOMPLETE: ("▲", "warn"),
    Outcome.ABANDONED: ("■", "warn"),
    ListingState.DAMAGED: ("✖", "bad"),
    ListingState.NEVER_BEGAN: ("○", "muted"),
    ListingState.IMPORTED: ("○", "muted"),
    ListingState.OPEN: ("?", "warn"),
}
"""Each outcome's glyph."""
YEAR_SHOWN_AFTER = 300 * 86400.0
"""Seconds after which the year says more than the hour."""


def date_text(seconds: float | None, now: float) -> str:
    """A local time: `24 Nov 13:45`, or `24 Nov 2025` if long ago.

    Args:
        seconds: since 1970; `None` if it is not known, which gives an empty text.
        now: seconds since 1970.
    """
    if seconds is None:
        return ""
    form = "%d %b %Y" if now - seconds > YEAR_SHOWN_AFTER else "%d %b %H:%M"
    return time.strftime(form, time.localtime(seconds))


def run_table(*, is_open: bool) -> ColumnTable:
    """The columns of runs; open ones have no duration."""
    took = () if is_open else (TableColumn(caption="took", rank=4, is_right=True),)
    return ColumnTable(
        TableColumn(caption="", most=26),
        TableColumn(caption="began", rank=3),
        *took,
        TableColumn(caption="mode", rank=2),
        TableColumn(caption="title", least=18, most=40),
        TableColumn(caption="environment", rank=1, most=20),
        TableColumn(caption="id", rank=5, most=60, has_ends=True),
    )


def run_mark(run: RunSummary, now: float) -> Mark:
    """The state or outcome of a run."""
    glyph, role = OUTCOME_MARKS[run.outcome]
    word = str(run.outcome)
    if run.is_open:
        alive = run.host is not None
        glyph, role = ("▶", "accent") if alive else ("?", "warn")
        word = "still running" if alive else run.unwatched_text(now) or "open, no host"
    return Mark(glyph, word, role)


def short_run_mark(run: RunSummary, now: float) -> Mark:
    """The same, in no more than two words."""
    mark = run_mark(run, now)
    return replace(mark, word="open") if run.is_open else mark


def run_cells(run: RunSummary, now: float) -> Iterator[TableCell]:
    """The cells of a run, one for each column of its `run_table`."""
    yield run_mark(run, now).glyph_and_word
    yield date_text(run.began, now), "muted"
    if not run.is_open:
        yield measured_duration(run.took) if run.took is not None else "", "muted"
    yield run.mode, "muted"
    yield run.title, "plain"
    yield run.environment, "muted"
    yield run.id, "muted"


def runbook_table() -> ColumnTable:
    """The columns of runbooks."""
    return ColumnTable(
        TableColumn(caption="", least=26, most=40),
        TableColumn(caption="id", rank=1, most=40, has_ends=True),
        TableColumn(caption="steps", rank=2, is_right=True),
        TableColumn(caption="last run", rank=3),
        TableColumn(caption="", rank=6),
        TableColumn(caption="environment", rank=5, most=20),
        TableColumn(caption="drilled", rank=4),
    )


def runbook_cells(book: ListedRunbook, now: float) -> Iterator[TableCell]:
    """The cells of a runbook: title, id, steps, last run, environment and last drill.

    The environment is the one that it is for where nobody names another.
    """
    if book.runbook is None:
        yield f"✖ {book.title}: cannot be read", "bad"
        yield from ((words, "muted") for words in (book.id, "", "", "", "", ""))
        return
    yield book.title, "plain"
    yield book.id, "muted"
    steps = sum(len(phase.steps) for phase in book.runbook.written_phases)
    yield str(steps), "muted"
    used = book.runs[0] if book.runs else None
    if used is None or used.began is None:
        yield "never", "muted"
        yield "", "muted"
    else:
        mark = short_run_mark(used, now)
        yield f"{mark.glyph} {ago_in_words(max(0.0, now - used.began))}", mark.role
        yield mark.word, "muted"
    yield book.environment, "muted"
    yield _drill_cell(book.last_drill, now)


def _drill_cell(fresh: DrillFreshness | None, now: float) -> TableCell:
    if fresh is None or fresh.drill.began is None:
        return "never", "muted"
    edited = ", edited" if fresh.is_edited else ""
    words = f"{ago_in_words(max(0.0, now - fresh.drill.began))}{edited}"
    return (f"✔ {words}", "good") if fresh.shows_handled else (f"✖ {words}", "bad")


def drill_words(fresh: DrillFreshness | None, *, now: float) -> Content:
    """The last drill in words: when, its result, by whom, and what was edited since."""
    began = fresh.drill.began if fresh is not None else None
    if fresh is None or began is None:
        return assemble(("never drilled here", "muted"))
    drill, score = fresh.drill, fresh.score
    glyph, role = OUTCOME_MARKS[drill.outcome]
    word = str(drill.outcome)
    if score is not None and score.handled is False:
        glyph, word, role = "✖", "not handled", "bad"
    points = f" (score {fresh.score_words})" if fresh.score_words else ""
    who = f"  by {drill.operator}" if drill.operator else " "
    return assemble(
        (f"drilled {ago_in_words(now - began)}  ", "muted"),
        (f"{glyph} {word}", role),
        (f"{who}{points}".rstrip(), "muted"),
        (f"  {fresh.edits}" if fresh.edits else "", "warn"),
    )


class LibraryEntry(Struct, frozen=True, kw_only=True):
    """A line, and what opening it does."""

    key: str
    row: TableRow
    words: str
    """The text that a search looks in, in lower case."""
    open_entry: Callable[[], None]
    runbook: str
    """The id of the runbook; of a run, of the one that it was made of."""
    title: str
    about: ListedRunbook | RunSummary
    """What is known of it."""

    @property
    def source(self) -> Path | None:
        """The runbook's file; of a run, none."""
        return self.about.path if isinstance(self.about, ListedRunbook) else None


class LibraryGroup(Struct, frozen=True):
    """Lines under one heading."""

    title: str
    table: ColumnTable
    entries: list[LibraryEntry]
    hint: str = ""
    """What to do where there is none; without it, the heading is left out then."""

    @property
    def heading(self) -> TableRow:
        """Its title, and the captions of its columns."""
        return self.table.heading(self.title)


def run_entries(
    table: ColumnTable,
    found: tuple[tuple[RunDirectory, RunSummary], ...],
    open_run: Callable[[RunDirectory], None],
    now: float,
) -> list[LibraryEntry]:
    """A line for each run.

    Args:
        table: gets them.
        found: the runs.
        open_run: opens one.
        now: seconds since 1970.
    """
    entries = []
    for directory, summary in found:
        row = table.row(*run_cells(summary, now))
        entries.append(
            LibraryEntry(
                key=str(directory.path),
                row=row,
                words=f"{row} {summary.operator}".lower(),
                open_entry=partial(open_run, directory),
                runbook=summary.runbook,
                title=summary.title,
                about=summary,
            )
        )
    return entries


def runbook_entries(
    table: ColumnTable,
    found: tuple[ListedRunbook, ...],
    open_briefing: Callable[[Path], None],
    now: float,
) -> list[LibraryEntry]:
    """A line for each runbook.

    Args:
        table: gets them.
        found: the runbooks.
        open_briefing: opens the briefing of one.
        now: seconds since 1970.
    """
    entries = []
    for book in found:
        row = table.row(*runbook_cells(book, now))
        who = book.last_drill.drill.operator if book.last_drill is not None else ""
        searched_texts = (book.title, book.id, book.environment, str(book.path), who)
        entries.append(
            LibraryEntry(
                key=str(book.path),
                row=row,
                words=" ".join(searched_texts).lower(),
                open_entry=partial(open_briefing, book.path),
                runbook=book.id,
                title=book.title,
                about=book,
            )
        )
    return entries


MAX_SUMMARY_CHARACTERS = 220
"""Characters of a summary that are shown: the briefing has the rest."""
COUNTED_EFFECTS = ("read", "change", "destroy")


def runbook_fields(book: ListedRunbook, now: float) -> Iterator[Field]:
    """The fields of a runbook: purpose, owner, questions and last results.

    Args:
        book: the runbook.
        now: seconds since 1970.
    """
    runbook = book.runbook
    if runbook is None:
        yield Field("✖ wrong", text(book.problem, "bad"))
        yield Field("file", text(""), str(book.path))
        return
    said = plain_lines(Prose(runbook.summary[: 4 * MAX_SUMMARY_CHARACTERS]))
    words = " ".join(" ".join(said).split())
    if words:
        shown = shortened_at_word(words, MAX_SUMMARY_CHARACTERS)
        yield Field("what", text(shown))
    version = [part for part in (runbook.version, str(runbook.updated or "")) if part]
    owners = shortened(", ".join(runbook.owners), MAX_SUMMARY_CHARACTERS)
    if version or owners:
        line = assemble((" of ".join(version), "plain"), (f"  {owners}", "muted"))
        yield Field("version", line)
    asked = [
        each.name for each in runbook.variables.values() if each.ask or each.is_listed
    ]
    if asked:
        yield Field("asks", text(shortened(", ".join(asked), MAX_SUMMARY_CHARACTERS)))
    yield Field("drilled", drill_words(book.last_drill, now=now))
    label = "runs"
    for run in book.runs:
        began = "" if run.began is None else ago_in_words(max(0.0, now - run.began))
        where = f" ▸ {run.environment}" if run.environment else ""
        more = f"  {began}  {run.mode}{where}"
        yield Field(
            label, assemble(short_run_mark(run, now).glyph_and_word, (more, "muted"))
        )
        label = ""


def phase_rows(runbook: Runbook) -> Iterator[TableRow]:
    """Its phases, each with how many steps it has, and of which effect."""
    table = ColumnTable(
        TableColumn(caption="phases", least=12, most=44),
        *(
            TableColumn(caption=each, is_right=True)
            for each in ("steps", *COUNTED_EFFECTS)
        ),
    )
    numbers = phase_numbers(runbook)
    rows = [table.row(*_phase(numbers[each.id], each)) for each in runbook.phases]
    yield table.heading()
    yield from rows


def _phase(number: str, phase: Phase) -> Iterator[TableCell]:
    counted = Counter(effect_of(s) for s in phase.steps if kind_of(s) == "run")
    title = title_of_unknown_run(phase.title)
    yield f"{number} {title}", "muted" if phase.aside else "plain"
    yield str(len(phase.steps)), "muted"
    yield str(counted["read"] or ""), "plain"
    yield str(counted["change"] or ""), "warn"
    yield str(counted["destroy"] or ""), "bad"


def run_fields(run: RunSummary, now: float) -> Iterator[Field]:
    """The fields of a run: state, reason, runbook, mode, and when it began.

    Args:
        run: the run.
        now: seconds since 1970.
    """
    took = f"  after {measured_duration(run.took)}" if run.took is not None else ""
    yield Field("now", assemble(run_mark(run, now).glyph_and_word, (took, "muted")))
    if run.reason:
        yield Field("why", text(shortened(run.reason, MAX_SUMMARY_CHARACTERS)))
    if run.title:
        line = assemble((run.title, "plain"), (f"  {run.runbook}", "muted"))
        yield Field("of", line)
    if run.began is not None:
        where = f" ▸ {run.environment}" if run.environment else ""
        yield Field("as", text(f"{run.mode}{where}"))
        who = f" by {run.operator}" if run.operator else ""
        yield Field("began", text(f"{date_text(run.began, now)}{who}"))
