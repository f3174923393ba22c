"""The sections of a page: what stands under which heading, and what that is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from mobius_tui.runbook.page.decisions import is_option
from mobius_tui.runbook.page.lead_sentences import is_condition
from mobius_tui.runbook.page.page_blocks import Block, PageHeading

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
    r"revision history|table of contents|contents|meaning|impact|context|motivation|"
    r"further (reading|information)|links|resources|additional \w+|terminology|"
    r"definitions?|architecture|how it works|mental model|notes?|authors?|license)\b"
)
_TOPICS: tuple[tuple[Topic, str], ...] = (
    ("contacts", _CONTACTS),
    ("triggers", r"\btriggers\b|\btrigger (conditions?|criteria|rules?)\b"),
    ("criteria", r"\bindicators?\b|\bcriteria\b|\bsymptoms?\b|\bsigns\b|^when to\b"),
    ("messages", _MESSAGES),
    ("about", _ABOUT),
)
_NUMBER = re.compile(
    r"(?:(?:0|(?:[1-9]\d?\.)*[1-9]\d?)\.|(?:[1-9]\d?\.)+[1-9]\d?)"
    r"[ \t]+(?=[^\W\d]|[\"'<])|\d{1,3}\)[ \t]+(?=\S)"
)
"""The number of a heading in an outline; before no words, or with a zero in it, it is
one of a version."""
_ASIDE = re.compile(
    r"\b(?:(fail)(?:s|ed|ing|ures?)?|(disaster)|(quick reference)|(appendix)|"
    r"(troubleshoot)\w*|(emergenc)\w*|(tear)[ -]?(?:ing )?down|(uninstall)\w*|"
    r"(roll)[ -]?(?:ing )?back|(back)(?:ing)?[ -]?out|(revert)\w*|(undo)\w*|"
    r"known (issue)s?|common (problem)s|(contingenc)\w*|faqs?|"
    r"(?:goes|went) (wrong)|(abort)\w*|(decommission)\w*)\b",
    re.IGNORECASE,
)
"""Headings of what nobody does each time."""


@dataclass(kw_only=True, slots=True)
class Section:
    """What stands under one heading, without what stands under those below it."""

    title: str
    topic: Topic
    level: int = 0
    numbered: str = ""
    """The heading with its number, where it has one."""
    blocks: list[Block] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Chapter:
    """What becomes a phase: a heading, and those below it."""

    sections: list[Section]
    """The chapter's own first."""
    aside: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class PageOutline:
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
    match = _NUMBER.match(title)
    return title[match.end() :] if match is not None else title


def is_aside(title: str, page: str) -> bool:
    """Whether a heading is about what is only done where something went wrong.

    Args:
        title: the heading.
        page: the page's title; what the whole page is about is its main line.
    """
    if is_option(title):
        return False
    for match in _ASIDE.finditer(title[:200]):
        stem = next(filter(None, match.groups()), match[0])
        if stem.lower() not in page.lower():
            return True
    return is_condition(title)


def outline_page(blocks: Sequence[Block], title: str = "") -> PageOutline:
    """The chapters of a page.

    One heading above all others is the page's title, and those right below it begin
    the chapters; where several are the highest, they do. What is only done where
    something went wrong is a chapter of its own, behind the one that it stands in.

    Args:
        blocks: those of the page.
        title: what the page calls itself, if it does before its first heading.
    """
    headings = [block for block in blocks if isinstance(block, PageHeading)]
    top: PageHeading | None = None
    level = min((each.level for each in headings), default=0)
    highest = [each for each in headings if each.level == level]
    if len(highest) == 1 and headings[0].level == level:
        top = headings[0]
        level = min((each.level for each in headings[1:]), default=0)
    page = f"{title} {top.text if top is not None else ''}"
    maker = _OutlineBuilder(level, page)
    for block in blocks:
        if isinstance(block, PageHeading):
            if block is not top:
                maker.heading(block)
        else:
            maker.section.blocks.append(block)
    return PageOutline(
        title=top.text if top is not None else "",
        before=maker.before,
        chapters=tuple(maker.chapters),
    )


class _OutlineBuilder:
    """One walk over the headings."""

    def __init__(self, level: int, page: str) -> None:
        self.before = self.section = Section(title="", topic="about")
        self.chapters: list[Chapter] = []
        self._level = level
        self._page = page
        self._chapter: Chapter | None = None
        """The one of the main outline."""
        self._within: Chapter | None = None
        """The aside within it."""

    def heading(self, block: PageHeading) -> None:
        """A heading, and the section that it begins."""
        name = unnumbered(block.text)
        if self._within and block.level <= self._within.sections[0].level:
            self._within = None
        if block.level <= self._level or self._chapter is None:
            self._within = None
            aside = is_aside(name, self._page)
            target = self._chapter = Chapter(sections=[], aside=aside)
            self.chapters.append(target)
        elif self._within is not None:
            target = self._within
        elif self._may_split() and is_aside(name, self._page):
            target = self._within = Chapter(sections=[], aside=True)
            self.chapters.append(target)
        else:
            target = self._chapter
        self._begin(block, name, target)

    def _may_split(self) -> bool:
        """Whether an aside may stand in the chapter: not among messages, say."""
        chapter = self._chapter
        return (
            chapter is not None and not chapter.aside and not chapter.sections[0].topic
        )

    def _begin(self, block: PageHeading, name: str, target: Chapter) -> None:
        above: Topic = target.sections[0].topic if target.sections else ""
        topic = topic_of(name) or above
        self.section = Section(title=name, topic=topic, level=block.level)
        self.section.numbered = block.text if block.text != name else ""
        target.sections.append(self.section)
