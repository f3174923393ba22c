"""A run that a command begins or resumes, on a screen or as lines; its exit code."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobius_tui.cli import USUAL_COLLECTIONS
from mobius_tui.commands.support.command_options import is_plain
from mobius_tui.commands.support.command_output import narrate, print_data
from mobius_tui.drill import score_text
from mobius_tui.drill.detection_gaps import coverage_summary, subject_coverage
from mobius_tui.drill.drill_history import compare_times, drills_known_before
from mobius_tui.drill.drill_record import DrillRecord
from mobius_tui.drill.drill_verdict import await_score, verdict
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.orphaned_sites import run_on_site
from mobius_tui.drill.site.drill_site import open_site
from mobius_tui.errors import FAILED, OK, UsageError
from mobius_tui.plain import plain_text, show
from mobius_tui.run.events.run_events import RunBegan, RunEnded
from mobius_tui.run.journal.follower import Follower, JournalFollower
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.sanitize import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mobius_tui.drill.faults import Fault
    from mobius_tui.run.client.run_briefing import Briefing
    from mobius_tui.run.intents.messages import Intent
    from mobius_tui.tui.config.settings import Settings


async def print_until_end(
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
        narrate(
            "this drill has no score: whoever keeps it, the guard of its site, is gone"
        )
        return code or FAILED
    _print(drill, directory, as_json=as_json)
    failed = not drill.score.handled and (auto is not None or code == OK)
    return FAILED if failed else code


def _site_of_drill(directory: RunDirectory) -> Path | None:
    """The site of a drill that has ended; `None` for what has no score to come."""
    entries = JournalFollower(directory).read_new()
    began = entries[0].event if entries else None
    if _has_ended(directory) and isinstance(began, RunBegan) and began.site is not None:
        return Path(began.site)
    return None


def _has_ended(directory: RunDirectory) -> bool:
    entries = JournalFollower(directory).read_new()
    return any(isinstance(entry.event, RunEnded) for entry in entries)


def _print(drill: DrillRecord, directory: RunDirectory, *, as_json: bool) -> None:
    times = compare_times(drill, drills_known_before(directory, drill))
    found = subject_coverage(directory.path.parent, Follower(directory).runbook)
    if as_json:
        said = {
            "event": "Score",
            "run": drill.run,
            **asdict(drill.score),
            "before": {t.name: {"last": t.last, "best": t.best} for t in times},
            "never_red": [each.subject.key for each in found.never_red],
        }
        print_data(plain_text(json.dumps(said, ensure_ascii=False)))
        return
    for each in score_text.lines(drill, times):
        print_data(line(each))
    for each in coverage_summary(found):
        print_data(line(f"unseen: {each}"))
    for name in () if drill.own_staging else drill.score.faults:
        if name in FAULTS:
            print_data(line(f"what handles {name}: {FAULTS[name].handled_by}"))


def is_open(briefing: Briefing) -> bool:
    """Whether a drill was begun and has not ended, so that it may be gone on with."""
    run = run_on_site(Path(briefing.site or ""))
    return run is not None and not _has_ended(run)


def drill_exit_code(briefing: Briefing, faults: Sequence[Fault], code: int) -> int:
    """The exit code of a drill that was to go by itself; an open one asks its site.

    A run that stopped for a person has no score yet, and is no proof of anything.
    """
    if not is_open(briefing):
        return code
    wrong = verdict(open_site(Path(briefing.site or "")), faults)
    for each in wrong:
        narrate(f"the service is not restored: {each}")
    return FAILED if wrong else code


def start_run(
    options: argparse.Namespace,
    briefing: Briefing,
    answers: Mapping[str, str],
) -> int:
    """Show the plan, print the run, or open the screens.

    Args:
        options: of the command line.
        briefing: what is known before the run.
        answers: by variable.
    """
    from mobius_tui.run.client.dry_run import dry_run
    from mobius_tui.run.client.preflight import understated_steps
    from mobius_tui.run.client.start_run import start_new_run
    from mobius_tui.run.planning.initial_values import refuse_unattended
    from mobius_tui.run.planning.plan import Plan

    if options.dry_run:
        for each in dry_run(briefing, now=time.time()):
            print_data(line(each))
        return OK
    auto = auto_intent(options, answers)
    if auto is not None:
        refuse_unattended(briefing.runbook, "--auto")
        if options.manual == "tick":
            _refuse_ticks(briefing)
    if not (options.json or is_plain(asked=options.plain)):
        settings = load_screen_settings(options)
        from mobius_tui.tui.main import open_briefing

        return open_briefing(briefing, settings, auto=auto, answers=answers)

    async def lines() -> int:
        labels = understated_steps(Plan(briefing.runbook))
        for problem in (*briefing.problems, *briefing.notices, *labels):
            narrate(problem)
        wanted = {
            v.name: answers[v.name]
            for v in briefing.variables_asked
            if v.name in answers
        }
        for words in defaults_in_words(briefing, wanted):
            narrate(words)
        directory = await start_new_run(briefing, wanted, auto)
        narrate(f"run {directory.id}")
        if auto is None:
            narrate(
                "a guided run wants a person: in another terminal, "
                f"`mobius-tui resume {directory.id}` opens its screen; "
                "--auto runs it by itself; ctrl+c leaves it open"
            )
        return await print_until_end(
            directory, as_json=options.json, auto=auto, sent=True
        )

    return interruptible(lines)


def defaults_in_words(briefing: Briefing, answers: Mapping[str, str]) -> Iterator[str]:
    """The defaults that count because lines ask nobody."""
    for variable in briefing.variables_asked:
        if variable.default is not None and variable.name not in answers:
            name = variable.name
            value = "[secret]" if variable.secret else variable.default
            yield line(f"{name}={value} is the default; --var {name}=… gives another")


def _refuse_ticks(briefing: Briefing) -> None:
    """Begin no run that its host would not let go on.

    Raises:
        UsageError: it may not tick by itself what a person does.
    """
    from mobius_tui.run.planning.initial_values import manual_tick_refusal

    refused = manual_tick_refusal(
        mode=briefing.mode,
        environment=briefing.environment,
        protected=briefing.protected,
    )
    if refused:
        raise UsageError(refused)


def auto_intent(
    options: argparse.Namespace, answers: Mapping[str, str]
) -> Intent | None:
    """The intent that makes a run automatic; `None` for a guided one."""
    if options.auto:
        from mobius_tui.run.planning.initial_values import automatic_intent

        return automatic_intent(
            answers, manual=options.manual or "stop", yes=options.yes
        )
    given = {
        "--yes": options.yes,
        "--manual": options.manual,
        "--answers": options.answers,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: only with --auto")
    return None


def read_answers(path: Path | str | None) -> dict[str, str]:
    """What a file answers; nothing without one."""
    if not path:
        return {}
    from mobius_tui.run.planning.initial_values import read_answers_file

    return read_answers_file(Path(path))


def interruptible(lines: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run something that prints; ctrl+c leaves the run as it is, and says so."""
    gc.set_threshold(*USUAL_COLLECTIONS)
    try:
        return asyncio.run(lines())
    except KeyboardInterrupt:
        narrate("left; the run goes on. `mobius-tui resume` shows it again")
        raise


def load_screen_settings(options: argparse.Namespace) -> Settings:
    """What config.toml and the command line want of the screens.

    Raises:
        UsageError: config.toml is wrong; the text is the whole report.
    """
    from mobius_tui.tui.config.settings import load

    settings = load()
    return replace(settings, ascii=True) if options.ascii else settings
