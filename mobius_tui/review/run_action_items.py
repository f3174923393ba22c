"""The action items of a run: what is to be done afterwards, by whom, until when.

They are the steps of the review runbook (the `review` of the run's runbook) that ask
for an owner, and those that a person adds. Their state is stored in the record of the
run, `record.toml`; the journal stays as it is.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from mobius_tui.errors import MobiusError, UsageError
from mobius_tui.review.run_annotations import (
    RecordEntry,
    change_record_table,
    entry_text,
    entry_time,
)
from mobius_tui.review.run_report import ActionItem, AddedItemId, StepItemId
from mobius_tui.run.client.follow_up import review_path
from mobius_tui.run.events.run_events import RunBegan
from mobius_tui.run.journal.follower import Follower
from mobius_tui.run.planning.plan import Plan
from mobius_tui.run.records.record_file import ACTION_ITEMS_TABLE as TABLE
from mobius_tui.run.records.record_file import read_record_or_empty
from mobius_tui.run.state.run_state import RunState
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import runs_of
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.actions import Ask, Manual
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.structs import replace

MAX_ACTION_ITEM_TEXT = 200
"""The most characters of an owner's name, or of what is to be done."""
_ADDED_ID = re.compile(r"own:([1-9][0-9]{0,99})")
"""The text of the id of an item that a person has added."""


class ActionItemList(Struct, frozen=True, kw_only=True):
    """The items of a run, in the order of the review runbook."""

    title: str
    """The review runbook's title; empty if the run's runbook names none."""
    items: tuple[ActionItem, ...]
    problem: str = ""
    """Why the items of the review runbook are missing, in words."""

    def new(self) -> ActionItem:
        """A new, empty item with the next free id, for a person to fill in."""
        added = [each.id for each in self.items if isinstance(each.id, AddedItemId)]
        last = max((each.number for each in added), default=0)
        return ActionItem(id=AddedItemId(last + 1), title="")


def action_item_list(
    directory: RunDirectory, runbook: Runbook, path: str
) -> ActionItemList:
    """All items of a run: as stored, else as answered in a run of the review runbook.

    Args:
        directory: the run's.
        runbook: the run's; it may name a review runbook.
        path: the path that the run's runbook had when the run began.
    """
    stored = {each.id: each for each in read_action_items(directory)}
    if runbook.review is None:
        return ActionItemList(title="", items=tuple(stored.values()))
    try:
        review_runbook = Plan(load(review_path(runbook.review, path))).runbook
    except (MobiusError, ValueError) as error:
        why = str(error).splitlines()[0]
        words = f"{runbook.review}, which lists more of them, cannot be read: {why}"
        return ActionItemList(title="", items=tuple(stored.values()), problem=words)
    answered = _answered(directory, review_runbook)
    items = []
    for step in _steps_with_owner(review_runbook):
        item = stored.pop(StepItemId(step.id), None) or _item(step, answered)
        items.append(replace(item, title=step.title))
    return ActionItemList(title=review_runbook.title, items=(*items, *stored.values()))


def _steps_with_owner(runbook: Runbook) -> Iterator[Step]:
    """The steps that ask a person for a variable whose name ends in `_owner`."""
    for step in runbook.steps():
        if isinstance(step.action, Manual) and _variable_with_suffix(
            step.action.ask, "owner"
        ):
            yield step


def _variable_with_suffix(asks: Sequence[Ask], what: str) -> str:
    return next((each.var for each in asks if each.var.endswith(f"_{what}")), "")


def _item(step: Step, answered: Mapping[str, str]) -> ActionItem:
    asks = step.action.ask if isinstance(step.action, Manual) else ()

    def answer(what: str) -> str:
        return answered.get(_variable_with_suffix(asks, what), "")

    return ActionItem(
        id=StepItemId(step.id),
        title=step.title,
        owner=answer("owner"),
        due=answer("due"),
        note=answer("note"),
    )


def _answered(directory: RunDirectory, review_runbook: Runbook) -> Mapping[str, str]:
    """The variables of the newest run of the review runbook that is about this run."""
    names = [name for name, each in review_runbook.variables.items() if each.run]
    for other in runs_of(directory.path.parent, review_runbook.id):
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


def read_action_items(directory: RunDirectory) -> tuple[ActionItem, ...]:
    """The items in the record of a run; entries that are no items are left out."""
    found = read_record_or_empty(directory).get(TABLE)
    if not isinstance(found, list):
        return ()
    return tuple(_decoded(each) for each in found if entry_text(each, "id"))


def _decoded(entry: Any) -> ActionItem:
    done = entry.get("done")
    id_text = entry_text(entry, "id")
    added = _ADDED_ID.fullmatch(id_text)
    return ActionItem(
        id=AddedItemId(int(added[1])) if added else StepItemId(id_text),
        title=entry_text(entry, "title"),
        owner=entry_text(entry, "owner"),
        due=entry_text(entry, "due"),
        note=entry_text(entry, "note"),
        done=done is True,
        by=entry_text(entry, "by"),
    )


def store_action_item(
    directory: RunDirectory, item: ActionItem, *, by: str, now: float
) -> None:
    """Store an item in the record of a run, in place of its earlier state.

    Args:
        directory: the run's.
        item: its new state.
        by: who changed it.
        now: seconds since 1970.

    Raises:
        UsageError: `due` is no day, the title is empty, or a text is too long.
        RunError: the run is not over, or its record cannot be read or written.
    """
    if len(item.owner) > MAX_ACTION_ITEM_TEXT:
        raise UsageError(
            f"an owner's name has {MAX_ACTION_ITEM_TEXT} characters at most"
        )
    if not item.title.strip() or len(item.title) > MAX_ACTION_ITEM_TEXT:
        raise UsageError(
            f"say what is to be done, in {MAX_ACTION_ITEM_TEXT} characters at most"
        )
    if item.due and not is_day(item.due):
        raise UsageError(f"{item.due!r} is no day; write it as 2026-11-30")
    said: RecordEntry = {
        "id": str(item.id),
        "title": item.title,
        "owner": item.owner,
        "due": item.due,
        "note": item.note,
        "done": item.done,
        "by": by,
        "written": entry_time(now),
    }
    change_record_table(
        directory,
        TABLE,
        lambda old: [*(e for e in old if entry_text(e, "id") != said["id"]), said],
    )


def is_day(text: str) -> bool:
    """Whether a text is a day as `2026-11-30`, the one form that sorts by time."""
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
