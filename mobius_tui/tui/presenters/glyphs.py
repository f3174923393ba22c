"""Each state of a step as a glyph, a word and a role: never a colour alone.

Every glyph is one cell wide in every terminal; none is an emoji.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from mobius_tui.health.probe_window import ProbeCondition
from mobius_tui.run.state.step_state import STATUSES_NEEDING_DECISION, Status
from mobius_tui.tui.presenters.styled_text import Role


class Mark(Struct, frozen=True):
    """How a state is shown."""

    glyph: str
    word: str
    role: Role

    @property
    def glyph_and_word(self) -> tuple[str, Role]:
        """Both as one text: `✔ passed`."""
        return f"{self.glyph} {self.word}", self.role


STATUS_MARKS: Mapping[Status, Mark] = {
    Status.PENDING: Mark("○", "pending", "plain"),
    Status.RUNNING: Mark("▶", "running", "accent"),
    Status.PASSED: Mark("✔", "passed", "good"),
    Status.WARNED: Mark("▲", "warned", "warn"),
    Status.FAILED: Mark("✖", "failed", "bad"),
    Status.TIMED_OUT: Mark("◷", "timed out", "bad"),
    Status.STOPPED: Mark("■", "stopped", "bad"),
    Status.NOT_STARTED: Mark("⊘", "not started", "bad"),
    Status.OUTPUT_LOST: Mark("✖", "output lost", "bad"),
    Status.UNKNOWN: Mark("?", "unknown", "bad"),
    Status.UNDONE: Mark("↶", "undone", "warn"),
    Status.SKIPPED: Mark("–", "skipped", "muted"),
    Status.OVERRIDDEN: Mark("◆", "overridden", "warn"),
    Status.RECOVERED: Mark("↺", "recovered", "good"),
    Status.NOT_APPLICABLE: Mark("┄", "n/a", "muted"),
    Status.WAITING: Mark("·", "waiting", "muted"),
}

CONDITION_MARKS: Mapping[ProbeCondition, tuple[str, Role]] = {
    "ok": ("●", "good"),
    "failing": ("✖", "bad"),
    "unknown": ("?", "warn"),
}
"""A probe's state; the word stands beside it."""

DRILL_VERDICT_MARKS: dict[bool | None, tuple[str, Role]] = {
    None: ("?", "warn"),
    True: ("✔", "good"),
    False: ("✖", "bad"),
}
"""By whether a drill was handled: its glyph and role."""

FOLDED = "▸"
UNFOLDED = "▾"
"""Whether a phase's steps are in sight."""

UNENTERED_ASIDE_MARK = Mark("┄", "aside", "muted")
"""A phase off the main line that the run has not entered."""


def phase_mark(statuses: Iterable[Status]) -> Mark:
    """The one mark that sums up a phase: what is worst or going on in it."""
    found = set(statuses)
    if Status.RUNNING in found:
        return STATUS_MARKS[Status.RUNNING]
    for bad in (Status.UNKNOWN, *sorted(STATUSES_NEEDING_DECISION - {Status.UNKNOWN})):
        if bad in found:
            return STATUS_MARKS[bad]
    for left in (Status.UNDONE, Status.PENDING, Status.WAITING):
        if left in found:
            return STATUS_MARKS[left]
    if found == {Status.NOT_APPLICABLE}:
        return STATUS_MARKS[Status.NOT_APPLICABLE]
    if Status.WARNED in found:
        return STATUS_MARKS[Status.WARNED]
    if found == {Status.SKIPPED}:
        return STATUS_MARKS[Status.SKIPPED]
    return STATUS_MARKS[Status.PASSED]
