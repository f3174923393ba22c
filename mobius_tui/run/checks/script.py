"""`run`: a shell predicate."""

from __future__ import annotations

import tempfile

from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.run.checks.subprocesses import run
from mobius_tui.runbook.model_check import RunCheck


async def look(check: RunCheck, ctx: Context) -> Sight:
    """Run it once; it holds if its exit code is a success."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="check-") as script:
        script.write(check.script)
        script.flush()
        try:
            ended = await run((*(check.shell or ctx.shell), script.name), ctx)
        except OSError as error:
            name = f": {error.filename}" if error.filename else ""
            return saw(held=False, detail=f"not started: {error.strerror}{name}")
    held = ended.code in check.success
    line = ended.last_line if held else ended.trouble
    said = f": {line}" if line else ""
    return saw(held=held, detail=f"{ended.words}{said}")
