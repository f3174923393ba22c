"""The output pane follows, scrolls, counts, and keeps its place."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Region

from mobius_tui.tui.output.output_pane import OutputPane
from tests.tui.output.panes import (
    PaneApp,
    Recording,
    clock,
    sees,
    showing,
    shown,
    texts,
    until,
)


async def test_it_says_what_to_expect_while_there_is_nothing(
    recording: Recording,
) -> None:
    async with showing(recording) as (pane, pilot):
        assert shown(pane) == ["Nothing yet: Enter runs this step"]
        recording.write("")
        pane.placeholder = "Waiting for [/x] output"
        assert shown(pane) == ["Waiting for [/x] output"]
        recording.write("first\n")
        await sees(pane, pilot, lambda: texts(pane) == ["first"])
        assert pane.border_subtitle == "1 line · following ↓"


async def test_a_file_that_cannot_be_read_says_so(recording: Recording) -> None:
    recording.output.symlink_to(recording.spans)
    async with showing(recording) as (pane, _):
        assert shown(pane)[0].startswith("Cannot read")


async def test_it_follows_the_end(recording: Recording) -> None:
    async with showing(recording) as (pane, pilot):
        for number in range(30):
            recording.write(f"line {number}\n")
            pane.refresh_from_file()
        await until(pilot, lambda: texts(pane)[-1] == "line 29")
        assert texts(pane) == [f"line {number}" for number in range(20, 30)]


async def test_scrolling_up_stops_following_and_counts_what_is_new(
    recording: Recording,
) -> None:
    recording.write("".join(f"line {number}\n" for number in range(30)))
    async with showing(recording) as (pane, pilot):
        await pilot.press("up", "k", "k")
        assert texts(pane) == [f"line {number}" for number in range(17, 27)]
        assert pane.border_subtitle == "30 lines · End follows"
        recording.write("new\n" * 12)
        await sees(pane, pilot, lambda: pane.border_subtitle == "42 lines · ↓ 12 new")
        assert texts(pane)[0] == "line 17"
        await pilot.press("end")
        assert texts(pane) == ["new"] * 10
        assert pane.border_subtitle == "42 lines · following ↓"
        app = pane.app
        assert isinstance(app, PaneApp)
        assert app.followed == [False, True]


async def test_coming_down_to_the_end_follows_again(recording: Recording) -> None:
    recording.write("".join(f"line {number}\n" for number in range(30)))
    async with showing(recording) as (pane, pilot):
        await pilot.press("pageup")
        assert texts(pane)[0] == "line 11"
        await pilot.press("pagedown")
        assert texts(pane)[-1] == "line 29"
        assert isinstance(pane.app, PaneApp)
        assert pane.app.followed == [False, True]
        await pilot.press("g")
        assert texts(pane)[0] == "line 0"
        await pilot.press("j", "down")
        assert texts(pane)[0] == "line 2"
        await pilot.press("up", "up", "up", "up")
        assert texts(pane)[0] == "line 0"
        await pilot.press("G")
        assert pane.following


async def test_the_wheel_scrolls(recording: Recording) -> None:
    recording.write("".join(f"line {number}\n" for number in range(30)))
    async with showing(recording) as (pane, pilot):
        for kind, first in [(MouseScrollUp, "line 17"), (MouseScrollDown, "line 20")]:
            pane.post_message(
                kind(
                    widget=pane,
                    x=5,
                    y=5,
                    delta_x=0,
                    delta_y=0,
                    button=0,
                    shift=False,
                    meta=False,
                    ctrl=False,
                )
            )
            await pilot.pause()
            assert texts(pane)[0] == first


async def test_the_end_of_a_finished_step_says_where_one_is(
    recording: Recording,
) -> None:
    recording.write("".join(f"line {number:03}\n" for number in range(100)))
    async with showing(recording, running=False) as (pane, pilot):
        assert pane.border_subtitle == "100 lines"
        await pilot.press("g")
        assert pane.border_subtitle == "100 lines · 10 %"


async def test_showing_the_same_file_again_keeps_the_place(
    recording: Recording, tmp_path: Path
) -> None:
    recording.write("".join(f"line {number}\n" for number in range(30)))
    async with showing(recording) as (pane, pilot):
        await pilot.press("g")
        for path, first in [(recording.output, "line 0"), (tmp_path / "none", "?")]:
            pane.show(
                path,
                spans=recording.spans,
                title="Output [/] \x1b[2J",
                running=False,
                placeholder="?",
            )
            await pilot.pause()
            assert (texts(pane) if path.exists() else shown(pane))[0] == first
        assert pane.following
        assert "␛" in str(pane.border_title)
        assert not pane.border_subtitle


async def test_resizing_keeps_the_first_line_in_sight(recording: Recording) -> None:
    recording.write("\n".join(f"{number} " + "word " * 20 for number in range(50)))
    async with showing(recording) as (pane, pilot):
        await pilot.press("g", "pagedown", "down", "down", "down")
        assert texts(pane)[0].startswith("6 ")
        await pilot.resize_terminal(60, 20)
        await pilot.pause()
        assert shown(pane)[0].split()[0] in {"6", clock(0)}
        assert pane.viewport is not None
        assert pane.viewport.document.line(pane.viewport.top).segments[0].text[0] == "6"
        await pilot.press("end")
        await pilot.resize_terminal(30, 7)
        await pilot.pause()
        assert len(shown(pane)) == 5
        assert shown(pane)[-1].strip().endswith("word")


async def test_growing_the_window_at_the_end_leaves_no_gap(
    recording: Recording,
) -> None:
    recording.write("".join(f"line {number}\n" for number in range(30)))
    async with showing(recording) as (pane, pilot):
        await pilot.press("up")
        await pilot.resize_terminal(80, 30)
        await pilot.pause()
        assert texts(pane)[-1] == "line 29"
        assert len(texts(pane)) == 28


async def test_a_large_file_is_shown_before_its_lines_are_counted(
    recording: Recording,
) -> None:
    line = "x" * 99 + "\n"
    with recording.output.open("w") as output:
        for _ in range(20):
            output.write(line * 50_000)
        output.write("the end\n")
    async with showing(recording) as (pane, pilot):
        assert texts(pane)[-1] == "the end"
        known = "1,000,001 lines · following ↓"
        await until(pilot, lambda: pane.border_subtitle == known)


async def test_a_file_cut_short_is_read_anew(recording: Recording) -> None:
    recording.write("".join(f"line {number}\n" for number in range(30)))
    async with showing(recording) as (pane, pilot):
        recording.output.write_text("anew\n")
        await sees(pane, pilot, lambda: texts(pane) == ["anew"])
        await sees(pane, pilot, lambda: pane.border_subtitle == "1 line · following ↓")


async def test_repaints_are_not_more_frequent_than_asked(
    recording: Recording,
) -> None:
    app = PaneApp()
    async with app.run_test(size=(80, 12)) as pilot:
        pane = OutputPane(repaints=2)
        await app.mount(pane)
        await pilot.pause()
        recording.write("first\n")
        pane.show(recording.output, spans=None, title="", running=True, placeholder="")
        before = shown(pane)
        recording.write("second\n")
        pane.refresh_from_file()
        assert shown(pane) == before
        await until(pilot, lambda: len(shown(pane)) == 2)


class Watched(OutputPane):
    """A pane that remembers which rows it asked to have drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[int] = []

    def refresh(self, *regions: Region, **options: bool) -> Self:
        self.drawn += [y for region in regions for y in region.line_range]
        return super().refresh(*regions, **options)


async def test_only_rows_that_changed_are_drawn_again(recording: Recording) -> None:
    recording.write("one\ntwo\n 10 %\r")
    app = PaneApp()
    async with app.run_test(size=(80, 24)) as pilot:
        pane = Watched()
        await app.mount(pane)
        pane.show(recording.output, spans=None, title="", running=True, placeholder="")
        await sees(pane, pilot, lambda: len(shown(pane)) == 3)
        pane.drawn.clear()
        recording.write(" 20 %\r")
        await sees(pane, pilot, lambda: "20 %" in shown(pane)[2])
        assert pane.drawn == [2]
