"""Problems of a runbook and their text, and the rules that lint finds them by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from mobius_tui.runbook.text.secret_detection import mask_secrets
from mobius_tui.sanitize import cells, escape_controls

Severity = Literal["error", "warning"]

_WIDTH = 88
"""Characters that are shown of an offending line."""


class LintRule(Struct, frozen=True, kw_only=True):
    """One rule, as `check --explain` shows it."""

    code: str
    """Never changes: runbooks name it in `# lint: ignore=`."""
    title: str
    """What it finds."""
    reason: str
    """Why that is bad."""
    remedy: str
    """What to do instead."""
    bad: str
    """TOML that breaks it: the keys of a step, or tables."""
    good: str
    """The same without breaking it."""
    blocking: bool = False
    """Whether `--auto` refuses a runbook in which it concerns a step that destroys."""
    is_reported_once: bool = False
    """Whether `check` reports it once for a file, with all the lines: a runbook whose
    author did not think of it breaks it in most steps."""


class Problem(Struct, frozen=True, kw_only=True):
    """One error or warning, at one place of one file."""

    file: str
    line: int
    """From 1; 0 if the problem is about the whole file."""
    column: int
    """In characters, from 1; 0 if the problem is about the whole file."""
    message: str
    severity: Severity = "error"
    text: str = ""
    """The offending line of the file."""
    code: str = ""
    """The code of the lint rule, for a warning."""
    blocks: bool = False
    """Whether `--auto` refuses the runbook for it."""

    def render(self) -> str:
        """`file:line:column: message`, then the line with a caret below it."""
        note = "warning: " if self.severity == "warning" else ""
        message = escape_controls(self.message)
        if self.code:
            message += f" [{escape_controls(self.code)}]"
        if not self.line:
            return f"{escape_controls(self.file)}: {note}{message}"
        head = (
            f"{escape_controls(self.file)}:{self.line}:{self.column}: {note}{message}"
        )
        line, caret = _cropped(mask_secrets(self.text), self.column)
        return f"{head}\n    {line}\n    {caret}"


def problem_report(problems: Iterable[Problem]) -> str:
    """All problems, one below the other."""
    return "\n".join(problem.render() for problem in problems)


def _cropped(text: str, column: int) -> tuple[str, str]:
    """The part of a line around a column, with escapes, and a line with a caret."""
    at = min(column - 1, len(text))
    text = text.replace("\t", " ")
    start = max(0, at - _WIDTH // 2) if len(text) > _WIDTH else 0
    before, after = text[start:at], text[at : start + _WIDTH]
    left = "…" if start else ""
    right = "…" if start + _WIDTH < len(text) else ""
    shown = left + escape_controls(before)
    return shown + escape_controls(after) + right, " " * cells(shown) + "^"
