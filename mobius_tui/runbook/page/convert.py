"""A Markdown page in, a runbook out: sections become phases and titled steps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mobius_tui.errors import RunbookError
from mobius_tui.runbook.page.decisions import (
    decide_alternatives,
    first_command,
    guard_options,
    is_option,
)
from mobius_tui.runbook.page.fill_in import fill_in
from mobius_tui.runbook.page.lists_and_tables import lines_of
from mobius_tui.runbook.page.page_blocks import (
    CodeFence,
    MarkdownPage,
    PageItem,
    PageParagraph,
    PageTable,
)
from mobius_tui.runbook.page.page_drafts import (
    LONGEST_TITLE,
    PageDraft,
    PhaseDraft,
    StepDraft,
    cut,
)
from mobius_tui.runbook.page.page_parser import PageTooLargeError, parse_page
from mobius_tui.runbook.page.section_reader import SectionReader
from mobius_tui.runbook.page.sections import (
    Chapter,
    PageOutline,
    Section,
    outline_page,
    topic_of,
)
from mobius_tui.runbook.page.write_toml import runbook_text
from mobius_tui.runbook.toml.runbook_source import MAX_BYTES

_WORD = re.compile(r"\w+")


def settle_titles(phase: PhaseDraft) -> None:
    """Give each step of a phase its title, and tell what the title leaves out."""
    taken: set[str] = set()
    for step in phase.steps:
        whole = _named(step, taken)
        title = cut(whole)
        taken.add(title.casefold())
        _tell(step, whole, title)
        step.title = title
    if cut(phase.title) != phase.title:
        phase.why.insert(0, phase.title)


def _named(step: StepDraft, taken: set[str]) -> str:
    return next(
        title
        for title in _candidates(step)
        if title and cut(title).casefold() not in taken
    )


def _candidates(step: StepDraft) -> Iterator[str]:
    """What a step may be called, the best first; without end."""
    title, command = step.title, first_command(step.run)
    if not title and step.way:
        title = f"{step.heading}: {step.way}" if step.heading else step.way
    elif not title:
        yield step.heading
        title = step.heading or command or "Step"
    yield title
    half = cut(title, LONGEST_TITLE // 2)
    if step.way and step.way not in title:
        yield f"{half} ({cut(step.way, LONGEST_TITLE // 2 - 3)})"
    if step.heading and step.heading.casefold() not in title.casefold():
        yield f"{cut(step.heading, LONGEST_TITLE // 2)}: {title}"
    if command and command not in title:
        yield f"{half}: {command}"
    for line in step.run.split("\n")[1:10]:
        if line.strip():
            yield f"{half}: {line.strip()}"
    number = 2
    while True:
        yield f"{cut(title, LONGEST_TITLE - 6)} ({number})"
        number += 1


def _tell(step: StepDraft, whole: str, title: str) -> None:
    """Say in `why` what leads in to a step, unless its title says all of it."""
    said = step.title or whole
    if (
        not step.manual
        and step.lead in step.why
        and _title_words(step.lead) == _title_words(title)
    ):
        step.why.remove(step.lead)
    elif not any(_says(each, said) for each in (title, *_texts(step))):
        step.why.insert(0, said)


def _texts(step: StepDraft) -> tuple[str, ...]:
    """What a step says beside its title."""
    return (*step.why, *step.manual, step.run, step.message)


def _says(text: str, said: str) -> bool:
    """Whether the words of one text stand in another one, in a row."""
    return f" {' '.join(_title_words(said))} " in f" {' '.join(_title_words(text))} "


def _title_words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def draft_of(page: MarkdownPage) -> PageDraft:
    """What a page becomes."""
    draft = PageDraft(comments=page.comments)
    draft.front = [line for line in draft.facts.take(page.front) if line.strip()]
    told = outline_page(page.blocks, draft.facts.title)
    draft.title = draft.facts.title or told.title
    if told.title != draft.title:
        draft.summary += filter(None, [told.title])
    for chapter in _chapters(told):
        for phase in _phases(chapter, draft):
            if phase.steps:
                draft.phases.append(phase)
            else:
                title = "" if phase.is_summed_up else phase.title
                _sum_up(draft, title, phase.why)
    line = [(each.title, each.steps) for each in draft.phases if not each.aside]
    _options(line, draft, draft.title)
    if all(phase.aside for phase in draft.phases):
        for phase in draft.phases:
            phase.aside = phase.attended = False
    fill_in(draft, _words(page))
    for phase in draft.phases:
        decide_alternatives(phase, draft)
        settle_titles(phase)
    return draft


def _words(page: MarkdownPage) -> str:
    """The words of a page."""
    found: list[str] = []
    for block in page.blocks:
        match block:
            case PageTable():
                found += lines_of(block)
            case PageParagraph() | PageItem() | CodeFence():
                found.append(block.text)
            case _:
                pass
    return "\n".join(found)


def _chapters(told: PageOutline) -> tuple[Chapter, ...]:
    """The chapters, and what stands before them as one."""
    before = told.before
    if any(isinstance(block, PageItem | CodeFence) for block in before.blocks):
        before.topic = ""
    if not before.blocks and (told.chapters or not told.title):
        return told.chapters
    if not told.chapters:
        before.topic = ""
    before.title = told.title
    return (Chapter(sections=[before]), *told.chapters)


def _sum_up(draft: PageDraft, title: str, paragraphs: list[str]) -> None:
    """Tell in the summary what has no other place; of people there are tables."""
    if paragraphs or (title and topic_of(title) != "contacts"):
        draft.sum_up(title, paragraphs)


def _phases(chapter: Chapter, draft: PageDraft) -> list[PhaseDraft]:
    """The phase of a chapter, and the asides that its conditions make."""
    own, *below = chapter.sections
    phase = PhaseDraft(title=own.title, numbered=own.numbered, aside=chapter.aside)
    reader = SectionReader(own, draft, aside=chapter.aside)
    reader.read()
    phase.is_summed_up = reader.is_summed_up
    asides = reader.placing.asides
    _name_aside(own.title, reader.steps, asides)
    if reader.steps:
        phase.steps += reader.steps
        phase.why = reader.placing.lead
    elif asides or below or reader.took or own.topic in ("about", "contacts"):
        phase.why = [*reader.placing.lead, *reader.prose]
    elif own.title or reader.prose:
        phase.steps.append(_to_read(own.title, reader.prose))
    if not below:
        _named_alone(phase.steps, phase.title)
    made: list[tuple[str, list[StepDraft]]] = []
    for section in below:
        steps, more = _below(section, draft, aside=chapter.aside)
        made.append((section.title, steps))
        asides += more
    _options(made, draft, phase.title)
    phase.steps += [step for _, steps in made for step in steps]
    return [phase, *asides]


def _options(
    made: Sequence[tuple[str, list[StepDraft]]], draft: PageDraft, about: str
) -> None:
    """Make a decision of headings that follow one another, and are ways to choose."""
    group: list[tuple[str, list[StepDraft]]] = []
    for title, steps in (*made, ("", [])):
        if is_option(title) and title not in dict(group):
            if steps:
                group.append((title, steps))
            continue
        if len(group) > 1:
            decision = guard_options(group, about, draft)
            group[0][1].insert(0, decision)
        group = []


def _below(
    section: Section, draft: PageDraft, *, aside: bool
) -> tuple[list[StepDraft], list[PhaseDraft]]:
    """The steps of a heading below a phase's, and its asides."""
    reader = SectionReader(section, draft, aside=aside)
    reader.read()
    steps, asides = reader.steps, reader.placing.asides
    _name_aside(section.title, steps, asides)
    said = [*reader.placing.lead, *reader.prose]
    if not steps:
        if section.topic in ("about", "contacts"):
            _sum_up(draft, section.title, said)
        elif said or not (reader.took or asides):
            step = _to_read(section.title, said)
            step.under = section.numbered
            return [step], asides
        elif not (asides or reader.is_summed_up or section.topic == "triggers"):
            _sum_up(draft, section.title, [])
        return [], asides
    steps[0].why[:0] = reader.placing.lead
    _named_alone(steps, section.title)
    if len(steps) > 1 or section.numbered:
        steps[0].under = section.numbered or section.title
    for step in steps:
        if step.title != section.title and step.why in ([], [step.lead]):
            step.why.insert(0, _sentence(section.title))
    told = (section.title, _sentence(section.title))
    if not any(each in told for step in steps for each in (step.title, *step.why)):
        steps[0].why.insert(0, _sentence(section.title))
    return steps, asides


def _sentence(title: str) -> str:
    """A heading where it stands among paragraphs."""
    return title if title.endswith(("?", "!", ".")) else f"{title}."


def _name_aside(
    title: str, steps: Sequence[StepDraft], asides: Sequence[PhaseDraft]
) -> None:
    """Let the heading be told where all that stands under it is on a condition."""
    if steps or not asides or not title:
        return
    first = asides[0]
    if len(asides) == 1 and len(first.steps) == 1 and first.steps[0].lead:
        first.title = title
        _named_alone(first.steps, title)
    elif not first.why:
        first.why.append(f"{title}.")


def _named_alone(steps: list[StepDraft], title: str) -> None:
    """A heading names the one step that it has; what its parts are is told then."""
    if len(steps) != 1 or not title or not (steps[0].run or steps[0].message):
        return
    step = steps[0]
    parts = "; ".join(step.parts)
    known = (title, parts, *step.why)
    is_new = step.title not in known and step.title not in step.run
    if step.title and is_new and not step.lead:
        step.why.insert(0, step.title)
    if parts and not step.shell:
        step.why.append("\n".join(f"- {part}" for part in step.parts))
    step.title = title


def _to_read(title: str, prose: list[str]) -> StepDraft:
    """A step for a heading that has no other: somebody reads it, and does it."""
    words = title or (prose[0] if prose else "")
    return StepDraft(title=words, manual=prose or [words], heading=title)


MOST_STEPS = 2000
"""No page that somebody follows has more; a list of data may."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What came of a page."""

    text: str
    """The runbook, as TOML."""
    comments: int
    """How many HTML comments of the page were left out."""


def convert(text: str, *, page: str, file: str, name: str) -> Imported:
    """The runbook that a page becomes.

    Args:
        text: the page.
        page: the name of its file.
        file: the name of the runbook's file.
        name: what the runbook's id is made of.

    Raises:
        RunbookError: there is nothing on the page, or too much.
    """
    try:
        read = parse_page(text)
    except PageTooLargeError as error:
        raise RunbookError(f"{page}: it {error}; split the page") from None
    draft = draft_of(read)
    steps = sum(len(phase.steps) for phase in draft.phases)
    if not steps:
        raise RunbookError(
            f"{page}: no step can be made of it; a page has headings, lists to tick "
            "and blocks of commands"
        )
    if steps > MOST_STEPS:
        words = f"makes {steps} steps, and {MOST_STEPS} are the most; split the page"
        raise RunbookError(f"{page}: it {words}")
    made = runbook_text(draft, page=page, file=file, name=name)
    if len(made.encode()) > MAX_BYTES:
        words = "makes a runbook of more than 1 MiB, which is none; split the page"
        raise RunbookError(f"{page}: it {words}")
    return Imported(text=made, comments=draft.comments)
