"""Decisions: where a page tells several ways to do one thing, a person takes one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mobius_tui.runbook.page.page_drafts import (
    LONGEST_TITLE,
    PageDraft,
    PhaseDraft,
    StepDraft,
)
from mobius_tui.runbook.text.names import slug, variable_name

_OPTION = re.compile(
    r"(?:option|method|approach|alternative|variant|way|scenario|case|choice|solution)"
    r"[ \t]*#?[ \t]*(?:\d{1,2}|[A-H])\b",
    re.IGNORECASE,
)
"""Headings of which one is followed, and not the others."""


def first_command(script: str) -> str:
    """The first line of a script that is no comment, and begins no here-document."""
    lines = [line.strip() for line in script.split("\n")]
    lines = [line for line in lines if line and line[0] != "#"]
    return next((line for line in lines if "<<" not in line), "".join(lines[:1]))


def is_option(title: str) -> bool:
    """Whether a heading is one of several ways: `Option 2: from the snapshot`."""
    return _OPTION.match(title) is not None


def decision_step(about: str, titles: Sequence[str], draft: PageDraft) -> StepDraft:
    """The step in which one of several ways is taken."""
    short = " ".join(about.split()[:4])
    var = variable_name(f"{short} way", "way", draft.names)
    draft.names.add(var)
    which = f"{', '.join(titles[:-1])} or {titles[-1]}?"
    title = f"{about}: {which}" if about else which
    if len(title) > LONGEST_TITLE:
        title = f"{about}: which way?" if about else "Which way?"
    return StepDraft(
        title=title,
        choose=var,
        options={option_value(title, titles): title for title in titles},
    )


def option_value(title: str, titles: Sequence[str]) -> str:
    """The value that stands for one of several ways."""
    slugs = [slug(each) for each in titles]
    at = list(titles).index(title)
    if slugs[at] and slugs.count(slugs[at]) == 1:
        return slugs[at]
    return f"way-{at + 1}"


def guard_options(
    ways: Sequence[tuple[str, Sequence[StepDraft]]], about: str, draft: PageDraft
) -> StepDraft:
    """The decision between ways, whose steps then apply only where theirs is taken.

    Args:
        ways: what each is called, each once, and its steps.
        about: what the decision is about.
        draft: the whole, for names that are taken.
    """
    titles = tuple(title for title, _ in ways)
    decision = decision_step(about, titles, draft)
    for title, steps in ways:
        for step in steps:
            step.when[decision.choose] = option_value(title, titles)
            step.way = title
    return decision


def decide_alternatives(phase: PhaseDraft, draft: PageDraft) -> None:
    """Make decisions of steps that are other ways to do what the one before does."""
    found: list[StepDraft] = []
    at = 0
    while at < len(phase.steps):
        group = _group(phase.steps, at)
        ways = {step.title or first_command(step.run): [step] for step in group}
        if len(ways) > 1 and len(ways) == len(group) and "" not in ways:
            before = dict(group[0].when)
            decision = guard_options([*ways.items()], group[0].heading, draft)
            decision.when, decision.heading = before, group[0].heading
            found.append(decision)
        found += group
        at += len(group)
    phase.steps[:] = found


def _group(steps: Sequence[StepDraft], at: int) -> list[StepDraft]:
    """A step, and those after it that are other ways to do the same."""
    first = steps[at]
    group = [first]
    if first.choose or first.message:
        return group
    for step in steps[at + 1 :]:
        same = step.when == first.when and step.heading == first.heading
        kind = step.other_way
        if not same or not kind or (kind == "one of" and first.other_way != kind):
            break
        group.append(step)
    return group
