"""A run that a command starts or resumes, printed as lines; its exit code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import to_builtins

from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.drill import past_drills
from mobius_tui.drill.detection_coverage import coverage_summary, subject_coverage
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.drill_verdict import (
    await_score,
    exit_code_of_drill,
    exit_code_of_open_drill,
    site_problems,
)
from mobius_tui.drill.faults import Fault
from mobius_tui.drill.faults.fleet_faults import FLEET_FAULTS
from mobius_tui.drill.past_drills import compare_times, drills_of_same_runbook
from mobius_tui.drill.site.drill_site import open_site
from mobius_tui.drill.site_guard import run_on_site
from mobius_tui.errors import EXIT_INCOMPLETE
from mobius_tui.garbage_collection import collect_as_usual
from mobius_tui.plain import escape_unprintable, print_run
from mobius_tui.run.client.drill_reach import reach_lines
from mobius_tui.run.client.listed_values import answers_by_commands
from mobius_tui.run.client.preflight import refuse_unattended, understated_step_notices
from mobius_tui.run.client.run_briefing import Briefing, hosts_by_target
from mobius_tui.run.client.start_host import go_on_without, resume_run
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.run_events import RunBegan, RunEnded
from mobius_tui.run.intents.permissions import decide
from mobius_tui.run.intents.run_intents import StartAutomatic
from mobius_tui.run.journal.follower import Follower, JournalFollower
from mobius_tui.run.planning.situation import Refused
from mobius_tui.run.records.run_summary import newest_open_run
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.state_folders import runs_root
from mobius_tui.runbook.model.runbook import Runbook
from mobius_tui.sanitize import line


def start_with_lines(
    briefing: Briefing,
    answers: Mapping[str, str],
    *,
    as_json: bool,
    auto: StartAutomatic | None,
) -> int:
    """Start a run and print it.

    Args:
        briefing: what is known before the run.
        answers: by variable.
        as_json: whether the journal's own lines are printed.
        auto: the action that makes it run by itself.

    Returns:
        The exit code.
    """

    async def lines() -> int:
        labels = understated_step_notices(briefing.plan)
        leaves = reach_lines(briefing)
        for problem in (*briefing.problems, *briefing.notices, *leaves, *labels):
            narrate(problem)
        for title, words in hosts_by_target(briefing):
            narrate(f"{title}: {words}")
        given = {
            v.name: answers[v.name]
            for v in briefing.variables_asked
            if v.name in answers
        }
        given = dict(
            await answers_by_commands(briefing, given, lambda each: narrate(line(each)))
        )
        for words in defaults_in_words(briefing, given):
            narrate(words)
        directory = await start_new_run(briefing, given, auto)
        narrate(f"run {directory.id}")
        if auto is None:
            narrate(
                "a guided run wants a person: in another terminal, "
                f"`mobius-tui resume {directory.id}` opens its screen; "
                "--auto runs it by itself; ctrl+c leaves it open"
            )
        return await print_until_end(
            directory, as_json=as_json, auto=auto, is_auto_sent=True
        )

    return run_interruptibly(lines)


def defaults_in_words(briefing: Briefing, answers: Mapping[str, str]) -> Iterator[str]:
    """The defaults that are taken because nobody can be asked, one line for each."""
    for variable in briefing.variables_asked:
        if variable.default is not None and variable.name not in answers:
            name = variable.name
            value = "[secret]" if variable.secret else variable.default
            yield line(f"{name}={value} is the default; --var {name}=… gives another")


def runbook_to_resume(directory: RunDirectory | None) -> Runbook:
    """The runbook of a run that goes on.

    Args:
        directory: the run; the newest open one without it.

    Raises:
        MobiusError: there is no such run, or it cannot be read.
    """
    return Follower(directory or newest_open_run(runs_root())).runbook


def resume_with_lines(
    directory: RunDirectory | None, *, as_json: bool, auto: StartAutomatic | None
) -> int:
    """Go on with an open run and print it.

    Args:
        directory: the run; the newest open one without it.
        as_json: whether the journal's own lines are printed.
        auto: the action that makes it run by itself.

    Returns:
        The exit code.

    Raises:
        MobiusError: there is no such run, or it cannot go on.
    """
    directory = directory or newest_open_run(runs_root())
    follower = Follower(directory)
    if auto is not None:
        refuse_unattended(follower.runbook, "--auto")
    if follower.state.ended is None:
        # Before a host is there: none stays behind that nobody wanted.
        if auto is not None and (refusal := _refusal(follower, auto)):
            narrate(line(refusal))
            return EXIT_INCOMPLETE
        asyncio.run(resume_run(directory, follower.runbook))
    return run_interruptibly(
        lambda: print_until_end(directory, as_json=as_json, auto=auto, is_resumed=True)
    )


def resume_without(directory: RunDirectory | None, names: Sequence[str]) -> None:
    """Take an open run on, and go on without lost secrets; those that are known stay.

    Args:
        directory: the run; the newest open one without it.
        names: of the secrets.

    Raises:
        MobiusError: there is no such run, or it cannot go on so.
    """
    directory = directory or newest_open_run(runs_root())

    async def take_on() -> None:
        await resume_run(directory, Follower(directory).runbook)
        viewer = Viewer(directory)
        try:
            await go_on_without(viewer, names)
        finally:
            await viewer.close()

    asyncio.run(take_on())


def _refusal(follower: Follower, auto: StartAutomatic) -> str | None:
    """Why a run may not go on by itself now; None where it may."""
    permission = decide(auto, follower.situation())
    return permission.text if isinstance(permission, Refused) else None


def run_interruptibly(lines: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run a coroutine that prints; Ctrl+C leaves the run as it is, and says so."""
    collect_as_usual()
    try:
        return asyncio.run(lines())
    except KeyboardInterrupt:
        narrate("left; the run goes on. `mobius-tui resume` shows it again")
        raise


async def print_until_end(
    directory: RunDirectory,
    *,
    as_json: bool,
    auto: StartAutomatic | None,
    is_auto_sent: bool = False,
    is_resumed: bool = False,
) -> int:
    """Print a run; at the end of a drill, wait for its score and print that.

    Args:
        directory: the run.
        as_json: whether the journal's own lines are printed, and the score as one more.
        auto: the action that makes it run by itself.
        is_auto_sent: whether the run began with it.
        is_resumed: whether it goes on, so that its lines were printed before.

    Returns:
        The exit code that its end has; of a drill, as `exit_code_of_drill` says.
    """
    code = await print_run(
        directory,
        as_json=as_json,
        auto=auto,
        is_auto_sent=is_auto_sent,
        is_resumed=is_resumed,
    )
    site = _site_of_drill(directory)
    if site is None:
        return code
    drill = await await_score(directory, site)
    if drill is None:
        narrate(
            "this drill has no score: whoever keeps it, the guard of its site, is gone"
        )
    else:
        _print_score(drill, directory, as_json=as_json)
    return exit_code_of_drill(code, drill)


def _site_of_drill(directory: RunDirectory) -> Path | None:
    """The site of a drill that has ended; `None` for a run that gets no score."""
    entries = JournalFollower(directory).read_new()
    began = entries[0].event if entries else None
    if _has_ended(directory) and isinstance(began, RunBegan) and began.site is not None:
        return Path(began.site)
    return None


def _has_ended(directory: RunDirectory) -> bool:
    entries = JournalFollower(directory).read_new()
    return any(isinstance(entry.event, RunEnded) for entry in entries)


def _print_score(drill: DrillRecord, directory: RunDirectory, *, as_json: bool) -> None:
    times = compare_times(drill, drills_of_same_runbook(directory, drill))
    found = subject_coverage(
        directory.path.parent, Follower(directory).plan.first_runbook
    )
    if as_json:
        score = {
            "event": "Score",
            "run": drill.run,
            **to_builtins(drill.score),
            "before": {t.name: {"last": t.last, "best": t.best} for t in times},
            "never_red": [str(each.subject.key) for each in found.never_red],
        }
        print_data(escape_unprintable(json.dumps(score, ensure_ascii=False)))
        return
    for each in past_drills.score_lines(drill, times):
        print_data(line(each))
    for each in coverage_summary(found):
        print_data(line(f"unseen: {each}"))
    for name in () if drill.own_staging else drill.score.faults:
        if name in FLEET_FAULTS:
            print_data(line(f"what handles {name}: {FLEET_FAULTS[name].handled_by}"))


def is_drill_open(briefing: Briefing) -> bool:
    """Whether a drill has started and not ended, so that it can be resumed."""
    run = run_on_site(Path(briefing.site or ""))
    return run is not None and not _has_ended(run)


def drill_exit_code(briefing: Briefing, faults: Sequence[Fault], code: int) -> int:
    """The exit code of an automatic drill; of an open one, by the state of its site.

    An open run stopped for a person. It has no score yet, so its site is examined.
    """
    if not is_drill_open(briefing):
        return code
    wrong = site_problems(open_site(Path(briefing.site or "")), faults)
    for each in wrong:
        narrate(f"the service is not restored: {each}")
    return exit_code_of_open_drill(code, wrong)
