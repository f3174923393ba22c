"""What `check` reports of drills: checks that were never red, and the newest's age."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from mobius_tui.drill.detection_coverage import coverage_words, subject_coverage
from mobius_tui.drill.past_drills import drills_of_runbook
from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.site_runbooks import stays_on_site
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.runbook.text.units import age_in_seconds, ago_in_words

LINES_SHOWN = 8
"""Lines that are printed of what was never seen red; `--json` has them all."""


class DrillRemarks(Struct, frozen=True, kw_only=True):
    """What drills say of one runbook, beside its problems."""

    file: str
    never_red: tuple[tuple[int, str], ...]
    """Checks that no drill made fail: line in the file (0 for none) and text."""
    summary: str = ""
    """Their number, in words."""
    stale: str = ""
    """Why it is not fresh, in words."""
    fresh: str = ""
    """How fresh it is, where that was asked."""

    def lines(self) -> Iterator[str]:
        """For a person."""
        if self.summary:
            yield f"{self.file}: {self.summary}"
        for _, text in self.never_red[:LINES_SHOWN]:
            yield f"  {text}"
        if len(self.never_red) > LINES_SHOWN:
            yield f"  and {len(self.never_red) - LINES_SHOWN} more; --json lists them"
        if self.stale or self.fresh:
            yield f"{self.file}: {self.stale or self.fresh}"

    def items(self) -> Iterator[dict[str, str | int]]:
        """For programs, in the form of problems."""
        for line, text in self.never_red:
            yield self._item(line, "note", f"never seen red: {text}")
        if self.fresh:
            yield self._item(0, "note", self.fresh)
        if self.stale:
            yield self._item(0, "stale", self.stale)

    def _item(self, line: int, severity: str, message: str) -> dict[str, str | int]:
        return {
            "file": self.file,
            "line": line,
            "column": 1 if line else 0,
            "severity": severity,
            "message": message,
        }


def drill_remarks(paths: Iterable[Path], fresh: str | None) -> tuple[DrillRemarks, ...]:
    """Collect what drills say of some runbooks; unreadable ones are left out.

    Args:
        paths: their files.
        fresh: how old the last drill may be, such as `30d`; `None` for any age.

    Raises:
        UsageError: `fresh` is no age.
    """
    oldest = None if fresh is None else parse_age(fresh)
    found: list[DrillRemarks] = []
    for path in paths:
        try:
            found.append(_remarks_on(path, load(path), oldest, fresh or ""))
        except MobiusError:
            continue  # its errors have been told
    return tuple(found)


def parse_age(text: str) -> float:
    """The seconds of an age such as `30d`, `2w` or `12h`.

    Raises:
        UsageError: the text is no age.
    """
    try:
        return age_in_seconds(text)
    except ValueError as error:
        raise UsageError(f"--fresh {text}: write an age: 30d, 2w or 12h") from error


def _remarks_on(
    path: Path, runbook: Runbook, oldest: float | None, limit: str
) -> DrillRemarks:
    now = time.time()
    found = subject_coverage(runs_root(), runbook)
    never = found.never_red if found.drills else ()
    drills = "drill" if found.drills == 1 else "drills"
    summary = f"never seen red in {found.drills} {drills}: {found.never_red_words}"
    stale, fresh = "", ""
    if oldest is not None:
        fresh, is_fresh = _freshness(runbook, now, oldest)
        if not is_fresh:
            own = " --inject-cmd FILE.toml" if found.own_staging else ""
            kept = found.own_staging or stays_on_site(runbook.sources)
            how = "--auto" if kept else "--confined --auto"
            remedy = f"`mobius-tui drill {path}{own} {how}` rehearses it"
            stale, fresh = f"stale: {fresh}; {limit} is the limit; {remedy}", ""
    return DrillRemarks(
        file=str(path),
        never_red=tuple(
            (
                each.subject.line,
                coverage_words(
                    each, now, own_staging=found.own_staging, on_hosts=found.on_hosts
                ),
            )
            for each in never
        ),
        summary=summary if never else "",
        stale=stale,
        fresh=fresh,
    )


def _freshness(runbook: Runbook, now: float, oldest: float) -> tuple[str, bool]:
    """When a drill last handled its fault, in words, and whether that is fresh."""
    drills = tuple(drills_of_runbook(runs_root(), runbook))
    proof = next((each for each in drills if each.shows_handled), None)
    if proof is None or proof.drill.began is None:
        tried = "no drill of it was handled" if drills else "never drilled here"
        return tried, False
    since = max(0.0, now - proof.drill.began)
    who = f" by {proof.drill.operator}" if proof.drill.operator else ""
    points = f" (score {proof.score_words})" if proof.score_words else ""
    edits = f", {proof.edits}" if proof.edits else ""
    return f"drilled {ago_in_words(since)}{who}{points}{edits}", since <= oldest
