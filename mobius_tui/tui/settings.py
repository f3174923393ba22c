"""config.toml: the person's theme, keys and manners; read once, before any screen.

Nothing here knows Textual: a mistake in the file is said before anything is drawn.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.runbook.config import config_file

OURS = ("mobius-dark", "mobius-light", "mobius-contrast", "mobius-ansi")
"""The themes of our own; the first one is taken where the terminal has colours."""
TEXTUALS = (
    "ansi-dark",
    "ansi-light",
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "textual-dark",
    "textual-light",
    "tokyo-night",
)
"""Textual's own, which it need not be imported to know."""
THEMES = OURS + TEXTUALS


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What config.toml says, or would say."""

    theme: str | None = None
    """A theme's name; `None` to choose by what the terminal can show."""
    ascii: bool | None = None
    """Whether only ASCII is drawn; `None` to choose by what the terminal can show."""
    bell: bool = True
    """Whether the bell rings on a failure and at the end of a run."""
    title: bool = True
    """Whether the terminal's title tells of the run."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The person's keys by command id; the others keep theirs."""
    commands: Mapping[str, object] = field(default_factory=dict)
    """What the person adds to the table of commands, for the judge of effects."""


AS_IT_COMES = Settings()
"""What holds where nobody has said anything."""


def load() -> Settings:
    """What config.toml says; a file that is not there says nothing.

    Raises:
        UsageError: it cannot be read, or is wrong; the text is the whole report.
    """
    file = config_file()
    if not os.path.lexists(file):
        return AS_IT_COMES
    from mobius_tui.runbook.source import RefusedError, read_bytes

    try:
        return decode(file, read_bytes(file))
    except RefusedError as error:
        raise UsageError(error.problem.render()) from error


def decode(file: Path, data: bytes) -> Settings:
    """The settings that bytes hold.

    Args:
        file: where the bytes are from; it is not opened.
        data: its bytes.

    Raises:
        UsageError: something is wrong with them; the text is the whole report.
    """
    from mobius_tui.runbook.decode_head import commands
    from mobius_tui.runbook.document import EnoughError, Findings, parse
    from mobius_tui.runbook.names import did_you_mean
    from mobius_tui.runbook.problem import report
    from mobius_tui.runbook.reader import Table
    from mobius_tui.runbook.source import RefusedError
    from mobius_tui.runbook.strays import report_strays
    from mobius_tui.tui.settings_keys import read_keys

    findings = Findings()
    settings = AS_IT_COMES
    try:
        root = Table(parse(str(file), data, findings))
        theme = root.maybe("theme")
        if theme is not None and theme not in THEMES:
            words = did_you_mean(theme, THEMES) or f"; ours are {', '.join(OURS)}"
            root.report(f"there is no theme called `{theme}`{words}", "theme")
        settings = Settings(
            theme=theme,
            ascii=root.flag("ascii") if root.has("ascii") else None,
            bell=root.flag("bell", default=True),
            title=root.flag("title", default=True),
            keys=read_keys(root.table("keys")),
            commands=commands(root),
        )
        report_strays(findings.tables)
    except RefusedError as error:
        findings.problems.append(error.problem)
    except EnoughError:
        pass  # so many are reported below
    if findings.problems:
        found = sorted(findings.problems, key=lambda each: (each.line, each.column))
        raise UsageError(report(found))
    return settings
