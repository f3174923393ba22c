"""Runs to measure with: runbooks made for it, begun by real hosts."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from mobius_tui.run.client.run_briefing import prepare_briefing
from mobius_tui.run.client.start_run import start_new_run
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.action import Action
from mobius_tui.run.intents.run_intents import EndRun
from mobius_tui.run.intents.step_intents import StartStep, StopStep
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.model.runbook import Runbook

PROGRAM = str(Path(sys.executable).with_name("mobius-tui"))


def runbook_of(
    folder: Path, steps: Iterable[str], more: str = "", phase: str = ""
) -> Runbook:
    """A runbook of one phase."""
    path = folder / "bench.toml"
    number = 2 if phase else 1  # whose steps need no judging of their scripts
    head = f'format = {number}\n[runbook]\nid = "bench"\ntitle = "Bench"\n{more}'
    whole = f'{head}[[phase]]\nid = "p"\ntitle = "Phase"\n{phase}'
    path.write_text(whole + "".join(steps))
    return load(path)


def step_of(step_id: str, script: str, more: str = "") -> str:
    """A step that runs a script."""
    return (
        f'[[phase.step]]\nid = "{step_id}"\ntitle = "Title-{step_id}"\n'
        f"run = '''{script}'''\n{more}\n"
    )


def plain_steps(count: int) -> Iterator[str]:
    """Steps that do nothing much."""
    return (step_of(f"s{n}", f"echo {n}") for n in range(1, count + 1))


@asynccontextmanager
async def viewing(directory: RunDirectory) -> AsyncIterator[Viewer]:
    """A viewer without a screen."""
    viewer = Viewer(directory)
    try:
        await viewer.connect()
        yield viewer
    finally:
        await viewer.close()


async def wish(viewer: Viewer, action: Action) -> None:
    """Ask for an action that must be done."""
    reply = await viewer.send_intent(action)
    assert reply.ok, reply.text


async def end(directory: RunDirectory) -> None:
    """End a run, and what still runs in it."""
    async with viewing(directory) as viewer:
        viewer.follower.poll()
        for step_id, own in viewer.follower.state.steps.items():
            if own.status == "running" and own.last_attempt is not None:
                number = own.last_attempt.number
                await viewer.send_intent(StopStep(step=step_id, attempt=number))
        while any(o.status == "running" for o in viewer.follower.state.steps.values()):
            viewer.follower.poll()
            await asyncio.sleep(0.02)
        if viewer.follower.state.ended is None:
            await wish(viewer, EndRun())
        while viewer.host_pid() is not None:
            await asyncio.sleep(0.02)


@contextmanager
def run_of(runbook: Runbook) -> Iterator[RunDirectory]:
    """A run that has begun, for as long as it is measured."""
    directory = asyncio.run(start_new_run(prepare_briefing(runbook, given={})))
    try:
        yield directory
    finally:
        asyncio.run(end(directory))


def start(directory: RunDirectory, step_id: str) -> None:
    """Start a step."""

    async def ask() -> None:
        async with viewing(directory) as viewer:
            await wish(viewer, StartStep(step=step_id, attempt=1))

    asyncio.run(ask())
