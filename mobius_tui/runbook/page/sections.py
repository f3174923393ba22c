"""The sections of a page: what stands under which heading, and what that is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from mobius_tui.runbook.page.blocks import Block, Heading

Topic = Literal["contacts", "triggers", "criteria", "messages", "about", ""]
"""What a section is about, as far as that decides what becomes of it."""

_CONTACTS = (
    r"\bcontacts\b|\bcontact (list|info\w*|details|persons?|matrix)\b|"
    r"\bwho to (call|contact)\b|\bescalation (list|path|matrix)\b|"
    r"\bphone (list|numbers?)\b"
)
_MESSAGES = (
    r"\bcommunications?\b|\bmessages?\b|\btemplates?\b|\bannounce\w*|"
    r"\bnotifications?\b|\bstatus updates?\b|\bemails?\b"
)
_ABOUT = (
    r"^(overview|introduction|about|summary|purpose|scope|background|abstract|"
    r"description|preface|references?|see also|related \w+|glossary|changelog|"
    r"revision history|table of contents|contents)\b"
)
_TOPICS: tuple[tuple[Topic, str], ...] = (
    ("contacts", _CONTACTS),
    ("triggers", r"\btriggers\b|\btrigger (conditions?|criteria|rules?)\b"),
    ("criteria", r"\bindicators?\b|\bcriteria\b|\bsymptoms?\b|\bsigns\b|^when to\b"),
    ("messages", _MESSAGES),
    ("about", _ABOUT),
)
_NUMBER = re.compile(r"(?:\d{1,3}\.)+(?:\d{1,3})?[ \t]+(?=\S)|\d{1,3}\)[ \t]+(?=\S)")


@dataclass(kw_only=True, slots=True)
class Section:
    """What stands under one heading, without what stands under those below it."""

    title: str
    topic: Topic
    blocks: list[Block] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Chapter:
    """What becomes a phase: a heading, and those below it."""

    sections: list[Section]
    """The chapter's own first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """A page in chapters."""

    title: str
    """Empty where the page has none."""
    before: Section
    """What stands before the first chapter."""
    chapters: tuple[Chapter, ...]


def topic_of(title: str) -> Topic:
    """What a heading says that its section is about."""
    begin = title[:200]
    for topic, pattern in _TOPICS:
        if re.search(pattern, begin, re.IGNORECASE):
            return topic
    return ""


def unnumbered(title: str) -> str:
    """A heading without its number: the checklist gives its own."""
    return _NUMBER.sub("", title, count=1)


def outline(blocks: Sequence[Block]) -> Outline:
    """The chapters of a page.

    One heading above all others is the page's title, and those right below it begin
    the chapters; where several are the highest, they do.
    """
    headings = [block for block in blocks if isinstance(block, Heading)]
    title: Heading | None = None
    level = min((each.level for each in headings), default=0)
    highest = [each for each in headings if each.level == level]
    if len(highest) == 1 and headings[0].level == level:
        title = headings[0]
        level = min((each.level for each in headings[1:]), default=0)
    before = Section(title="", topic="about")
    chapters: list[Chapter] = []
    section = before
    for block in blocks:
        if block is title:
            continue
        if not isinstance(block, Heading):
            section.blocks.append(block)
            continue
        above: Topic = chapters[-1].sections[0].topic if chapters else ""
        if block.level <= level or not chapters:
            chapters.append(Chapter(sections=[]))
            above = ""
        name = unnumbered(block.text)
        section = Section(title=name, topic=topic_of(name) or above)
        chapters[-1].sections.append(section)
    return Outline(
        title=title.text if title is not None else "",
        before=before,
        chapters=tuple(chapters),
    )
