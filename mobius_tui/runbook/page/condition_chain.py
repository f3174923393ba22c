"""A condition of a page, the ways that it leaves, and the steps of each way."""

from __future__ import annotations

import re

from msgspec import Struct, field

from mobius_tui.runbook.page.lead_sentences import (
    MAX_TITLE_CHARACTERS,
    is_instruction,
    shorten,
    without_addresses,
)
from mobius_tui.runbook.page.page_drafts import PageDraft, StepDraft
from mobius_tui.runbook.page.sentence_rules import RuledSentence, ruled
from mobius_tui.runbook.text.names import new_variable_name

_CONJUNCTION = re.compile(
    r"(?:(?:and|or|but|so|then|otherwise)[, ]+)*(?:only )?(?:if|when|whenever|only|in "
    r"case|in the event(?: that)?)\b ?",
    re.IGNORECASE,
)
"""What is left out of a condition where it becomes a question."""
_SAYS_NOTHING = re.compile(
    r"(?:it|that|this|there|they|so|these|those|you)(?: (?:is|are|does|do|has|have))?"
    r"(?: not|n['’]t)?(?: the case| so| any)?",
    re.IGNORECASE,
)
"""A clause that only refers to the sentence before it: `If there are`."""
_YES, _NO, _OTHERWISE = "yes", "no", "otherwise"
_AND_ON = "-and-on"
"""The end of the values by which only what follows a condition is done."""


class _Way(Struct, kw_only=True):
    """One way: `If a backup exists, restore it`, or `Otherwise, rebuild it`."""

    value: str
    title: str
    steps: list[StepDraft] = field(default_factory=list)


class ConditionChain:
    """A condition, what belongs to it, and what only follows it in its section.

    It becomes a decision, whose options are the ways. A page seldom says where a
    condition ends: what follows without a word such as `then` may be for everybody, so
    there is an option with which only that is done, and the person who decides knows.
    """

    def __init__(self, condition: RuledSentence, draft: PageDraft) -> None:
        self.condition = condition
        self.decision = _decision_of(condition, draft)
        self.is_placed = False
        """Whether its decision is among the steps of its section."""
        self._ways = [_Way(value=_YES, title=condition.text)]
        self._rest: list[StepDraft] = []
        """The steps that only follow it."""
        self._is_rest = False
        self._replaced: StepDraft | None = None
        """The step before it that is run only where it does not hold."""
        self._has_words = not condition.leads
        """Whether its sentence says what is done on its only way."""
        if condition.rule == "skip":
            self._ways.append(_Way(value=_NO, title="No: go on"))
            self._has_words = False

    def add_way(self, otherwise: RuledSentence) -> None:
        """Begin the way that is for where the condition does not hold."""
        self._ways[-1].steps += self._rest
        self._rest, self._is_rest = [], False
        self._has_words = False
        value = _OTHERWISE if len(self._ways) == 1 else f"otherwise-{len(self._ways)}"
        self._ways.append(_Way(value=value, title=otherwise.text))

    def tell(self) -> None:
        """Say that the page shows in a text what is done on the last way."""
        self._has_words = True

    def begin_rest(self) -> None:
        """Say that the next steps have words of their own, and only follow it."""
        self._is_rest = True

    def add_replaced(self, step: StepDraft) -> None:
        """Run a step that stands before it only where it does not hold."""
        self._replaced = step

    @property
    def has_own_words(self) -> bool:
        """Whether something is done already on its last way."""
        return self._has_words or self.has_steps

    @property
    def is_of_step(self) -> bool:
        """Whether the page tells the step first: `Make one (if you have none):`."""
        return is_instruction(self.condition.text)

    @property
    def is_told(self) -> bool:
        """Whether all that is done on its only way so far is said in its sentence."""
        return self._has_words and not self.has_steps

    @property
    def is_choice(self) -> bool:
        """Whether its sentences say what is done on each of several ways."""
        return len(self._ways) > 1 and not self.steps and self.condition.rule != "skip"

    @property
    def has_steps(self) -> bool:
        """Whether its last way has steps."""
        return bool(self._ways[-1].steps or self._rest)

    @property
    def has_rest(self) -> bool:
        """Whether its next steps only follow it."""
        return self._is_rest

    @property
    def only_way(self) -> list[StepDraft] | None:
        """Its steps, if it has one way, and nothing else follows it."""
        is_only = len(self._ways) == 1 and not self._rest
        return self._ways[0].steps if is_only else None

    @property
    def steps(self) -> list[StepDraft]:
        """All its steps."""
        return [*(step for way in self._ways for step in way.steps), *self._rest]

    def add(self, step: StepDraft) -> None:
        """Add a step to the last way, or to what follows."""
        (self._rest if self._is_rest else self._ways[-1].steps).append(step)

    def close(self) -> None:
        """Give the decision its options, and each step its guard."""
        if len(self._ways) == 1:
            more = ", and what follows it" if self._rest else ""
            way = _Way(value=_NO, title=f"No: leave this out{more}")
            if self._replaced is not None:
                way.steps.append(self._replaced)
                way.title = f"No: {self._replaced.title or 'as before'}"
            self._ways.insert(0, way)
        *others, last = self._ways
        in_order = self._ways if self._ways[0].value == _YES else [last, *others]
        titles = {way.value: shorten(way.title) for way in in_order}
        for way in others if self._rest else ():
            titles[way.value + _AND_ON] = self._and_on_title(way)
        for way in self._ways:
            also = way is not last and self._rest
            values = (way.value, way.value + _AND_ON) if also else (way.value,)
            self._guard(way.steps, values)
        on = [way.value + _AND_ON for way in others]
        self._guard(self._rest, (last.value, *on))
        self.decision.options = titles

    def _and_on_title(self, way: _Way) -> str:
        """The title of the option with which what follows is done, too."""
        title = self._rest[0].title
        on = f"go on with: {title}" if title else "go on behind it"
        if way.value == _NO and self._replaced is None:
            return shorten(f"No: leave this out, {on}")
        return shorten(f"{shorten(way.title, MAX_TITLE_CHARACTERS // 2)}; then {on}")

    def _guard(self, steps: list[StepDraft], values: tuple[str, ...]) -> None:
        for step in steps:
            step.when[self.decision.choose] = values


def ask_conditions(draft: PageDraft) -> None:
    """Place a decision before the steps of each heading that is a condition.

    It covers the headings below it, and has a way for each that says `Otherwise`.
    """
    open_: list[tuple[int, ConditionChain]] = []
    closed: list[ConditionChain] = []
    for title, level, steps in draft.sections:
        sentence = ruled(f"{title.rstrip(' :?')}:")
        other = sentence.rule == "otherwise"
        while open_ and level <= open_[-1][0]:
            if other and level == open_[-1][0]:
                break
            closed.append(open_.pop()[1])
        if other and open_ and level == open_[-1][0]:
            open_[-1][1].add_way(sentence)
        elif sentence.asks:
            chain = ConditionChain(sentence, draft)
            for _, each in open_:
                each.add(chain.decision)
            open_.append((level, chain))
        for step in steps:
            for _, each in open_:
                each.add(step)
    for chain in (*closed, *(each for _, each in open_)):
        _place_before_steps(chain, draft)


def _place_before_steps(chain: ConditionChain, draft: PageDraft) -> None:
    """Place the decision before the first of its steps; without commands, nowhere."""
    steps = {id(step) for step in chain.steps}
    if not any(step.has_action for step in chain.steps):
        return
    for phase in draft.phases:
        at = next((n for n, s in enumerate(phase.steps) if id(s) in steps), None)
        if at is not None:
            phase.steps.insert(at, chain.decision)
            chain.close()
            return


def _decision_of(condition: RuledSentence, draft: PageDraft) -> StepDraft:
    """The step in which a person says whether a condition holds."""
    begin = _CONJUNCTION.match(condition.clause)
    clause = condition.clause[begin.end() if begin is not None else 0 :]
    clause = without_addresses(clause)
    if " " not in clause or _SAYS_NOTHING.fullmatch(clause):
        clause = condition.text.rstrip(" :.")
    var = new_variable_name(" ".join(clause.split()[:4]), "way", draft.names)
    draft.names.add(var)
    title = shorten(clause, MAX_TITLE_CHARACTERS - 1)
    return StepDraft(title=f"{title[:1].upper()}{title[1:]}?", choose=var)
