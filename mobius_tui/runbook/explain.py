"""What `mobius-tui check --explain` says of a rule."""

from __future__ import annotations

import re

from mobius_tui.errors import UsageError
from mobius_tui.runbook.doubts.rule import Rule
from mobius_tui.runbook.doubts.table import RULES
from mobius_tui.runbook.names import did_you_mean
from mobius_tui.runbook.problem import visible

_SHELLCHECK = re.compile(r"SC\d{4}")
_LINES = 8
"""Of a longer example, so many lines are shown."""


def explain(code: str) -> str:
    """A rule in words, with an example of each kind; for `list`, all of them.

    Raises:
        UsageError: there is no such rule.
    """
    if code == "list":
        width = max(map(len, RULES))
        lines = [f"{rule.code:{width}}  {rule.title}" for rule in RULES.values()]
        return "\n".join(lines)
    if _SHELLCHECK.fullmatch(code):
        return f"{code} is ShellCheck's: {wiki(code)}"
    rule = RULES.get(code)
    if rule is None:
        near = did_you_mean(code, RULES)
        words = f"there is no rule `{visible(code)}`{near}"
        raise UsageError(f"{words}; `check --explain list` lists them")
    return _in_words(rule)


def _in_words(rule: Rule) -> str:
    blocks = (
        "\nGuarding a step that destroys, it stops --auto." if rule.blocking else ""
    )
    return (
        f"{rule.code}: {rule.title}\n\n{rule.reason}{blocks}\n\n"
        f"Remedy: {rule.remedy}.\n\n"
        f"Bad:\n{_indented(rule.bad)}\n\nGood:\n{_indented(rule.good)}\n\n"
        f"Where it is meant so: # lint: ignore={rule.code} and the reason, on the line "
        "or the line above."
    )


def _indented(example: str) -> str:
    lines = example.strip().split("\n")
    if len(lines) > _LINES * 2:
        lines = [*lines[:_LINES], "…"]
    return "\n".join(f"    {line}" for line in lines)


def wiki(code: str) -> str:
    """Where ShellCheck explains one of its codes."""
    return f"https://www.shellcheck.net/wiki/{code}"


def table() -> str:
    """All rules as the table in the README."""
    rows = [f"| `{rule.code}` | {_cell(rule.title)} |" for rule in RULES.values()]
    return "\n".join(["| code | what it warns of |", "|---|---|", *rows])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
