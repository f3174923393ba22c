"""What is left to do after an incident: whose it is, until when, and whether done.

The items are the steps of the runbook that looks back, which a person answers, and what
a person adds to them; what becomes of them is kept in the run's own record, beside the
untouched journal.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.review.drills import record_of
from mobius_tui.review.keeping import Said, change_table, text_of, time_of
from mobius_tui.review.told import ActionItem
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.events import RunBegan
from mobius_tui.run.follow import Follower
from mobius_tui.run.follow_up import path_of
from mobius_tui.run.record import ACTION_ITEMS as TABLE
from mobius_tui.run.runs import all_runs
from mobius_tui.run.state import RunState
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.model import Runbook, Step
from mobius_tui.runbook.model_action import Ask, Manual

LONGEST = 200
"""Characters of an owner's name, or of what is to be done; more is neither."""
OWN = "own:"
"""How the id of an item begins that a person has added: no step has such an id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checklist:
    """The items of a run, in the order of the runbook that looks back."""

    title: str
    """Of that runbook; empty where the run's own names none."""
    items: tuple[ActionItem, ...]
    problem: str = ""
    """Why the items of that runbook are not among them, in words."""

    def new(self) -> ActionItem:
        """One that a person adds."""
        used = [each.id.removeprefix(OWN) for each in self.items if is_own(each)]
        numbers = [int(each) for each in used if each.isdecimal()]
        return ActionItem(id=f"{OWN}{max(numbers, default=0) + 1}", title="")


def is_own(item: ActionItem) -> bool:
    """Whether a person has added it, so that they may call it otherwise, too."""
    return item.id.startswith(OWN)


def checklist(directory: RunDirectory, runbook: Runbook, path: str) -> Checklist:
    """All items of a run: what was kept of them, and else what was answered elsewhere.

    Args:
        directory: the run's.
        runbook: the run's; it may name the runbook that looks back.
        path: where the run's runbook lay when it began.
    """
    kept = {each.id: each for each in read(directory)}
    if runbook.review is None:
        return Checklist(title="", items=tuple(kept.values()))
    try:
        back = load(path_of(runbook.review, path))
    except (MobiusError, ValueError) as error:
        why = str(error).splitlines()[0]
        words = f"{runbook.review}, which lists more of them, cannot be read: {why}"
        return Checklist(title="", items=tuple(kept.values()), problem=words)
    answered = _answered(directory, back)
    items = []
    for step in _asking(back):
        item = kept.pop(step.id, None) or _item(step, answered)
        items.append(replace(item, title=step.title))
    return Checklist(title=back.title, items=(*items, *kept.values()))


def _asking(runbook: Runbook) -> Iterator[Step]:
    """The steps that want an owner."""
    for step in runbook.steps():
        if isinstance(step.action, Manual) and _var(step.action.ask, "owner"):
            yield step


def _var(asks: Sequence[Ask], what: str) -> str:
    return next((each.var for each in asks if each.var.endswith(f"_{what}")), "")


def _item(step: Step, answered: Mapping[str, str]) -> ActionItem:
    asks = step.action.ask if isinstance(step.action, Manual) else ()

    def said(what: str) -> str:
        return answered.get(_var(asks, what), "")

    return ActionItem(
        id=step.id,
        title=step.title,
        owner=said("owner"),
        due=said("due"),
        note=said("note"),
    )


def _answered(directory: RunDirectory, back: Runbook) -> Mapping[str, str]:
    """The answers of the newest run of the runbook that looks back on this run."""
    names = [name for name, each in back.variables.items() if each.run]
    for other in all_runs(directory.path.parent):
        if back.id not in other.id:
            continue
        try:
            state = Follower(other).state
        except MobiusError:
            continue
        if _is_about(state, names, directory.id):
            known = state.variables.items()
            return {name: each.text or "" for name, each in known}
    return {}


def _is_about(state: RunState, names: Sequence[str], run: str) -> bool:
    began = state.began
    texts = [state.variables[n].text for n in names if n in state.variables]
    return isinstance(began, RunBegan) and run in texts


def read(directory: RunDirectory) -> tuple[ActionItem, ...]:
    """The items that somebody has kept; what is none is left out."""
    found = record_of(directory).get(TABLE)
    if not isinstance(found, list):
        return ()
    return tuple(_decoded(each) for each in found if text_of(each, "id"))


def _decoded(said: Any) -> ActionItem:
    done = said.get("done")
    return ActionItem(
        id=text_of(said, "id"),
        title=text_of(said, "title"),
        owner=text_of(said, "owner"),
        due=text_of(said, "due"),
        note=text_of(said, "note"),
        done=done is True,
        by=text_of(said, "by"),
    )


def keep(directory: RunDirectory, item: ActionItem, *, by: str, now: float) -> None:
    """Keep what became of an item, in place of what was kept of it before.

    Args:
        directory: the run's.
        item: as it is to be.
        by: who says so.
        now: seconds since 1970.

    Raises:
        UsageError: it is due on no day, says nothing, or is too long.
        RunError: the run is not over, or its record cannot be read or written.
    """
    if len(item.owner) > LONGEST:
        raise UsageError(f"an owner's name has {LONGEST} characters at most")
    if not item.title.strip() or len(item.title) > LONGEST:
        raise UsageError(f"say what is to be done, in {LONGEST} characters at most")
    if item.due and not _is_day(item.due):
        raise UsageError(f"{item.due!r} is no day; write it as 2026-11-30")
    said: Said = {
        "id": item.id,
        "title": item.title,
        "owner": item.owner,
        "due": item.due,
        "note": item.note,
        "done": item.done,
        "by": by,
        "written": time_of(now),
    }
    change_table(
        directory,
        TABLE,
        lambda old: [*(e for e in old if text_of(e, "id") != item.id), said],
    )


def _is_day(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
