"""Run directories made by hand, hosts that only listen, and the app over them."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from mobius_tui.health.health_record import MachineSample, ProbeResult
from mobius_tui.health.health_record import encode_record as encode_health
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.event import Event
from mobius_tui.run.events.journal_entry import Entry, encode_entry
from mobius_tui.run.events.run_events import RunBegan, VariableSet
from mobius_tui.run.host.control_server import ControlServer
from mobius_tui.run.intents.action import Action, Caller
from mobius_tui.run.intents.control_protocol import Envelope, Reply
from mobius_tui.run.intents.intent_actions import PROTOCOL_VERSION
from mobius_tui.run.journal.journal import EMPTY_JOURNAL_HEAD
from mobius_tui.run.storage.run_directory import (
    RunDirectory,
    make_run_directory,
)
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook, runbook_digest
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.backend.full_screens import AppResult
from mobius_tui.tui.backend.key_queue import INPUT_GUARD_SECONDS
from mobius_tui.tui.config.settings import DEFAULT_SETTINGS, Settings
from mobius_tui.tui.dialogs.dialog import Dialog
from mobius_tui.tui.parts.run_feed import RunFeed
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.paths import TESTS
from tests.pictures import assert_picture, words_of
from tests.waiting import pauses

BEGAN = 1_795_527_905.0
"""2026-11-24 13:45:05 UTC, in seconds since 1970."""

SIZES = ((160, 45), (120, 36), (80, 24))
"""Columns and rows of the terminals that each screen has a picture of."""

ROLLBACK = TESTS / "tui" / "data" / "mobius-rollback.toml"
"""The tests' own: what is written in the bundled one changes no screen here."""


def size_id(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


class Time:
    """A clock that goes only when it is told to."""

    def __init__(self, at: float = BEGAN) -> None:
        self.at = at
        self.seconds = 1000.0

    def wall(self) -> float:
        return self.at

    def mono(self) -> float:
        return self.seconds

    def pass_(self, seconds: float) -> None:
        self.at += seconds
        self.seconds += seconds


class MadeRun:
    """A run directory whose journal the test writes."""

    def __init__(
        self,
        root: Path,
        runbook: Runbook,
        *,
        values: Mapping[str, str],
        mode: str = "incident",
        environment: str | None = None,
        workdir: str = "/srv/mobius",
        site: str | None = None,
        at: float = BEGAN,
        path: str | None = None,
        setting: Mapping[str, str] | None = None,
        confined: bool | None = None,
    ) -> None:
        self.runbook = runbook
        self.directory = make_run_directory(root, runbook, at)
        self.n = 0
        self.at = at
        self._prev = EMPTY_JOURNAL_HEAD
        protected = environment in runbook.protected
        self.write(
            RunBegan(
                run=self.directory.id,
                runbook=runbook.id,
                file=runbook.sources[0].name,
                sha256=runbook_digest(runbook.sources),
                title=runbook.title,
                mode=mode,  # type: ignore[arg-type]
                environment=environment,
                protected=protected,
                workdir=workdir,
                operator="maria",
                setting=setting or {},
                site=site,
                path=str(runbook.path.resolve()) if path is None else path,
                confined=confined,
            )
        )
        for name, value in values.items():
            self.write(VariableSet(name=name, value=value, source="begin"))

    def write(self, event: Event, *, after: float = 0.0, by: str = "maria") -> None:
        import hashlib

        self.n += 1
        self.at += after
        entry = Entry(
            n=self.n, at=self.at, mono=self.at - BEGAN, boot="boot", by=by, event=event
        )
        line = encode_entry(entry, self._prev)
        self._prev = hashlib.sha256(line[:-1]).hexdigest()
        with self.directory.journal.open("ab") as file:
            file.write(line)

    def output(self, step: str, attempt: int, text: str | bytes) -> None:
        place = self.directory.attempt(step, attempt)
        place.path.mkdir(exist_ok=True)
        data = (
            text if isinstance(text, bytes) else text.encode(errors="surrogateescape")
        )
        with place.output.open("ab") as output, place.spans.open("ab") as spans:
            for second, line in enumerate(data.splitlines(keepends=True)):
                when = int(self.at + second / 3) * 1_000_000_000
                offset = output.tell()
                output.write(line)
                spans.write(struct.pack("<QQQ", offset, len(line) | 1 << 56, when))

    def health(self, records: Iterable[ProbeResult | MachineSample]) -> None:
        with self.directory.health.open("ab") as file:
            for record in records:
                file.write(encode_health(record))


class FakeHost:
    """A host that listens, holds the lock, keeps every intent, and does nothing."""

    def __init__(self, directory: RunDirectory) -> None:
        self.directory = directory
        self.intents: list[Any] = []
        """The actions that were asked for."""
        self.refuse = ""
        self.says = ""
        """What it adds to an answer that is no refusal."""
        self.version = PROTOCOL_VERSION
        self.acts: dict[type[Action], Callable[[], None]] = {}
        self.stall: Callable[[str], None] = lambda _: None
        self.answers = asyncio.Event()
        self.answers.set()

    async def judge(self, envelope: Envelope, _caller: Caller) -> Reply:
        self.intents.append(envelope.action)
        await self.answers.wait()
        act = self.acts.get(type(envelope.action))
        if act is not None:
            act()
        text = self.refuse or self.says
        return Reply(
            id=envelope.id,
            ok=not self.refuse,
            text=text,
            n=1,
            version=self.version,
        )


@asynccontextmanager
async def hosted(run: MadeRun) -> AsyncIterator[FakeHost]:
    """A host for a run while the block lasts."""
    host = FakeHost(run.directory)
    before = Path.cwd()
    control = ControlServer(host.judge)
    host.stall = control.report_stall
    lock = os.open(run.directory.lock, os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.write(lock, b"4242\n")
    os.chdir(run.directory.path)
    try:
        await control.listen(run.directory.socket)
    finally:
        os.chdir(before)
    try:
        yield host
    finally:
        await control.close()
        os.close(lock)


async def no_resume(_directory: RunDirectory, _runbook: Runbook) -> None:
    """Starts nothing."""


@asynccontextmanager
async def opened(
    run: MadeRun,
    *,
    size: tuple[int, int] = (120, 36),
    is_new: bool = True,
    time: Time | None = None,
    resume: Callable[..., object] = no_resume,
    open_again: Callable[..., object] = no_resume,
    settings: Settings = DEFAULT_SETTINGS,
) -> AsyncIterator[tuple[RunScreen, Pilot[AppResult]]]:
    """The app on a run, with a clock of the test's own."""
    time = time or Time(run.at)
    screen = RunScreen(
        Viewer(run.directory),
        resume=resume,  # type: ignore[arg-type]
        open_again=open_again,  # type: ignore[arg-type]
        skips_return_card=is_new,
        repaints=1000,
        wall=time.wall,
    )
    screen.mono = time.mono
    async with running(screen, size=size, settings=settings) as pilot:
        await settled(pilot)
        yield screen, pilot


@asynccontextmanager
async def running(
    screen: Screen[None],
    *,
    size: tuple[int, int],
    settings: Settings = DEFAULT_SETTINGS,
) -> AsyncIterator[Pilot[AppResult]]:
    app = MobiusApp(screen, settings=settings)
    async with app.run_test(size=size, notifications=True) as pilot:
        await pilot.pause()
        yield pilot


async def settled(pilot: Pilot[AppResult]) -> None:
    """Let everything that is on its way arrive."""
    for _ in range(3):
        await pilot.pause()


AFRESH = tuple((size,) for size in SIZES)
"""Each size on its own: where a pane is scrolled to may hang on the sizes before."""


async def pictured(
    pilot: Pilot[AppResult], name: str, sizes: Iterable[tuple[int, int]] = SIZES
) -> None:
    """Compare a screen with its picture of each size, as its terminal becomes so big.

    What it shows is as old as its last repaint, which may be before or after the time
    that the last key took: it is painted anew.

    Raises:
        AssertionError: one differs, or more.
    """
    wrong = []
    for size in sizes:
        await pilot.resize_terminal(*size)
        for screen in pilot.app.screen_stack:
            if isinstance(feed := getattr(screen, "feed", None), RunFeed):
                feed.show_now()
        await settled(pilot)
        try:
            assert_picture(pilot.app, f"{name}-{size_id(size)}")
        except AssertionError as error:
            wrong.append(str(error))
    assert not wrong, "\n".join(wrong)


async def until(pilot: Pilot[AppResult], condition: Callable[[], object]) -> None:
    """Wait for a condition, and fail if it does not come."""
    pause = pauses()
    while not condition():
        await pilot.pause(next(pause))
    await settled(pilot)


@cache
def _read(path: Path) -> Runbook:
    """Read once: nothing changes it."""
    return load(path)


def rollback(tmp_path: Path, **others: str) -> MadeRun:
    """The bundled rollback, begun."""
    values = {
        "target_env": "production",
        "base_url": "http://localhost:3000",
        "reason": "Every page answers 500 since release 2.5.0",
        "process_pattern": "^([^ ]*/)?node .*mobius",
        "database_file": "data/mobius.db",
        "check_every": "10s",
        "probe_every": "5s",
        "monitor_for": "30m",
        **others,
    }
    return made(tmp_path, ROLLBACK, values)


def made(tmp_path: Path, runbook: Path, values: Mapping[str, str]) -> MadeRun:
    """A run of a runbook in production, begun."""
    return MadeRun(
        tmp_path / "runs", _read(runbook), values=values, environment="production"
    )


async def press_until(
    pilot: Pilot[AppResult], key: str, condition: Callable[[], object]
) -> None:
    """Press a key until it is taken: a page that a key opened takes none at first."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 30
    while not condition():
        assert loop.time() < deadline, f"{key} did nothing"
        await pilot.press(key)
        calm = loop.time() + 1
        while not condition() and loop.time() < calm:
            await pilot.pause(0.01)


async def press(pilot: Pilot[AppResult], time: Time, *keys: str) -> None:
    """Press keys, each when the dialog that the last one opened takes keys.

    What is typed into a field opens none: it is waited for once.
    """
    left = deque(keys)
    while left:
        time.pass_(INPUT_GUARD_SECONDS + 0.01)
        typed = [left.popleft()]
        if isinstance(pilot.app.focused, Input | TextArea):
            while left and len(left[0]) == len(typed[0]) == 1:
                typed.append(left.popleft())
        await pilot.press(*typed)
        await until(pilot, lambda: is_quiet(pilot))


def is_quiet(pilot: Pilot[AppResult]) -> bool:
    """Whether no dialog is on its way."""
    screen = pilot.app.screen
    if isinstance(screen, Dialog):
        return not screen.is_opening
    return not any(w.name == "ask" and w.is_running for w in pilot.app.workers)


def words(pilot: Pilot[AppResult]) -> str:
    return words_of(pilot.app)


def view_of(run: MadeRun) -> RunView:
    return RunPresenter(Viewer(run.directory)).run_view_at(run.at, None)
