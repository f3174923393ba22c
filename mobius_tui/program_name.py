"""The program's name as it was called, for commands that a person types after it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys

NAME = "mobius-tui"


def called_name() -> str:
    """What the program is called by: its name, or its path where PATH leads elsewhere.

    Who began it as `.venv/bin/mobius-tui` cannot type its name alone.
    """
    typed = sys.argv[0]
    if os.path.basename(typed) != NAME or not os.path.isfile(typed):  # noqa: PTH113, PTH119
        return NAME
    found = shutil.which(NAME)
    if found is not None and os.path.samefile(found, typed):  # noqa: PTH121
        return NAME
    return shlex.quote(typed)


def with_called_name(words: str) -> str:
    """A text whose commands can be typed as they stand: `` `mobius-tui resume` ``.

    Args:
        words: with each command between backticks.
    """
    mark = f"`{NAME} "
    return words.replace(mark, f"`{called_name()} ") if mark in words else words
