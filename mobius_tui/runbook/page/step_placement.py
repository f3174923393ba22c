"""Placing the steps of a section: main line, aside phase, option of a decision."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from mobius_tui.runbook.page.condition_chain import ConditionChain
from mobius_tui.runbook.page.lead_sentences import (
    introduces_output,
    is_alternative,
    is_for_system,
    is_instruction,
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
from mobius_tui.runbook.page.ruled_text import sentences_of
from mobius_tui.runbook.page.sections import Section, is_aside
from mobius_tui.runbook.page.sentence_rules import (
    NEXT_STEP,
    TOLD_RULES,
    RuledSentence,
    is_conditional,
    is_only_example,
    ruled,
)

_SAYS_OPTIONAL = re.compile(r"\W*optional", re.IGNORECASE)
_ONCE = re.compile(
    r"(?:once|after|as soon as) (?!that|this|it\b|then)|(?:finally|lastly)\b",
    re.IGNORECASE,
)
"""How a text begins that comes later, for whoever it is."""

_CHOICE = re.compile(
    r"(?:if|when) (?:you|we|your)(?:['’](?:re|ve|d))? (?!(?:\w+ )?(?:see|gets?|got|"
    r"find|cannot|can['’]t|encounter|run into)\b)(?!.*\b(?:fail\w*|errors?)\b)",
    re.IGNORECASE,
)
"""A condition that is known before anything is run: `If you use`, `If you want`."""
_BEFORE_BELOW = re.compile(r"\bbefore\b.*\bsteps below\b", re.IGNORECASE)
"""What says that the steps behind a conditional one are for everybody."""
_OTHER_VALUE = re.compile(r"\bversions? v?\d|\bdifferent\b", re.IGNORECASE)
"""What says that a command has another value for the same: `If you need version 4`."""
_INSTEAD = re.compile(r"\binstead\b(?! of)", re.IGNORECASE)
_OF_DONE = re.compile(r"(?:this|these|that|it) (?:will|would|does|do)\b", re.IGNORECASE)
"""How a text begins that says what the commands before it have done."""


class _OpenContainer(Struct, kw_only=True):
    """An open tab or fold-out, and the state before it."""

    title: str
    option: str = ""
    """Its title as an option of a decision; empty if it is none."""
    aside_title: str = ""
    """Its title as an aside phase; empty if it is none."""
    step_count: int
    """The number of steps before it."""
    aside: PhaseDraft | None
    chain: ConditionChain | None
    """The condition that is open around it."""
    outer: list[ConditionChain]
    """The conditions around that."""
    when: dict[str, tuple[str, ...]]
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
        self._chain: ConditionChain | None = None
        """The open condition."""
        self._outer: list[ConditionChain] = []
        """The conditions around the open one, whose text goes on with theirs."""
        self._condition_at = 0
        """Where its words begin in `prose`, while its decision is not placed."""
        self._replaced: StepDraft | None = None
        """The step before it, if its code is run instead of that."""
        self._base: StepDraft | None = None
        """The last step whose place the code of a condition took."""
        self._before_condition: StepDraft | None = None
        """The step before it, if it is that this step fails."""
        self._condition_depth = 0
        """The number of list items that it is nested in."""
        self._after_look: RuledSentence | None = None
        """The condition that begins behind the next commands, which show it."""
        self._is_optional = False
        """Whether the next step may be left out."""
        self._is_all_optional = ruled(f"{section.title}:").rule == "optional"
        """Whether the section says of all its steps that they may be left out."""
        self.made: list[StepDraft] = []
        """All its steps, in the page's order."""
        self._scopes: list[_OpenContainer] = []
        self._when: dict[str, tuple[str, ...]] = {}
        self._tab_decisions: dict[int, StepDraft] = {}
        """The decisions between adjacent tabs, by tab group number."""

    @property
    def _step_count(self) -> int:
        return len(self.made)

    def add(self, step: StepDraft) -> StepDraft:
        """Add a step; the text before it goes to the previous step.

        A last paragraph that ends with a colon introduces the step, and goes to its
        `why`. The text before the section's first step becomes `lead`.
        """
        lead = self.prose.pop() if "".join(self.prose[-1:]).endswith(":") else ""
        step.why[:0] = filter(None, [lead])
        return self._add_after_prose(step)

    def _add_after_prose(self, step: StepDraft) -> StepDraft:
        self._place_decision()
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
        step.optional |= self._is_optional or self._is_all_optional
        self._is_optional = False
        (self.steps if self._aside is None else self._aside.steps).append(step)
        for chain in self._open_chains():
            chain.add(step)
        self.last = step
        self.made.append(step)
        return step

    def _open_chains(self) -> list[ConditionChain]:
        """The open conditions whose decisions are placed, the outermost first."""
        around = [
            each for scope in self._scopes for each in (*scope.outer, scope.chain)
        ]
        chains = [*around, *self._outer, self._chain]
        return [chain for chain in chains if chain is not None and chain.is_placed]

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
        self._add_after_prose(step)
        self._begin_after_look()
        step.set_lead(lead)
        step.alternative = (
            "one of"
            if is_for_system(lead_line) or is_option(lead_line)
            else "or"
            if is_alternative(lead_line)
            else ""
        )
        asks = any(each.asks for each in sentences_of(lead_line, is_before_code=True))
        told = [] if asks else [part for part in parts if not names_place(part)]
        step.title = title_of_lead(lead_line) or title or "; ".join(told)
        return step

    def set_last_lead(self, lead: str) -> None:
        """Set the lead of the last step, and make the step's title of it."""
        if self.last is not None:
            self.last.set_lead(lead)
            self.last.title = title_of_lead(lead) or lead

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
        self._begin_after_look()

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
        self._close_condition()
        if self.last is None:
            self.last = self.made[-1] if self.made else None
        self.flush()

    @property
    def awaits_own_words(self) -> bool:
        """Whether a condition is open, and what is done then is still to come."""
        chain = self._chain
        return chain is not None and not chain.has_own_words

    def chain_rules(self) -> list[str]:
        """The names of the rules by which the open condition is more than one."""
        found = ["within"] if self._outer else []
        return [*found, "instead"] if self._replaced is not None else found

    def tell(self) -> None:
        """Say that the text of a step shows what is done on the open condition."""
        if self._chain is not None:
            self._chain.tell()

    def begin_item(self, depth: int, number: int | None) -> None:
        """Begin an item of a list: what was asked within another item is over.

        Args:
            depth: the number of items around it.
            number: its number; None if its list has none.
        """
        chain = self._chain
        if chain is None or chain.condition.is_of_all_below:
            return
        target, at = chain.condition.to_step, self._condition_depth
        is_target = target == NEXT_STEP or (number is not None and number == target)
        if depth < at or (depth == at and is_target):
            self._close_condition()

    def hear(
        self,
        text: str,
        *,
        goes_with: bool = False,
        is_before_code: bool = False,
        is_item: bool = False,
        code: str = "",
        depth: int = 0,
    ) -> list[RuledSentence]:
        """Take notice of a paragraph or an item, before it is placed.

        A condition is open from there to the next one, or to the end of the section or
        the container; its decision is placed before the first step.

        Args:
            text: the paragraph or the item.
            goes_with: whether it goes with the open condition, whatever it says.
            is_before_code: whether code stands directly below it.
            is_item: whether it is an item of a list, which becomes a step.
            code: the code directly below it, if there is any.
            depth: the number of list items around it.

        Returns:
            Its sentences, with the rule of each.
        """
        sentences = sentences_of(text, is_before_code=is_before_code, code=code)
        is_only = len(sentences) == 1 and not is_before_code
        is_about_nothing = is_only and sentences[0].to_step == NEXT_STEP
        for sentence in sentences:
            if sentence.rule == "otherwise" and self._chain is not None:
                self._chain.add_way(sentence)
            elif sentence.is_after_look:
                self._after_look = sentence
            elif sentence.asks and not is_about_nothing:
                before = (self.last, self._base)
                is_within = self._is_within_open(sentence, sentences[0])
                self._begin_condition(sentence, is_within=is_within)
                self._replaced = next(
                    (
                        one
                        for one in before
                        if one is not None
                        and (one is self._base or not one.when)
                        and _replaces(sentence, one, code)
                    ),
                    None,
                )
                self._condition_depth = depth
        if any(each.rule == "optional" for each in sentences):
            is_lead = "optional" in (sentences[0].rule, sentences[-1].rule)
            is_above = is_before_code or text.endswith(":")
            is_next = is_item or (is_above and is_lead)
            self._hear_optional(text, is_next=is_next)
        is_asked = any(each.asks for each in sentences)
        chain = self._chain
        is_apart = not (is_asked or goes_with) and _is_new(
            sentences, text, is_before_code=is_before_code
        )
        is_apart |= is_before_code and _goes_on_from_told(sentences)
        if chain is not None and not (is_asked or goes_with):
            is_apart |= chain.is_told or _ONCE.match(text) is not None
            is_first = _BEFORE_BELOW.search(chain.condition.consequence) is not None
            is_apart |= is_before_code and is_first
            is_apart |= chain.is_of_step and chain.has_steps and _leads_on(sentences)
        is_apart &= not is_only_example(text)
        is_apart &= chain is None or not chain.condition.is_of_all_below
        if chain is not None and chain.has_own_words and is_apart:
            self._begin_rest(chain)
        return sentences

    def _hear_optional(self, text: str, *, is_next: bool) -> None:
        """Take notice that something may be left out.

        That is the next step, or the whole section where its first words say so.
        """
        if is_next:
            self._is_optional = True
        elif not (self.made or self.prose) and _SAYS_OPTIONAL.match(text):
            self._is_all_optional = True

    def _begin_after_look(self) -> None:
        """Begin the condition that the step before this shows, if there is one."""
        sentence, self._after_look = self._after_look, None
        if sentence is not None:
            self._begin_condition(sentence)
            self._condition_depth = 0

    def _begin_condition(
        self, sentence: RuledSentence, *, is_within: bool = False
    ) -> None:
        if is_within and self._chain is not None:
            self._outer.append(self._chain)
        else:
            self._close_condition()
        self._chain = ConditionChain(sentence, self._draft)
        self._condition_at = len(self.prose)
        self._before_condition = self._replaced = None
        last = self.last
        if sentence.rule == "failure" and last is not None and not self._scopes:
            self._before_condition = last if _may_fail(last) else None

    def _is_within_open(self, sentence: RuledSentence, first: RuledSentence) -> bool:
        """Whether a condition is about what the open one has done.

        Its text says so: `This will leave the role out. If you have it already, …`
        """
        chain = self._chain
        if chain is None or not (chain.is_placed and chain.has_steps):
            return False
        if self._before_condition is not None or chain.condition.rule != "condition":
            return False
        goes_on = first is not sentence and _OF_DONE.match(first.text) is not None
        return goes_on and not chain.has_rest

    def _begin_rest(self, chain: ConditionChain) -> None:
        """Let the next steps only follow a condition, and the one around it."""
        if self._outer:
            chain.close()
            chain = self._chain = self._outer.pop()
        chain.begin_rest()

    def _place_decision(self) -> None:
        """Place the decision of the open condition before its first step."""
        chain = self._chain
        if chain is None or chain.is_placed:
            return
        words = self.prose[self._condition_at :]
        del self.prose[self._condition_at :]
        decision = chain.decision
        self._chain = None
        self._add_after_prose(decision)
        self._chain = chain
        chain.is_placed = True
        if self._replaced is not None:
            self._replace(self._replaced, chain)
        for each in words:
            decision.add(each)

    def _replace(self, step: StepDraft, chain: ConditionChain) -> None:
        """Let a step be run only where the condition does not hold."""
        steps = self.steps if self._aside is None else self._aside.steps
        decision = chain.decision
        is_free = not step.when or step is self._base
        if is_free and steps[-1] is decision and any(one is step for one in steps):
            steps.pop()
            at = next(at for at, one in enumerate(steps) if one is step)
            steps.insert(at, decision)
            chain.add_replaced(step)
            self._base = step

    def _close_condition(self) -> None:
        """End the open condition.

        If it is that the step before it fails, and nothing else follows it, that step
        leads to an aside with its steps; it needs no decision.
        """
        chain, self._chain = self._chain, None
        outer, self._outer = self._outer, []
        for each in outer:
            each.close()
        if chain is None or not chain.is_placed:
            return
        before, steps = self._before_condition, chain.only_way
        if before is None or self._is_in_aside_chapter:
            chain.close()
        elif steps is None:
            before.is_asked_after = True
            chain.close()
        else:
            aside = self._new_aside(chain.condition.text)
            aside.steps += steps
            aside.why += chain.decision.why
            mine = {id(chain.decision), *map(id, steps)}
            self.steps[:] = [each for each in self.steps if id(each) not in mine]
            before.on_failure = aside
            if self.last is chain.decision:
                self.last = before

    def _new_aside(self, title: str) -> PhaseDraft:
        aside = PhaseDraft(title=title, aside=True, attended=True)
        self.asides.append(aside)
        return aside

    def open(self, block: ContainerStart, item: StepDraft | None) -> None:
        """Open a tab or a fold-out.

        Args:
            block: its start.
            item: the step of the list item that it is in, if any.
        """
        chain = self._chain
        if block.tab_group and chain is not None and chain.is_choice:
            self._chain = None
        scope = _OpenContainer(
            title=block.title,
            step_count=self._step_count,
            aside=self._aside,
            chain=self._chain,
            outer=self._outer,
            when=dict(self._when),
            decision=None,
            is_separate=False,
        )
        self._place_decision()
        scope.step_count = self._step_count
        page = f"{self._draft.title} {self._section.title}"
        is_condition = is_conditional(block.title)
        if block.tab_group:
            self._open_tab(block, scope, item)
        elif (
            not is_condition
            and not self._is_in_aside_chapter
            and is_aside(block.title, page)
        ):
            self.flush()
            scope.is_separate = True
            self._aside = self._new_aside(block.title)
            self._aside.why.append(f"{self._section.title}.")
            scope.aside_title = block.title
        elif block.title:
            self.prose.append(block.title)
        scope.step_count = self._step_count
        self._scopes.append(scope)
        self._chain, self._outer = None, []
        if is_condition and not block.tab_group:
            self._begin_condition(ruled(f"{block.title}:"))

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
        self._when[decision.choose if decision is not None else var] = (
            option_value(block.title, titles),
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
        is_for_all = not self._when and not self._open_chains()
        if self._aside is None and not self._is_in_aside_chapter and is_for_all:
            self._draft.decisions[titles] = step.choose
        return step

    def close(self) -> None:
        """Close the container that was opened last."""
        if not self._scopes:
            return
        self._close_condition()
        scope = self._scopes.pop()
        if scope.is_separate:
            if self._step_count == scope.step_count and self.prose:
                texts = [*self.prose]
                self.prose.clear()
                self._append(StepDraft(title=scope.title, manual=texts))
            self.flush()
            self.last = scope.decision
        self._aside, self._when, self._chain = scope.aside, scope.when, scope.chain
        self._outer = scope.outer


def _is_new(
    sentences: Sequence[RuledSentence], text: str, *, is_before_code: bool
) -> bool:
    """Whether a text introduces something else than what is before it.

    Args:
        sentences: its sentences.
        text: the text.
        is_before_code: whether code stands directly below it.
    """
    told = ("remark", *TOLD_RULES)
    if not sentences or sentences[-1].rule in told or looks_back(text):
        return False
    is_output = introduces_output(text) and not text.lower().startswith("to ")
    if sentences[0].rule == "goes-on" or is_output:
        return False
    is_told = any(each.leads or is_instruction(each.text) for each in sentences)
    return is_told or is_before_code


def _replaces(sentence: RuledSentence, step: StepDraft, code: str) -> bool:
    """Whether the code below a condition is run instead of that of a step.

    `If you use b, write it there instead:`, with the same program as the step; or `If
    you want to keep it, you can set a flag:`, with the same command and more options.
    """
    if sentence.rule != "condition" or not _CHOICE.match(sentence.clause):
        return False
    words, before = code.lstrip("$# ").split(), (step.run or "").split()
    if not (words and before) or words[0] != before[0] or words == before:
        return False
    if _INSTEAD.search(sentence.text) is not None or _has_options(words, before):
        return True
    others = [1 for word, other in zip(words, before, strict=False) if word != other]
    is_one = len(words) == len(before) and len(others) == 1 and words[1] == before[1]
    return is_one and _OTHER_VALUE.search(sentence.text) is not None


def _has_options(words: Sequence[str], before: Sequence[str]) -> bool:
    """Whether a command is another one with more options."""
    left = [*before]
    more = [word for word in words if not (left and word == left[0] and left.pop(0))]
    return not left and bool(more) and more[0].startswith("-")


def _leads_on(sentences: Sequence[RuledSentence]) -> bool:
    """Whether a text goes on with something: `Then start it:`."""
    return bool(sentences) and sentences[0].rule == "goes-on" and sentences[-1].leads


def _goes_on_from_told(sentences: Sequence[RuledSentence]) -> bool:
    """Whether `Then` goes on behind a condition that says itself what is done.

    `If there are any, edit the file. Then start it:` starts it in both cases.
    """
    conditions = [each for each in sentences if each.asks]
    is_told = bool(conditions) and not conditions[-1].leads
    return is_told and sentences[-1].rule == "goes-on"


def title_of_lead(lead: str) -> str:
    """The title that a lead gives: of a condition that of what is done then."""
    sentences = sentences_of(lead, is_before_code=True)
    if not sentences or not sentences[-1].asks:
        return lead_title(lead)
    *others, last = sentences
    if last.rule == "skip":
        return lead_title(" ".join(each.text for each in others))
    return lead_title(last.consequence) if last.consequence else ""


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
