"""A run as lines to its end; of a drill, its score as well, and the exit code by it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from mobius_tui.commands.speaking import say, tell
from mobius_tui.drill import score_words
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.history import beside, known_before
from mobius_tui.drill.judging import await_score
from mobius_tui.drill.kept import Kept
from mobius_tui.drill.never_red import in_short, watched
from mobius_tui.drill.site import open_site
from mobius_tui.drill.usage import run_of
from mobius_tui.drill.verdict import verdict
from mobius_tui.errors import FAILED, OK
from mobius_tui.plain import inert, show
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.events import RunBegan, RunEnded
from mobius_tui.run.follow import Follower, JournalFollower
from mobius_tui.sanitize import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mobius_tui.drill.faults import Fault
    from mobius_tui.run.briefing import Briefing
    from mobius_tui.run.intents import Intent


async def show_to_the_end(
    directory: RunDirectory, *, as_json: bool, auto: Intent | None, sent: bool = False
) -> int:
    """Print a run; at the end of a drill, wait for its score and print that.

    Args:
        directory: the run.
        as_json: whether the journal's own lines are printed, and the score as one more.
        auto: the intent that makes it run by itself.
        sent: whether the run began with it.

    Returns:
        The exit code that its end has; 1 for a drill that was completed, or went by
        itself, though the site is still broken.
    """
    code = await show(directory, as_json=as_json, auto=auto, sent=sent)
    site = _site_of_drill(directory)
    if site is None:
        return code
    drill = await await_score(directory, site)
    if drill is None:
        tell(
            "this drill has no score: whoever keeps it, the guard of its site, is gone"
        )
        return code or FAILED
    _print(drill, directory, as_json=as_json)
    failed = not drill.score.handled and (auto is not None or code == OK)
    return FAILED if failed else code


def _site_of_drill(directory: RunDirectory) -> Path | None:
    """The site of a drill that has ended; `None` for what has no score to come."""
    entries = JournalFollower(directory).more()
    began = entries[0].event if entries else None
    if _has_ended(directory) and isinstance(began, RunBegan) and began.site is not None:
        return Path(began.site)
    return None


def _has_ended(directory: RunDirectory) -> bool:
    entries = JournalFollower(directory).more()
    return any(isinstance(entry.event, RunEnded) for entry in entries)


def _print(drill: Kept, directory: RunDirectory, *, as_json: bool) -> None:
    times = beside(drill, known_before(directory, drill))
    found = watched(directory.path.parent, Follower(directory).runbook)
    if as_json:
        said = {
            "event": "Score",
            "run": drill.run,
            **asdict(drill.score),
            "before": {t.name: {"last": t.last, "best": t.best} for t in times},
            "never_red": [each.subject.key for each in found.never_red],
        }
        say(inert(json.dumps(said, ensure_ascii=False)))
        return
    for each in score_words.lines(drill, times):
        say(line(each))
    for each in in_short(found):
        say(line(f"unseen: {each}"))
    for name in () if drill.own_staging else drill.score.faults:
        if name in FAULTS:
            say(line(f"what handles {name}: {FAULTS[name].handled_by}"))


def is_open(briefing: Briefing) -> bool:
    """Whether a drill was begun and has not ended, so that it may be gone on with."""
    run = run_of(Path(briefing.site or ""))
    return run is not None and not _has_ended(run)


def still_wrong(briefing: Briefing, faults: Sequence[Fault], code: int) -> int:
    """The exit code of a drill that was to go by itself; an open one asks its site.

    A run that stopped for a person has no score yet, and is no proof of anything.
    """
    if not is_open(briefing):
        return code
    wrong = verdict(open_site(Path(briefing.site or "")), faults)
    for each in wrong:
        tell(f"the service is not restored: {each}")
    return FAILED if wrong else code
