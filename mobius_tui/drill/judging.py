"""The end of a drill: the site is asked how it is, and the score is put on record.

The guard of the site does this, which outlives whoever began the drill, between the
end of the run and the end of the site. Whoever shows the drill waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mobius_tui.drill import kept, services
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.history import history
from mobius_tui.drill.injected import injected, reveal
from mobius_tui.drill.kept import Kept
from mobius_tui.drill.looking import kept_looks, look_after
from mobius_tui.drill.score import Facts, score
from mobius_tui.drill.seen import Sighting, sightings, together
from mobius_tui.drill.site import open_site
from mobius_tui.drill.stage import is_stage, still_wrong
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


def judge(directory: RunDirectory, root: Path, *, is_last: bool = False) -> Kept:
    """Ask a site how it is, and keep the score of the run that was made on it.

    Args:
        directory: the run, which has ended.
        root: the site's folder.
        is_last: whether the site is removed after this, so that it may be wrecked where
            every check is tried.

    Raises:
        MobiusError: the run or the site cannot be read, or nothing can be written.
    """
    run = Follower(directory)
    with suppress(OSError):  # the score matters more
        reveal(root, directory.path)
    looks = kept_looks(root)
    wrecked: tuple[Sighting, ...] = ()
    try:
        if is_stage(root):
            return keep_score(run, _facts(run, root), still_wrong(root), looks or ())
        site = open_site(root)
        broken = {each.fault for each in injected(root)}
        faults = [FAULTS[name] for name in sorted(broken) if name in FAULTS]
        left = verdict(site, faults)
    except MobiusError as error:
        return keep_score(run, _facts(run, root), (str(error),), looks or ())
    if looks is not None and is_last:
        with suppress(OSError, TimeoutError):  # a wreck before anybody wrecked it
            wrecked = look_after(run, site)
    return keep_score(run, _facts(run, root), left, looks or (), wrecked)


def _facts(run: Follower, root: Path) -> Facts:
    """What is known of the faults, and of how they are repaired."""
    facts = facts_of(root)
    drills = history(run.directory.path.parent, run.began.runbook)
    own = is_stage(root)
    reddens = frozenset() if own else facts.reddens  # of a namesake's, not of theirs
    path = path_of(drills, facts.faults)
    return replace(facts, path=path, own_staging=own, reddens=reddens)


def facts_of(root: Path) -> Facts:
    """What is known of what broke a site.

    Raises:
        RunError: the site's own notes cannot be read.
    """
    found = injected(root)
    names = sorted({each.fault for each in found})
    reddens = (FAULTS[name].reddens for name in names if name in FAULTS)
    return Facts(
        faults=tuple(names),
        injected=min((each.at for each in found), default=None),
        reddens=frozenset(step for steps in reddens for step in steps),
    )


def path_of(drills: Iterable[Kept], faults: tuple[str, ...]) -> frozenset[str] | None:
    """The steps that repair faults, as drills without a person have shown.

    Args:
        drills: of the runbook.
        faults: what broke the site.

    Returns:
        Those that change something; `None` where no such drill was handled yet.
    """
    shown = [
        drill.score.changed
        for drill in drills
        if drill.score.automatic
        and drill.score.handled
        and drill.score.faults == faults
        and drill.score.changed
    ]
    return frozenset(step for steps in shown for step in steps) if shown else None


def keep_score(
    run: Follower,
    facts: Facts,
    left: tuple[str, ...] | None,
    looks: tuple[Sighting, ...] = (),
    wrecked: tuple[Sighting, ...] = (),
) -> Kept:
    """Put the score of a drill on record.

    Args:
        run: the run, which has ended.
        facts: what is known of what broke the site.
        left: what the site shows to be wrong; `None` where nobody has looked.
        looks: what was seen red and green before the run began.
        wrecked: what was seen on the wreck of the site.

    Raises:
        MobiusError: nothing can be written.
    """
    state = run.state
    ended = state.ended_at or state.at
    seen = sightings(run.plan, run.entries, run.past, ended)
    found = Kept(
        run=run.directory.id,
        runbook=run.began.runbook,
        title=run.began.title,
        operator=run.began.operator,
        outcome=state.ended.outcome if state.ended is not None else "open",
        began=state.began_at,
        ended=ended,
        score=score(run.plan, run.entries, run.past, left=left, facts=facts),
        texts=step_digests(run.runbook),
        seen=tuple(together((*looks, *seen)).values()),
        wrecked=wrecked,
        own_staging=facts.own_staging,
    )
    kept.write(run.directory, found)
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
