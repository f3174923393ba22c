"""What each command of the command line does."""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mobius_tui import __version__
from mobius_tui.cli import USUAL_COLLECTIONS, is_plain, variables
from mobius_tui.errors import FAILED, OK, UsageError
from mobius_tui.sanitize import line

if TYPE_CHECKING:
    from mobius_tui.run.intents import Intent
    from mobius_tui.run.starter import Briefing
    from mobius_tui.tui.settings import Settings


def run(options: argparse.Namespace) -> int:
    """Do what a command line asks for.

    Raises:
        MobiusError: it cannot be done; the message says why.
    """
    if options.version:
        _say(f"mobius-tui {__version__}")
        return OK
    return COMMANDS[options.command](options)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _tell(text: str) -> None:
    """Narration: on stderr, so that stdout holds data alone."""
    print(f"mobius-tui: {line(text)}", file=sys.stderr, flush=True)  # noqa: T201


def _check(options: argparse.Namespace) -> int:
    from mobius_tui.runbook.report import check_files

    text, code = check_files([Path(f) for f in options.files], as_json=options.json)
    _say(text)
    return code


def _paths(_options: argparse.Namespace) -> int:
    from mobius_tui.drill.site import sites_root
    from mobius_tui.run.directory import runs_root
    from mobius_tui.runbook.library import folder
    from mobius_tui.tui import settings

    config = settings.path()
    there = "" if config.exists() else "  (not there: all is as it comes)"
    for name, path in (
        ("config", f"{config}{there}"),
        ("runs", runs_root()),
        ("sites", sites_root()),
        ("runbooks", folder()),
    ):
        _say(f"{name:9} {line(str(path))}")
    return OK


def _runs(options: argparse.Namespace) -> int:
    import json

    from mobius_tui.run.directory import all_runs, runs_root
    from mobius_tui.run.summary import summary

    found = [summary(directory) for directory in all_runs(runs_root())]
    if options.json:
        _say(json.dumps([each.as_json() for each in found], indent=2))
        return OK
    for each in found:
        _say(line(each.row()))
    if not found:
        _tell("there are no runs yet; `mobius-tui demo` makes one")
    return OK


def _verify(options: argparse.Namespace) -> int:
    from mobius_tui.run.directory import find, runs_root
    from mobius_tui.run.journal import read
    from mobius_tui.run.verify import verify

    directory = find(runs_root(), options.run)
    wrong = tuple(verify(directory, options.head))
    for each in wrong:
        _say(line(each))
    if wrong:
        return FAILED
    tail = read(directory.journal)
    _say(f"{directory.id}: as it was written, {len(tail.entries)} events")
    _say(f"head {tail.head}")
    return OK


def _auto(options: argparse.Namespace, answers: Mapping[str, str]) -> Intent | None:
    """The intent that makes a run automatic; `None` for a guided one."""
    from mobius_tui.run.answers import auto

    if options.auto:
        return auto(answers, manual=options.manual or "stop", yes=options.yes)
    given = {
        "--yes": options.yes,
        "--manual": options.manual,
        "--answers": options.answers,
    }
    wrong = [name for name, value in given.items() if value]
    if wrong:
        raise UsageError(f"{', '.join(wrong)}: only with --auto")
    return None


def _answers(path: Path | str | None) -> dict[str, str]:
    from mobius_tui.run.answers import answers_of

    return answers_of(Path(path)) if path else {}


def _start(options: argparse.Namespace) -> int:
    from mobius_tui.run.starter import prepare
    from mobius_tui.runbook.decode import load
    from mobius_tui.runbook.library import find

    runbook = load(find(options.runbook))
    briefing = prepare(
        runbook,
        given=variables(options.var),
        profile=options.profile,
        workdir=Path(options.workdir) if options.workdir else None,
    )
    answers = _answers(options.answers)
    return _go(options, briefing, answers)


def _go(
    options: argparse.Namespace, briefing: Briefing, answers: Mapping[str, str]
) -> int:
    """Show the plan, print the run, or open the screens."""
    from mobius_tui.plain import show
    from mobius_tui.run.dryrun import dry_run
    from mobius_tui.run.starter import begin

    if options.dry_run:
        for each in dry_run(briefing, now=time.time()):
            _say(line(each))
        return OK
    auto = _auto(options, answers)
    if not (options.json or is_plain(asked=options.plain)):
        settings = _settings(options)
        from mobius_tui.tui.entry import open_briefing

        return open_briefing(briefing, settings, auto=auto, answers=answers)

    async def lines() -> int:
        for problem in briefing.problems:
            _tell(problem)
        wanted = {
            v.name: answers[v.name] for v in briefing.missing if v.name in answers
        }
        directory = await begin(briefing, wanted, auto)
        _tell(f"run {directory.id}")
        if auto is None:
            _tell(
                "a guided run wants a person: in another terminal, "
                f"`mobius-tui resume {directory.id}` opens its screen; "
                "--auto runs it by itself; ctrl+c leaves it open"
            )
        return await show(directory, as_json=options.json, auto=auto, sent=True)

    return _interruptible(lines)


def _interruptible(lines: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Run something that prints; ctrl+c leaves the run as it is, and says so."""
    gc.set_threshold(*USUAL_COLLECTIONS)
    try:
        return asyncio.run(lines())
    except KeyboardInterrupt:
        _tell("left; the run goes on. `mobius-tui resume` shows it again")
        raise


def _resume(options: argparse.Namespace) -> int:
    from mobius_tui.run.directory import find, runs_root

    directory = find(runs_root(), options.run) if options.run else None
    auto = _auto(options, _answers(options.answers))
    if not (options.json or is_plain(asked=options.plain)):
        settings = _settings(options)
        from mobius_tui.tui.entry import open_run

        return open_run(directory, settings, auto=auto)

    from mobius_tui.plain import show
    from mobius_tui.run.follow import Follower
    from mobius_tui.run.starter import resume
    from mobius_tui.run.summary import newest_open

    directory = directory or newest_open(runs_root())
    follower = Follower(directory)
    if follower.state.ended is None:
        asyncio.run(resume(directory, follower.runbook))
    return _interruptible(lambda: show(directory, as_json=options.json, auto=auto))


def _drill(options: argparse.Namespace) -> int:
    from mobius_tui.drill.faults import FAULTS

    if options.fault == "list":
        for fault in FAULTS.values():
            _say(f"{fault.name:16} {fault.title}")
        return OK
    return _rehearse(options, options.runbook, options.fault, options.seed)


def _demo(options: argparse.Namespace) -> int:
    return _rehearse(options, "mobius-rollback", "bad-release", 0)


def _rehearse(
    options: argparse.Namespace, runbook: str, fault_name: str, seed: int
) -> int:
    from mobius_tui.drill.faults import FAULTS
    from mobius_tui.drill.rehearse import rehearsal

    fault = FAULTS.get(fault_name)
    if fault is None:
        known = ", ".join(FAULTS)
        raise UsageError(f"--fault {fault_name}: there is no such fault; try: {known}")
    if options.auto and options.manual is None:
        options.manual = "tick"
    answers = _answers(options.answers or fault.answers)
    _tell("building a small MOBIUS of its own, and breaking it …")
    with rehearsal(
        runbook,
        fault,
        seed=seed,
        given=variables(options.var),
        keep=options.keep,
    ) as briefing:
        code = _go(options, briefing, answers)
        if options.keep:
            _tell(f"the site is kept in {briefing.site}")
        return code


def _watch(options: argparse.Namespace) -> int:
    if options.replay is not None:
        from mobius_tui.commands_watch import watch as replay

        if options.runbook is not None:
            raise UsageError("--replay watches nothing: leave the runbook out")
        return replay(options)
    from mobius_tui.watch_command import watch

    return watch(options)


def _library(options: argparse.Namespace) -> int:
    if is_plain(asked=False):
        raise UsageError(
            "the library is a screen, and there is no terminal to draw it on; "
            "`mobius-tui runs` lists the runs, `mobius-tui run RUNBOOK --auto` "
            "prints a run as lines, and `mobius-tui --help` says what else there is"
        )
    settings = _settings(options)
    from mobius_tui.tui.entry import open_library

    return open_library(settings)


def _settings(options: argparse.Namespace) -> Settings:
    """What config.toml and the command line want of the screens.

    Raises:
        UsageError: config.toml is wrong; the text is the whole report.
    """
    from mobius_tui.tui.settings import load

    settings = load()
    return replace(settings, ascii=True) if options.ascii else settings


COMMANDS: Mapping[str | None, Callable[[argparse.Namespace], int]] = {
    None: _library,
    "demo": _demo,
    "run": _start,
    "resume": _resume,
    "drill": _drill,
    "watch": _watch,
    "check": _check,
    "runs": _runs,
    "verify": _verify,
    "paths": _paths,
}
