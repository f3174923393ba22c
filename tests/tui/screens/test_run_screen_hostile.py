"""Nothing from a runbook, an output or a server is obeyed: it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.events.run_events import NoteAdded
from mobius_tui.run.events.step_events import StepEnded, StepStarted
from mobius_tui.run.state.step_state import Status
from mobius_tui.runbook.library.loader import load
from tests.pictures import words_of
from tests.tui.runs import MadeRun, Time, hosted, opened, settled, until

HOSTILE = "[/x] [@click=app.quit]go[/] [bold red]$(id)[/bold red] :smile:"
ESCAPES = "\x1b]0;owned\x07 \x1b[2J \x9b31m \x1b]52;c;eA==\x07 \u202eevil"


def hostile(tmp_path: Path) -> MadeRun:
    text = json.dumps(HOSTILE)
    path = tmp_path / "hostile.toml"
    path.write_text(
        f"""
format = 1
[runbook]
id = "hostile"
title = {text}
environment = "env"
[var.env]
title = {text}
default = "[/prod]"
[[contact]]
role = {text}
handle = "@[/x]"
[[message]]
id = "m"
title = {text}
body = {json.dumps(HOSTILE + " ${env}")}
[health]
[[health.probe]]
id = "api"
title = {text}
url = "http://localhost/"
[[phase]]
id = "one"
title = {text}
why = {text}
[[phase.step]]
id = "a"
title = {text}
why = {text}
effect = "change"
run = "echo '[/x] $env'"
[[phase.step]]
id = "b"
title = "ask"
manual = {text}
ask = {{ var = "who", title = {text} }}
[[phase.step]]
id = "c"
title = "tell"
message = "m"
[[phase.step]]
id = "d"
title = "choose"
[phase.step.choose]
var = "v"
[[phase.step.choose.option]]
value = "x"
title = {text}
why = {text}
[[phase]]
id = "aside"
title = {text}
aside = true
[[phase.step]]
id = "e"
title = "recover"
run = "true"
""",
        encoding="utf-8",
    )
    run = MadeRun(
        tmp_path / "runs",
        load(path),
        values={"env": "[/prod]"},
        environment="[/prod]",
        workdir="/srv/[/x]",
    )
    run.write(StepStarted(step="a", attempt=1))
    run.output("a", 1, f"{HOSTILE}\n{ESCAPES}\n")
    run.write(
        StepEnded(step="a", attempt=1, result=Status.FAILED, reason=HOSTILE + ESCAPES),
        after=2,
    )
    run.write(NoteAdded(step="a", text=HOSTILE + ESCAPES))
    check = ProbeResult(
        at=run.at, mono=1.0, probe="api", state="failed", reason=HOSTILE + ESCAPES
    )
    run.health([check])
    return run


@pytest.mark.parametrize(
    "keys",
    [
        (),
        ("enter",),
        ("r",),
        ("f",),
        ("at",),
        ("n",),
        ("o",),
        ("E",),
        ("question_mark",),
        ("down", "space"),
        ("down", "down", "m"),
        ("down", "down", "down", "space"),
        ("g",),
        ("G",),
        ("q",),
        ("ctrl+p",),
    ],
    ids=lambda keys: "-".join(keys) or "none",
)
async def test_hostile_texts_are_shown_as_they_are(
    tmp_path: Path, keys: tuple[str, ...]
) -> None:
    run = hostile(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        host.refuse = HOSTILE + ESCAPES
        for key in keys:
            time.pass_(1)
            await pilot.press(key)
            await settled(pilot)
        shown = words_of(pilot.app)
        assert "[/x]" in shown
        for control in ("\x1b", "\x9b", "\x07", "\u202e"):
            assert control not in shown
        for y in range(36):
            for x in range(0, 120, 7):
                style = pilot.app.screen.get_style_at(x, y)
                assert not style.link
                assert "@click" not in (style.meta or {})


async def test_a_hostile_refusal_is_shown_as_it_is(tmp_path: Path) -> None:
    run = hostile(tmp_path)
    time = Time(run.at)
    async with hosted(run) as host, opened(run, time=time) as (_, pilot):
        host.refuse = HOSTILE + ESCAPES
        await pilot.press("s")
        await settled(pilot)
        time.pass_(1)
        await pilot.press("x", "enter")
        await until(pilot, lambda: host.intents)
        await until(pilot, lambda: "␛]52;" in words_of(pilot.app))
        assert pilot.app.is_running
