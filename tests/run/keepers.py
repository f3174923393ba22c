"""What a keeper is told in tests."""

from __future__ import annotations

import os

from mobius_tui.run.attempts.launcher import BASH, LaunchSpec


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
