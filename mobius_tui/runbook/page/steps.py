"""From the sections of a page to the phases and steps of a runbook.

Nothing that the page says is dropped: what is no step of its own is told with one, with
its phase, or in the summary.
"""

from __future__ import annotations

import re

from mobius_tui.runbook.page.blocks import Fence, Item, Page
from mobius_tui.runbook.page.drafts import Draft, PhaseDraft, StepDraft
from mobius_tui.runbook.page.section_steps import SectionReader
from mobius_tui.runbook.page.sections import Chapter, Outline, Section, outline

_PLAINLY = re.compile(r"overview|introduction|about|summary|purpose|descr", re.I)
"""Headings that need not stand above a summary."""


def draft_of(page: Page) -> Draft:
    """What a page becomes."""
    draft = Draft(comments=page.comments)
    draft.front = [line for line in draft.facts.take(page.front) if line.strip()]
    told = outline(page.blocks)
    draft.title = draft.facts.title or told.title
    for chapter in _chapters(told):
        phase = _phase(chapter, draft)
        if phase.steps:
            draft.phases.append(phase)
        else:
            _sum_up(draft, phase.title, phase.why)
    return draft


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
    """Tell in the summary what has no other place."""
    if paragraphs:
        if title and not _PLAINLY.match(title) and title != draft.title:
            draft.summary.append(f"## {title}")
        draft.summary += paragraphs


def _phase(chapter: Chapter, draft: Draft) -> PhaseDraft:
    own, *below = chapter.sections
    phase = PhaseDraft(title=own.title)
    reader = SectionReader(own, draft)
    reader.read()
    if reader.steps:
        phase.steps += reader.steps
        phase.why = reader.lead
    elif below or reader.took or own.topic == "about":
        phase.why = [*reader.lead, *reader.prose]
    elif own.title or reader.prose:
        phase.steps.append(_to_read(own.title, reader.prose))
    if not below:
        _named_alone(phase.steps, phase.title)
    for section in below:
        phase.steps += _below(section, draft)
    return phase


def _below(section: Section, draft: Draft) -> list[StepDraft]:
    """The steps of a heading below a phase's."""
    reader = SectionReader(section, draft)
    reader.read()
    title = section.title
    steps = reader.steps
    if not steps:
        if section.topic == "about":
            _sum_up(draft, title, reader.prose)
            return []
        if reader.took and not reader.prose:
            return []
        return [_to_read(section.title, reader.prose)]
    steps[0].why[:0] = reader.lead
    _named_alone(steps, title)
    if len(steps) > 1:
        steps[0].under = title
    for step in steps:
        if not step.why and step.title != title:
            step.why.append(f"{title}.")
    return steps


def _named_alone(steps: list[StepDraft], title: str) -> None:
    """A heading names the one step that it has; what its parts are is told then."""
    if len(steps) != 1 or not title or not (steps[0].run or steps[0].message):
        return
    step = steps[0]
    parts = "; ".join(step.parts)
    if step.title not in (title, parts, *step.why) and step.title not in step.run:
        step.why.insert(0, step.title)
    if parts:
        step.why.append("\n".join(f"- {part}" for part in step.parts))
    step.title = title


def _to_read(title: str, prose: list[str]) -> StepDraft:
    """A step for a heading that has no other: somebody reads it, and does it."""
    words = title or (prose[0] if prose else "")
    return StepDraft(title=words, manual=prose or [words])
