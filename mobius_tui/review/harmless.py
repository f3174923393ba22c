"""What a run says of people and steps, with every text in it made harmless. Pure.

Kinds, ids and moments stay as they are: they are the program's own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TypeAlias, TypeVar

from mobius_tui.review.told import (
    ActionItem,
    Annotation,
    Decided,
    Deviation,
    Happening,
    Noted,
    ToldProbe,
)

One: TypeAlias = Callable[[str], str]
"""Makes one line of text harmless."""
Said = TypeVar("Said", Deviation, Noted)
WIDTH = 240
"""Characters of a line of the timeline."""


def told(found: Iterable[Said], one: One) -> Iterator[Said]:
    """Deviations, or the notes that were made during the run."""
    for each in found:
        yield replace(each, name=one(each.name), by=one(each.by), text=one(each.text))


def timeline(found: Iterable[Happening], one: One) -> Iterator[Happening]:
    """Its lines; the whole of one that is cut stands with its step, or its note."""
    for each in found:
        text = one(each.text)
        if len(text) > WIDTH:
            text = f"{text[: WIDTH - 1]}…"
        yield replace(each, by=one(each.by), text=text)


def probes(found: Iterable[ToldProbe], one: One) -> Iterator[ToldProbe]:
    """The probes, which the runbook names."""
    for each in found:
        yield replace(each, id=one(each.id), title=one(each.title))


def decisions(found: Iterable[Decided], one: One) -> Iterator[Decided]:
    """The decisions, and why."""
    for each in found:
        yield replace(
            each,
            by=one(each.by),
            name=one(each.name),
            chosen=tuple(map(one, each.chosen)),
            reason=one(each.reason),
        )


def annotated(found: Iterable[Annotation], one: One) -> Iterator[Annotation]:
    """The notes that were made afterwards."""
    for each in found:
        yield replace(each, by=one(each.by), text=one(each.text), step=one(each.step))


def action_items(found: Iterable[ActionItem], one: One) -> Iterator[ActionItem]:
    """What somebody is to do after the run."""
    for each in found:
        yield replace(
            each,
            title=one(each.title),
            owner=one(each.owner),
            due=one(each.due),
            note=one(each.note),
            by=one(each.by),
        )
