"""The program's name as it was called, for commands that a person types after it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys

from mobius_tui.sanitize import clean, line

NAME = "mobius-tui"


def called_name(typed: str | None = None) -> str:
    """What the program is called by: its name, or its path where PATH leads elsewhere.

    Who began it as `.venv/bin/mobius-tui` cannot type its name alone.

    Args:
        typed: as what it was begun; as this process was without it.
    """
    typed = sys.argv[0] if typed is None else typed
    if os.path.basename(typed) != NAME or not os.path.isfile(typed):  # noqa: PTH113, PTH119
        return NAME
    found = shutil.which(NAME)
    if found is not None and os.path.samefile(found, typed):  # noqa: PTH121
        return NAME
    return shlex.quote(typed)


def message_text(words: str, *, newlines: bool = False) -> str:
    """A message on standard error: `mobius-tui: no runs yet; `mobius-tui demo` …`.

    Args:
        words: from anywhere; each command that can be typed stands between backticks.
        newlines: whether they may have more lines than one.
    """
    harmless = clean(words, newlines=True) if newlines else line(words)
    mark = f"`{NAME} "
    if mark in harmless:
        harmless = harmless.replace(mark, f"`{called_name()} ")
    return f"{NAME}: {harmless}"
