"""Differences between a page and the runbook once made of it, command by command."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from typing import Literal

from msgspec import Struct, field

from mobius_tui.runbook.model.actions import Choose, Manual, Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.guards import guard_leaves
from mobius_tui.runbook.model.runbook import Phase, Runbook, Step
from mobius_tui.runbook.toml.positions import header_line
from mobius_tui.structs import replace

_CONTINUATION = re.compile(r"\\\n[ \t]*")
_QUOTED = re.compile(r"'[^'\n]*'|\"(?:[^\"\\\n]|\\.)*\"|\\.|#[^\n]*")
_BRACED = re.compile(r"\$\{(\w+)\}")
_IN_QUOTES = re.compile(r"\"(\$\w+)\"")
_VARIABLE = re.compile(r"\$(\w+)")
_RUNBOOK_ONLY = re.compile(r"set [-+][a-z]+( pipefail)?|.*\$RUNBOOK_OUTPUT\b.*")
"""Lines that only a runbook has: strict flags, and the outputs of a step."""
_PLACEHOLDER = r"<[A-Za-z][^<>\n]{0,80}>|\{\{ ?[\w-]+ ?\}\}|\bYOUR_\w+"
_FILLED_IN = r"(?:\"[^\"\n]*\"|'[^'\n]*'|<[^<>\n]*>|[^\s'\"]+)"
_MAX_COMMAND = 2000
"""Characters of a command whose placeholders are compared."""
_MAX_PLACEHOLDERS = 8
_PAGE = re.compile(r"[ \t]*#[ \t]*page:[ \t]*(.+?)[ \t]*")
_NONE = "none"
_OWN_CONDITION = "when"
"""After `# page:`: the page does not have the condition of the step."""
_NEXT = ("[[phase", "[[step]]")
"""What the line begins with at which the lines of a step end."""


class ComparedCommand(Struct, frozen=True, kw_only=True, dict=True):
    """One command, and its place."""

    text: str
    """The normalized text that is compared."""
    with_defaults: str = ""
    """The same, with the defaults of variables filled in."""
    shown: str
    """The text for display, on one line."""
    first_line: str = ""
    """Its first line as it is written."""
    phase: int = -1
    """The index of its phase; -1 for none."""
    step: str = ""
    """The id of its step."""
    file: str = ""
    line: int = 0
    """The line in the file, from 1; 0 if unknown."""
    placeholders: frozenset[str] = frozenset()
    """Variables that stand for placeholders of the page."""
    is_needed: bool = True
    """Whether the other side must also have it."""
    is_run: bool = True
    """Whether a step runs it; others are in checks, manual texts or comments."""
    is_on_main_line: bool = True
    """Whether its phase is no aside."""
    ways: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The answers of people with which it is run, by the variable of the decision."""
    is_conditional: bool = False
    """Whether it is run only with such answers, or in an aside for a condition."""
    has_own_condition: bool = False
    """Whether a comment says that its condition is the runbook's own."""

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What matches it with its placeholders filled in; `None` if it has none."""
        if len(self.text) > _MAX_COMMAND:
            return None
        names = "|".join(map(re.escape, sorted(self.placeholders)))
        placeholder = rf"{_PLACEHOLDER}|\$(?:{names})\b" if names else _PLACEHOLDER
        parts = re.split(f"(?:{placeholder})", self.text)
        if not 1 < len(parts) <= _MAX_PLACEHOLDERS + 1:
            return None
        return re.compile(_FILLED_IN.join(map(re.escape, parts)))

    def matches_command(self, other: ComparedCommand) -> bool:
        """Whether another command is this one, perhaps with placeholders filled in."""
        if self.text in (other.text, other.with_defaults):
            return True
        return self.pattern is not None and bool(self.pattern.fullmatch(other.text))


def commands_of_script(script: str) -> Iterator[tuple[str, str, str]]:
    """The commands of a script: normalized text, display text, first line."""
    rows = script.split("\n")
    at = 0
    for row in _CONTINUATION.sub("\0", script).split("\n"):
        shown = " ".join(_without_comment(row.replace("\0", " ")).split())
        compared = _IN_QUOTES.sub(r"\1", _BRACED.sub(r"$\1", shown))
        if compared and not _RUNBOOK_ONLY.fullmatch(compared):
            yield compared, shown, rows[at].strip()
        at += 1 + row.count("\0")


def _without_comment(row: str) -> str:
    """A line without its comment; a `#` in quotes begins none."""
    for match in _QUOTED.finditer(row):
        at = match.start()
        if match[0][0] == "#" and (at == 0 or row[at - 1].isspace()):
            return row[:at]
    return row


def commands_of_runbook(runbook: Runbook) -> tuple[ComparedCommand, ...]:
    """The commands of a runbook, in its order.

    A page need not have the commands of checks, of steps that are repeated by `use`, or
    of steps with a comment `# page: none`, nor the condition of one with `# page:
    when`. Other texts after `# page:`, and those of
    manual steps, may be commands of the page that no step runs.
    """
    files = [
        (source.name, source.data.decode("utf-8", "replace"))
        for source in runbook.sources
    ]
    decisions = frozenset(
        step.action.var for step in runbook.steps() if isinstance(step.action, Choose)
    )
    found = [
        command
        for number, phase in enumerate(runbook.phases)
        for step in phase.steps
        for command in _of_step(step, phase, number, files, decisions)
    ]

    def default(match: re.Match[str]) -> str:
        variable = runbook.variables.get(match[1])
        return match[0] if variable is None else variable.default or match[0]

    return tuple(
        replace(each, with_defaults=_VARIABLE.sub(default, each.text)) for each in found
    )


def _of_step(
    step: Step,
    phase: Phase,
    number: int,
    files: Sequence[tuple[str, str]],
    decisions: frozenset[str],
) -> Iterator[ComparedCommand]:
    """The commands of one step, and those of the page that its comments name."""
    name, rows, first = _lines_of_step(step, files)
    page_comments = [match[1] for row in rows if (match := _PAGE.fullmatch(row))]
    needed = step.same_as is None and _NONE not in page_comments
    ways: dict[str, frozenset[str]] = {}
    for _, var, texts in guard_leaves(step.when):
        if var in decisions:
            ways[var] = ways.get(var, frozenset()) | {*texts}
    is_guarded = bool(ways or step.when_checks) or (phase.aside and phase.attended)

    def command(compared: tuple[str, str, str], *, is_run: bool) -> ComparedCommand:
        text, shown, begins = compared
        at = next((at for at, row in enumerate(rows) if begins in row), 0)
        return ComparedCommand(
            text=text,
            shown=shown,
            first_line=begins,
            phase=number,
            step=step.id,
            file=name,
            line=first + at,
            is_needed=needed and is_run,
            is_run=is_run,
            is_on_main_line=not phase.aside,
            ways=ways,
            is_conditional=is_guarded,
            has_own_condition=_OWN_CONDITION in page_comments,
        )

    if isinstance(step.action, Run):
        for compared in commands_of_script(step.action.script):
            yield command(compared, is_run=True)
    others = [each for each in page_comments if each not in (_NONE, _OWN_CONDITION)]
    others += [each.script for each in step.checks if isinstance(each, RunCheck)]
    if isinstance(step.action, Manual):
        others.append(step.action.text)
    for each in others:
        for compared in commands_of_script(each):
            yield command(compared, is_run=False)


def _lines_of_step(
    step: Step, files: Sequence[tuple[str, str]]
) -> tuple[str, list[str], int]:
    """The file of a step, its lines there, and the number of the first line."""
    for name, text in files:
        first = header_line(text, "phase.step", step.id)
        if first is not None:
            rows = text.split("\n")[first - 1 :]
            end = next(
                (at for at, row in enumerate(rows[1:], 1) if row.startswith(_NEXT)),
                len(rows),
            )
            return name, rows[:end], first
    return "", [], 0


_MIN_SIMILARITY = 0.5
"""Score from which two commands count as one that was changed."""
_NEIGHBOUR_BONUS = 0.2
"""Added to the score if the steps of the two commands match otherwise."""
_MAX_PAIRS = 40_000
"""Pairs whose similarity is computed; with more, every command counts as new."""

DriftKind = Literal["new", "changed", "order", "condition", "missing"]


class Drift(Struct, frozen=True, kw_only=True):
    """One difference between page and runbook."""

    kind: DriftKind
    """`new` is only on the page, `missing` only in the runbook; for `order`, both have
    it, but in a different order within its phase of the page; for `condition`, it is
    done only if a person says so in one of the two, or with another one."""
    page: ComparedCommand | None
    runbook: ComparedCommand | None
    preceding: ComparedCommand | None = None
    """For `new`: the command of the runbook that it should follow.

    None if no command before it on the page has a match; None for the other kinds.
    """


def find_drift(
    page: Sequence[ComparedCommand], runbook: Sequence[ComparedCommand]
) -> tuple[Drift, ...]:
    """The differences: in the page's order, and then what is missing on it.

    Args:
        page: the commands of the runbook that is made of the page now.
        runbook: the commands of the existing runbook.
    """
    matches = _matches(page, runbook)
    matched = set(matches.values())
    new = [at for at in range(len(page)) if page[at].is_run and at not in matches]
    unmatched = [
        at for at, c in enumerate(runbook) if c.is_needed and at not in matched
    ]
    changed = _changed(page, runbook, matches, new, unmatched)
    found: list[tuple[int, Drift]] = []
    for at in new:
        changed_from = changed.get(at)
        before = [matches[each] for each in matches if each < at]
        beside = runbook[before[-1]] if before and changed_from is None else None
        kind: DriftKind = "new" if changed_from is None else "changed"
        other = runbook[changed_from] if changed_from is not None else None
        found.append(
            (at, Drift(kind=kind, page=page[at], runbook=other, preceding=beside))
        )
    for at in _out_of_order(page, runbook, matches):
        moved = Drift(kind="order", page=page[at], runbook=runbook[matches[at]])
        found.append((at, moved))
    for at in _otherwise_conditional(page, runbook, matches):
        parted = Drift(kind="condition", page=page[at], runbook=runbook[matches[at]])
        found.append((at, parted))
    missing = set(unmatched) - set(changed.values())
    return (
        *(drift for _, drift in sorted(found, key=lambda each: each[0])),
        *(
            Drift(kind="missing", page=None, runbook=runbook[at])
            for at in sorted(missing)
        ),
    )


def _matches(
    page: Sequence[ComparedCommand], runbook: Sequence[ComparedCommand]
) -> dict[int, int]:
    """The index of the matching command of the runbook, by index on the page."""
    by_text: dict[str, list[int]] = defaultdict(list)
    for at, command in enumerate(runbook):
        for text in {command.text, command.with_defaults}:
            by_text[text].append(at)
    matched: set[int] = set()
    found: dict[int, int] = {}
    last = -1
    for number, command in enumerate(page):
        if not command.is_run:
            continue
        same = [at for at in by_text[command.text] if at not in matched]
        if not same and command.pattern is not None:
            same = [
                at
                for at, other in enumerate(runbook)
                if at not in matched and command.matches_command(other)
            ]
        if same:
            last = found[number] = min(
                same, key=lambda at: _distance(runbook, at, last)
            )
            matched.add(last)
    return found


def _distance(
    runbook: Sequence[ComparedCommand], at: int, last: int
) -> tuple[bool, bool, int]:
    """How far a command is from the match of the page's previous command.

    Commands that follow it in its phase are nearest; commands that a step runs come
    before those that are only mentioned.
    """
    follows = last < at and (last < 0 or runbook[at].phase == runbook[last].phase)
    return not runbook[at].is_run, not follows, at


def _changed(
    page: Sequence[ComparedCommand],
    runbook: Sequence[ComparedCommand],
    matches: dict[int, int],
    new: Sequence[int],
    unmatched: Sequence[int],
) -> dict[int, int]:
    """The unmatched command of which each new one is a changed version, by index."""
    if len(new) * len(unmatched) > _MAX_PAIRS:
        return {}
    steps = {(page[a].step, runbook[b].step) for a, b in matches.items()}
    scores: list[tuple[float, int, int]] = []
    for one in new:
        words = SequenceMatcher(a=page[one].text.split(), autojunk=False)
        for other in unmatched:
            words.set_seq2(runbook[other].text.split())
            both = (page[one].step, runbook[other].step)
            near = both in steps or both[0] == both[1]
            score = words.ratio() + (_NEIGHBOUR_BONUS if near else 0)
            if score >= _MIN_SIMILARITY:
                scores.append((-score, one, other))
    found: dict[int, int] = {}
    for _, one, other in sorted(scores):
        if one not in found and other not in found.values():
            found[one] = other
    return found


def _out_of_order(
    page: Sequence[ComparedCommand],
    runbook: Sequence[ComparedCommand],
    matches: dict[int, int],
) -> Iterator[int]:
    """The page's commands whose order within their phase of the page differs.

    Where asides stand in the runbook says nothing of the order.
    """
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, other in matches.items():
        there = runbook[other]
        if there.is_run:
            aside = -1 if there.is_on_main_line else there.phase
            groups[page[at].phase, aside].append(at)
    for group in groups.values():
        in_order = _longest_increasing([matches[at] for at in group])
        yield from (at for number, at in enumerate(group) if number not in in_order)


def _otherwise_conditional(
    page: Sequence[ComparedCommand],
    runbook: Sequence[ComparedCommand],
    matches: dict[int, int],
) -> Iterator[int]:
    """The page's commands whose condition differs."""
    last: tuple[ComparedCommand, ComparedCommand] | None = None
    for at in sorted(matches):
        here, there = page[at], runbook[matches[at]]
        if not there.is_run or there.has_own_condition:
            continue
        if here.is_conditional and there.is_conditional:
            if last is not None and _are_parted(last, (here, there)):
                yield at
            last = here, there
            continue
        last = None
        always = there if here.is_conditional else here
        if here.is_conditional != there.is_conditional and always.is_on_main_line:
            yield at


def _are_parted(
    before: tuple[ComparedCommand, ComparedCommand],
    now: tuple[ComparedCommand, ComparedCommand],
) -> bool:
    """Whether two commands go together in one, and exclude each other in the other.

    Args:
        before: a command on the page, and its match in the runbook.
        now: the next one.
    """
    on_page, in_book = before[0].ways, before[1].ways
    is_together = on_page == now[0].ways and in_book == now[1].ways
    if is_together or not on_page or not in_book:
        return False
    if on_page == now[0].ways:
        return _exclude(in_book, now[1].ways)
    return _exclude(on_page, now[0].ways) and in_book == now[1].ways


def _exclude(
    one: Mapping[str, frozenset[str]], other: Mapping[str, frozenset[str]]
) -> bool:
    """Whether two commands are on different ways of one decision."""
    return any(var in other and not values & other[var] for var, values in one.items())


def _longest_increasing(places: Sequence[int]) -> set[int]:
    """The indexes of a longest increasing subsequence."""
    ends: list[int] = []
    at_end: list[int] = []
    before: dict[int, int] = {}
    for number, place in enumerate(places):
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
        at_end[at : at + 1] = [number]
        before[number] = at_end[at - 1] if at else -1
    found: set[int] = set()
    number = at_end[-1] if at_end else -1
    while number >= 0:
        found.add(number)
        number = before[number]
    return found
