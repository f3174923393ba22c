"""Begins a watch, and follows it until it is over or a signal ends this process."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from mobius_tui.commands.support import screens
from mobius_tui.commands.support.command_options import is_plain, parse_variables
from mobius_tui.commands.support.command_output import narrate
from mobius_tui.commands.support.watch_lines import WatchLines
from mobius_tui.errors import EXIT_FAILED, EXIT_INCOMPLETE, EXIT_INTERRUPTED, UsageError
from mobius_tui.garbage_collection import collect_as_usual
from mobius_tui.plain import HostNotices
from mobius_tui.run.client.preflight import refuse_unattended, understated_step_notices
from mobius_tui.run.client.run_briefing import (
    Briefing,
    answer_briefing,
    initial_run_state,
    prepare_briefing,
)
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer, counted_as_viewer
from mobius_tui.run.events.watch_events import WatchBegan
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.intents.watch_intents import ArmWatch
from mobius_tui.run.planning.confirmation import has_no_protected_environment
from mobius_tui.run.planning.plan import effect_of
from mobius_tui.run.planning.rollback import (
    is_rollback_under_way,
    is_watch_run_only,
    rollback_phase,
    rollback_stop_texts,
)
from mobius_tui.run.planning.trigger_rules import trigger_caveats
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.watch.watch_run import LOG_FOLDER, make_watch_log
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.limits import bounded_duration
from mobius_tui.runbook.model.templates import texts_in
from mobius_tui.runbook.text.template_text import fill, template_names
from mobius_tui.structs import replace
from mobius_tui.tui.config.settings import Settings

REPLY_SECONDS = 5.0
"""Seconds that the host has to answer; Ctrl+C must not hang on it."""
SIGNAL_REASONS = {
    signal.SIGINT: "Ctrl+C",
    signal.SIGTERM: "told to end, by SIGTERM",
    signal.SIGHUP: "its terminal went away",
}
"""What ends a watch that was not detached, in words."""


class StopSignals:
    """The first signal that asked this process to end, if one came."""

    def __init__(self) -> None:
        self.number: signal.Signals | None = None
        # Asked now: a terminal that has gone says that it is none.
        streams = ("stdout", "stderr")
        self._terminals = [n for n in streams if getattr(sys, n).isatty()]

    def receive(self, number: signal.Signals) -> None:
        """Handle a signal: note it, and stop writing to a terminal that went away."""
        self.number = self.number or number
        if number == signal.SIGHUP:
            for name in self._terminals:
                setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115, PTH123 - till exit

    @property
    def is_redirected(self) -> bool:
        """Whether standard output was no terminal when this process started."""
        return "stdout" not in self._terminals


@contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Receive the signals that end a process, instead of being ended by them."""
    loop, signals = asyncio.get_running_loop(), StopSignals()
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, signals.receive, number)
    try:
        yield signals
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


class FollowedWatch:
    """A watch whose lines are printed until it is over, or a signal comes."""

    def __init__(
        self,
        directory: RunDirectory,
        signals: StopSignals,
        lines: Callable[[Viewer], WatchLines],
        reason: str = "",
    ) -> None:
        self._viewer = Viewer(directory)
        self._lines = lines(self._viewer)
        self._signals = signals
        self._reason = reason
        self._resume_hint = f"`mobius-tui resume {directory.id}`"

    async def follow(self) -> int:
        """Print the watch until it is over; returns the exit code."""
        viewer = self._viewer
        try:
            await self._lines.print_new(viewer.follower.initial_entries)
            host = HostNotices(viewer, tells_of_lost=True)
            async for changes in viewer.changes():
                await self._lines.print_new(changes.entries)
                host.print_changes()
                code = self._code_if_over()
                if code is None and viewer.is_hostless:
                    since = viewer.follower.unwatched_note(time.time())
                    words = f"its host is gone{since}; {self._resume_hint}"
                    code = self._print_summary(EXIT_INCOMPLETE, words)
                if code is None and self._signals.number is not None:
                    code = await self._end_by_signal(self._signals.number)
                if code is not None:
                    return code
        finally:
            self._lines.close()
            await viewer.close()
        return EXIT_INCOMPLETE

    def _code_if_over(self) -> int | None:
        """Print the summary if the watch is over; returns the exit code then."""
        state = self._viewer.follower.state
        if state.ended is not None:
            return self._print_summary(
                state.ended.outcome.exit_code, state.ended.reason
            )
        if state.watch.watch_run_end_reason:
            reason = state.watch.watch_run_end_reason
            words = f"{reason}; {self._resume_hint} goes on from there"
            return self._print_summary(EXIT_FAILED, words)
        return None

    def _print_summary(self, code: int, reason: str) -> int:
        self._lines.summary(code, reason)
        return code

    def _leave_with(self, words: str) -> int:
        return self._print_summary(
            EXIT_INTERRUPTED, f"left; {words}; {self._resume_hint}"
        )

    async def _end_by_signal(self, number: signal.Signals) -> int | None:
        """End the watch, or leave it, as a signal asks.

        Returns:
            The exit code; `None` where the signal is ignored.
        """
        follower = self._viewer.follower
        watch = follower.state.watch
        assert watch.watch_run is not None
        if watch.watch_run.detached:
            if number == signal.SIGHUP and self._signals.is_redirected:
                self._signals.number = None
                return None
            return self._leave_with("the watch goes on")
        if watch.rollback_running or (
            is_rollback_under_way(watch) and number != signal.SIGINT
        ):
            return self._leave_with("the rollback goes on")
        if not is_watch_run_only(follower.plan, follower.state):
            return self._leave_with("the run stays open")
        reason = self._reason or SIGNAL_REASONS[number]
        try:
            sent = self._viewer.send_intent(EndRun(reason=reason))
            reply = await asyncio.wait_for(sent, REPLY_SECONDS)
        except TimeoutError:
            return self._leave_with("not ended: its host does not answer")
        if not reply.ok:
            return self._leave_with(f"not ended: {reply.text}")
        changes = self._viewer.follower.poll()
        await self._lines.print_new(changes.entries)
        return self._code_if_over()


DEFAULT_DURATION = "30m"
ENDLESS_DURATIONS = ("0", "0s", "forever")


def watch(options: argparse.Namespace) -> int:
    """Watch a runbook's health; with `--auto-rollback`, roll back if a trigger fires.

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
    seconds = parse_watch_duration(options.duration, os.environ)
    briefing = _briefing(options)
    arm = _arm_action(options, briefing)
    on_screen = not (options.json or is_plain(requested=options.plain))
    settings = screens.load_screen_settings(options) if on_screen else None
    for problem in briefing.problems:
        narrate(problem)
    caveats = _caveats(briefing) if arm is not None else ()
    for words in caveats:
        narrate(f"armed, mind: {words}")
    name = briefing.environment or briefing.runbook.id
    log = make_watch_log(
        _log_folder(options.log_dir, briefing.workdir), name, time.time()
    )
    watch_began = WatchBegan(
        seconds=seconds,
        keep=options.keep_watching,
        detached=options.detach,
        log=str(log),
    )
    if settings is not None:
        return _on_screen(
            settings, briefing, watch_began, arm, notice="; ".join(caveats)
        )
    collect_as_usual()
    return asyncio.run(_watch_lines(briefing, watch_began, arm, as_json=options.json))


def _on_screen(
    settings: Settings,
    briefing: Briefing,
    watch: WatchBegan,
    arm: ArmWatch | None,
    *,
    notice: str,
) -> int:
    """Show the watch on a screen; when the screen is closed, end it as SIGTERM does."""
    directory = asyncio.run(start_new_run(briefing, auto=arm, watch=watch))

    with counted_as_viewer(directory):
        screens.open_watch(directory, settings, notice)
    signals = StopSignals()
    signals.number = signal.SIGTERM
    lines = partial(WatchLines, summary_only=True)
    following = FollowedWatch(directory, signals, lines, reason="its screen was left")
    return asyncio.run(following.follow())


def parse_watch_duration(given: str | None, environ: Mapping[str, str]) -> float | None:
    """Parse how many seconds to watch; `None` for no end.

    Args:
        given: the value of `--duration`. If `None`, the environment variable
            `MONITOR_DURATION` counts (seconds, or a duration); else 30 minutes.
        environ: the environment.

    Raises:
        UsageError: it is no duration, or one that is out of bounds.
    """
    name, text = "--duration", given
    if text is None:
        name, text = (
            "MONITOR_DURATION",
            environ.get("MONITOR_DURATION") or DEFAULT_DURATION,
        )
    if text in ENDLESS_DURATIONS:
        return None
    try:
        is_number = text.isascii() and text.isdigit()
        return bounded_duration(f"{text}s" if is_number else text, "duration")
    except ValueError as error:
        raise UsageError(
            f'{name}: {error}; a number alone is seconds, and "forever" has no end'
        ) from error


def _log_folder(given: str | None, workdir: Path) -> Path:
    """The folder of the log.

    Args:
        given: the value of `--log-dir`; a symbolic link is followed.
        workdir: where commands run; by default the log is in a folder of it.
    """
    return Path(given).resolve() if given else workdir / LOG_FOLDER


def _briefing(options: argparse.Namespace) -> Briefing:
    """Prepare the briefing; only variables that the watch may need are required."""
    runbook = load(find_runbook(options.runbook))
    if runbook.health is None or not runbook.health.probes:
        raise UsageError(
            f"{runbook.path}: it has no [[health.probe]], so there is nothing to watch"
        )
    briefing = prepare_briefing(
        runbook,
        given=parse_variables(options.var),
        profile=options.profile,
        workdir=None if options.workdir is None else Path(options.workdir),
    )
    needed = wanted_variables(briefing)
    missing = tuple(v for v in briefing.missing if v.name in needed)
    return answer_briefing(replace(briefing, missing=missing), {})


def wanted_variables(briefing: Briefing) -> frozenset[str]:
    """The variables of the environment, of the probes, and of the rollback.

    With the rollback count the phases that its steps enter when they fail. Variables of
    other steps are asked for when a person works on those.
    """
    plan = briefing.plan
    names = {briefing.runbook.environment or ""}
    for text in texts_in(briefing.runbook.health):
        names.update(template_names(text))
    first = rollback_phase(plan)
    todo, seen = [first] if first is not None else [], set()
    while todo:
        phase = todo.pop()
        if phase.id in seen:
            continue
        seen.add(phase.id)
        for step in phase.steps:
            names.update(plan.variables_read[step.id])
            if step.on_failure not in ("stop", "continue"):
                todo.append(briefing.runbook.phase(step.on_failure))
    return frozenset(names)


def _arm_action(options: argparse.Namespace, briefing: Briefing) -> ArmWatch | None:
    """The action that arms the watch; `None` without `--auto-rollback`."""
    if not options.auto_rollback:
        if options.yes:
            raise UsageError("--yes: only with --auto-rollback")
        return None
    plan = briefing.plan
    phase = rollback_phase(plan)
    if phase is None:
        raise UsageError(
            "--auto-rollback: this runbook names no phase that a trigger begins; "
            "give [health.trigger] a `then`"
        )
    _refuse_stopping_rollback(briefing)
    if briefing.protected and not options.yes:
        raise UsageError(
            f"--auto-rollback: {briefing.environment} is protected, and the rollback "
            "destroys; add --yes if it may do so without asking anybody"
        )
    destroys = any(effect_of(step) == "destroy" for step in phase.steps)
    unnamed = destroys and has_no_protected_environment(briefing.runbook)
    if unnamed and not options.yes:
        raise UsageError(
            "--auto-rollback: the rollback destroys, and the runbook says of no "
            "environment that it is protected; add --yes if it may do so without "
            "asking anybody"
        )
    refuse_unattended(briefing.runbook, "--auto-rollback")
    word = plan.phase_numbers[phase.id] if unnamed else ""
    if briefing.protected:
        word = briefing.environment or ""
    return ArmWatch(confirm=word)


def _refuse_stopping_rollback(briefing: Briefing) -> None:
    """Raise if the rollback to be armed has steps at which it would stop for a person.

    Raises:
        UsageError: it would; names each step and the reason.
    """
    plan = briefing.plan
    phase, stops = (
        rollback_phase(plan),
        rollback_stop_texts(plan, initial_run_state(briefing)),
    )
    if phase is not None and stops:
        raise UsageError(
            f"--auto-rollback: {phase.title} would stop, and wait for a person, at "
            f"{'; at '.join(stops)}. `mobius-tui check --explain unattended` says more"
        )


def _caveats(briefing: Briefing) -> tuple[str, ...]:
    """What a person should know before arming; no probe has been sent yet."""

    def value(name: str) -> str:
        given = briefing.values.get(name)
        return given[0] if given is not None else f"${{{name}}}"

    plan = briefing.plan
    phase = rollback_phase(plan)
    labels = understated_step_notices(plan, phase.id) if phase is not None else ()
    caveats = trigger_caveats(
        briefing.runbook.health, lambda text: fill(text, value), {}
    )
    return (*caveats, *labels)


async def _watch_lines(
    briefing: Briefing, watch: WatchBegan, arm: ArmWatch | None, *, as_json: bool
) -> int:
    with stop_signals() as signals:
        directory = await start_new_run(briefing, auto=arm, watch=watch)
        narrate(f"run {directory.id}; `mobius-tui resume {directory.id}` shows it")
        lines = partial(WatchLines, as_json=as_json)
        return await FollowedWatch(directory, signals, lines).follow()
