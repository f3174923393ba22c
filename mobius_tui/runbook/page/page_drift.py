"""Where a page and the runbook that was once made of it differ, command by command."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import Literal

from mobius_tui.runbook.model.actions import Manual, Run
from mobius_tui.runbook.model.check_kinds import RunCheck
from mobius_tui.runbook.model.runbook import Runbook, Step
from mobius_tui.runbook.toml.positions import header_line

_GOES_ON = re.compile(r"\\\n[ \t]*")
_QUOTED = re.compile(r"'[^'\n]*'|\"(?:[^\"\\\n]|\\.)*\"|\\.|#[^\n]*")
_BRACED = re.compile(r"\$\{(\w+)\}")
_IN_QUOTES = re.compile(r"\"(\$\w+)\"")
_VARIABLE = re.compile(r"\$(\w+)")
_OURS = re.compile(r"set [-+][a-z]+( pipefail)?|.*\$RUNBOOK_OUTPUT\b.*")
"""What only a runbook has: strict flags, and the outputs of a step."""
_HOLE = r"<[A-Za-z][^<>\n]{0,80}>|\{\{ ?[\w-]+ ?\}\}|\bYOUR_\w+"
_FILLED = r"(?:\"[^\"\n]*\"|'[^'\n]*'|<[^<>\n]*>|[^\s'\"]+)"
_LONGEST = 2000
"""Characters of a command whose holes are looked at."""
_MOST_HOLES = 8
_PAGE = re.compile(r"[ \t]*#[ \t]*page:[ \t]*(.+?)[ \t]*")
_NONE = "none"


@dataclass(frozen=True, kw_only=True)
class ComparedCommand:
    """One command, and where it stands."""

    text: str
    """As it is compared."""
    filled: str = ""
    """The same, with the defaults of the variables that have one."""
    shown: str
    """As it stands there, on one line."""
    first: str = ""
    """The line that it begins with."""
    phase: int = -1
    """Which phase it is in; -1 for none."""
    step: str = ""
    """The id of its step."""
    file: str = ""
    line: int = 0
    """Of the file, from 1; 0 where that is not known."""
    holes: frozenset[str] = frozenset()
    """Variables that are there for what a person puts in their place."""
    is_needed: bool = True
    """Whether the other side must have it, too."""
    is_run: bool = True
    """Whether a step runs it: a check, a person or nobody does the others."""

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """What it looks like with its holes filled in; `None` if it has none."""
        if len(self.text) > _LONGEST:
            return None
        names = "|".join(map(re.escape, sorted(self.holes)))
        hole = rf"{_HOLE}|\$(?:{names})\b" if names else _HOLE
        parts = re.split(f"(?:{hole})", self.text)
        if not 1 < len(parts) <= _MOST_HOLES + 1:
            return None
        return re.compile(_FILLED.join(map(re.escape, parts)))

    def is_like(self, other: ComparedCommand) -> bool:
        """Whether another one is this one, perhaps with its holes filled in."""
        if self.text in (other.text, other.filled):
            return True
        return self.pattern is not None and bool(self.pattern.fullmatch(other.text))


def commands_of_script(script: str) -> Iterator[tuple[str, str, str]]:
    """The commands of a script: as compared, as shown, and the line it begins with."""
    rows = script.split("\n")
    at = 0
    for row in _GOES_ON.sub("\0", script).split("\n"):
        shown = " ".join(_without_comment(row.replace("\0", " ")).split())
        told = _IN_QUOTES.sub(r"\1", _BRACED.sub(r"$\1", shown))
        if told and not _OURS.fullmatch(told):
            yield told, shown, rows[at].strip()
        at += 1 + row.count("\0")


def _without_comment(row: str) -> str:
    """A line without the comment behind it; a `#` in quotes begins none."""
    for match in _QUOTED.finditer(row):
        at = match.start()
        if match[0][0] == "#" and (at == 0 or row[at - 1].isspace()):
            return row[:at]
    return row


def commands_of_runbook(runbook: Runbook) -> tuple[ComparedCommand, ...]:
    """What a runbook has of commands, in its order.

    A page need not have those of a check, of a step that is there again by `use`, or
    of one that says `# page: none`. What it says after `# page:` otherwise, and what a
    person is told to do, may be a command of the page that no step runs.
    """
    files = [
        (source.name, source.data.decode("utf-8", "replace"))
        for source in runbook.sources
    ]
    found = [
        command
        for number, phase in enumerate(runbook.phases)
        for step in phase.steps
        for command in _of_step(step, number, files)
    ]

    def default(match: re.Match[str]) -> str:
        variable = runbook.variables.get(match[1])
        return match[0] if variable is None else variable.default or match[0]

    return tuple(
        replace(each, filled=_VARIABLE.sub(default, each.text)) for each in found
    )


def _of_step(
    step: Step, phase: int, files: Sequence[tuple[str, str]]
) -> Iterator[ComparedCommand]:
    """The commands of one step, and what it says of the page's."""
    name, rows, first = _lines_of_step(step, files)
    said = [match[1] for row in rows if (match := _PAGE.fullmatch(row))]
    needed = step.same_as is None and _NONE not in said

    def command(told: tuple[str, str, str], *, is_run: bool) -> ComparedCommand:
        text, shown, begins = told
        at = next((at for at, row in enumerate(rows) if begins in row), 0)
        return ComparedCommand(
            text=text,
            shown=shown,
            first=begins,
            phase=phase,
            step=step.id,
            file=name,
            line=first + at,
            is_needed=needed and is_run,
            is_run=is_run,
        )

    if isinstance(step.action, Run):
        for told in commands_of_script(step.action.script):
            yield command(told, is_run=True)
    others = [each for each in said if each != _NONE]
    others += [each.script for each in step.checks if isinstance(each, RunCheck)]
    if isinstance(step.action, Manual):
        others.append(step.action.text)
    for each in others:
        for told in commands_of_script(each):
            yield command(told, is_run=False)


def _lines_of_step(
    step: Step, files: Sequence[tuple[str, str]]
) -> tuple[str, list[str], int]:
    """The file that a step stands in, its lines there, and the number of the first."""
    for name, text in files:
        first = header_line(text, "phase.step", step.id)
        if first is not None:
            rows = text.split("\n")[first - 1 :]
            end = next(
                (at for at, row in enumerate(rows[1:], 1) if row.startswith("[[phase")),
                len(rows),
            )
            return name, rows[:end], first
    return "", [], 0


_ALIKE = 0.5
"""From here on two commands are taken for one that was changed."""
_NEAR = 0.2
"""What it counts for that its neighbours are neighbours, too."""
_MOST = 40_000
"""Pairs that are looked at for being alike; where more is new, all of it is."""

DriftKind = Literal["new", "changed", "order", "missing"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Drift:
    """One place where they have parted."""

    kind: DriftKind
    """`new` stands on the page alone, `missing` in the runbook alone; `order`: both
    have it, and in another order of its phase."""
    page: ComparedCommand | None
    runbook: ComparedCommand | None
    beside: ComparedCommand | None = None
    """For what is new: the command of the runbook that it should follow."""


def find_drift(
    page: Sequence[ComparedCommand], runbook: Sequence[ComparedCommand]
) -> tuple[Drift, ...]:
    """Where they have parted: by the page's order, then what it does not have.

    Args:
        page: the commands of the runbook that the page becomes.
        runbook: those of the runbook.
    """
    pairs = _pairs(page, runbook)
    served = set(pairs.values())
    new = [at for at in range(len(page)) if page[at].is_run and at not in pairs]
    left = [at for at, c in enumerate(runbook) if c.is_needed and at not in served]
    changed = _changed(page, runbook, pairs, new, left)
    found: list[tuple[int, Drift]] = []
    for at in new:
        was = changed.get(at)
        before = [pairs[each] for each in pairs if each < at]
        beside = runbook[before[-1]] if before and was is None else None
        kind: DriftKind = "new" if was is None else "changed"
        other = runbook[was] if was is not None else None
        found.append(
            (at, Drift(kind=kind, page=page[at], runbook=other, beside=beside))
        )
    for at in _out_of_order(page, runbook, pairs):
        moved = Drift(kind="order", page=page[at], runbook=runbook[pairs[at]])
        found.append((at, moved))
    gone = set(left) - set(changed.values())
    return (
        *(drift for _, drift in sorted(found, key=lambda each: each[0])),
        *(Drift(kind="missing", page=None, runbook=runbook[at]) for at in sorted(gone)),
    )


def _pairs(
    page: Sequence[ComparedCommand], runbook: Sequence[ComparedCommand]
) -> dict[int, int]:
    """Which command of the runbook each one of the page is, as far as one is."""
    by_text: dict[str, list[int]] = defaultdict(list)
    for at, command in enumerate(runbook):
        for text in {command.text, command.filled}:
            by_text[text].append(at)
    served: set[int] = set()
    found: dict[int, int] = {}
    last = -1
    for number, command in enumerate(page):
        if not command.is_run:
            continue
        same = [at for at in by_text[command.text] if at not in served]
        if not same and command.pattern is not None:
            same = [
                at
                for at, other in enumerate(runbook)
                if at not in served and command.is_like(other)
            ]
        if same:
            last = found[number] = min(same, key=lambda at: _far(runbook, at, last))
            served.add(last)
    return found


def _far(
    runbook: Sequence[ComparedCommand], at: int, last: int
) -> tuple[bool, bool, int]:
    """How far a command is from the one that the page's last one is.

    What follows it in its phase is next; what a step runs comes before what only
    speaks of it.
    """
    follows = last < at and (last < 0 or runbook[at].phase == runbook[last].phase)
    return not runbook[at].is_run, not follows, at


def _changed(
    page: Sequence[ComparedCommand],
    runbook: Sequence[ComparedCommand],
    pairs: dict[int, int],
    new: Sequence[int],
    left: Sequence[int],
) -> dict[int, int]:
    """Which of the page's new commands one of those that are left was."""
    if len(new) * len(left) > _MOST:
        return {}
    steps = {(page[a].step, runbook[b].step) for a, b in pairs.items()}
    scores: list[tuple[float, int, int]] = []
    for one in new:
        words = SequenceMatcher(a=page[one].text.split(), autojunk=False)
        for other in left:
            words.set_seq2(runbook[other].text.split())
            both = (page[one].step, runbook[other].step)
            near = both in steps or both[0] == both[1]
            score = words.ratio() + (_NEAR if near else 0)
            if score >= _ALIKE:
                scores.append((-score, one, other))
    found: dict[int, int] = {}
    for _, one, other in sorted(scores):
        if one not in found and other not in found.values():
            found[one] = other
    return found


def _out_of_order(
    page: Sequence[ComparedCommand],
    runbook: Sequence[ComparedCommand],
    pairs: dict[int, int],
) -> Iterator[int]:
    """The page's commands that stand elsewhere among those of their phase."""
    groups: dict[tuple[int, int], list[int]] = defaultdict(list)
    for at, other in pairs.items():
        if runbook[other].is_run:
            groups[page[at].phase, runbook[other].phase].append(at)
    for group in groups.values():
        kept = _longest([pairs[at] for at in group])
        yield from (at for number, at in enumerate(group) if number not in kept)


def _longest(places: Sequence[int]) -> set[int]:
    """The most of a row of numbers that only grow: which ones, by where they stand."""
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
