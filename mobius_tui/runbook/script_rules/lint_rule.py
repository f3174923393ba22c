"""A rule of lint, as `check --explain` shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LintRule:
    """One thing to be warned of, as `check --explain` shows it."""

    code: str
    """Never changes: runbooks name it in `# lint: ignore=`."""
    title: str
    """What it finds, in a few words."""
    reason: str
    """Why that is bad."""
    remedy: str
    """What to do instead."""
    bad: str
    """TOML in which it finds something: the keys of a step, or tables."""
    good: str
    """The same thing done well."""
    blocking: bool = False
    """Whether `--auto` refuses where it guards what destroys."""
