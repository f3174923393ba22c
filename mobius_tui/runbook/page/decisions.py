"""Decisions between several ways that a page gives to do one thing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mobius_tui.runbook.page.page_drafts import (
    MAX_TITLE_CHARACTERS,
    PageDraft,
    PhaseDraft,
    StepDraft,
)
from mobius_tui.runbook.text.names import id_from_text, new_variable_name

_OPTION = re.compile(
    r"(?:option|method|approach|alternative|variant|way|scenario|case|choice|solution)"
    r"[ \t]*#?[ \t]*(?:\d{1,2}|[A-H])\b",
    re.IGNORECASE,
)
"""Headings of options, of which one is chosen."""


def first_command(script: str) -> str:
    """The first line of a script that is neither a comment nor a here-document."""
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
            step.when[decision.choose] = option_value(title, titles)
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
