"""Annotations and action items of a past run: one, and the list."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial

from msgspec import Struct
from rich.cells import cell_len
from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from mobius_tui import sanitize
from mobius_tui.review.run_action_items import ActionItemList, is_day
from mobius_tui.review.run_annotations import AnnotationTarget
from mobius_tui.review.run_report import (
    ActionItem,
    ActionItemId,
    AddedItemId,
    Annotation,
)
from mobius_tui.run.planning.plan import Plan
from mobius_tui.structs import replace
from mobius_tui.tui.commands.registry import first_key_name
from mobius_tui.tui.dialogs.dialog import (
    CANCEL,
    CallOnPress,
    Choice,
    Dialog,
    text_widget,
)
from mobius_tui.tui.presenters.styled_text import Role, assemble, cut
from mobius_tui.tui.screen_state import DraftKey, Purpose


class AnnotationAnswer(Struct, frozen=True):
    """The text of an annotation, and what it is about."""

    text: str
    target: AnnotationTarget


class AnnotateDialog(Dialog[AnnotationAnswer]):
    """The result is the text, and the place chosen by its button."""

    keeps_draft_on_close = True

    def __init__(self, targets: tuple[tuple[str, AnnotationTarget], ...]) -> None:
        """Make the dialog.

        Args:
            targets: what it can be on, in words, the likeliest first.
        """
        super().__init__("Annotate", draft_key=DraftKey(purpose=Purpose.ANNOTATION))
        self._places = targets
        self._line = Input(placeholder="What is there to say?", id="text", compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """Where annotations are kept, in words, and the line."""
        words = "Kept beside the run's journal, with your name; reports tell it."
        yield text_widget(words, "muted")
        yield self._line

    def choices(self) -> tuple[Choice[AnnotationAnswer], ...]:
        """A button for each place."""
        first, *others = (
            Choice[AnnotationAnswer](
                f"On {words}", CallOnPress(partial(self._submit, place))
            )
            for words, place in self._places
        )
        return (replace(first, variant="primary"), *others, Choice("Don't", CANCEL))

    def on_mount(self) -> None:
        """Focus the line to type in."""
        self._line.focus()

    @on(Input.Submitted)
    def _submit_first_place(self) -> None:
        self._submit(self._places[0][1])

    def _submit(self, place: AnnotationTarget) -> None:
        text = self._line.value.strip()
        if not text:
            self.refuse("An annotation wants a text.")
        else:
            self.dismiss(AnnotationAnswer(text, place))


class AnnotationsDialog(Dialog[int]):
    """The result is the index, from 0, of the annotation to go to."""

    ASKS = False

    def __init__(
        self,
        annotations: Sequence[Annotation],
        plan: Plan,
        *,
        at: int = 0,
        is_open: bool,
    ) -> None:
        """Make the dialog.

        Args:
            annotations: the annotations, in the order of what they are on.
            plan: the run's.
            at: the place of the one that the cursor begins on.
            is_open: whether the run goes on, so that none can be made yet.
        """
        super().__init__("Annotations")
        self._annotations = annotations
        self._plan = plan
        self._at = at
        self._is_open = is_open
        lines = (Option(self._lines(each)) for each in annotations)
        self._list = OptionList(*lines, id="annotations", markup=False, compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """Each with its text; where there is none, how to make one."""
        if not self._annotations:
            yield text_widget(self._nothing_found_text(), "muted")
        else:
            yield self._list

    def _nothing_found_text(self) -> str:
        if self._is_open:
            return (
                "There are none: the run goes on, and a note belongs into its journal."
            )
        annotate, mark = (
            first_key_name("review.annotate"),
            first_key_name("review.mark"),
        )
        return (
            f"There are none yet. {annotate} makes one: on the moment at the cursor, "
            f"the step, or the whole run; {mark} marks one end of a range first."
        )

    def _lines(self, each: Annotation) -> Content:
        """The subject, author and time of an annotation, and its text."""
        written = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.written))
        head = assemble(
            (self._place(each), "key"),
            (f"  {each.by or 'nobody knows who'}", "strong"),
            (f"  {written}", "muted"),
        )
        return head + Content("\n") + assemble((each.text, "plain"))

    def _place(self, each: Annotation) -> str:
        if each.step:
            known = each.step in self._plan.steps
            return self._plan.name(each.step) if known else each.step
        if each.since is None:
            return "the run"
        until = "" if each.until is None else f" to {_clock(each.until)}"
        return f"{_clock(each.since)}{until}"

    def choices(self) -> tuple[Choice[int], ...]:
        """Go there, or close."""
        if not self._annotations:
            return super().choices()
        return (
            Choice("Go there", CallOnPress(self.submit), "primary"),
            Choice("Close", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the list."""
        if self._annotations:
            self._list.highlighted = self._at
            self._list.focus()

    @on(OptionList.OptionSelected)
    def submit(self) -> None:
        """Give the one under the cursor."""
        self.dismiss(self._list.highlighted)


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))


ITEM_TITLE_CELLS = 26
"""Cells of an item's title."""
ITEM_OWNER_CELLS = 20
ACTION_ITEM_LABELS = {"owner": "Owner", "due": "Due, as 2026-11-30", "note": "Note"}
"""The fields of an action item that are typed, with the labels above their lines."""
ACTION_ITEM_TITLE_PROMPT = "What is to be done"


class ActionItemsDialog(Dialog[ActionItem]):
    """The result is the item to change, or a new one."""

    ASKS = False

    def __init__(
        self, found: ActionItemList, *, at: ActionItemId | None = None, today: str
    ) -> None:
        """Make the dialog.

        Args:
            found: the items.
            at: the id of the one that the cursor begins on; `None` for the first.
            today: as `2026-11-30`.
        """
        of = f" · {found.title}" if found.title else ""
        super().__init__(f"Action items{of}")
        self._found = found
        self._items = found.items
        self._problem = found.problem
        self._at = at
        self._today = today
        lines = (Option(self._line(each), id=str(each.id)) for each in self._items)
        self._list = OptionList(*lines, id="items", markup=False, compact=True)

    def compose_body(self) -> Iterable[Widget]:
        """How many are done, and a line for each."""
        done = sum(each.done for each in self._items)
        nobodys = sum(not (each.owner or each.done) for each in self._items)
        words = f"{done} of {len(self._items)} done"
        words += f" · {nobodys} without an owner" if nobodys else ""
        if not self._items:
            words = "There are none yet."
        yield text_widget(words, "muted")
        if self._problem:
            yield text_widget(self._problem, "warn")
        if self._items:
            yield self._list

    def _line(self, item: ActionItem) -> Content:
        glyph, role = ("✔", "good") if item.done else ("○", "plain")
        late = not item.done and item.due and item.due < self._today
        due = f"{item.due} {'overdue' if late else ''}".rstrip()
        owner_role: Role = "plain" if item.owner else "warn"
        return assemble(
            (f"{glyph} ", role),  # type: ignore[arg-type]
            (_padded(item.title, ITEM_TITLE_CELLS), "strong"),
            (_padded(item.owner or "nobody's yet", ITEM_OWNER_CELLS), owner_role),
            (_padded(due or "no day", 19), "bad" if late else "muted"),
            (item.note, "muted"),
        )

    def choices(self) -> tuple[Choice[ActionItem], ...]:
        """Change one, add one, or close."""
        add = Choice("Add one", self._found.new())
        close = Choice[ActionItem]("Close", CANCEL)
        if not self._items:
            return (replace(add, variant="primary"), close)
        return (Choice("Change it", CallOnPress(self.submit), "primary"), add, close)

    def on_mount(self) -> None:
        """Focus the list."""
        ids = [each.id for each in self._items]
        if ids:
            self._list.highlighted = ids.index(self._at) if self._at in ids else 0
            self._list.focus()

    @on(OptionList.OptionSelected)
    def submit(self) -> None:
        """Give the item under the cursor."""
        place = self._list.highlighted
        if place is not None:
            self.dismiss(self._items[place])


def _padded(words: str, width: int) -> str:
    words = cut(sanitize.line(words), width - 1)
    return words + " " * (width - cell_len(words))


class ActionItemDialog(Dialog[ActionItem]):
    """The result is the item as it was edited."""

    def __init__(self, item: ActionItem) -> None:
        super().__init__(
            item.title or "Another action item",
            draft_key=DraftKey(purpose=Purpose.ACTION_ITEM, item=str(item.id)),
        )
        self._item = item
        self._labels = {
            **(
                {"title": ACTION_ITEM_TITLE_PROMPT}
                if isinstance(item.id, AddedItemId)
                else {}
            ),
            **ACTION_ITEM_LABELS,
        }
        self._lines = {
            name: Input(sanitize.line(getattr(item, name)), id=name, compact=True)
            for name in self._labels
        }

    def compose_body(self) -> Iterable[Widget]:
        """Owner, due date and other details."""
        said = f" · {self._item.by} said so last" if self._item.by else ""
        yield text_widget(("Done" if self._item.done else "Not done") + said, "muted")
        for name, label in self._labels.items():
            yield text_widget(label)
            yield self._lines[name]

    def choices(self) -> tuple[Choice[ActionItem], ...]:
        """Keep it; say that it is done, or not."""
        other = "It is not done" if self._item.done else "It is done"
        return (
            Choice("Keep", CallOnPress(self.submit), "primary"),
            Choice(other, CallOnPress(self.toggle_done)),
            Choice("Don't", CANCEL),
        )

    def on_mount(self) -> None:
        """Focus the line to type in."""
        next(iter(self._lines.values())).focus()

    @on(Input.Submitted)
    def submit(self) -> None:
        """Give it with what was typed."""
        self._submit(done=self._item.done)

    def toggle_done(self) -> None:
        """Submit it with done toggled."""
        self._submit(done=not self._item.done)

    def _submit(self, *, done: bool) -> None:
        said = {name: line.value.strip() for name, line in self._lines.items()}
        if said["due"] and not is_day(said["due"]):
            self.refuse(f"“{said['due']}” is no day; write it as 2026-11-30.")
            return
        title = said.pop("title", self._item.title)
        if not title:
            self.refuse("Say what is to be done.")
            return
        self.dismiss(
            replace(
                self._item,
                title=title,
                owner=said["owner"],
                due=said["due"],
                note=said["note"],
                done=done,
            )
        )
