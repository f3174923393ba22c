"""The sections of a page by its headings, and the topic of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct, field

from mobius_tui.runbook.page.page_blocks import Block, PageHeading
from mobius_tui.runbook.page.page_drafts import is_option
from mobius_tui.runbook.page.sentence_rules import is_conditional

Topic = Literal["contacts", "triggers", "criteria", "messages", "about", ""]
"""The topic of a section, as far as it affects the conversion."""

AsideRule = Literal["aside", "takes-back", ""]
"""Why a heading is not part of every run:

- `aside`: it is about trouble, the way back, or something besides;
- `takes-back`: it deletes what a heading before it makes.
"""

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
"""The outline number of a heading: `0.`, `2.`, `2.10`, `10.1.` or `3)`.

Without words after it, or with a `0` among several parts, it is a version number.
"""
_ASIDE = re.compile(
    r"\b(?:(fail)(?:s|ed|ing|ures?)?|(disaster)|(quick reference)|(appendix)|"
    r"(troubleshoot)\w*|(emergenc)\w*|(tear)[ -]?(?:ing )?down|(uninstall)\w*|"
    r"(roll)[ -]?(?:ing )?back|(back)(?:ing)?[ -]?out|(revert)\w*|(undo)\w*|"
    r"known (issue)s?|common (problem)s|(contingenc)\w*|faqs?|"
    r"(?:goes|went) (wrong)|(abort)\w*|(decommission)\w*)\b",
    re.IGNORECASE,
)
"""Headings of instructions that are not part of every run."""
_MAKES = re.compile(
    r"(?:creat|install|deploy|set(?:ting)?[ -]?up|add|launch|provision|bootstrap|start|"
    r"build|get(?:ting)? started|enabl|mak)",
    re.IGNORECASE,
)
"""How a heading begins under which something is made."""
_TAKES_BACK = re.compile(
    r"(delet|remov|destroy|clean(?:ing)?[ -]?up|purg|terminat|unprovision|disabl)",
    re.IGNORECASE,
)
"""How one begins that takes it back."""


class Section(Struct, kw_only=True):
    """The blocks under one heading, without those under its subheadings."""

    title: str
    topic: Topic
    level: int = 0
    numbered_title: str = ""
    """The heading with its outline number, if it has one."""
    line: int = 0
    """The line of the heading, from 1."""
    rule: AsideRule = ""
    """The rule by which it is not part of every run."""
    blocks: list[Block] = field(default_factory=list)


class Chapter(Struct, kw_only=True):
    """A heading with its subheadings, which becomes a phase."""

    sections: list[Section]
    """The chapter's own section first."""
    aside: bool = False


class PageOutline(Struct, frozen=True, kw_only=True):
    """A page in chapters."""

    title: str
    """Empty if the page has none."""
    preamble: Section
    """The blocks before the first chapter."""
    chapters: tuple[Chapter, ...]


def topic_of(title: str) -> Topic:
    """The topic of a section by its heading."""
    begin = title[:200]
    for topic, pattern in _TOPICS:
        if re.search(pattern, begin, re.IGNORECASE):
            return topic
    return ""


def unnumbered(title: str) -> str:
    """A heading without its outline number: the checklist has its own numbers."""
    match = _NUMBER.match(title)
    return title[match.end() :] if match is not None else title


def aside_rule(title: str, page_title: str, *, is_after_making: bool) -> AsideRule:
    """Why a heading is about what is not part of every run; empty if it is not.

    Args:
        title: the heading.
        page_title: the page's title; its own subject is no aside.
        is_after_making: whether a heading before it makes something.
    """
    if is_aside(title, page_title):
        return "aside"
    match = _TAKES_BACK.match(title)
    is_subject = match is None or match[1][:5].lower() in page_title.lower()
    return "takes-back" if is_after_making and not is_subject else ""


def is_aside(title: str, page_title: str) -> bool:
    """Whether a heading is about what is not part of every run.

    That is what is done if something went wrong, and appendices and the like. What is
    done on a condition that the heading says is none: the condition is asked there.

    Args:
        title: the heading.
        page_title: the page's title; its own subject is no aside.
    """
    if is_option(title) or is_conditional(title):
        return False
    for match in _ASIDE.finditer(title[:200]):
        stem = next(filter(None, match.groups()), match[0])
        if stem.lower() not in page_title.lower():
            return True
    return False


def outline_page(blocks: Sequence[Block], title: str = "") -> PageOutline:
    """The chapters of a page.

    A single heading of the highest level is the page's title, and those one level below
    begin the chapters; if several have the highest level, these do. A section for what
    is only done if something went wrong is a chapter of its own, after the one it is
    in.

    Args:
        blocks: the blocks of the page.
        title: the title in the front matter, if any.
    """
    headings = [block for block in blocks if isinstance(block, PageHeading)]
    top: PageHeading | None = None
    level = min((each.level for each in headings), default=0)
    highest = [each for each in headings if each.level == level]
    if len(highest) == 1 and headings[0].level == level:
        top = headings[0]
        level = min((each.level for each in headings[1:]), default=0)
    page = f"{title} {top.text if top is not None else ''}"
    builder = _OutlineBuilder(level, page)
    for block in blocks:
        if isinstance(block, PageHeading):
            if block is not top:
                builder.heading(block)
        else:
            builder.section.blocks.append(block)
    return PageOutline(
        title=top.text if top is not None else "",
        preamble=builder.preamble,
        chapters=tuple(builder.chapters),
    )


class _OutlineBuilder:
    """Builds the chapters from the headings, in one pass."""

    def __init__(self, level: int, page_title: str) -> None:
        self.preamble = self.section = Section(title="", topic="about")
        self.chapters: list[Chapter] = []
        self._level = level
        self._page_title = page_title
        self._chapter: Chapter | None = None
        """The present chapter of the main outline."""
        self._aside_chapter: Chapter | None = None
        """The present aside chapter within it."""
        self._is_after_making = False
        """Whether a heading was about making something."""

    def heading(self, block: PageHeading) -> None:
        """Begin the section of a heading."""
        name = unnumbered(block.text)
        rule: AsideRule = ""
        if self._aside_chapter and block.level <= self._aside_chapter.sections[0].level:
            self._aside_chapter = None
        if block.level <= self._level or self._chapter is None:
            self._aside_chapter = None
            rule = self._aside_rule(block, name)
            target = self._chapter = Chapter(sections=[], aside=bool(rule))
            self.chapters.append(target)
        elif self._aside_chapter is not None:
            target = self._aside_chapter
        elif self._may_have_aside() and (rule := self._aside_rule(block, name)):
            target = self._aside_chapter = Chapter(sections=[], aside=True)
            self.chapters.append(target)
        else:
            target = self._chapter
        self._begin_section(block, name, target)
        self.section.rule = rule
        self._is_after_making |= _MAKES.match(name) is not None

    def _aside_rule(self, block: PageHeading, name: str) -> AsideRule:
        """Why a heading is an aside; one with a number is a step of a sequence."""
        is_after_making = self._is_after_making and block.text == name
        return aside_rule(name, self._page_title, is_after_making=is_after_making)

    def _may_have_aside(self) -> bool:
        """Whether the chapter may contain an aside: not if it has a topic."""
        chapter = self._chapter
        return (
            chapter is not None and not chapter.aside and not chapter.sections[0].topic
        )

    def _begin_section(self, block: PageHeading, name: str, target: Chapter) -> None:
        above: Topic = target.sections[0].topic if target.sections else ""
        topic = topic_of(name) or above
        self.section = Section(
            title=name, topic=topic, level=block.level, line=block.line
        )
        self.section.numbered_title = block.text if block.text != name else ""
        target.sections.append(self.section)
