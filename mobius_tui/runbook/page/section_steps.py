"""One section of a page, block by block: its steps, and what is said with them."""

from __future__ import annotations

import re
from itertools import zip_longest

from mobius_tui.runbook.page.blocks import Fence, Grid, Item, Words
from mobius_tui.runbook.page.drafts import DEEPEST, Draft, StepDraft, cut
from mobius_tui.runbook.page.facts import are_facts
from mobius_tui.runbook.page.people import people, person
from mobius_tui.runbook.page.sections import Section
from mobius_tui.runbook.page.shell import Commands, commands, language

_PROSE = frozenset({"", "text", "txt", "plain", "plaintext", "md", "markdown"})
"""Languages of a block that may be a message."""
_ANCHOR = re.compile(r"\[[^\]]*\]\(#[^)]*\)")
"""An entry of a table of contents."""


class SectionReader:
    """One walk over one section."""

    def __init__(self, section: Section, draft: Draft) -> None:
        self.section = section
        self.draft = draft
        self.steps: list[StepDraft] = []
        self.lead: list[str] = []
        """What was said before the first step."""
        self.prose: list[str] = []
        """What was said since the last one."""
        self.took = False
        """Whether something of it went elsewhere: contacts, triggers, the summary."""
        self._criteria: list[str] = []
        self._item: StepDraft | None = None
        self._depth = 0
        self._is_open = False
        """Whether the item before promises more: it ends in a colon."""

    def read(self) -> None:
        """Walk the section; what is left over is told with its last step."""
        for block in self.section.blocks:
            match block:
                case Words():
                    self._words(block)
                case Item() if block.text:
                    self._list_item(block)
                case Fence():
                    self._fence(block)
                case Grid():
                    self._grid(block)
                case _:
                    pass
        if self._criteria:
            said = "\n\n".join([*self.prose, "\n".join(self._criteria)])
            self.prose = []
            self._step(StepDraft(title=self.section.title, manual=[said]))
        if self.steps:
            for each in self.prose:
                self.steps[-1].add(each)
            self.prose = []

    def _step(self, step: StepDraft) -> StepDraft:
        """One more step, with what was said before it."""
        if not self.steps:
            self.lead, self.prose = self.prose, []
        else:
            step.why, self.prose = [*self.prose, *step.why], []
        self.steps.append(step)
        return step

    def _words(self, block: Words) -> None:
        said = block.text
        lines = said.split("\n")
        if are_facts(lines):
            self.took = True
            self.draft.summary += self.draft.facts.take(lines)
        elif block.depth and self._item is not None:
            self._item.add(said)
            self._is_open = said.endswith(":")
        elif self.section.topic == "triggers":
            self._note(said)
        elif self.section.topic == "about":
            self.prose.append(block.source)
        else:
            self.prose.append(said)
            self._item = None

    def _note(self, said: str) -> None:
        """A line on what begins by itself."""
        title = self.section.title
        if not self.took:
            self.draft.triggers.append(title)
        self.took = True
        self.draft.triggers.append(said)

    def _list_item(self, item: Item) -> None:
        said = item.text
        if not item.box and self._goes_elsewhere(item, said):
            return
        is_part = self._item is not None and item.depth > self._depth
        if self._item is not None and is_part and not item.box:
            self._item.add_part(said, item.depth - self._depth - 1)
        else:
            self._item = self._step(StepDraft(title=said, manual=[said]))
            self._depth = item.depth
        self._is_open = said.endswith(":")

    def _goes_elsewhere(self, item: Item, said: str) -> bool:
        """Whether an item is no step: a contact, a trigger, a criterion, a link."""
        lead = "  " * min(item.depth, DEEPEST)
        match self.section.topic:
            case "contacts":
                found = person(said.replace("\n", " "))
                if found is None:
                    return False
                self.took = True
                self.draft.people.append(found)
            case "triggers":
                self._note(f"{lead}- {said}")
            case "criteria":
                self._criteria.append(f"{lead}- {said}")
            case "about":
                self.prose.append(f"{lead}- {item.source}")
            case _:
                if _ANCHOR.fullmatch(item.source) is None:
                    return False
                self.took = True
                self.draft.summary.append(f"{lead}- {item.source}")
        return True

    def _fence(self, fence: Fence) -> None:
        owner = self._item if fence.depth or self._is_open else None
        found = commands(fence)
        if found is not None:
            self._commands(found, owner)
        elif not fence.text.strip():
            return
        elif self.section.topic == "messages" and language(fence.info) in _PROSE:
            self._message(fence.text)
        elif owner is not None:
            owner.add(fence.text)
        else:
            said = [*self.prose, fence.text]
            self.prose = []
            title = self.section.title or said[0]
            self._step(StepDraft(title=title, manual=said))
        if not fence.depth:
            self._item = None
        self._is_open = False

    def _commands(self, found: Commands, owner: StepDraft | None) -> None:
        if owner is not None and not (owner.run or owner.message):
            step = owner
            said, step.manual = step.manual, []
            step.why += said[1:] if cut(said[0]) == said[0] else said
        else:
            first = next(
                line.strip()
                for line in found.script.split("\n")
                if line.strip() and not line.lstrip().startswith("#")
            )
            title = "; ".join(found.titles) or first
            step = self._step(StepDraft(title=title))
        step.run, step.parts = found.script, found.titles
        if found.output:
            step.why.append(f"The page shows this output:\n{found.output}")

    def _message(self, text: str) -> None:
        title = self.section.title
        if any(step.message for step in self.steps) or not title:
            title = next(line.strip() for line in text.split("\n") if line.strip())
        self._step(StepDraft(title=title, message=text.strip("\n") + "\n"))

    def _grid(self, grid: Grid) -> None:
        found = people(grid) if self.section.topic == "contacts" else ()
        if found:
            self.took = True
            self.draft.people += found
            return
        said = "\n".join(_rows(grid))
        if grid.depth and self._item is not None:
            self._item.add(said)
        else:
            self.prose.append(said)


def _rows(grid: Grid) -> list[str]:
    """The rows of a table as lines, each cell with the name of its column."""
    if not grid.rows:
        return [" · ".join(grid.head)]
    return [
        " · ".join(
            f"{name}: {cell}" if name and cell else name or cell
            for name, cell in zip_longest(grid.head, row, fillvalue="")
        )
        for row in grid.rows
    ]
