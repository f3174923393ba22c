"""A rule of lint, as `check --explain` shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LintRule:
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
