"""What the library says beside its list: of the runbook, or the run, at the cursor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from mobius_tui.drill.shelf import Shelved
from mobius_tui.run.plan import effect_of, kind_of, phase_numbers
from mobius_tui.run.summary import Summary
from mobius_tui.runbook.model import Phase, Runbook
from mobius_tui.runbook.prose.lines import plain_lines
from mobius_tui.runbook.prose.model import Prose
from mobius_tui.runbook.units import ago, clock
from mobius_tui.tui.columns import Cell, Column, Row, Table
from mobius_tui.tui.field import Field
from mobius_tui.tui.shelf_lines import drill_words, in_short, standing, when
from mobius_tui.tui.theme import assemble, text

LONGEST = 220
"""Characters of a summary that are shown: the briefing has the rest."""
EFFECTS = ("read", "change", "destroy")


def book_fields(book: Shelved, now: float) -> Iterator[Field]:
    """What a runbook is for, whose it is, what it asks, and how it went last.

    Args:
        book: the runbook.
        now: seconds since 1970.
    """
    runbook = book.runbook
    if runbook is None:
        yield Field("✖ wrong", text(book.problem, "bad"))
        yield Field("file", text(""), str(book.path))
        return
    said = plain_lines(Prose(runbook.summary[: 4 * LONGEST]))
    words = " ".join(" ".join(said).split())
    if len(words) > LONGEST:
        words = f"{words[:LONGEST].rpartition(' ')[0] or words[:LONGEST]} …"
    if words:
        yield Field("what", text(words))
    version = [part for part in (runbook.version, str(runbook.updated or "")) if part]
    owners = ", ".join(runbook.owners)[:LONGEST]
    if version or owners:
        line = assemble((" of ".join(version), "plain"), (f"  {owners}", "muted"))
        yield Field("version", line)
    asked = [each.name for each in runbook.variables.values() if each.ask]
    if asked:
        yield Field("asks", text(", ".join(asked)[:LONGEST]))
    yield Field("drilled", drill_words(book.drilled, now=now))
    label = "runs"
    for run in book.runs:
        began = "" if run.began is None else ago(max(0.0, now - run.began))
        where = f" ▸ {run.environment}" if run.environment else ""
        more = f"  {began}  {run.mode}{where}"
        yield Field(label, assemble(in_short(run, now), (more, "muted")))
        label = ""


def phases(runbook: Runbook) -> Iterator[Row]:
    """Its phases, each with how many steps it has, and of which effect."""
    table = Table(
        Column(caption="phases", least=12, most=44),
        *(Column(caption=each, is_right=True) for each in ("steps", *EFFECTS)),
    )
    numbers = phase_numbers(runbook)
    rows = [table.row(*_phase(numbers[each.id], each)) for each in runbook.phases]
    yield table.heading()
    yield from rows


def _phase(number: str, phase: Phase) -> Iterator[Cell]:
    counted = Counter(effect_of(s) for s in phase.steps if kind_of(s) == "run")
    yield f"{number} {phase.title}", "muted" if phase.aside else "plain"
    yield str(len(phase.steps)), "muted"
    yield str(counted["read"] or ""), "plain"
    yield str(counted["change"] or ""), "warn"
    yield str(counted["destroy"] or ""), "bad"


def run_fields(run: Summary, now: float) -> Iterator[Field]:
    """What a run was made of and for, by whom, how it stands, and why.

    Args:
        run: the run.
        now: seconds since 1970.
    """
    took = f"  after {clock(run.took)}" if run.took is not None else ""
    yield Field("now", assemble(standing(run, now), (took, "muted")))
    if run.reason:
        yield Field("why", text(run.reason[:LONGEST]))
    if run.title:
        line = assemble((run.title, "plain"), (f"  {run.runbook}", "muted"))
        yield Field("of", line)
    if run.began is not None:
        where = f" ▸ {run.environment}" if run.environment else ""
        yield Field("as", text(f"{run.mode}{where}"))
        who = f" by {run.operator}" if run.operator else ""
        yield Field("began", text(f"{when(run.began, now)}{who}"))
