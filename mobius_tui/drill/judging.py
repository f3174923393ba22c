"""The end of a drill: the site is asked how it is, and the score is put on record.

The guard of the site does this, which outlives whoever began the drill, between the
end of the run and the end of the site. Whoever shows the drill waits for it.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from mobius_tui.drill import kept, services
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.injected import injected
from mobius_tui.drill.kept import Kept
from mobius_tui.drill.score import Facts, score
from mobius_tui.drill.seen import sightings
from mobius_tui.drill.site import open_site
from mobius_tui.drill.verdict import verdict
from mobius_tui.errors import MobiusError
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.follow import Follower
from mobius_tui.runbook.digests import step_digests

PATIENCE = 60.0
"""Seconds that whoever shows a drill waits for its score at most: a site is asked in
one or two, on a machine that does nothing else."""
PAUSE = 0.05
"""Seconds between looks."""


def judge(directory: RunDirectory, root: Path) -> Kept:
    """Ask a site how it is, and keep the score of the run that was made on it.

    Args:
        directory: the run, which has ended.
        root: the site's folder.

    Raises:
        MobiusError: the run or the site cannot be read, or nothing can be written.
    """
    try:
        broken = {each.fault for each in injected(root)}
        faults = [FAULTS[name] for name in sorted(broken) if name in FAULTS]
        left: tuple[str, ...] | None = verdict(open_site(root), faults)
    except MobiusError as error:
        left = (str(error),)
    return keep_score(directory, facts_of(root), left)


def facts_of(root: Path) -> Facts:
    """What is known of what broke a site.

    Raises:
        RunError: the site's own notes cannot be read.
    """
    found = injected(root)
    names = dict.fromkeys(each.fault for each in found)
    first = min((each.at for each in found), default=None)
    return Facts(faults=tuple(sorted(names)), injected=first)


def keep_score(
    directory: RunDirectory, facts: Facts, left: tuple[str, ...] | None
) -> Kept:
    """Put the score of a drill on record.

    Args:
        directory: the run, which has ended.
        facts: what is known of what broke the site.
        left: what the site shows to be wrong; `None` where nobody has looked.

    Raises:
        MobiusError: the run cannot be read, or nothing can be written.
    """
    run = Follower(directory)
    state = run.state
    ended = state.ended_at or state.at
    found = Kept(
        run=directory.id,
        runbook=run.began.runbook,
        title=run.began.title,
        operator=run.began.operator,
        outcome=state.ended.outcome if state.ended is not None else "open",
        began=state.began_at,
        ended=ended,
        score=score(run.plan, run.entries, run.past, left=left, facts=facts),
        texts=step_digests(run.runbook),
        seen=sightings(run.plan, run.entries, run.past, ended),
    )
    kept.write(directory, found)
    return found


async def await_score(directory: RunDirectory, root: Path) -> Kept | None:
    """Wait until a drill that is over has its score.

    Args:
        directory: the run.
        root: the site's folder.

    Returns:
        What it came to; `None` where nobody keeps the score any more, or it takes
        longer than `PATIENCE`.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        # Looked at before the score: its guard writes that, and dies only then.
        guarded = services.read_mark(root / "run" / "owner") is not None
        found = kept.read(directory)
        if found is not None or not guarded:
            return found
        await asyncio.sleep(PAUSE)
    return None
