"""What a page becomes, before it is written as a runbook."""

from __future__ import annotations

from dataclasses import dataclass, field

from mobius_tui.runbook.page.facts import Facts
from mobius_tui.runbook.page.people import Person

LONGEST_TITLE = 60
"""Characters of a step's title; a checklist shows some 30 to 50."""
DEEPEST = 6
"""Levels of a list that are told by indenting; a screen has no room for more."""


@dataclass(kw_only=True, slots=True)
class StepDraft:
    """One step: it runs `run`, or shows `message`, or says `manual`."""

    title: str
    manual: list[str] = field(default_factory=list)
    """Paragraphs."""
    run: str = ""
    parts: tuple[str, ...] = ()
    """What the author calls the parts of the commands."""
    message: str = ""
    why: list[str] = field(default_factory=list)
    """Paragraphs."""
    under: str = ""
    """The heading that begins with it, where that has several steps."""

    def add(self, text: str) -> None:
        """Add to what is said of it."""
        (self.why if self.run or self.message else self.manual).append(text)

    def add_part(self, text: str, depth: int) -> None:
        """Add an item of a list inside of it, `depth` levels below its first."""
        said = self.why if self.run or self.message else self.manual
        line = f"{'  ' * min(depth, DEEPEST)}- {text}"
        if said and said[-1].lstrip().startswith("- "):
            said[-1] += f"\n{line}"
        else:
            said.append(line)


@dataclass(kw_only=True, slots=True)
class PhaseDraft:
    """One phase."""

    title: str
    why: list[str] = field(default_factory=list)
    steps: list[StepDraft] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Draft:
    """The whole of it."""

    title: str = ""
    facts: Facts = field(default_factory=Facts)
    front: list[str] = field(default_factory=list)
    """Lines of the front matter that have no place in a runbook."""
    summary: list[str] = field(default_factory=list)
    """Paragraphs, as Markdown."""
    people: list[Person] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
    """Lines on when something begins by itself."""
    phases: list[PhaseDraft] = field(default_factory=list)
    comments: int = 0
    """How many HTML comments were left out."""


def cut(text: str, longest: int = LONGEST_TITLE) -> str:
    """The beginning of a text, on one line, and no more than fits."""
    bare = " ".join(text[: longest * 4].split()).rstrip(":\\ ")
    if len(bare) <= longest:
        return bare
    at = bare.rfind(" ", longest // 2, longest)
    return bare[: at if at > 0 else longest - 1].rstrip(" ,;:.-") + "…"
