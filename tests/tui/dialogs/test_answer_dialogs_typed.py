"""The answers of a manual step: their forms, their defaults, and what is refused."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from mobius_tui.run.events.run_events import HostStarted
from mobius_tui.run.intents.step_intents import TickStep
from mobius_tui.runbook.library.loader import load
from mobius_tui.tui.dialogs.answer_dialogs import AnswersDialog
from tests.tui.runs import MadeRun, Time, hosted, opened, press, until, words

BOOK = """
format = 2
[runbook]
title = "Typed answers"
[var.hosts]
kind = "host"
many = true
default = ["a", "b"]
[var.count]
kind = "int"
max = 3
[[step]]
id = "ask"
title = "Ask"
manual = "Look at the rack."
ask = [{ var = "hosts" }, { var = "count" }]
"""


async def test_a_default_stands_in_its_line_and_the_form_is_told_and_held_to(
    tmp_path: Path,
) -> None:
    book = tmp_path / "book.toml"
    book.write_text(BOOK)
    run = MadeRun(tmp_path / "runs", load(book), values={"hosts": "a\nb"})
    run.write(HostStarted(pid=4242, left_over=()))
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        await press(pilot, time, "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, AnswersDialog)
        hosts, count, _note = dialog.query(Input)
        assert (hosts.value, count.value) == ("a, b", "")
        seen = words(pilot)
        assert "a host's name or address, such as db-1" in seen
        assert "a whole number, such as 3; at most 3" in seen
        count.value = "4"
        await press(pilot, time, "enter")
        assert "count: '4' is more than the most, 3" in words(pilot)
        count.value, hosts.value = "3", "a, no host"
        await press(pilot, time, "enter")
        assert "'no host' is not a host's name" in words(pilot)
        hosts.value = "a, c"
        await press(pilot, time, "enter")
        await until(pilot, lambda: host.intents)
        (done,) = host.intents
        assert isinstance(done, TickStep)
        assert done.answers == {"hosts": "a, c", "count": "3"}
