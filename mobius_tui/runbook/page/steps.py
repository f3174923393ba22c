"""From the sections of a page to the phases and steps of a runbook.

Nothing that the page says is dropped: what is no step of its own is told with one, with
its phase, or in the summary.
"""

from __future__ import annotations

from collections.abc import Sequence

from mobius_tui.runbook.page.blocks import Fence, Grid, Item, Page, Words
from mobius_tui.runbook.page.drafts import Draft, PhaseDraft, StepDraft
from mobius_tui.runbook.page.filling import fill_in
from mobius_tui.runbook.page.section_steps import SectionReader
from mobius_tui.runbook.page.sections import (
    Chapter,
    Outline,
    Section,
    outline,
    topic_of,
)
from mobius_tui.runbook.page.tables import lines_of
from mobius_tui.runbook.page.titles import settle
from mobius_tui.runbook.page.ways import guard, is_option, take_either


def draft_of(page: Page) -> Draft:
    """What a page becomes."""
    draft = Draft(comments=page.comments)
    draft.front = [line for line in draft.facts.take(page.front) if line.strip()]
    told = outline(page.blocks, draft.facts.title)
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
        take_either(phase, draft)
        settle(phase)
    return draft


def _words(page: Page) -> str:
    """The words of a page."""
    found: list[str] = []
    for block in page.blocks:
        match block:
            case Grid():
                found += lines_of(block)
            case Words() | Item() | Fence():
                found.append(block.text)
            case _:
                pass
    return "\n".join(found)


def _chapters(told: Outline) -> tuple[Chapter, ...]:
    """The chapters, and what stands before them as one."""
    before = told.before
    if any(isinstance(block, Item | Fence) for block in before.blocks):
        before.topic = ""
    if not before.blocks and (told.chapters or not told.title):
        return told.chapters
    if not told.chapters:
        before.topic = ""
    before.title = told.title
    return (Chapter(sections=[before]), *told.chapters)


def _sum_up(draft: Draft, title: str, paragraphs: list[str]) -> None:
    """Tell in the summary what has no other place; of people there are tables."""
    if paragraphs or (title and topic_of(title) != "contacts"):
        draft.sum_up(title, paragraphs)


def _phases(chapter: Chapter, draft: Draft) -> list[PhaseDraft]:
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
    made: Sequence[tuple[str, list[StepDraft]]], draft: Draft, about: str
) -> None:
    """Make a decision of headings that follow one another, and are ways to choose."""
    group: list[tuple[str, list[StepDraft]]] = []
    for title, steps in (*made, ("", [])):
        if is_option(title) and title not in dict(group):
            if steps:
                group.append((title, steps))
            continue
        if len(group) > 1:
            decision = guard(group, about, draft)
            group[0][1].insert(0, decision)
        group = []


def _below(
    section: Section, draft: Draft, *, aside: bool
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
