"""What a page becomes, before it is written as a runbook."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from mobius_tui.runbook.page.page_facts import PageContact, PageFacts

LONGEST_TITLE = 60
"""Characters of a step's title; a checklist shows some 30 to 50."""
_PLAINLY = re.compile(
    r"(?:overview|introduction|about|summary|purpose|description)\W*", re.IGNORECASE
)
"""Headings that need not stand above a summary."""
DEEPEST = 6
"""Levels of a list that are told by indenting; a screen has no room for more."""


@dataclass(kw_only=True, slots=True)
class StepDraft:
    """One step: it runs `run`, shows `message`, asks `choose`, or says `manual`."""

    title: str
    manual: list[str] = field(default_factory=list)
    """Paragraphs."""
    run: str = ""
    shell: tuple[str, ...] = ()
    """What runs it; empty for bash."""
    parts: tuple[str, ...] = ()
    """What the author calls the parts of the commands."""
    secrets: list[str] = field(default_factory=list)
    """The variables that nobody may see."""
    message: str = ""
    choose: str = ""
    """The variable of the decision."""
    options: dict[str, str] = field(default_factory=dict)
    """Its values, and what they are called."""
    when: dict[str, str] = field(default_factory=dict)
    """Of which decisions it is which way."""
    lead: str = ""
    """The paragraph that leads in to it; one of `why`."""
    way: str = ""
    """What the way is called that it is one of."""
    why: list[str] = field(default_factory=list)
    """Paragraphs."""
    under: str = ""
    """The heading that begins with it, where that has several steps or a number."""
    heading: str = ""
    """The heading that it stands under."""
    other_way: str = ""
    """`or` where it is another way to do what the step before does, `one of` where
    that one says of itself that it is a way: for a system, as an option."""
    on_failure: PhaseDraft | None = None

    def led_by(self, lead: str) -> None:
        """Say what leads in to it."""
        self.lead = lead
        if lead:
            self.why.append(lead)

    def add(self, text: str) -> None:
        """Add a paragraph, or more lines of a list, to what is said of it."""
        add_paragraph(self.said, text)

    @property
    def acts(self) -> bool:
        """Whether it does something by itself; what only is read does not."""
        return bool(self.run or self.message or self.choose)

    @property
    def said(self) -> list[str]:
        """The paragraphs that are added to."""
        return self.why if self.acts else self.manual


@dataclass(kw_only=True, slots=True)
class PhaseDraft:
    """One phase."""

    title: str
    is_summed_up: bool = False
    """Whether the summary has its title."""
    numbered: str = ""
    """The title with the number that the page gives it, if it does."""
    why: list[str] = field(default_factory=list)
    steps: list[StepDraft] = field(default_factory=list)
    aside: bool = False
    attended: bool = False


@dataclass(kw_only=True, slots=True)
class PageDraft:
    """The whole of it."""

    title: str = ""
    facts: PageFacts = field(default_factory=PageFacts)
    front: list[str] = field(default_factory=list)
    """Lines of the front matter that have no place in a runbook."""
    summary: list[str] = field(default_factory=list)
    """Paragraphs, as Markdown."""
    people: list[PageContact] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
    """Lines on when something begins by itself."""
    decisions: dict[tuple[str, ...], str] = field(default_factory=dict)
    """The variables of decisions on the main line, by the names of their ways."""
    names: set[str] = field(default_factory=set)
    """Of variables, those that are taken."""
    variables: dict[str, str] = field(default_factory=dict)
    """What is asked before the run begins: names, and what the page calls them."""
    phases: list[PhaseDraft] = field(default_factory=list)
    comments: int = 0
    """How many HTML comments were left out."""

    def sum_up(self, title: str, paragraphs: Sequence[str]) -> None:
        """Tell in the summary what has no other place, under its heading."""
        if title and title != self.title and _PLAINLY.fullmatch(title) is None:
            self.summary.append(f"## {title}")
        self.summary += paragraphs


def listed(text: str, depth: int) -> str:
    """An item of a list as a line, `depth` levels below the first."""
    return f"{'  ' * min(depth, DEEPEST)}- {text}"


def add_paragraph(said: list[str], text: str) -> None:
    """Add a paragraph, or a line to the list that is the last one."""
    if said and is_list(text) and is_list(said[-1]):
        said[-1] += f"\n{text}"
    else:
        said.append(text)


def is_list(text: str) -> bool:
    """Whether a paragraph is made of items of a list."""
    return text.lstrip(" ").startswith("- ")


def cut(text: str, longest: int = LONGEST_TITLE) -> str:
    """The beginning of a text, on one line, and no more than fits."""
    bare = " ".join(text[: longest * 4].split()).rstrip(":\\ ")
    if len(bare) <= longest:
        return bare
    at = bare.rfind(" ", longest // 2, longest)
    return bare[: at if at > 0 else longest - 1].rstrip(" ,;:.-") + "…"


def fenced(text: str, language: str) -> str:
    """A text that is to be taken as it stands, between fences."""
    mark = "```"
    while mark in text:
        mark += "`"
    return f"{mark}{language}\n{text}\n{mark}"
