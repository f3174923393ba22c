"""`output`: what the action printed has a line that matches, or none.

The search is a process of its own: a pattern that backtracks for ever would hold the
interpreter's lock, and with it every probe, and nothing could stop it.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from mobius_tui.run.checks import search
from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.run.checks.subprocesses import run
from mobius_tui.runbook.model_check import OutputCheck


async def look(check: OutputCheck, ctx: Context) -> Sight:
    """Search the output once."""
    if ctx.output is None:
        return saw(held=False, detail="there is no output to look in")
    patterns = {"match": check.match, "not": check.not_}
    for pattern in patterns.values():
        re.compile(pattern or "")
    with tempfile.TemporaryFile() as asked:
        asked.write(
            json.dumps({"file": str(ctx.output.absolute()), **patterns}).encode()
        )
        asked.seek(0)
        program = str(Path(search.__file__))
        ended = await run((sys.executable, "-I", "-S", program), ctx, stdin=asked)
    try:
        found = json.loads(ended.last_line)
    except ValueError:
        said = ended.trouble or ended.words
        return saw(held=False, detail=f"the output could not be searched: {said}")
    return _told(check, found)


def _told(check: OutputCheck, found: dict[str, list[object] | int | None]) -> Sight:
    lines = found["lines"]
    unwanted, wanted = found["not"], found["match"]
    if isinstance(unwanted, list):
        line = f"line {unwanted[0]} matches {check.not_!r}: {unwanted[1]}"
        return saw(held=False, detail=f"{line}; wanted none")
    if isinstance(wanted, list):
        line = f"line {wanted[0]} matches {check.match!r}: {wanted[1]}"
        return saw(held=True, detail=line)
    if check.match is not None:
        return saw(held=False, detail=f"no line of {lines} matches {check.match!r}")
    return saw(held=True, detail=f"no line of {lines} matches {check.not_!r}")
