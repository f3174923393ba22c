"""What the output pane makes of the bytes of an output."""

from __future__ import annotations

import asyncio
import unicodedata
from functools import partial

from tests.tui.output.panes import (
    Recording,
    clock,
    is_shown,
    sees,
    showing,
    shown,
    texts,
    until,
)
from tests.waiting import PATIENCE


async def test_lines_come_with_their_time_and_stderr_is_marked(
    recording: Recording,
) -> None:
    recording.write("Verifying backup integrity...\n")
    recording.write("no such file\n", stream=2, second=3)
    async with showing(recording) as (pane, _):
        assert shown(pane) == [
            f"{clock(0)} Verifying backup integrity...",
            f"{clock(3)}▌no such file",
        ]
        assert str(pane.border_title) == "Output · attempt 1"
        assert pane.border_subtitle == "2 lines · following ↓"


async def test_times_go_and_come_by_key_and_are_off_in_a_narrow_pane(
    recording: Recording,
) -> None:
    recording.write("hello\n")
    async with showing(recording) as (pane, pilot):
        await pilot.press("t")
        assert shown(pane) == [" hello"]
        await pilot.press("t")
        assert shown(pane) == [f"{clock(0)} hello"]
    async with showing(recording, size=(50, 8)) as (pane, _):
        assert shown(pane) == [" hello"]


async def test_long_lines_wrap_under_their_text(recording: Recording) -> None:
    recording.write("Starting rollback for environment: production\n" + "x" * 60)
    async with showing(recording, size=(44, 8)) as (pane, pilot):
        await pilot.press("t")
        assert shown(pane) == [
            f"{clock(0)} Starting rollback for",
            "         environment: production",
            f"{clock(0)} {'x' * 31}",
            f"         {'x' * 29}",
        ]
        await pilot.press("w")
        assert texts(pane) == ["Starting rollback for environme", "x" * 31]
        await pilot.press("right")
        assert texts(pane) == [" rollback for environment: prod", "x" * 31]
        await pilot.press("left", "left", "w")
        assert len(shown(pane)) == 4


async def test_scrolling_goes_by_rows_within_a_wrapped_line(
    recording: Recording,
) -> None:
    recording.write("\n".join(f"{number} " + "x" * 150 for number in range(9)))
    async with showing(recording) as (pane, pilot):
        await pilot.press("g")
        whole = []
        for _ in range(40):
            whole.append(texts(pane)[0])
            pane.action_rows(1)
        assert pane.following
        assert whole[0] == "0"
        assert whole.index("1") == 4
        for _ in range(40):
            pane.action_rows(-1)
        assert texts(pane)[0] == "0"


async def test_nothing_hostile_reaches_the_screen(recording: Recording) -> None:
    recording.write(
        b"\x1b]0;owned\x07\x1b]52;c;cm0=\x07\x1b]8;;http://evil/\x1b\\x\n"
        b"\x1b[2J\x1b[c\x1b[6n\x1bc\x1bP1$r\x1b\\\x1b_G\x1b\\\x9b31m\xc2\x9b\x00\x7f\n"
        b"[@click=app.quit]x[/] [/nonsense]\n"
        b"a\rb\x08\xe2\x80\xae\xff\n\x1b[3"
    )
    async with showing(recording) as (pane, pilot):
        rows = [pane.render_line(y) for y in range(pane.size.height)]
        for row in rows:
            for segment in row:
                assert segment.control is None
                assert segment.style is None or not segment.style.link
                assert segment.style is None or not segment.style.meta
                odd = {"Cc", "Cf", "Cs", "Zl", "Zp"}
                assert not [c for c in segment.text if unicodedata.category(c) in odd]
        assert texts(pane)[2:] == [
            "[@click=app.quit]x[/] [/nonsense]",
            "b␈<U+202E><FF>",
            "␛[3",
        ]
        recording.write(b"1m")
        await sees(pane, pilot, lambda: texts(pane)[-1] == "")


async def test_colours_are_kept_from_line_to_line(recording: Recording) -> None:
    recording.write("\x1b[1;31mred\nstill red\x1b[0m plain\n" + "later\n" * 20)
    async with showing(recording) as (pane, pilot):
        await pilot.press("g")
        styles = {
            segment.text: segment.style
            for y in range(3)
            for segment in pane.render_line(y)
            if segment.style is not None
        }
        assert styles["red"].bold
        assert styles["still red"].color == styles["red"].color
        assert styles[" plain"].color != styles["red"].color
        await pilot.press("down")
        first = {one.text: one.style for one in pane.render_line(0)}["still red"]
        assert first == styles["still red"]


async def test_progress_lines_show_their_last_state(recording: Recording) -> None:
    recording.write("start\r\n")
    async with showing(recording) as (pane, pilot):
        for percent in range(0, 101, 20):
            recording.write(f"{percent:3} %\r")
            expected = ["start", f"{percent:3} %"]
            await sees(pane, pilot, partial(is_shown, pane, expected))


async def test_progress_longer_than_any_piece_still_shows_its_end(
    recording: Recording,
) -> None:
    recording.write("".join(f"{number} of 20000\r" for number in range(20001)))
    async with showing(recording) as (pane, _):
        assert texts(pane) == ["20000 of 20000"]


async def test_one_line_of_50_megabytes(recording: Recording) -> None:
    with recording.output.open("wb") as output:
        for _ in range(50):
            output.write(b"0123456789abcdef" * 65536)
        output.write(b"\nthe next line\n")
    async with showing(recording) as (pane, pilot):
        known = "2 lines · following ↓"
        await until(pilot, lambda: pane.border_subtitle == known)
        assert texts(pane)[-1] == "the next line"
        hidden = 50 * 1024 * 1024 - 64 * 1024
        assert texts(pane)[-2].endswith(f" … {hidden:,} more bytes")
        async with asyncio.timeout(PATIENCE):
            await pilot.press("g", "down", "pagedown", "w", "right", "end", "up")
        await pilot.press("g")
        assert pane.viewport is not None
        assert pane.viewport.top == 0


async def test_a_time_that_comes_late_is_still_shown(recording: Recording) -> None:
    recording.output.write_bytes(b"hello\n")
    async with showing(recording) as (pane, pilot):
        assert shown(pane) == ["         hello"]
        recording.spans.write_bytes(recording.record(6, stream=2, second=1))
        await sees(pane, pilot, lambda: shown(pane) == [f"{clock(1)}▌hello"])
