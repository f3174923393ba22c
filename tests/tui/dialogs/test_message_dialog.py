"""The composer: where a message goes, what became of it, and to send it again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Button, TextArea

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.message_events import (
    MessageNotSent,
    MessageSent,
    MessageTried,
)
from mobius_tui.run.events.mode_and_outcome import Mode, Outcome
from mobius_tui.run.events.run_events import HostStarted, RunEnded, WentOnWithout
from mobius_tui.run.events.step_events import StepStarted
from mobius_tui.run.intents.message_intents import (
    MAX_MESSAGE_BYTES,
    DropMessages,
    ResendMessages,
    SendMessageOfStep,
)
from mobius_tui.run.intents.step_intents import TickStep
from mobius_tui.run.state.deliveries import DeliveryStatus
from mobius_tui.tui.dialogs.message_dialog import MessageDialog
from mobius_tui.tui.presenters.briefing_fields import preflight_fields
from mobius_tui.tui.presenters.status_text import status_text
from mobius_tui.tui.screen_state import StepRow
from mobius_tui.tui.screens.run_screen import RunScreen
from tests.conftest import MakeRunbook
from tests.run.conftest import (
    Begin,
    begin,  # noqa: F401 - a fixture
)
from tests.run.offices import BOOK
from tests.run.webhooks import answer, webhook
from tests.tui import scenes
from tests.tui.runs import (
    MadeRun,
    Time,
    hosted,
    no_resume,
    opened,
    press,
    running,
    settled,
    until,
    words,
)


async def test_enter_sends_to_the_channels_that_were_shown(tmp_path: Path) -> None:
    run = scenes.sendable(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        shown = words(pilot)
        assert "slack  ● ready: Slack" in shown
        assert "teams  ● ready: Teams" in shown
        assert "Send to both" in shown
        await press(pilot, time, "e", *"Hi", "tab", "enter")
        await until(pilot, lambda: host.intents)
        (intent,) = host.intents
        assert isinstance(intent, SendMessageOfStep)
        assert intent.step == "alert-stakeholders"
        assert intent.channels == ("slack", "teams")
        assert intent.text.endswith("Status updates will follow.Hi")


async def test_what_is_copied_though_it_could_be_sent_is_marked_by_a_button_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no program that copies
    run = scenes.sendable(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter", "c")
        said = "Where you paste it yourself, “Mark as told” says so."
        await until(pilot, lambda: said in words(pilot))
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert isinstance(host.intents[0], SendMessageOfStep), (
            "Enter still does the likeliest"
        )


async def test_a_channel_without_a_url_is_named_and_left_out(tmp_path: Path) -> None:
    run = scenes.sendable(tmp_path)
    run.write(HostStarted(pid=7, without=("teams_webhook",)))
    run.write(WentOnWithout(secrets=("teams_webhook",)))
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        shown = words(pilot)
        assert "teams  ✖ TEAMS_WEBHOOK_URL is not set; the message can be" in shown
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0].channels == ("slack",)


@pytest.mark.parametrize(
    ("scene", "keys", "count", "columns"),
    [
        (scenes.sendable, ("enter",), 5, 80),
        (scenes.sendable, ("enter",), 5, 60),
        (scenes.sending, ("up", "m"), 5, 80),
    ],
)
async def test_every_button_is_in_sight(
    tmp_path: Path,
    scene: Callable[[Path], MadeRun],
    keys: tuple[str, ...],
    count: int,
    columns: int,
) -> None:
    run = scene(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, size=(columns, 24), time=time) as (_, pilot):
        await press(pilot, time, *keys)
        box = pilot.app.screen.query_one(".box").content_region
        buttons = list(pilot.app.screen.query(Button))
        assert len(buttons) == count
        for button in buttons:
            assert box.contains_region(button.region), button.label


async def test_a_message_that_was_sent_is_sent_anew_or_told_again(
    tmp_path: Path,
) -> None:
    run = scenes.sending(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "up", "m", *["right"] * 3, "enter")
        await until(pilot, lambda: host.intents and screen.is_current)
        await press(pilot, time, "up", "m", *["right"] * 4, "enter")
        await until(pilot, lambda: len(host.intents) == 2)
        assert [type(each) for each in host.intents] == [SendMessageOfStep, TickStep]


async def test_what_is_too_long_to_be_sent_stays_to_be_shortened(
    tmp_path: Path,
) -> None:
    run = scenes.sendable(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        pilot.app.screen.query_one("#text", TextArea).text = "x" * (
            MAX_MESSAGE_BYTES + 1
        )
        await press(pilot, time, "enter")
        await until(pilot, lambda: "7.8 KiB are sent at most" in words(pilot))
        pilot.app.screen.query_one("#text", TextArea).text = " "
        await press(pilot, time, "enter")
        await until(pilot, lambda: "There is no text" in words(pilot))
        assert host.intents == []


async def test_what_was_not_sent_is_in_sight_and_sent_again_from_anywhere(
    tmp_path: Path,
) -> None:
    run = scenes.unsent(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        assert screen.key != StepRow("alert-stakeholders")
        shown = words(pilot)
        assert "✖ 1 not sent" in shown
        assert "m Not sent" in shown
        await press(pilot, time, "m")
        shown = words(pilot)
        assert "slack  ✔ sent  1 s ago; it answers 200: ok" in shown
        assert "teams  ✖ not sent  it answers 404: no such hook" in shown
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0] == ResendMessages(deliveries=(2,))


async def test_what_was_queued_as_its_host_died_is_not_sent_a_second_time(
    tmp_path: Path,
) -> None:
    run = scenes.sendable(tmp_path)
    run.write(scenes.queued("alert-stakeholders"))
    run.write(MessageTried(delivery=1, number=1), by="host")
    run.write(MessageSent(delivery=1, number=1, status=200, answer="ok"), by="host")
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        shown = words(pilot)
        assert "slack  ✔ sent" in shown
        assert "Send to" not in shown
        await press(pilot, time, "right", "right", "enter")
        await until(pilot, lambda: host.intents)
        assert isinstance(host.intents[0], TickStep)


async def test_space_ticks_the_step_under_the_cursor_whatever_was_not_sent(
    tmp_path: Path,
) -> None:
    run = scenes.unsent(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "space")
        assert not isinstance(pilot.app.screen, MessageDialog)


async def test_what_was_told_by_hand_is_not_to_be_sent_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no program that copies
    run = scenes.unsent(tmp_path)
    time = Time(run.at)
    copied = run.directory.path / "copied.txt"
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "m", "c")
        await until(pilot, copied.exists)
        assert copied.read_text() == scenes.TOLD
        await press(pilot, time, "right", "right", "enter")
        await until(pilot, lambda: host.intents)
        assert host.intents[0] == DropMessages(deliveries=(2,))


async def test_to_copy_what_may_have_arrived_takes_no_warning_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # no program that copies
    run = scenes.perhaps_sent(tmp_path)
    time = Time(run.at)
    copied = run.directory.path / "copied.txt"
    async with hosted(run), opened(run, time=time) as (_, pilot):
        await press(pilot, time, "m", "c")
        await until(pilot, copied.exists)
        await settled(pilot)
        assert "It may have arrived: look there before" in words(pilot)


async def test_what_may_have_arrived_is_sent_again_by_nobody_who_only_presses_enter(
    tmp_path: Path,
) -> None:
    run = scenes.perhaps_sent(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        assert "? 1 perhaps sent" in words(pilot)
        await press(pilot, time, "m")
        shown = words(pilot)
        assert "teams  ? not known whether it arrived  no answer in 10 s" in shown
        assert "It may have arrived: look there before you send it again." in shown
        await press(pilot, time, "enter")
        assert host.intents == []
        await press(pilot, time, "m", "left", "left", "left", "enter")
        await until(pilot, lambda: host.intents)
        assert isinstance(host.intents[0], ResendMessages)


async def test_an_open_composer_follows_what_becomes_of_it(tmp_path: Path) -> None:
    run = scenes.sending(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, time=time) as (screen, pilot):
        await press(pilot, time, "up", "m")
        assert isinstance(pilot.app.screen, MessageDialog)
        assert "teams  ▶ being sent" in words(pilot)
        run.write(
            MessageSent(delivery=2, number=1, status=202, answer="[b]x\x1b[2J"),
            by="host",
        )
        await until(
            pilot, lambda: screen.view and screen.view.last_entry_number == run.n
        )
        shown = words(pilot)
        assert "teams  ✔ sent" in shown
        assert "it answers 202: [b]x␛[2J" in shown


async def test_after_the_end_it_can_still_be_copied(tmp_path: Path) -> None:
    run = scenes.unsent(tmp_path)
    run.write(RunEnded(outcome=Outcome.ABANDONED, reason="enough"))
    time = Time(run.at)
    async with opened(run, time=time) as (_, pilot):
        assert "✖ not sent teams: Rollback started  it answers 404" in words(pilot)
        await press(pilot, time, "escape", "m")
        shown = words(pilot)
        assert "Nothing is sent any more: copy it, and tell it by hand." in shown
        assert "c Copy" in shown
        assert "Send again" not in shown


async def test_whoever_comes_back_and_whoever_reads_the_status_is_told(
    tmp_path: Path,
) -> None:
    run = scenes.unsent(tmp_path)
    time = Time(run.at)
    async with hosted(run), opened(run, is_new=False, time=time) as (screen, pilot):
        assert "✖ not sent teams: Rollback started  it answers 404" in words(pilot)
        assert screen.view is not None
        said = status_text(screen.view, screen.health, run="r", head="h" * 64)
        assert (
            "Message not sent: Rollback started, to teams: it answers 404: no such hook"
        ) in said


async def test_one_that_is_tried_again_by_itself_says_when(tmp_path: Path) -> None:
    run = scenes.sending(tmp_path)
    late = MessageNotSent(
        delivery=2, number=1, reason="it answers 500", status=500, again=8.0
    )
    run.write(late, by="host")
    time = Time(run.at + 3)
    async with hosted(run), opened(run, time=time) as (_, pilot):
        assert "… 1 not sent yet" in words(pilot)
        await press(pilot, time, "up")
        await settled(pilot)
        assert "teams  … queued  it answers 500; again in " in words(pilot)


async def test_send_fail_and_send_again_with_a_real_host(
    begin: Begin,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with webhook(answer(404, b"no_service"), answer(200, b"ok")) as hook:
        monkeypatch.setenv("THE_HOOK", hook.url)
        run = await begin(BOOK)
        time = Time()
        screen = RunScreen(
            Viewer(run.directory),
            resume=no_resume,
            open_again=no_resume,
            skips_return_card=True,
        )
        screen.mono = time.mono

        def stands() -> list[DeliveryStatus]:
            view = screen.view
            return [own.status for own in view.state.deliveries] if view else []

        async with running(screen, size=(120, 36)) as pilot:
            await until(pilot, lambda: screen.view is not None)
            await press(pilot, time, "enter", "enter")
            await until(pilot, lambda: stands() == [DeliveryStatus.NOT_SENT])
            assert "✖ 1 not sent" in words(pilot)
            await press(pilot, time, "up", "m")
            assert "slack  ✖ not sent  it answers 404: no_service" in words(pilot)
            await press(pilot, time, "enter")
            await until(pilot, lambda: stands() == [DeliveryStatus.SENT])
            await until(pilot, lambda: "not sent" not in words(pilot))
        assert len(hook.came) == 2
        assert all(t.startswith("ROLLBACK: every page") for t in hook.texts)


def test_the_briefing_says_which_channel_cannot_be_reached(
    make_runbook: MakeRunbook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THE_HOOK", "https://hooks.example/x")
    monkeypatch.delenv("THE_OTHER_HOOK", raising=False)
    book = make_runbook(BOOK)
    known = prepare_briefing(book, given={}, workdir=tmp_path)
    said = [str(field.content) for field in preflight_fields(known)]
    assert "teams: THE_OTHER_HOOK is not set; the message can be copied" in said
    drill = prepare_briefing(
        book, given={}, workdir=tmp_path, mode=Mode.DRILL, sink="http://x/"
    )
    assert drill.notices == ()


async def test_while_a_step_runs_a_message_can_be_copied_and_not_be_told(
    tmp_path: Path,
) -> None:
    """The host would refuse it: one step runs at a time."""
    run = scenes.telling(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (screen, pilot):
        run.write(StepStarted(step="metrics", attempt=2, reads=()))
        await until(pilot, lambda: screen.view and screen.view.situation.busy_step)
        steps = [step.id for step in run.runbook.steps()]
        assert isinstance(screen.key, StepRow)
        below = steps.index("alert-stakeholders") - steps.index(screen.key.step_id)
        await press(pilot, time, *["down"] * below)
        await until(pilot, lambda: screen.key == StepRow("alert-stakeholders"))
        await press(pilot, time, "m")
        assert isinstance(pilot.app.screen, MessageDialog)
        assert [str(button.label) for button in pilot.app.screen.query(Button)] == [
            "c Copy",
            "Esc Close",
        ]
        assert "Copy it; it goes on record later:" in words(pilot)
        await press(pilot, time, "enter", "escape")
        assert host.intents == []
