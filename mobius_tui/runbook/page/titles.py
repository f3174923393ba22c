"""What steps are called: in a phase no two alike, and nothing of a title is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mobius_tui.runbook.page.drafts import LONGEST_TITLE, PhaseDraft, StepDraft, cut
from mobius_tui.runbook.page.ways import first_command

_WORD = re.compile(r"\w+")


def settle(phase: PhaseDraft) -> None:
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
    if not step.manual and step.lead in step.why and _words(step.lead) == _words(title):
        step.why.remove(step.lead)
    elif not any(_says(each, said) for each in (title, *_texts(step))):
        step.why.insert(0, said)


def _texts(step: StepDraft) -> tuple[str, ...]:
    """What a step says beside its title."""
    return (*step.why, *step.manual, step.run, step.message)


def _says(text: str, said: str) -> bool:
    """Whether the words of one text stand in another one, in a row."""
    return f" {' '.join(_words(said))} " in f" {' '.join(_words(text))} "


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
