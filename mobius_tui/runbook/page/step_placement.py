"""Placing the steps of a section: main line, aside phase, option of a decision."""

from __future__ import annotations

from collections.abc import Sequence

from mobius_tui.dataclass import dataclass
from mobius_tui.runbook.page.lead_sentences import (
    is_alternative,
    is_condition,
    is_failure_condition,
    is_for_system,
    lead_title,
    looks_back,
    names_place,
)
from mobius_tui.runbook.page.page_blocks import Block, ContainerStart
from mobius_tui.runbook.page.page_drafts import (
    PageDraft,
    PhaseDraft,
    StepDraft,
    add_paragraph,
    decision_step,
    is_list,
    is_option,
    is_shown_block,
    option_value,
)
from mobius_tui.runbook.page.sections import Section, is_aside


@dataclass(kw_only=True, slots=True)
class _OpenContainer:
    """An open tab or fold-out, and the state before it."""

    title: str
    option: str = ""
    """Its title as an option of a decision; empty if it is none."""
    aside_title: str = ""
    """Its title as an aside phase; empty if it is none."""
    step_count: int
    """The number of steps before it."""
    aside: PhaseDraft | None
    when: dict[str, str]
    decision: StepDraft | None
    """The decision that a tab is an option of; after it, text belongs to that.

    None for a fold-out, a single tab, and the options of an earlier decision.
    """
    is_separate: bool
    """Whether its text must not be added to a step outside."""


class StepPlacement:
    """The steps of one section, and the text that belongs to no step yet."""

    def __init__(self, section: Section, draft: PageDraft, *, aside: bool) -> None:
        self.steps: list[StepDraft] = []
        self.asides: list[PhaseDraft] = []
        self.lead: list[str] = []
        """The text before the first step."""
        self.prose: list[str] = []
        """The text since the last step."""
        self.last: StepDraft | None = None
        """The step to which the next text may belong."""
        self._section = section
        self._tab_titles = _tab_titles(section.blocks)
        self._draft = draft
        self._is_in_aside_chapter = aside
        self._aside: PhaseDraft | None = None
        self._condition_depth = -1
        """The depth of the list item with the condition of the aside; -1 without
        one."""
        self._shared_aside: PhaseDraft | None = None
        """The aside of the preceding conditions, while it has no commands."""
        self._scopes: list[_OpenContainer] = []
        self._when: dict[str, str] = {}
        self._tab_decisions: dict[int, StepDraft] = {}
        """The decisions between adjacent tabs, by tab group number."""
        self._step_count = 0

    def add(self, step: StepDraft) -> StepDraft:
        """Add a step; the text before it goes to the previous step.

        A last paragraph that ends with a colon introduces the step, and goes to its
        `why`. The text before the section's first step becomes `lead`.
        """
        lead = self.prose.pop() if "".join(self.prose[-1:]).endswith(":") else ""
        step.why[:0] = filter(None, [lead])
        return self._add_after_prose(step)

    def _add_after_prose(self, step: StepDraft) -> StepDraft:
        if self.last is not None:
            self.flush()
        elif self._step_count:
            step.why[:0] = self.prose
            self.prose.clear()
        else:
            self.lead += self.prose
            self.prose.clear()
        return self._append(step)

    def _append(self, step: StepDraft) -> StepDraft:
        step.heading = self._section.title
        step.when = dict(self._when)
        for scope in self._scopes:
            step.option = scope.option or step.option
            step.heading = scope.aside_title or step.heading
        (self.steps if self._aside is None else self._aside.steps).append(step)
        self.last = step
        self._step_count += 1
        if self._aside is not self._shared_aside:
            self._shared_aside = None
        return step

    def add_code(self, step: StepDraft, title: str, parts: Sequence[str]) -> StepDraft:
        """Add a step for a block of code, titled by the paragraph before it.

        Args:
            step: the step.
            title: its title if that paragraph gives none.
            parts: the author's titles of parts of the code.
        """
        lead = self.prose.pop() if self.prose else ""
        if is_shown_block(lead) or (
            lead and self.last is not None and looks_back(lead)
        ):
            self.prose.append(lead)
            lead = ""
        lead_line = (
            "" if is_list(lead) and "\n" in lead else lead.strip().removeprefix("- ")
        )
        if is_condition(lead_line):
            self.begin_condition(lead_line, 0, has_more=True)
        self._add_after_prose(step)
        step.set_lead(lead)
        step.alternative = (
            "one of"
            if is_for_system(lead_line) or is_option(lead_line)
            else "or"
            if is_alternative(lead_line)
            else ""
        )
        told = [part for part in parts if not names_place(part)]
        step.title = lead_title(lead_line) or title or "; ".join(told)
        return step

    def set_last_lead(self, lead: str) -> None:
        """Set the lead of the last step, and make the step's title of it."""
        if self.last is not None:
            self.last.set_lead(lead)
            self.last.title = lead_title(lead) or lead

    def make_command_step(self, step: StepDraft) -> None:
        """Turn the step of a list item into one with commands, titled by its lead."""
        texts, step.manual = step.manual, []
        first, *more = texts or [""]
        step.set_lead(first)
        step.why += more
        lead = self.prose[-1] if self.prose else ""
        if is_list(lead) and (title := lead_title(lead.rsplit("- ", 1)[-1])):
            step.title, step.lead = title, ""
        for each in self.prose:
            add_paragraph(step.why, each)
        self.prose.clear()
        self.last = step

    def flush(self) -> None:
        """Add the text since the last step to that step."""
        if self.last is not None:
            for each in self.prose:
                self.last.add(each)
            self.prose.clear()

    def finish(self) -> None:
        """Close all containers, and add the remaining text to the last step."""
        while self._scopes:
            self.close()
        if self.last is None:
            made = [*self.steps, *(step for each in self.asides for step in each.steps)]
            self.last = made[-1] if made else None
        self.flush()

    def begin_condition(self, text: str, depth: int, *, has_more: bool) -> None:
        """Begin an aside phase for what is done only under a condition.

        Args:
            text: the condition, of which the title is made.
            depth: the depth of its list item; 0 outside of lists.
            has_more: whether code or nested steps follow it; successive conditions
                without share one aside.
        """
        if self._aside is not None and self._condition_depth < 0:
            return  # a fold-out that is an aside already
        if self._is_in_aside_chapter:
            return
        before = self.steps[-1] if self.steps else None
        if self._shared_aside is not None and not has_more:
            self._aside = self._shared_aside
            self._aside.title = f"{self._section.title}, if needed"
        else:
            self._aside = self._new_aside(lead_title(text) or text)
            self._shared_aside = None if has_more else self._aside
            if before is not None and _may_fail(before) and is_failure_condition(text):
                before.on_failure = self._aside
        self._condition_depth = depth

    def _new_aside(self, title: str) -> PhaseDraft:
        aside = PhaseDraft(title=title, aside=True, attended=True)
        self.asides.append(aside)
        return aside

    def end_condition(self, depth: int) -> None:
        """End the condition of an item of that depth or deeper."""
        if self._condition_depth >= depth:
            self._aside = None
            self._condition_depth = -1

    def open(self, block: ContainerStart, item: StepDraft | None) -> None:
        """Open a tab or a fold-out.

        Args:
            block: its start.
            item: the step of the list item that it is in, if any.
        """
        scope = _OpenContainer(
            title=block.title,
            step_count=self._step_count,
            aside=self._aside,
            when=dict(self._when),
            decision=None,
            is_separate=False,
        )
        page = f"{self._draft.title} {self._section.title}"
        if block.tab_group:
            self._open_tab(block, scope, item)
        elif not self._is_in_aside_chapter and is_aside(block.title, page):
            self.flush()
            scope.is_separate = True
            self._aside = self._new_aside(block.title)
            self._aside.why.append(f"{self._section.title}.")
            self._condition_depth = -1
            scope.aside_title = block.title
        elif block.title:
            self.prose.append(block.title)
        scope.step_count = self._step_count
        self._scopes.append(scope)

    def _open_tab(
        self, block: ContainerStart, scope: _OpenContainer, item: StepDraft | None
    ) -> None:
        """Open a tab as an option of a decision."""
        titles = self._tab_titles[block.tab_group]
        if len(titles) < 2:
            self.prose.append(block.title)
            return
        scope.is_separate = True
        scope.option = block.title
        decision = self._tab_decisions.get(block.tab_group)
        var = self._draft.decisions.get(titles, "")
        if decision is None and var:
            self.flush()
        elif decision is None:
            decision = self._tab_decisions[block.tab_group] = self._add_tab_decision(
                titles, item
            )
        scope.decision = decision
        self._when[decision.choose if decision is not None else var] = option_value(
            block.title, titles
        )

    def _add_tab_decision(
        self, titles: tuple[str, ...], item: StepDraft | None
    ) -> StepDraft:
        """Add the decision between tabs, titled by the list item or lead paragraph."""
        if item is not None and not item.has_action and item is self.last:
            decision = decision_step(item.title, titles, self._draft)
            self.make_command_step(item)
            item.title, item.choose = decision.title, decision.choose
            item.options = decision.options
            step = item
        else:
            is_lead = bool(self.prose) and not is_list(self.prose[-1])
            lead = self.prose.pop() if is_lead else ""
            about = lead_title(lead) or self._section.title or self._draft.title
            step = self._add_after_prose(decision_step(about, titles, self._draft))
            step.set_lead(lead)
        if self._aside is None and not self._is_in_aside_chapter and not self._when:
            self._draft.decisions[titles] = step.choose
        return step

    def close(self) -> None:
        """Close the container that was opened last."""
        if not self._scopes:
            return
        scope = self._scopes.pop()
        if scope.is_separate:
            if self._step_count == scope.step_count and self.prose:
                texts = [*self.prose]
                self.prose.clear()
                self._append(StepDraft(title=scope.title, manual=texts))
            self.flush()
            self.last = scope.decision
        self._aside, self._when = scope.aside, scope.when
        self._condition_depth = -1 if self._aside is None else self._condition_depth


def _may_fail(step: StepDraft) -> bool:
    """Whether a step can have an aside phase as its `on_failure`."""
    return bool(step.run) and step.on_failure is None and not step.when


def _tab_titles(blocks: Sequence[Block]) -> dict[int, tuple[str, ...]]:
    """The titles of all tabs of each group of tabs, by the group's number."""
    found: dict[int, dict[str, None]] = {}
    for each in blocks:
        if isinstance(each, ContainerStart) and each.tab_group:
            found.setdefault(each.tab_group, {})[each.title] = None
    return {group: tuple(titles) for group, titles in found.items()}
