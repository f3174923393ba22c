"""Running the installed program, for tests of its command line."""

from __future__ import annotations

import os
import subprocess

from tests.acceptance.terminal import PROGRAM


def program(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the program with some words and further environment variables."""
    return subprocess.run(
        [PROGRAM, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
    )
