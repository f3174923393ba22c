"""What is left to do after an incident: the list, and one item of it."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace

from rich.cells import cell_len
from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option

from mobius_tui import sanitize
from mobius_tui.review.action_items import Checklist, is_own
from mobius_tui.review.told import ActionItem
from mobius_tui.tui.screens.dialog import Choice, Dialog, words_widget
from mobius_tui.tui.theme import Role, assemble
from mobius_tui.tui.widgets.row_strip import cut

TITLES = 26
"""Cells of an item's title."""
OWNERS = 20
LABELS = {"owner": "Owner", "due": "Due, as 2026-11-30", "note": "Note"}
"""What can be said of an item, and above the lines in which it is typed."""
TITLE = "What is to be done"


class ActionItemsDialog(Dialog[str]):
    """Gives the id of the item that is to be changed; empty for one that is added."""

    ASKS = False

    def __init__(self, found: Checklist, *, at: str = "", today: str) -> None:
        """Make the dialog.

        Args:
            found: the items.
            at: the id of the one that the cursor begins on.
            today: as `2026-11-30`.
        """
        of = f" · {found.title}" if found.title else ""
        super().__init__(f"Action items{of}")
        self._items = found.items
        self._problem = found.problem
        self._at = at
        self._today = today
        lines = (Option(self._line(each), id=each.id) for each in self._items)
        self._list = OptionList(*lines, id="items", markup=False, compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """How many are done, and a line for each."""
        done = sum(each.done for each in self._items)
        nobodys = sum(not (each.owner or each.done) for each in self._items)
        words = f"{done} of {len(self._items)} done"
        words += f" · {nobodys} without an owner" if nobodys else ""
        if not self._items:
            words = "There are none yet."
        yield words_widget(words, "muted")
        if self._problem:
            yield words_widget(self._problem, "warn")
        if self._items:
            yield self._list

    def _line(self, item: ActionItem) -> Content:
        glyph, role = ("✔", "good") if item.done else ("○", "plain")
        late = not item.done and item.due and item.due < self._today
        due = f"{item.due} {'overdue' if late else ''}".rstrip()
        owner_role: Role = "plain" if item.owner else "warn"
        return assemble(
            (f"{glyph} ", role),  # type: ignore[arg-type]
            (_padded(item.title, TITLES), "strong"),
            (_padded(item.owner or "nobody's yet", OWNERS), owner_role),
            (_padded(due or "no day", 19), "bad" if late else "muted"),
            (item.note, "muted"),
        )

    def choices(self) -> tuple[Choice, ...]:
        """Change one, add one, or close."""
        add, close = Choice("add", "Add one"), Choice("cancel", "Close")
        if not self._items:
            return (Choice("add", "Add one", "primary"), close)
        return (Choice("ok", "Change it", "primary"), add, close)

    def on_mount(self) -> None:
        """Choose at once."""
        ids = [each.id for each in self._items]
        if ids:
            self._list.highlighted = ids.index(self._at) if self._at in ids else 0
            self._list.focus()

    @on(Button.Pressed, "#add")
    def add(self) -> None:
        """Give none of them."""
        self.dismiss("")

    @on(OptionList.OptionSelected)
    @on(Button.Pressed, "#ok")
    def give(self) -> None:
        """Give the item under the cursor."""
        place = self._list.highlighted
        if place is not None:
            self.dismiss(self._items[place].id)


def _padded(words: str, width: int) -> str:
    words = cut(sanitize.line(words), width - 1)
    return words + " " * (width - cell_len(words))


class ActionItemDialog(Dialog[ActionItem]):
    """Gives the item as it is to be."""

    def __init__(self, item: ActionItem) -> None:
        super().__init__(item.title or "Another action item")
        self._item = item
        self._labels = {**({"title": TITLE} if is_own(item) else {}), **LABELS}
        self._lines = {
            name: Input(sanitize.line(getattr(item, name)), id=name, compact=True)
            for name in self._labels
        }

    def compose_body(self) -> Iterable[Widget]:
        """Whose it is, until when, and what else there is to say."""
        said = f" · {self._item.by} said so last" if self._item.by else ""
        yield words_widget(("Done" if self._item.done else "Not done") + said, "muted")
        for name, label in self._labels.items():
            yield words_widget(label)
            yield self._lines[name]

    def choices(self) -> tuple[Choice, ...]:
        """Keep it; say that it is done, or not."""
        other = "It is not done" if self._item.done else "It is done"
        return (
            Choice("ok", "Keep", "primary"),
            Choice("turn", other),
            Choice("cancel", "Don't"),
        )

    def on_mount(self) -> None:
        """Type at once."""
        next(iter(self._lines.values())).focus()

    @on(Input.Submitted)
    @on(Button.Pressed, "#ok")
    def give(self) -> None:
        """Give it with what was typed."""
        self._give(done=self._item.done)

    @on(Button.Pressed, "#turn")
    def turn(self) -> None:
        """And done, or not done any more."""
        self._give(done=not self._item.done)

    def _give(self, *, done: bool) -> None:
        said = {name: line.value.strip() for name, line in self._lines.items()}
        if said["due"]:
            try:
                datetime.date.fromisoformat(said["due"])
            except ValueError:
                self.refuse(f"“{said['due']}” is no day; write it as 2026-11-30.")
                return
        if not said.get("title", self._item.title):
            self.refuse("Say what is to be done.")
            return
        self.dismiss(replace(self._item, **said, done=done))
