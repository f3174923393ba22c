"""`# lint: ignore=CODE reason`: what somebody knows, and has given a reason for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mobius_tui.runbook.lint.rule_table import RULES
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.problem import Problem
from mobius_tui.runbook.toml.toml_document import Findings, TomlDocument, problem_at

_IGNORE = re.compile(
    r"#[ \t]*lint:[ \t]*ignore(?P<codes>=[ \t]*[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)?"
    r"(?P<reason>[^\n]*)"
)
_SHELLCHECK = re.compile(r"SC\d{4}")
_GOES_ON = re.compile(r"(?:\\|\||&&)[ \t]*$")
_FAR = 50
"""How many lines of one command are gone up to the line above it."""
CODE = "bad-ignore"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Suppression:
    """One such comment."""

    offset: int
    codes: tuple[str, ...]
    reason: str
    above: bool
    """Whether the line has nothing else, so that the next one is meant."""


class Suppressions:
    """The comments of one file, and which of them were needed."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._found: dict[int, _Suppression] = {}
        self._needed: set[tuple[int, str]] = set()
        if "lint:" not in text:
            return
        offset = 0
        for number, line in enumerate(self.lines, start=1):
            match = _IGNORE.search(line) if "lint:" in line else None
            if match is not None:
                codes = re.findall(r"[\w-]+", match["codes"] or "")
                self._found[number] = _Suppression(
                    offset=offset + match.start(),
                    codes=tuple(codes),
                    reason=match["reason"].strip(" \t'\"-:"),
                    above=not line[: match.start()].strip(),
                )
            offset += len(line) + 1

    def hides(self, problem: Problem) -> bool:
        """Whether a comment says that a finding is known; notes that it was needed."""
        for number in self._lines_of(problem.line):
            found = self._found.get(number)
            if found is None or (number != problem.line and not found.above):
                continue
            if problem.code in found.codes and found.reason:
                self._needed.add((number, problem.code))
                return True
        return False

    def _lines_of(self, line: int) -> Iterator[int]:
        """The line itself, and upwards to the one above the command that it is of."""
        yield line
        for number in range(line - 1, max(0, line - _FAR), -1):
            yield number
            above = self.lines[number - 1] if number <= len(self.lines) else ""
            if not _GOES_ON.search(above):
                return

    def wrong(self, *, thorough: bool) -> Iterator[tuple[int, str]]:
        """What is wrong with the comments themselves: where, and what.

        Args:
            thorough: whether all rules have looked; else one may seem unneeded only
                because nobody did.
        """
        for number, found in self._found.items():
            if not found.codes:
                yield found.offset, "`# lint: ignore` names no rule: ignore=CODE why"
                continue
            if not found.reason:
                words = f"`# lint: ignore={found.codes[0]}` gives no reason"
                yield found.offset, f"{words}, and hides nothing"
                continue
            for code in found.codes:
                words = self._about(number, code, thorough=thorough)
                if words:
                    yield found.offset, words

    def _about(self, number: int, code: str, *, thorough: bool) -> str:
        outside = _SHELLCHECK.fullmatch(code) is not None
        if code not in RULES and not outside:
            return f"there is no rule `{code}`{did_you_mean(code, RULES)}"
        if code == CODE:
            return f"`{code}` cannot be ignored"
        looked = thorough and not outside  # ShellCheck may be missing
        if looked and (number, code) not in self._needed:
            return f"`{code}` finds nothing here: the comment is not needed"
        return ""


def apply_suppressions(
    findings: Findings, documents: Iterable[TomlDocument], main: str, *, thorough: bool
) -> list[Problem]:
    """The problems without those that a comment hides; errors are never hidden.

    Args:
        findings: what was found in all files.
        documents: the files that have such comments.
        main: the file whose comments must all be needed; of an included one only a
            part may have been looked at.
        thorough: whether all rules have looked.
    """
    ignores = {each.file: Suppressions(each.positions.text) for each in documents}
    left = [
        problem
        for problem in findings.problems
        if not problem.code
        or problem.file not in ignores
        or not ignores[problem.file].hides(problem)
    ]
    for document in documents:
        judged = thorough and document.file == main
        for at, words in ignores[document.file].wrong(thorough=judged):
            left.append(problem_at(document.file, document.positions, at, words, CODE))
    return left
