"""The draft of a runbook that a page becomes, and decisions between its steps."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct, field

from mobius_tui.runbook.page.lead_sentences import MAX_TITLE_CHARACTERS
from mobius_tui.runbook.page.page_facts import PageContact, PageFacts
from mobius_tui.runbook.text.names import id_from_text, new_variable_name

_PLAIN_HEADINGS = re.compile(
    r"(?:overview|introduction|about|summary|purpose|description)\W*", re.IGNORECASE
)
"""Headings that are left out of the summary."""
PAGE_OUTPUT = "The page shows this output:"
"""What stands before output in the text of a step."""
MAX_LIST_DEPTH = 6
"""Levels of a list that are indented; a screen has no room for more."""


class StepDraft(Struct, kw_only=True):
    """One step, which has one of `run`, `message`, `choose` or `manual`."""

    title: str
    manual: list[str] = field(default_factory=list)
    """Paragraphs."""
    run: str = ""
    shell: tuple[str, ...] = ()
    """What runs it; empty for bash."""
    parts: tuple[str, ...] = ()
    """The author's titles of parts of the commands."""
    secrets: list[str] = field(default_factory=list)
    """Its secret variables."""
    outputs: list[str] = field(default_factory=list)
    """The variables that its script sets for later steps."""
    tty: bool = False
    """Whether its script needs a terminal, and a person at it."""
    ask: dict[str, str] = field(default_factory=dict)
    """The variables that a person fills in there, and their titles."""
    message: str = ""
    choose: str = ""
    """The variable of the decision."""
    options: dict[str, str] = field(default_factory=dict)
    """The values of the decision, and their titles."""
    when: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The values of each decision with which it applies, by variable."""
    lead: str = ""
    """The paragraph that introduces it; one of `why`."""
    option: str = ""
    """The title of the option of a decision that it belongs to."""
    why: list[str] = field(default_factory=list)
    """Paragraphs."""
    begun_heading: str = ""
    """The heading whose first step this is, if it has several steps or a number."""
    heading: str = ""
    """The heading above it."""
    alternative: str = ""
    """`or` if it is an alternative to the step before, `one of` if its text says that
    it is one of several: for one system, or an option."""
    optional: bool = False
    """Whether the page says that it may be left out."""
    is_asked_after: bool = False
    """Whether the page asks next whether it failed, so that a run goes on to that."""
    on_failure: PhaseDraft | None = None

    def set_lead(self, lead: str) -> None:
        """Set the paragraph that introduces it, and add it to `why`."""
        self.lead = lead
        if lead:
            self.why.append(lead)

    def add(self, text: str) -> None:
        """Add a paragraph, or more lines of a list, to its text."""
        add_paragraph(self.paragraphs, text)

    @property
    def has_action(self) -> bool:
        """Whether it has an action besides a manual text."""
        return bool(self.run or self.message or self.choose)

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs to which text is added."""
        return self.why if self.has_action else self.manual


class PhaseDraft(Struct, kw_only=True):
    """One phase."""

    title: str
    is_in_summary: bool = False
    """Whether the summary contains its title."""
    numbered_title: str = ""
    """The title with its outline number, if it has one."""
    why: list[str] = field(default_factory=list)
    steps: list[StepDraft] = field(default_factory=list)
    aside: bool = False
    attended: bool = False


class PagePart(Struct, frozen=True, kw_only=True):
    """A part of the page, and what became of it."""

    line: int
    """Where it begins on the page, from 1; 0 if unknown."""
    words: str
    """Its words, on one line."""
    rules: tuple[str, ...] = ()
    """The names of the rules that it went by, if they are other than those of all."""
    steps: tuple[StepDraft, ...] = ()
    """The steps that it became; without any, it is told with a step or a phase."""


class PageDraft(Struct, kw_only=True):
    """The whole draft."""

    title: str = ""
    facts: PageFacts = field(default_factory=PageFacts)
    front_matter: list[str] = field(default_factory=list)
    """Lines of the front matter that have no place in a runbook."""
    summary: list[str] = field(default_factory=list)
    """Paragraphs, as Markdown."""
    people: list[PageContact] = field(default_factory=list)
    triggers: list[str] = field(default_factory=list)
    """Lines about triggers."""
    decisions: dict[tuple[str, ...], str] = field(default_factory=dict)
    """The variables of decisions between tabs, by the titles of all the tabs.

    Only those on the main line: later tabs with the same titles follow them.
    """
    names_read: frozenset[str] = frozenset()
    """The names of the variables that commands of the page read."""
    names: set[str] = field(default_factory=set)
    """The variable names that are in use."""
    variables: dict[str, str] = field(default_factory=dict)
    """The variables that are asked for before a run, and their titles."""
    placeholders: dict[str, str] = field(default_factory=dict)
    """The variables that placeholders in scripts became, by their text."""
    phases: list[PhaseDraft] = field(default_factory=list)
    sections: list[tuple[str, int, list[StepDraft]]] = field(default_factory=list)
    """The title, the level and the steps of each section, in the page's order."""
    parts: list[PagePart] = field(default_factory=list)
    """The parts of the page, in its order."""
    comment_count: int = 0
    """How many HTML comments were left out."""

    def add_to_summary(self, title: str, paragraphs: Sequence[str]) -> None:
        """Add paragraphs to the summary, under their heading."""
        if title and title != self.title and _PLAIN_HEADINGS.fullmatch(title) is None:
            self.summary.append(f"## {title}")
        self.summary += paragraphs


def list_line(text: str, depth: int) -> str:
    """An item of a list as a line, `depth` levels below the first."""
    return f"{'  ' * min(depth, MAX_LIST_DEPTH)}- {text}"


def add_paragraph(paragraphs: list[str], text: str) -> None:
    """Add a paragraph; a list line is added to a list that is the last paragraph."""
    if paragraphs and is_list(text) and is_list(paragraphs[-1]):
        paragraphs[-1] += f"\n{text}"
    else:
        paragraphs.append(text)


def is_list(text: str) -> bool:
    """Whether a paragraph is a list."""
    return text.lstrip(" ").startswith("- ")


def fenced_block(text: str, language: str) -> str:
    """A text as a fenced block of Markdown."""
    mark = "```"
    while mark in text:
        mark += "`"
    return f"{mark}{language}\n{text}\n{mark}"


def is_shown_block(text: str) -> bool:
    """Whether a paragraph is a block of code that is shown: it introduces nothing."""
    return text.startswith("```")


_OPTION = re.compile(
    r"(?:option|method|approach|alternative|variant|way|scenario|case|choice|solution)"
    r"[ \t]*#?[ \t]*(?:\d{1,2}|[A-H])\b",
    re.IGNORECASE,
)
"""Headings of options, of which one is chosen."""


def first_command(script: str) -> str:
    """The first line that is no comment and has no `<<`, without its indent.

    The text of a here-document counts as lines, too. If all lines have a `<<`, it is
    the first of them; empty if the script has only comments.
    """
    lines = [line.strip() for line in script.split("\n")]
    lines = [line for line in lines if line and line[0] != "#"]
    return next((line for line in lines if "<<" not in line), "".join(lines[:1]))


def is_option(title: str) -> bool:
    """Whether a heading is one of several options: `Option 2: from the snapshot`."""
    return _OPTION.match(title) is not None


def decision_step(about: str, titles: Sequence[str], draft: PageDraft) -> StepDraft:
    """The step in which a person chooses one of several options."""
    short = " ".join(about.split()[:4])
    var = new_variable_name(f"{short} way", "way", draft.names)
    draft.names.add(var)
    which = f"{', '.join(titles[:-1])} or {titles[-1]}?"
    title = f"{about}: {which}" if about else which
    if len(title) > MAX_TITLE_CHARACTERS:
        title = f"{about}: which way?" if about else "Which way?"
    return StepDraft(
        title=title,
        choose=var,
        options={option_value(title, titles): title for title in titles},
    )


def option_value(title: str, titles: Sequence[str]) -> str:
    """The value of the decision's variable for one option."""
    slugs = [id_from_text(each) for each in titles]
    at = list(titles).index(title)
    if slugs[at] and slugs.count(slugs[at]) == 1:
        return slugs[at]
    return f"way-{at + 1}"


def guard_options(
    options: Sequence[tuple[str, Sequence[StepDraft]]], about: str, draft: PageDraft
) -> StepDraft:
    """Make a decision between options, whose steps then apply only if chosen.

    Args:
        options: the unique title of each, and its steps; these get a `when`.
        about: the subject of the decision.
        draft: the whole draft, for names that are in use.
    """
    titles = tuple(title for title, _ in options)
    decision = decision_step(about, titles, draft)
    for title, steps in options:
        for step in steps:
            step.when[decision.choose] = (option_value(title, titles),)
            step.option = title
    return decision


def decide_alternatives(phase: PhaseDraft, draft: PageDraft) -> None:
    """Make decisions of successive steps that are alternatives."""
    found: list[StepDraft] = []
    at = 0
    while at < len(phase.steps):
        group = _alternatives_from(phase.steps, at)
        options = {step.title or first_command(step.run): [step] for step in group}
        if len(options) > 1 and len(options) == len(group) and "" not in options:
            before = dict(group[0].when)
            decision = guard_options([*options.items()], group[0].heading, draft)
            decision.when, decision.heading = before, group[0].heading
            found.append(decision)
        found += group
        at += len(group)
    phase.steps[:] = found


def _alternatives_from(steps: Sequence[StepDraft], at: int) -> list[StepDraft]:
    """A step, and the steps after it that are alternatives to it."""
    first = steps[at]
    group = [first]
    if first.choose or first.message:
        return group
    for step in steps[at + 1 :]:
        same = step.when == first.when and step.heading == first.heading
        kind = step.alternative
        if not same or not kind or (kind == "one of" and first.alternative != kind):
            break
        group.append(step)
    return group
