"""A run to look in."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.errors import MobiusError
from mobius_tui.run.checks.context import CheckContext, CheckResult
from mobius_tui.run.checks.run_check import run_check
from mobius_tui.runbook.model.check_kinds import Check
from mobius_tui.runbook.text.template_text import fill
from mobius_tui.structs import replace

VALUES = {"app": "mobius", "ten": "10s", "word": "well", "count": "5"}


def filled(text: str) -> str:
    def value(name: str) -> str:
        if name not in VALUES:
            raise MobiusError(f"{name} has no value yet")
        return VALUES[name]

    return fill(text, value)


@pytest.fixture
def ctx(tmp_path: Path) -> CheckContext:
    return CheckContext(
        workdir=tmp_path,
        env={"PATH": os.environ["PATH"], "app": "mobius"},
        fill=filled,
        own_pids=frozenset({os.getpid()}),
    )


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str, str], Path]:
    """Writes a program of the test's own, and gives its folder."""

    def write(name: str, script: str) -> Path:
        folder = tmp_path / "programs"
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(script)
        path.chmod(0o755)
        return folder

    return write


def on_path(ctx: CheckContext, folder: Path) -> CheckContext:
    """The same run, with a folder before all else on PATH."""
    path = f"{folder}:{ctx.env['PATH']}"
    return replace(ctx, env={**ctx.env, "PATH": path})


async def sight(check: Check, ctx: CheckContext) -> CheckResult:
    """Look once; whatever was seen is one line of a fair length."""
    seen = await run_check(check, ctx)
    assert seen.detail
    assert "\n" not in seen.detail
    assert len(seen.detail) <= 300
    return seen
