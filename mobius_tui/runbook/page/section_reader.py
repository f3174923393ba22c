"""One section of a page, block by block: its steps, and what is said with them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mobius_tui.runbook.page.code_blocks import (
    OUTPUTS,
    CodeBlock,
    classify_code,
    inline_command,
    is_command,
    said_for,
)
from mobius_tui.runbook.page.lead_sentences import (
    is_condition,
    is_of_output,
    is_to_do,
    lead_title,
)
from mobius_tui.runbook.page.lists_and_tables import (
    are_to_do,
    follows,
    has_more,
    lines_of,
    steps_of,
)
from mobius_tui.runbook.page.page_blocks import (
    Block,
    CodeFence,
    ContainerEnd,
    ContainerStart,
    PageItem,
    PageParagraph,
    PageTable,
)
from mobius_tui.runbook.page.page_drafts import (
    PageDraft,
    StepDraft,
    add_paragraph,
    fenced,
    is_list,
    listed,
)
from mobius_tui.runbook.page.page_facts import (
    are_facts,
    contact_of_item,
    contacts_of_table,
    with_address,
)
from mobius_tui.runbook.page.sections import Section
from mobius_tui.runbook.page.step_placement import StepPlacement

_ANCHOR = re.compile(r"\[[^\]]*\]\(#[^)]*\)")
"""An entry of a table of contents."""
_ESCALATION = re.compile(r"\bescalat|\bon[- ]?call\b|\bowners?\b", re.IGNORECASE)
"""Headings above people as well as above things to do."""
_MAY_BE_OUTPUT = OUTPUTS | {"json", "xml", "console"}
_NEVER_DONE = frozenset({"mermaid", "dot", "plantuml", "diff", "promql", "logql"})
"""Languages of what is looked at, and neither run nor put in place."""


class SectionReader:
    """One walk over one section."""

    def __init__(self, section: Section, draft: PageDraft, *, aside: bool) -> None:
        self.section = section
        self.draft = draft
        self.placing = StepPlacement(section, draft, aside=aside)
        self.took = False
        """Whether something of it went elsewhere: contacts, triggers, the summary."""
        self.is_summed_up = False
        """Whether the summary has its title."""
        self._criteria: list[str] = []
        self._item: StepDraft | None = None
        self._depth = 0
        self._is_to_do = False
        """Whether most items of the list tell somebody to do something."""
        self._is_open = False
        """Whether a fence belongs to the item before though it stands below it."""

    @property
    def steps(self) -> list[StepDraft]:
        """Its steps, but for those of asides."""
        return self.placing.steps

    @property
    def prose(self) -> list[str]:
        """What was said since the last step."""
        return self.placing.prose

    def read(self) -> None:
        """Walk the section; what is left over is told with its last step."""
        for at, block in enumerate(self.section.blocks):
            match block:
                case PageParagraph():
                    self._words(block)
                case PageItem() if block.text:
                    self._list_item(block, self.section.blocks, at)
                case PageItem():
                    self._is_open = False
                case CodeFence():
                    self._fence(block)
                case PageTable():
                    self._grid(block)
                case ContainerStart():
                    self.placing.open(block, self.section.blocks, self._item)
                    self._item = None
                case ContainerEnd():
                    self._item = None
                    self.placing.close()
                case _:
                    pass
        if self._criteria:
            self.prose.append("\n".join(self._criteria))
            step = StepDraft(title=self.section.title, manual=[*self.prose])
            self.prose.clear()
            self.placing.add(step)
        self.placing.finish()

    def _words(self, block: PageParagraph) -> None:
        lines = block.text.split("\n")
        if not block.depth:
            self._item = None
            self.placing.end_condition(0)
        if are_facts(lines):
            self.took = True
            self._take(lines)
        elif self.section.topic == "triggers" and not block.depth:
            self._note(block.text)
        elif self.section.topic == "about":
            self.prose.append(block.source)
        elif (command := inline_command(block.text, block.codes)) and is_to_do(
            block.text
        ):
            self._commands(CodeBlock(language="", text="", script=f"{command}\n"), None)
            self.placing.last_lead(block.text)
        else:
            self.prose.append(block.text)
        self._is_open = block.depth > 0 and block.text.endswith(":")

    def _take(self, facts: Sequence[str]) -> None:
        """Take what the page says of itself; what is not known is summed up."""
        if left := self.draft.facts.take(facts):
            title = "" if self.is_summed_up else self.section.title
            self.draft.sum_up(title, left)
            self.is_summed_up = True

    def _note(self, said: str) -> None:
        """A line on what begins by itself."""
        if not self.took:
            self.draft.triggers.append(self.section.title)
        self.took = True
        self.draft.triggers.append(said)

    def _list_item(self, item: PageItem, blocks: Sequence[Block], at: int) -> None:
        if not item.box and self._goes_elsewhere(item):
            return
        self._is_open = item.text.endswith(":")
        is_part = self._item is not None and item.depth > self._depth
        if self._item is not None and is_part and not item.box:
            if not is_list("".join(self.prose[-1:])):
                self.placing.flush()
            line = listed(item.text, item.depth - self._depth - 1)
            add_paragraph(self.prose, line)
            return
        more = has_more(blocks, at)
        command = inline_command(item.text, item.codes)
        condition = is_condition(item.text)
        if not follows(blocks, at):
            self._is_to_do = are_to_do(blocks, at)
        to_do = (self._is_to_do and not condition) or bool(command) or more
        self.placing.end_condition(item.depth)
        if not (item.box or item.ordered or to_do):
            self._item = None
            add_paragraph(self.prose, listed(item.text, item.depth))
            return
        self._is_open |= item.ordered
        if condition:
            self.placing.begin_condition(item.text, item.depth, has_more=more)
        step = StepDraft(title=lead_title(item.text) or item.text)
        if command and not more:
            step.run = f"{command}\n"
            step.led_by(item.text)
        else:
            step.manual.append(item.text)
        self._item = self.placing.add(step)
        self._depth = item.depth

    def _goes_elsewhere(self, item: PageItem) -> bool:
        """Whether an item is no step: a contact, a trigger, a criterion, a link."""
        line = listed(item.text, item.depth)
        match self.section.topic:
            case "contacts":
                found = contact_of_item(item.text.replace("\n", " "))
                if found is None:
                    add_paragraph(self.prose, line)
                else:
                    self.took = True
                    self.draft.people.append(found)
            case "triggers":
                self._note(line)
            case "criteria":
                self._criteria.append(line)
            case "about":
                add_paragraph(self.prose, listed(item.source, item.depth))
            case _:
                found = with_address(item.text.replace("\n", " "))
                if found is not None and _ESCALATION.search(self.section.title):
                    self.took = True
                    self.draft.people.append(found)
                    return True
                if _ANCHOR.fullmatch(item.source) is None:
                    return False
                self.took = True
                line = listed(item.source, item.depth)
                add_paragraph(self.draft.summary, line)
        return True

    def _fence(self, fence: CodeFence) -> None:
        owner = self._item if fence.depth or self._is_open else None
        found = said_for(classify_code(fence), "".join(self.prose[-1:]))
        if not found.text:
            return
        if owner is None:
            self._item = None
        if found.script and not self._is_shown(found):
            self._commands(found, owner)
        elif self.section.topic == "messages" and found.language in OUTPUTS:
            self._message(found.text)
        else:
            self._text(found, owner)
        self._is_open = False

    def _is_shown(self, found: CodeBlock) -> bool:
        """Whether a block is said to be for a shell, and is what a command prints."""
        lead = self.prose[-1] if self.prose else ""
        lines = found.script.split("\n")
        if found.shell or not lead or not is_of_output(lead):
            return False
        return not any(map(is_command, lines))

    def _commands(self, found: CodeBlock, owner: StepDraft | None) -> None:
        if owner is not None and not owner.acts:
            step = owner
            self.placing.take_over(step)
        else:
            title = owner.title if owner is not None else ""
            step = self.placing.add_code(StepDraft(title=""), title, found.titles)
        step.run, step.shell, step.parts = found.script, found.shell, found.titles
        if found.output:
            step.why.append(f"The page shows this output:\n{found.output}")

    def _text(self, found: CodeBlock, owner: StepDraft | None) -> None:
        """A block that is no command: what one prints, or what is put in place."""
        plainly = found.language in OUTPUTS or bool(found.script)
        shown = fenced(found.text, "" if plainly else found.language)
        lead = self.prose[-1] if self.prose else ""
        last = self.placing.last
        of_output = is_of_output(lead) if lead else found.language in _MAY_BE_OUTPUT
        if of_output and last is not None and last.run:
            self.placing.flush()
            last.why.append(f"The page shows this output:\n{found.text}")
        elif self._is_only_read(found, lead):
            self.prose.append(shown)
        elif owner is not None:
            self.placing.flush()
            owner.add(shown)
        else:
            step = self.placing.add_code(StepDraft(title=""), "", ())
            step.why, step.manual = [], [*step.why, shown]
            step.lead = ""
        if found.output:
            self.prose.append(f"The page shows this output:\n{found.output}")

    def _is_only_read(self, found: CodeBlock, lead: str) -> bool:
        """Whether a text is for nobody to put in place."""
        return (
            found.language in _NEVER_DONE
            or self.section.topic in ("about", "criteria")
            or (bool(lead) and is_of_output(lead))
        )

    def _message(self, text: str) -> None:
        title = self.section.title
        if any(step.message for step in self.steps) or not title:
            title = next(line.strip() for line in text.split("\n") if line.strip())
        self.placing.add(StepDraft(title=title, message=text.strip("\n") + "\n"))

    def _grid(self, grid: PageTable) -> None:
        found = contacts_of_table(grid) if self.section.topic == "contacts" else ()
        if found:
            self.took = True
            self.draft.people += found
            return
        pairs = [": ".join(row) for row in (grid.head, *grid.rows) if len(row) == 2]
        if len(pairs) == len(grid.rows) + 1 and are_facts(pairs[1:]):
            self.took = True
            self._take(pairs[1:])
            return
        steps = steps_of(grid)
        for step in steps:
            self.placing.add(step)
        if not steps:
            self.prose.append("\n".join(lines_of(grid)))
