"""The row of tabs: what fits, what is clicked, what is chosen."""

from __future__ import annotations

from rich.style import Style

from mobius_tui.run.state.attempt_id import AttemptId
from mobius_tui.tui.output.output_choice import OutputTab, tab_row
from tests.tui.output.panes import PaneApp, Recording, showing, shown, until

FIRST, SECOND = AttemptId("a", 1), AttemptId("a", 2)


def tab(number: int, *, stops: bool = False) -> OutputTab:
    word = "live" if stops else "failed"
    return OutputTab(
        attempt=AttemptId("a", number),
        name=str(number),
        glyph="✖",
        word=word,
        role="bad",
        is_stoppable=stops,
    )


def row(count: int, chosen: int, width: int) -> str:
    tabs = [tab(number) for number in range(1, count + 1)]
    strip, targets = tab_row(
        tabs, AttemptId("a", chosen), width, lambda _: Style(), stop_key="x"
    )
    for target in targets:
        assert 0 <= target.left < target.right <= width
    assert strip.cell_length <= width
    return strip.text


def test_the_chosen_one_is_always_there() -> None:
    assert row(2, 1, 40) == " 1 ✖ failed │ 2 ✖ failed "
    for chosen in range(1, 30):
        assert f" {chosen} ✖ failed " in row(29, chosen, 40)
    assert row(29, 15, 40).startswith("« ")
    assert row(29, 15, 40).endswith("»")


async def test_keys_and_clicks_choose_and_stop(recording: Recording) -> None:
    recording.write("text\n")
    async with showing(recording) as (pane, pilot):
        app = pane.app
        assert isinstance(app, PaneApp)
        pane.tabs = (tab(1), tab(2, stops=True))
        pane.tab = FIRST
        await pilot.pause()
        assert shown(pane)[0].startswith(" 1 ✖ failed │ 2 ✖ live")
        await pilot.press("right_square_bracket", "left_square_bracket", "x")
        await until(pilot, lambda: app.chosen == [SECOND, SECOND])
        assert app.stopped == []
        await pilot.click(offset=(18, 1))
        await until(pilot, lambda: app.chosen[2:] == [SECOND])
        pane.tab = SECOND
        await pilot.pause()
        assert "■ x stops it" in shown(pane)[0]
        await pilot.press("x")
        await until(pilot, lambda: app.stopped == [SECOND])
        await pilot.click(offset=(shown(pane)[0].index("stops") + 2, 1))
        await until(pilot, lambda: app.stopped == [SECOND, SECOND])
        pane.tabs = ()
        await pilot.pause()
        assert shown(pane)[0].endswith("text")
