"""A running output pane, and the files of an attempt that it looks at."""

from __future__ import annotations

import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.tui.output.output_pane import OutputPane
from tests.waiting import pauses

BEGAN = 1_795_527_905
"""2026-11-24 13:45:05 UTC, in seconds since 1970."""


class Recording:
    """An attempt's `output` and `spans`, appended to as a keeper does."""

    def __init__(self, directory: Path) -> None:
        self.output = directory / "output"
        self.spans = directory / "spans"
        self.size = 0

    def write(self, data: str | bytes, stream: int = 1, second: int = 0) -> None:
        raw = data.encode() if isinstance(data, str) else data
        with self.output.open("ab") as output, self.spans.open("ab") as spans:
            output.write(raw)
            spans.write(self.record(len(raw), stream, second))
        self.size += len(raw)

    def record(self, length: int, stream: int, second: int) -> bytes:
        when = (BEGAN + second) * 1_000_000_000
        return struct.pack("<QQQ", self.size, length | stream << 56, when)


class PaneApp(App[None]):
    """A screen with nothing but a pane."""

    def __init__(self) -> None:
        super().__init__()
        self.followed: list[bool] = []
        self.copied: list[str] = []
        self.told: list[str] = []
        self.chosen: list[AttemptId] = []
        self.stopped: list[AttemptId] = []

    def compose(self) -> ComposeResult:
        yield OutputPane(repaints=1000)

    def on_output_pane_copy_wanted(self, event: OutputPane.CopyWanted) -> None:
        self.copied.append(event.read())

    def on_output_pane_notice_requested(
        self, event: OutputPane.NoticeRequested
    ) -> None:
        self.told.append(event.words)

    def on_output_pane_tab_chosen(self, event: OutputPane.TabChosen) -> None:
        self.chosen.append(event.attempt)

    def on_output_pane_stop_wanted(self, event: OutputPane.StopWanted) -> None:
        self.stopped.append(event.attempt)

    def on_output_pane_followed(self, event: OutputPane.Followed) -> None:
        self.followed.append(event.following)


@asynccontextmanager
async def showing(
    recording: Recording, *, size: tuple[int, int] = (80, 12), running: bool = True
) -> AsyncIterator[tuple[OutputPane, Pilot[None]]]:
    app = PaneApp()
    async with app.run_test(size=size) as pilot:
        pane = app.query_one(OutputPane)
        pane.focus()
        pane.show(
            recording.output,
            spans=recording.spans,
            title="Output · attempt 1",
            running=running,
            placeholder="Nothing yet: Enter runs this step",
        )
        await pilot.pause()
        yield pane, pilot


def shown(pane: OutputPane) -> list[str]:
    """Return the rows of the pane without the blank ones at the end."""
    rows = [pane.render_line(y).text.rstrip() for y in range(pane.size.height)]
    while rows and not rows[-1]:
        rows.pop()
    return rows


def texts(pane: OutputPane) -> list[str]:
    """Return the rows without time and gutter."""
    return [row[9:] for row in shown(pane)]


def is_shown(pane: OutputPane, expected: list[str]) -> bool:
    return texts(pane) == expected


def clock(second: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(BEGAN + second))


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    pause = pauses()
    while not condition():
        await pilot.pause(next(pause))


async def sees(
    pane: OutputPane, pilot: Pilot[None], condition: Callable[[], bool]
) -> None:
    """Let the pane look at its file, as its owner does, until it shows something."""

    def look() -> bool:
        pane.refresh_from_file()
        return condition()

    await until(pilot, look)


PIECES = (
    b"error",
    b"Error",
    b"e\x1b[31mrr\x1b[0mor",
    b"err\ror",
    b"xx\rerror\r",
    b"\terror ",
    "\u00e9rror ✔ K".encode(),
    b"\xff\xfe",
    b"\x1b]0;error\x07",
    b"\n",
    b"\n",
    b"\r\n",
    b"e" * 300,
    b"z" * 70_000,
    b"%" * 70_000 + b"\rerror at last",
)


def app_of(pane: OutputPane) -> PaneApp:
    assert isinstance(pane.app, PaneApp)
    return pane.app


async def copied(pane: OutputPane, pilot: Pilot[None]) -> str:
    before = len(app_of(pane).copied)
    await pilot.press("c")
    await until(pilot, lambda: len(app_of(pane).copied) > before)
    return app_of(pane).copied[-1]


def reversed_text(pane: OutputPane) -> list[str]:
    """What is drawn in reverse, row by row."""
    rows = []
    for y in range(pane.size.height):
        row = "".join(
            segment.text
            for segment in pane.render_line(y)
            if segment.style is not None and segment.style.reverse
        )
        if row:
            rows.append(row)
    return rows
