"""Reading one section of a page, block by block: paragraphs, lists, code, tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from mobius_tui.runbook.page.code_blocks import (
    OUTPUT_LANGUAGES,
    CodeBlock,
    classify_code,
    for_sql_client,
    inline_command,
    is_settings,
)
from mobius_tui.runbook.page.known_commands import is_command
from mobius_tui.runbook.page.lead_sentences import (
    introduces_output,
    is_instruction,
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
    PAGE_OUTPUT,
    PageDraft,
    PagePart,
    StepDraft,
    add_paragraph,
    fenced_block,
    is_list,
    list_line,
)
from mobius_tui.runbook.page.page_facts import (
    are_facts,
    contact_of_item,
    contact_with_address,
    contacts_of_table,
)
from mobius_tui.runbook.page.ruled_text import is_note, sentences_of, told_rule
from mobius_tui.runbook.page.sections import Section
from mobius_tui.runbook.page.sentence_rules import (
    RuledSentence,
    SentenceRule,
    is_only_example,
    ruled,
)
from mobius_tui.runbook.page.step_placement import StepPlacement, title_of_lead
from mobius_tui.structs import replace


def follows_item(blocks: Sequence[Block], at: int) -> bool:
    """Whether the item at an index follows another item of the same list."""
    item, before = blocks[at], blocks[at - 1] if at else None
    if not isinstance(item, PageItem) or not isinstance(before, PageItem):
        return False
    return before.depth >= item.depth


def is_instruction_list(blocks: Sequence[Block], at: int) -> bool:
    """Whether at least half the items of the list at an index are instructions."""
    first = blocks[at]
    depth = first.depth if isinstance(first, PageItem) else 0
    items: list[bool] = []
    for block in blocks[at : at + 100]:
        match block:
            case PageItem() if block.depth == depth:
                items.append(is_instruction(block.text))
            case PageItem() if block.depth < depth:
                break
            case PageParagraph() | CodeFence() | PageTable() if block.depth <= depth:
                break
            case _:
                pass
    return 2 * sum(items) >= len(items)


def has_nested_code_or_checkbox(blocks: Sequence[Block], at: int) -> bool:
    """Whether the item at an index contains code, or items to tick."""
    item = blocks[at]
    depth = item.depth if isinstance(item, PageItem) else 0
    for block in blocks[at + 1 : at + 40]:
        match block:
            case PageItem() if block.depth <= depth:
                return False
            case PageItem() if block.has_checkbox:
                return True
            case CodeFence():
                return block.depth > depth
            case PageParagraph() if not block.depth:
                return False
            case _:
                pass
    return False


def _ends_list(block: Block) -> bool:
    """Whether a block stands outside of the list before it."""
    match block:
        case PageParagraph() | CodeFence() | PageTable():
            return not block.depth
        case _:
            return False


_COMMANDS = re.compile(r"\bcommands?\b|\brun\b|\bcli\b", re.IGNORECASE)
_NAMES = re.compile(
    r"\bsteps?\b|\bactions?\b|\bchecks?\b|\bdescription\b|\bwhat\b|\bpurpose\b|\btask\b|\bname\b",
    re.IGNORECASE,
)


def steps_of_table(table: PageTable) -> list[StepDraft]:
    """The steps of a table with a column of commands; empty for other tables."""
    columns = [at for at, name in enumerate(table.head) if _COMMANDS.search(name)]
    if not columns or not table.code_cells:
        return []
    column = columns[0]
    commands = [row[column] if column < len(row) else "" for row in table.code_cells]
    if not all(map(is_command, commands)):
        return []
    return [
        _step(table, row, column, command)
        for row, command in zip(table.rows, commands, strict=True)
    ]


def _step(
    table: PageTable, row: tuple[str, ...], column: int, command: str
) -> StepDraft:
    titles = [
        cell
        for at, cell in enumerate(row)
        if at != column
        and at < len(table.head)
        and _NAMES.search(table.head[at])
        and not cell.strip(".) ").isdigit()
    ]
    others = row[:column] + row[column + 1 :]
    names = table.head[:column] + table.head[column + 1 :]
    return StepDraft(
        title=next(filter(None, titles), ""),
        run=f"{command}\n",
        why=list(filter(None, [_line(names, others)])),
    )


def lines_of_table(table: PageTable) -> list[str]:
    """The rows of a table as lines of text, each cell after the name of its column."""
    if not table.rows:
        return [" · ".join(table.head)]
    return [_line(table.head, row) for row in table.rows]


def _line(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    return " · ".join(
        f"{name}: {cell}" if name and cell else name or cell
        for name, cell in zip_longest(head, row, fillvalue="")
    )


_ANCHOR = re.compile(r"\[[^\]]*\]\(#[^)]*\)")
"""An entry of a table of contents."""
_ESCALATION = re.compile(r"\bescalat|\bon[- ]?call\b|\bowners?\b", re.IGNORECASE)
"""Headings of contacts as well as of instructions."""
_MAY_BE_OUTPUT = OUTPUT_LANGUAGES | {"json", "xml", "console"}
_READING_ONLY = frozenset({"mermaid", "dot", "plantuml", "diff", "promql", "logql"})
"""Languages of blocks that are only read: neither run nor put into a file."""


class SectionReader:
    """One walk over one section."""

    def __init__(self, section: Section, draft: PageDraft, *, aside: bool) -> None:
        self.section = section
        self.draft = draft
        self.placement = StepPlacement(section, draft, aside=aside)
        self.has_side_content = False
        """Whether some of it became contacts, triggers or a part of the summary."""
        self.is_in_summary = False
        """Whether the summary contains its title."""
        self._criteria: list[str] = []
        self._item_step: StepDraft | None = None
        self._item_depth = 0
        self._is_instruction_list = False
        """Whether most items of the present list are instructions."""
        self._fence_belongs_to_item = False
        """Whether a following fence belongs to the item before it."""
        self._told: SentenceRule = told_rule(f"{section.title}:")
        """The rule by which commands are words of the page here, and no steps."""
        self._list_told = self._told
        """The same, for the items of a list."""
        self.is_only_told = False
        """Whether it has such commands, and no steps."""
        self._is_list_one_thing = False
        """Whether the items of the list go with the condition before them."""
        self._is_in_list = False
        """Whether nothing stood outside of a list since the last item."""
        self._next_code = ""
        """The code directly below the present paragraph, if there is any."""
        self._filled: list[StepDraft] = []
        """Earlier steps that the present block gave their commands."""
        self._rules: list[str] = []
        """The rules that the present block went by."""

    @property
    def steps(self) -> list[StepDraft]:
        """Its steps, without those of aside phases."""
        return self.placement.steps

    @property
    def prose(self) -> list[str]:
        """The text since the last step."""
        return self.placement.prose

    def read(self) -> None:
        """Read the section; remaining text is added to its last step."""
        self._explain_heading()
        for at, block in enumerate(self.section.blocks):
            made = len(self.placement.made)
            self._rules, self._filled = [], []
            self._is_in_list &= not _ends_list(block)
            match block:
                case PageParagraph():
                    self._next_code = self._code_at(at + 1)
                    self._paragraph(block)
                case PageItem() if block.text:
                    self._list_item(block, self.section.blocks, at)
                case PageItem():
                    self._fence_belongs_to_item = False
                case CodeFence():
                    self._fence(block)
                case PageTable():
                    self._table(block)
                case ContainerStart():
                    self.placement.open(block, self._item_step)
                    self._item_step = None
                case ContainerEnd():
                    self._item_step = None
                    self.placement.close()
                case _:
                    pass
            self._explain(block, self.placement.made[made:] or self._filled)
        self.is_only_told &= not self.placement.made
        if self._criteria:
            self.prose.append("\n".join(self._criteria))
            step = StepDraft(title=self.section.title, manual=[*self.prose])
            self.prose.clear()
            self.placement.add(step)
        self.placement.finish()

    def _explain_heading(self) -> None:
        """Record the heading, and by which rule it is no part of every run."""
        section = self.section
        if section.line:
            rules = (section.rule, ruled(f"{section.title}:").rule)
            part = PagePart(
                line=section.line,
                words=section.numbered_title or section.title,
                rules=next(((rule,) for rule in rules if rule), ("heading",)),
            )
            self.draft.parts.append(part)

    def _explain(self, block: Block, steps: Sequence[StepDraft]) -> None:
        """Record what became of a block, and by which rules."""
        if isinstance(block, ContainerEnd):
            return
        if isinstance(block, PageTable):
            words = lines_of_table(block)[0]
        elif isinstance(block, ContainerStart):
            words = block.title
        else:
            words = block.text
        if words.strip():
            part = PagePart(
                line=block.line,
                words=" ".join(words[:400].split()),
                rules=tuple(dict.fromkeys(self._rules)),
                steps=tuple(steps),
            )
            self.draft.parts.append(part)

    def _hear(
        self,
        text: str,
        *,
        goes_with: bool = False,
        is_before_code: bool = False,
        is_item: bool = False,
        code: str = "",
        depth: int = 0,
    ) -> list[RuledSentence]:
        """Let a text open, go on with or end a condition, and note its rules."""
        sentences = self.placement.hear(
            text,
            goes_with=goes_with,
            is_before_code=is_before_code,
            is_item=is_item,
            code=code,
            depth=depth,
        )
        self._rules += [each.rule for each in sentences if each.rule]
        if is_only_example(text):
            self._rules.append("goes-on")
        if any(each.asks for each in sentences):
            self._rules += self.placement.chain_rules()
        return sentences

    def _paragraph(self, block: PageParagraph) -> None:
        lines = block.text.split("\n")
        self._told = told_rule(block.text)
        if not block.depth:
            self._item_step = None
            self._list_told = self._told if block.text.endswith(":") else ""
        else:
            self._told = self._told or self._list_told
        if are_facts(lines):
            self.has_side_content = True
            self._take_facts(lines)
        elif self.section.topic == "triggers" and not block.depth:
            self._add_trigger(block.text)
        else:
            self._words(block)
        self._fence_belongs_to_item = block.depth > 0 and block.text.endswith(":")

    def _code_at(self, at: int) -> str:
        """The block of code at an index; empty if there is none."""
        block = self.section.blocks[at] if at < len(self.section.blocks) else None
        return f"{block.text}\n" if isinstance(block, CodeFence) else ""

    def _words(self, block: PageParagraph) -> None:
        """Take a paragraph of sentences, with a command perhaps."""
        if is_note(block.text) and "".join(self.prose[-1:]).endswith(":"):
            self._rules.append("remark")
            self.prose.insert(len(self.prose) - 1, block.text)
            return
        command = inline_command(block.text, block.code_spans)
        heard = self._hear(
            block.text,
            is_before_code=bool(self._next_code),
            code=self._next_code or command,
            depth=block.depth,
        )
        *_, last = (None, *heard)
        asked = last.consequence if last is not None and last.asks else ""
        if self.section.topic == "about":
            self.prose.append(block.source)
        elif command and not self._told and is_instruction(asked or block.text):
            self._commands(CodeBlock(language="", text="", script=f"{command}\n"), None)
            self.placement.set_last_lead(block.text)
        else:
            self.prose.append(block.text)

    def _take_facts(self, facts: Sequence[str]) -> None:
        """Take facts about the page; unknown ones go to the summary."""
        if left := self.draft.facts.take_facts(facts):
            title = "" if self.is_in_summary else self.section.title
            self.draft.add_to_summary(title, left)
            self.is_in_summary = True

    def _add_trigger(self, text: str) -> None:
        """Add a line about triggers."""
        if not self.has_side_content:
            self.draft.triggers.append(self.section.title)
        self.has_side_content = True
        self.draft.triggers.append(text)

    def _list_item(self, item: PageItem, blocks: Sequence[Block], at: int) -> None:
        if not item.has_checkbox and self._take_side_item(item):
            return
        self.placement.begin_item(item.depth, item.number)
        self._fence_belongs_to_item = item.text.endswith(":")
        self._told = told_rule(item.text) or self._list_told
        has_content = has_nested_code_or_checkbox(blocks, at)
        is_part = self._item_step is not None and item.depth > self._item_depth
        if self._item_step is not None and is_part and not item.has_checkbox:
            if has_content:
                self._hear(item.text, is_before_code=True, depth=item.depth)
            if not is_list("".join(self.prose[-1:])):
                self.placement.flush()
            line = list_line(item.text, item.depth - self._item_depth - 1)
            add_paragraph(self.prose, line)
            return
        command = "" if self._told else inline_command(item.text, item.code_spans)
        if not follows_item(blocks, at):
            self._is_instruction_list = is_instruction_list(blocks, at)
        if not self._is_in_list and (item.number or 0) < 2:
            self._is_list_one_thing = self.placement.awaits_own_words
        self._is_in_list = True
        sentences = sentences_of(item.text, is_before_code=has_content)
        is_remark = bool(sentences) and sentences[0].rule in (
            "condition",
            "failure",
            "remark",
        )
        is_task = (
            (self._is_instruction_list and not is_remark)
            or bool(command)
            or has_content
        )
        if not item.has_checkbox and (self._told or not (item.ordered or is_task)):
            self.is_only_told |= bool(self._told)
            self._rules += filter(None, [self._told])
            self._item_step = None
            add_paragraph(self.prose, list_line(item.text, item.depth))
            return
        self._fence_belongs_to_item |= item.ordered
        is_tick = item.has_checkbox and not (has_content or command)
        goes_with = self._is_list_one_thing
        heard = (
            []
            if is_tick
            else self._hear(
                item.text,
                goes_with=goes_with,
                is_before_code=has_content or bool(command),
                is_item=True,
                depth=item.depth,
            )
        )
        if is_tick:
            self._rules.append("tick")
        elif any(each.asks for each in heard):
            self._is_list_one_thing = False
        elif heard and heard[0].rule == "goes-on" and item.ordered:
            self._is_list_one_thing = True
        step = StepDraft(title=title_of_lead(item.text) or item.text)
        if command and not has_content:
            step.run = f"{command}\n"
            step.set_lead(item.text)
        else:
            step.manual.append(item.text)
        self._item_step = self.placement.add(step)
        self._item_depth = item.depth

    def _take_side_item(self, item: PageItem) -> bool:
        """Take an item that is no step: contact, trigger, criterion, link.

        Returns:
            Whether it was taken.
        """
        line = list_line(item.text, item.depth)
        match self.section.topic:
            case "contacts":
                contact = contact_of_item(item.text.replace("\n", " "))
                if contact is None:
                    add_paragraph(self.prose, line)
                else:
                    self.has_side_content = True
                    self.draft.people.append(contact)
            case "triggers":
                self._add_trigger(line)
            case "criteria":
                self._criteria.append(line)
            case "about":
                add_paragraph(self.prose, list_line(item.source, item.depth))
            case _:
                contact = contact_with_address(item.text.replace("\n", " "))
                if contact is not None and _ESCALATION.search(self.section.title):
                    self.has_side_content = True
                    self.draft.people.append(contact)
                    return True
                if _ANCHOR.fullmatch(item.source) is None:
                    return False
                self.has_side_content = True
                line = list_line(item.source, item.depth)
                add_paragraph(self.draft.summary, line)
        return True

    def _fence(self, fence: CodeFence) -> None:
        owner = self._item_step if fence.depth or self._fence_belongs_to_item else None
        code = for_sql_client(classify_code(fence), "".join(self.prose[-1:]))
        if not code.text:
            return
        if owner is None:
            self._item_step = None
        if is_settings(code.script, self.draft.names_read):
            self._rules.append("settings")
            code = replace(code, script="")
        is_told = self._told in ("prohibited", "narrated")
        if code.script and is_told:
            self._rules.append(self._told)
            self.is_only_told = self.has_side_content = True
            self.prose.append(fenced_block(code.text, code.language))
        elif code.script and not self._is_shown_output(code):
            self._commands(code, owner)
        elif self.section.topic == "messages" and code.language in OUTPUT_LANGUAGES:
            self._message(code.text)
        else:
            self._text(code, owner)
        self._fence_belongs_to_item = False

    def _is_shown_output(self, code: CodeBlock) -> bool:
        """Whether a block that is marked as shell code is the output of a command."""
        lead = self.prose[-1] if self.prose else ""
        lines = code.script.split("\n")
        if code.shell or not lead or not introduces_output(lead):
            return False
        return not any(map(is_command, lines))

    def _commands(self, code: CodeBlock, owner: StepDraft | None) -> None:
        if (
            owner is not None
            and not owner.has_action
            and not self.placement.awaits_own_words
        ):
            step = owner
            self._filled.append(step)
            self.placement.make_command_step(step)
        else:
            title = owner.title if owner is not None else ""
            step = self.placement.add_code(StepDraft(title=""), title, code.titles)
        step.run, step.shell, step.parts = code.script, code.shell, code.titles
        step.tty = bool(code.inside)
        if code.inside:
            step.why.append(f"To be typed there:\n\n{fenced_block(code.inside, '')}")
        if code.output:
            step.why.append(f"{PAGE_OUTPUT}\n{code.output}")

    def _text(self, code: CodeBlock, owner: StepDraft | None) -> None:
        """Add a block that is no command: output, or the content of a file."""
        is_plain = code.language in OUTPUT_LANGUAGES or bool(code.script)
        shown = fenced_block(code.text, "" if is_plain else code.language)
        lead = self.prose[-1] if self.prose else ""
        last = self.placement.last
        of_output = code.is_output or (
            introduces_output(lead) if lead else code.language in _MAY_BE_OUTPUT
        )
        if of_output and last is not None and last.run:
            self.placement.flush()
            last.why.append(f"{PAGE_OUTPUT}\n{code.text}")
        elif self._is_reading_only(code, lead):
            self.prose.append(shown)
        elif owner is not None:
            self.placement.flush()
            self.placement.tell()
            owner.add(shown)
        else:
            step = self.placement.add_code(StepDraft(title=""), "", ())
            step.why, step.manual = [], [*step.why, shown]
            step.lead = ""
        if code.output:
            self.prose.append(f"{PAGE_OUTPUT}\n{code.output}")

    def _is_reading_only(self, code: CodeBlock, lead: str) -> bool:
        """Whether a block is only read, and not put into a file."""
        return (
            code.is_output
            or code.language in _READING_ONLY
            or self.section.topic in ("about", "criteria")
            or (bool(lead) and introduces_output(lead))
        )

    def _message(self, text: str) -> None:
        title = self.section.title
        if any(step.message for step in self.steps) or not title:
            title = next(line.strip() for line in text.split("\n") if line.strip())
        self.placement.add(StepDraft(title=title, message=text.strip("\n") + "\n"))

    def _table(self, table: PageTable) -> None:
        contacts = contacts_of_table(table) if self.section.topic == "contacts" else ()
        if contacts:
            self.has_side_content = True
            self.draft.people += contacts
            return
        pairs = [": ".join(row) for row in (table.head, *table.rows) if len(row) == 2]
        if len(pairs) == len(table.rows) + 1 and are_facts(pairs[1:]):
            self.has_side_content = True
            self._take_facts(pairs[1:])
            return
        steps = steps_of_table(table)
        for step in steps:
            self.placement.add(step)
        if not steps:
            self.prose.append("\n".join(lines_of_table(table)))
