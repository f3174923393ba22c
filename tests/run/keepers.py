"""What a keeper is told in tests, and waiting for what it does."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from mobius_tui.run.attempts.launcher import BASH, LaunchSpec


def until(condition: Callable[[], object], limit: float = 10.0) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come about"
        time.sleep(0.005)


def spec(
    *,
    argv: tuple[str, ...] = BASH,
    cwd: str = "/",
    timeout: float | None = None,
    max_output: int = 1 << 30,
    rotate: bool = False,
    secrets: tuple[str, ...] = (),
    extra: dict[str, str] | None = None,
) -> LaunchSpec:
    return LaunchSpec(
        argv=argv,
        env={**os.environ, **(extra or {})},
        cwd=cwd,
        umask=0o022,
        timeout=timeout,
        max_output=max_output,
        rotate=rotate,
        secrets=lambda: secrets,
    )
