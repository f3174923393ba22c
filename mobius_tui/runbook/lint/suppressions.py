"""Comments that suppress findings: `# lint: ignore=CODE reason`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from mobius_tui.runbook.lint.rule_table import RULES
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.problem import Problem
from mobius_tui.runbook.toml.toml_document import Findings, TomlDocument, problem_at

_IGNORE = re.compile(
    r"#[ \t]*lint:[ \t]*ignore(?P<codes>=[ \t]*[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)?"
    r"(?P<reason>[^\n]*)"
)
_SHELLCHECK = re.compile(r"SC\d{4}")
_CONTINUES = re.compile(r"(?:\\|\||&&)[ \t]*$")
_MAX_LINES_UP = 50
"""How many lines of one command are passed to find a comment above it."""
BAD_IGNORE_CODE = "bad-ignore"


class _Suppression(Struct, frozen=True, kw_only=True):
    """One comment."""

    offset: int
    codes: tuple[str, ...]
    reason: str
    is_alone: bool
    """Whether it is alone on its line, and so applies to the next line."""


class Suppressions:
    """The comments of one file, and which of them suppressed a finding."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._by_line: dict[int, _Suppression] = {}
        self._used: set[tuple[int, str]] = set()
        if "lint:" not in text:
            return
        offset = 0
        for number, line in enumerate(self.lines, start=1):
            match = _IGNORE.search(line) if "lint:" in line else None
            if match is not None:
                codes = re.findall(r"[\w-]+", match["codes"] or "")
                self._by_line[number] = _Suppression(
                    offset=offset + match.start(),
                    codes=tuple(codes),
                    reason=match["reason"].strip(" \t'\"-:"),
                    is_alone=not line[: match.start()].strip(),
                )
            offset += len(line) + 1

    def hides(self, problem: Problem) -> bool:
        """Whether a comment suppresses a problem; records that the comment was used."""
        for number in self._command_lines_above(problem.line):
            comment = self._by_line.get(number)
            if comment is None or (number != problem.line and not comment.is_alone):
                continue
            if problem.code in comment.codes and comment.reason:
                self._used.add((number, problem.code))
                return True
        return False

    def _command_lines_above(self, line: int) -> Iterator[int]:
        """A line, and those above it up to the line before the same command."""
        yield line
        for number in range(line - 1, max(0, line - _MAX_LINES_UP), -1):
            yield number
            line_above = self.lines[number - 1] if number <= len(self.lines) else ""
            if not _CONTINUES.search(line_above):
                return

    def problems(self, *, thorough: bool) -> Iterator[tuple[int, str]]:
        """The problems of the comments themselves: offset and message.

        Args:
            thorough: whether all rules were applied; only then can a comment be
                reported as not needed.
        """
        for number, comment in self._by_line.items():
            if not comment.codes:
                yield comment.offset, "`# lint: ignore` names no rule: ignore=CODE why"
                continue
            if not comment.reason:
                words = f"`# lint: ignore={comment.codes[0]}` gives no reason"
                yield comment.offset, f"{words}, and hides nothing"
                continue
            for code in comment.codes:
                words = self._code_problem(number, code, thorough=thorough)
                if words:
                    yield comment.offset, words

    def _code_problem(self, number: int, code: str, *, thorough: bool) -> str:
        is_external = _SHELLCHECK.fullmatch(code) is not None
        if code not in RULES and not is_external:
            return f"there is no rule `{code}`{did_you_mean(code, RULES)}"
        if code == BAD_IGNORE_CODE:
            return f"`{code}` cannot be ignored"
        is_judged = thorough and not is_external  # ShellCheck may be missing
        if is_judged and (number, code) not in self._used:
            return f"`{code}` finds nothing here: the comment is not needed"
        return ""


def apply_suppressions(
    findings: Findings, documents: Iterable[TomlDocument], main: str, *, thorough: bool
) -> list[Problem]:
    """The problems without the suppressed ones, and with those of the comments.

    Errors are never suppressed.

    Args:
        findings: the problems of all files.
        documents: the files that have such comments.
        main: the name of the main file. Its comments must all be needed; an included
            file may have been examined only in part.
        thorough: whether all rules were applied.
    """
    suppressions = {each.file: Suppressions(each.positions.text) for each in documents}
    remaining = [
        problem
        for problem in findings.problems
        if not problem.code
        or problem.file not in suppressions
        or not suppressions[problem.file].hides(problem)
    ]
    for document in documents:
        needs_all = thorough and document.file == main
        for at, words in suppressions[document.file].problems(thorough=needs_all):
            remaining.append(
                problem_at(
                    document.file, document.positions, at, words, BAD_IGNORE_CODE
                )
            )
    return remaining
