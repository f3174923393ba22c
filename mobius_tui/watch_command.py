"""`mobius-tui watch`: what its options mean, and the run that it begins and follows."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mobius_tui.cli import USUAL_COLLECTIONS, variables
from mobius_tui.errors import FAILED, INCOMPLETE, INTERRUPTED, OUTCOMES, UsageError
from mobius_tui.run.directory import RunDirectory
from mobius_tui.run.intents import Intent
from mobius_tui.run.plan import Plan
from mobius_tui.run.rollback import rollback_of
from mobius_tui.run.starter import Briefing, answer, begin, prepare
from mobius_tui.run.variables import texts
from mobius_tui.run.viewer import Viewer
from mobius_tui.run.watch_events import WatchBegan
from mobius_tui.run.watch_job import under_way
from mobius_tui.run.watch_log import make_log
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.library import find
from mobius_tui.runbook.templates import template_names
from mobius_tui.runbook.units import seconds
from mobius_tui.sanitize import line
from mobius_tui.watch_lines import WatchLines

USUAL = "30m"
WHY = {
    signal.SIGINT: "Ctrl+C",
    signal.SIGTERM: "told to end, by SIGTERM",
    signal.SIGHUP: "its terminal went away",
}
"""What ends a watch that was not detached, in words."""
ENDLESS = ("0", "forever")


def watch(options: argparse.Namespace) -> int:
    """Watch a runbook's health, and roll back where that was asked for.

    Raises:
        MobiusError: it cannot be done; the message says why.
    """
    if options.runbook is None:
        raise UsageError(
            "give a runbook to watch, or --replay FILE; "
            "`mobius-tui` lists the runbooks there are"
        )
    if options.trigger:
        raise UsageError("--trigger: only with --replay; a runbook says its own")
    lasts = duration(options.duration, os.environ)
    briefing = _briefing(options)
    arm = _arming(options, briefing)
    for problem in briefing.problems:
        _tell(problem)
    name = briefing.environment or briefing.runbook.id
    log = make_log(briefing.workdir, name, time.time())
    job = WatchBegan(
        seconds=lasts,
        keep=options.keep_watching,
        detached=options.detach,
        log=str(log),
    )
    gc.set_threshold(*USUAL_COLLECTIONS)
    return asyncio.run(_watch(briefing, job, arm, as_json=options.json))


def duration(given: str | None, environ: Mapping[str, str]) -> float | None:
    """The seconds for which to watch; `None` for no end.

    Args:
        given: `--duration`; without it `MONITOR_DURATION` counts, in seconds or as
            durations are written elsewhere; without that it is 30 minutes.
        environ: the environment.

    Raises:
        UsageError: it is no duration.
    """
    name, text = "--duration", given
    if text is None:
        name, text = "MONITOR_DURATION", environ.get("MONITOR_DURATION") or USUAL
    if text in ENDLESS:
        return None
    try:
        found = float(text) if text.isascii() and text.isdigit() else seconds(text)
    except ValueError as error:
        raise UsageError(
            f'{name}: {error}; a number alone is seconds, and "forever" has no end'
        ) from error
    return found or None


def _briefing(options: argparse.Namespace) -> Briefing:
    """What the run begins with; only what a watch can come to need has to be there."""
    runbook = load(find(options.runbook))
    if runbook.health is None or not runbook.health.probes:
        raise UsageError(
            f"{runbook.path}: it has no [[health.probe]], so there is nothing to watch"
        )
    briefing = prepare(
        runbook,
        given=variables(options.var),
        profile=options.profile,
        workdir=Path(options.workdir) if options.workdir else None,
    )
    needed = wanted(briefing)
    missing = tuple(v for v in briefing.missing if v.name in needed)
    return answer(replace(briefing, missing=missing), {})


def wanted(briefing: Briefing) -> frozenset[str]:
    """The variables that the probes want, and the rollback with what it leads to.

    What only a person's steps want is asked when a person works them.
    """
    plan = Plan(briefing.runbook)
    names = {briefing.runbook.environment or ""}
    for text in texts(briefing.runbook.health):
        names.update(template_names(text))
    first = rollback_of(plan)
    todo, seen = [first] if first is not None else [], set()
    while todo:
        phase = todo.pop()
        if phase.id in seen:
            continue
        seen.add(phase.id)
        for step in phase.steps:
            names.update(plan.reads[step.id])
            if step.on_failure not in ("stop", "continue"):
                todo.append(briefing.runbook.phase(step.on_failure))
    return frozenset(names)


def _arming(options: argparse.Namespace, briefing: Briefing) -> Intent | None:
    """The intent that arms the watch; `None` where that was not asked for."""
    if not options.auto_rollback:
        if options.yes:
            raise UsageError("--yes: only with --auto-rollback")
        return None
    if rollback_of(Plan(briefing.runbook)) is None:
        raise UsageError(
            "--auto-rollback: this runbook names no phase that a trigger begins; "
            "give [health.trigger] a `then`"
        )
    if briefing.protected and not options.yes:
        raise UsageError(
            f"--auto-rollback: {briefing.environment} is protected, and the rollback "
            "destroys; add --yes if it may do so without asking anybody"
        )
    return Intent(wish="arm", confirm=briefing.environment or "")


async def _watch(
    briefing: Briefing, job: WatchBegan, arm: Intent | None, *, as_json: bool
) -> int:
    with signals() as heard:
        directory = await begin(briefing, auto=arm, watch=job)
        _tell(f"run {directory.id}; `mobius-tui resume {directory.id}` shows it")
        return await Watching(directory, heard, as_json=as_json).follow()


class Heard:
    """The signals that asked this process to go."""

    def __init__(self) -> None:
        self.number: signal.Signals | None = None
        # Asked now: a terminal that has gone says that it is none.
        streams = ("stdout", "stderr")
        self._terminals = [n for n in streams if getattr(sys, n).isatty()]

    def hear(self, number: signal.Signals) -> None:
        """Take one in."""
        self.number = self.number or number
        if number == signal.SIGHUP:
            for name in self._terminals:
                setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - till exit

    @property
    def is_read(self) -> bool:
        """Whether lines go where a terminal's end does not matter."""
        return "stdout" not in self._terminals


@contextmanager
def signals() -> Iterator[Heard]:
    """Hear the signals that end a process, rather than be ended by them."""
    loop, heard = asyncio.get_running_loop(), Heard()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, heard.hear, number)
    try:
        yield heard
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


def _tell(text: str) -> None:
    """Narration: on stderr, so that stdout holds data alone."""
    print(f"mobius-tui: {line(text)}", file=sys.stderr, flush=True)  # noqa: T201


class Watching:
    """A watch that is followed until it is over, or whoever began it goes."""

    def __init__(self, directory: RunDirectory, heard: Heard, *, as_json: bool) -> None:
        self._viewer = Viewer(directory)
        self._lines = WatchLines(self._viewer, as_json=as_json)
        self._heard = heard
        self._way = f"`mobius-tui resume {directory.id}`"

    async def follow(self) -> int:
        """Print it; returns the exit code."""
        viewer = self._viewer
        try:
            await self._lines.more(viewer.follower.entries)
            async for changes in viewer.changes():
                await self._lines.more(changes.entries)
                code = self._over()
                if code is None and viewer.host() is None and not changes:
                    code = self._end(INCOMPLETE, f"its host is gone; {self._way}")
                if code is None and self._heard.number is not None:
                    code = await self._leave(self._heard.number)
                if code is not None:
                    return code
        finally:
            self._lines.close()
            await viewer.close()
        return INCOMPLETE

    def _over(self) -> int | None:
        """The exit code of a watch that is over."""
        state = self._viewer.follower.state
        if state.ended is not None:
            return self._end(OUTCOMES[state.ended.outcome], state.ended.reason)
        if state.watch.over:
            words = f"{state.watch.over}; {self._way} goes on from there"
            return self._end(FAILED, words)
        return None

    def _end(self, code: int, why: str) -> int:
        self._lines.summary(code, why)
        return code

    async def _leave(self, number: signal.Signals) -> int | None:
        """Go, as a signal asks; returns the exit code, or `None` to go on for now."""
        watch = self._viewer.follower.state.watch
        assert watch.job is not None
        if watch.job.detached:
            if number == signal.SIGHUP and self._heard.is_read:
                self._heard.number = None
                return None
            return self._end(INTERRUPTED, f"left; the watch goes on; {self._way}")
        if watch.goes or (under_way(watch) and number != signal.SIGINT):
            words = f"left; the rollback goes on; {self._way}"
            return self._end(INTERRUPTED, words)
        reply = await self._viewer.intend(Intent(wish="end", text=WHY[number]))
        if not reply.ok:
            return self._end(INTERRUPTED, f"left, not ended: {reply.text}; {self._way}")
        changes = self._viewer.follower.poll()
        await self._lines.more(changes.entries)
        return self._over()
