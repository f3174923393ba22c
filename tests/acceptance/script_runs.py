"""Runs of scripts, for what is looked at in a terminal."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.step_intents import StartStep
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook

HEAD = """format = 1
[runbook]
id = "terminal"
title = "In a terminal"
[[phase]]
id = "p"
title = "P"
"""


def book(folder: Path, *scripts: str) -> Runbook:
    steps = "".join(
        f'[[phase.step]]\nid = "s{n}"\ntitle = "Step {n}"\neffect = "read"\n'
        f"run = '''\n{script}\n'''\n"
        for n, script in enumerate(scripts, 1)
    )
    path = folder / "terminal.toml"
    path.write_text(HEAD + steps)
    return load(path)


async def begun(runbook: Runbook) -> RunDirectory:
    """A run with its first step under way."""
    directory = await start_new_run(prepare_briefing(runbook, given={}))
    viewer = Viewer(directory)
    reply = await viewer.send_intent(StartStep(step="s1", attempt=1))
    assert reply.ok, reply.text
    await viewer.close()
    return directory


def loop_until(path: Path, code: int) -> str:
    return (
        f"n=0; until [ -e {path} ]; do n=$((n + 1)); echo line-$n; sleep 0.05; done; "
        f"echo the-end; exit {code}"
    )


HOSTILE = (
    ("clipboard", b"\x1b]52;c;aGFja2Vk\x07"),
    ("title", b"\x1b]0;owned\x07"),
    ("link", b"\x1b]8;;http://evil.example\x1b\\x\x1b]8;;\x1b\\"),
    ("query", b"\x1b[c\x1b[>q\x1b[18t\x1b[6n"),
    ("reset", b"\x1bc\x1b[2J\x1b[31;1H"),
    ("c1", b"\xc2\x9b31m\xc2\x9d52;c;aGFja2Vk\xc2\x9c"),
    ("dcs", b"\x1bPpayload\x1b\\\x1b_apc\x1b\\"),
    ("bidi", "\u202eevil\u2066".encode()),
    ("markup", b"[/x] [@click=app.quit]press[/] [red]"),
)
RAW = (b"]52;", b"]0;owned", b"]8;;http", b"\x1bPpayload", b"\x1b_apc", b"\x1b[18t")
