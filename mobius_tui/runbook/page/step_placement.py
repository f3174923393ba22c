"""Where a step of a section goes: the main line, an aside, one way of a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mobius_tui.runbook.page.decisions import decision_step, is_option, option_value
from mobius_tui.runbook.page.lead_sentences import (
    is_condition,
    is_for_system,
    is_of_failure,
    is_other_way,
    lead_title,
    looks_back,
)
from mobius_tui.runbook.page.page_blocks import Block, ContainerStart
from mobius_tui.runbook.page.page_drafts import (
    PageDraft,
    PhaseDraft,
    StepDraft,
    add_paragraph,
    is_list,
)
from mobius_tui.runbook.page.sections import Section, is_aside


@dataclass(kw_only=True, slots=True)
class _OpenContainer:
    """A tab or a fold-out that is open, and how things were before it."""

    title: str
    way: str = ""
    """What it is called as one way of a decision."""
    aside_title: str = ""
    """What it is called as an aside."""
    steps: int
    """How many steps there were."""
    aside: PhaseDraft | None
    when: dict[str, str]
    decision: StepDraft | None
    is_own: bool
    """Whether what is said in it may not be told with a step outside."""


class StepPlacement:
    """The steps of one section, and what was said that is not told with one yet."""

    def __init__(self, section: Section, draft: PageDraft, *, aside: bool) -> None:
        self.steps: list[StepDraft] = []
        self.asides: list[PhaseDraft] = []
        self.lead: list[str] = []
        """What was said before the first step."""
        self.prose: list[str] = []
        """What was said since the last one."""
        self.last: StepDraft | None = None
        """The step that what is said next may belong to."""
        self._section = section
        self._draft = draft
        self._is_aside = aside
        self._aside: PhaseDraft | None = None
        self._condition = -1
        """The depth of the item whose condition the aside has; -1 without one."""
        self._shared: PhaseDraft | None = None
        """The aside of the conditions right before, where no commands stand in it."""
        self._scopes: list[_OpenContainer] = []
        self._when: dict[str, str] = {}
        self._groups: dict[int, StepDraft] = {}
        """The decisions between tabs that stand together."""
        self._made = 0

    def add(self, step: StepDraft) -> StepDraft:
        """One more step; what was said before it is told with the one before."""
        leads = self.prose.pop() if "".join(self.prose[-1:]).endswith(":") else ""
        step.why[:0] = filter(None, [leads])
        return self._file(step)

    def _file(self, step: StepDraft) -> StepDraft:
        if self.last is not None:
            self.flush()
        elif self._made:
            step.why[:0] = self.prose
            self.prose.clear()
        else:
            self.lead += self.prose
            self.prose.clear()
        return self._put(step)

    def _put(self, step: StepDraft) -> StepDraft:
        step.heading = self._section.title
        step.when = dict(self._when)
        for scope in self._scopes:
            step.way = scope.way or step.way
            step.heading = scope.aside_title or step.heading
        (self.steps if self._aside is None else self._aside.steps).append(step)
        self.last = step
        self._made += 1
        if self._aside is not self._shared:
            self._shared = None
        return step

    def add_code(self, step: StepDraft, title: str, parts: Sequence[str]) -> StepDraft:
        """A step for a block of code, by the paragraph before it.

        Args:
            step: the step.
            title: what it is called where that paragraph does not tell.
            parts: what the author calls the parts of it.
        """
        lead = self.prose.pop() if self.prose else ""
        if lead and self.last is not None and looks_back(lead):
            self.prose.append(lead)
            lead = ""
        named = (
            "" if is_list(lead) and "\n" in lead else lead.strip().removeprefix("- ")
        )
        if is_condition(named):
            self.begin_condition(named, 0, has_more=True)
        self._file(step)
        step.led_by(lead)
        step.other_way = (
            "one of"
            if is_for_system(named) or is_option(named)
            else "or"
            if is_other_way(named)
            else ""
        )
        step.title = lead_title(named) or title or "; ".join(parts)
        return step

    def last_lead(self, lead: str) -> None:
        """Say what leads in to the last step."""
        if self.last is not None:
            self.last.led_by(lead)
            self.last.title = lead_title(lead) or lead

    def take_over(self, step: StepDraft) -> None:
        """Let an item have commands, named by the part of it that leads in to them."""
        said, step.manual = step.manual, []
        first, *more = said or [""]
        step.led_by(first)
        step.why += more
        lead = self.prose[-1] if self.prose else ""
        if is_list(lead) and (title := lead_title(lead.rsplit("- ", 1)[-1])):
            step.title, step.lead = title, ""
        for each in self.prose:
            add_paragraph(step.why, each)
        self.prose.clear()
        self.last = step

    def flush(self) -> None:
        """Tell with the last step what was said since."""
        if self.last is not None:
            for each in self.prose:
                self.last.add(each)
            self.prose.clear()

    def finish(self) -> None:
        """Tell what is left with the last step."""
        while self._scopes:
            self.close()
        if self.last is None:
            made = [*self.steps, *(step for each in self.asides for step in each.steps)]
            self.last = made[-1] if made else None
        self.flush()

    def begin_condition(self, text: str, depth: int, *, has_more: bool) -> None:
        """Let what follows be done only where a condition is met."""
        if self._aside is not None and self._condition < 0:
            return  # a fold-out that is an aside already
        if self._is_aside:
            return
        before = self.steps[-1] if self.steps else None
        if self._shared is not None and not has_more:
            self._aside = self._shared
            self._aside.title = f"{self._section.title}, if needed"
        else:
            self._aside = self._new_aside(lead_title(text) or text)
            self._shared = None if has_more else self._aside
            if before is not None and _may_fail(before) and is_of_failure(text):
                before.on_failure = self._aside
        self._condition = depth

    def _new_aside(self, title: str) -> PhaseDraft:
        aside = PhaseDraft(title=title, aside=True, attended=True)
        self.asides.append(aside)
        return aside

    def end_condition(self, depth: int) -> None:
        """End the condition of an item as deep as that, or deeper."""
        if self._condition >= depth:
            self._aside = None
            self._condition = -1

    def open(
        self, block: ContainerStart, blocks: Sequence[Block], item: StepDraft | None
    ) -> None:
        """Begin a tab or a fold-out, perhaps in an item."""
        scope = _OpenContainer(
            title=block.title,
            steps=self._made,
            aside=self._aside,
            when=dict(self._when),
            decision=None,
            is_own=False,
        )
        page = f"{self._draft.title} {self._section.title}"
        if block.tabs:
            self._way(block, blocks, scope, item)
        elif not self._is_aside and is_aside(block.title, page):
            self.flush()
            scope.is_own = True
            self._aside = self._new_aside(block.title)
            self._aside.why.append(f"{self._section.title}.")
            self._condition = -1
            scope.aside_title = block.title
        elif block.title:
            self.prose.append(block.title)
        scope.steps = self._made
        self._scopes.append(scope)

    def _way(
        self,
        block: ContainerStart,
        blocks: Sequence[Block],
        scope: _OpenContainer,
        item: StepDraft | None,
    ) -> None:
        """Begin a tab as one way of a decision."""
        titles = _tabs(block, blocks)
        if len(titles) < 2:
            self.prose.append(block.title)
            return
        scope.is_own = True
        scope.way = block.title
        decision = self._groups.get(block.tabs)
        var = self._draft.decisions.get(titles, "")
        if decision is None and var:
            self.flush()
        elif decision is None:
            decision = self._groups[block.tabs] = self._decide(titles, item)
        scope.decision = decision
        self._when[decision.choose if decision is not None else var] = option_value(
            block.title, titles
        )

    def _decide(self, titles: tuple[str, ...], item: StepDraft | None) -> StepDraft:
        """The decision between tabs, by the item or the paragraph that leads in."""
        if item is not None and not item.acts and item is self.last:
            decision = decision_step(item.title, titles, self._draft)
            self.take_over(item)
            item.title, item.choose = decision.title, decision.choose
            item.options = decision.options
            step = item
        else:
            is_lead = bool(self.prose) and not is_list(self.prose[-1])
            lead = self.prose.pop() if is_lead else ""
            about = lead_title(lead) or self._section.title or self._draft.title
            step = self._file(decision_step(about, titles, self._draft))
            step.led_by(lead)
        if self._aside is None and not self._is_aside and not self._when:
            self._draft.decisions[titles] = step.choose
        return step

    def close(self) -> None:
        """End what was opened last."""
        if not self._scopes:
            return
        scope = self._scopes.pop()
        if scope.is_own:
            if self._made == scope.steps and self.prose:
                said = [*self.prose]
                self.prose.clear()
                self._put(StepDraft(title=scope.title, manual=said))
            self.flush()
            self.last = scope.decision
        self._aside, self._when = scope.aside, scope.when
        self._condition = -1 if self._aside is None else self._condition


def _may_fail(step: StepDraft) -> bool:
    """Whether a step can lead to the aside that says what to do when it fails."""
    return bool(step.run) and step.on_failure is None and not step.when


def _tabs(block: ContainerStart, blocks: Sequence[Block]) -> tuple[str, ...]:
    """What the tabs are called that one stands among."""
    found = (
        each.title
        for each in blocks
        if isinstance(each, ContainerStart) and each.tabs == block.tabs
    )
    return tuple(dict.fromkeys(found))
