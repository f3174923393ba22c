"""The commands of a runbook, as they are compared with those of a page.

A command is a line of a script, with what it goes on with. Comments, spaces and the
quotes around a variable are no part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from mobius_tui.runbook.model import Runbook, Step
from mobius_tui.runbook.model_action import Manual, Run
from mobius_tui.runbook.model_check import RunCheck
from mobius_tui.runbook.step_place import line_of

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
class Command:
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

    def is_like(self, other: Command) -> bool:
        """Whether another one is this one, perhaps with its holes filled in."""
        if self.text in (other.text, other.filled):
            return True
        return self.pattern is not None and bool(self.pattern.fullmatch(other.text))


def lines_of(script: str) -> Iterator[tuple[str, str, str]]:
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


def commands_of(runbook: Runbook) -> tuple[Command, ...]:
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
) -> Iterator[Command]:
    """The commands of one step, and what it says of the page's."""
    name, rows, first = _lines_of_step(step, files)
    said = [match[1] for row in rows if (match := _PAGE.fullmatch(row))]
    needed = step.same_as is None and _NONE not in said

    def command(told: tuple[str, str, str], *, is_run: bool) -> Command:
        text, shown, begins = told
        at = next((at for at, row in enumerate(rows) if begins in row), 0)
        return Command(
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
        for told in lines_of(step.action.script):
            yield command(told, is_run=True)
    others = [each for each in said if each != _NONE]
    others += [each.script for each in step.checks if isinstance(each, RunCheck)]
    if isinstance(step.action, Manual):
        others.append(step.action.text)
    for each in others:
        for told in lines_of(each):
            yield command(told, is_run=False)


def _lines_of_step(
    step: Step, files: Sequence[tuple[str, str]]
) -> tuple[str, list[str], int]:
    """The file that a step stands in, its lines there, and the number of the first."""
    for name, text in files:
        first = line_of(text, "phase.step", step.id)
        if first is not None:
            rows = text.split("\n")[first - 1 :]
            end = next(
                (at for at, row in enumerate(rows[1:], 1) if row.startswith("[[phase")),
                len(rows),
            )
            return name, rows[:end], first
    return "", [], 0
