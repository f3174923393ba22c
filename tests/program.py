"""Running the installed program, for tests of its command line."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mobius_tui.cli import main
from tests.waiting import PATIENCE

PROGRAM = str(Path(sys.executable).with_name("mobius-tui"))


def exit_code(*words: str) -> int:
    """The exit code of the program's words, in this process: a start costs more."""
    try:
        return main(words)
    except SystemExit as error:  # of words that no command has
        return int(error.code or 0)


def program(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the program with some words and further environment variables."""
    return subprocess.run(
        [PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
    )
