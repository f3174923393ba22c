"""The screens as commands open them: loaded with Textual when the first is opened.

`screens.open_run` and its like are those of `mobius_tui.tui.main`. A command that ends
up printing lines does without the screens, which take 160 ms to import.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mobius_tui.runbook.toml.runbook_source import config_file
from mobius_tui.structs import replace
from mobius_tui.tui.config.settings import DEFAULT_SETTINGS, Settings

if TYPE_CHECKING:
    from mobius_tui.tui.main import (
        open_briefing,
        open_facilitator,
        open_library,
        open_review,
        open_run,
        open_stats,
        open_watch,
    )

__all__ = [
    "load_screen_settings",
    "open_briefing",
    "open_facilitator",
    "open_library",
    "open_review",
    "open_run",
    "open_stats",
    "open_watch",
]


def __getattr__(name: str) -> Any:
    """Import a function of `mobius_tui.tui.main` when it is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("mobius_tui.tui.main"), name)


def load_screen_settings(options: argparse.Namespace) -> Settings:
    """The settings of the screens, from config.toml and the command line.

    Raises:
        UsageError: config.toml is wrong; the text is the whole report.
    """
    settings = DEFAULT_SETTINGS
    if os.path.lexists(config_file()):
        # Only then: the first picture does not wait for what reads TOML.
        from mobius_tui.tui.config.settings_file import load_settings

        settings = load_settings()
    return replace(settings, ascii=True) if options.ascii else settings
