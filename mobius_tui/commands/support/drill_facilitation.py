"""`mobius-tui drill --inject`: leads a drill that is under way."""

from __future__ import annotations

import argparse
import asyncio
from functools import partial

from mobius_tui.commands.support import screens
from mobius_tui.commands.support.command_options import is_plain
from mobius_tui.commands.support.command_output import narrate
from mobius_tui.drill.drill_facilitator import DONE, Facilitator, drill_under_way
from mobius_tui.errors import OK, UsageError
from mobius_tui.plain import intend
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.drill_events import Act
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.storage.run_index import run_by_name
from mobius_tui.run.storage.state_home import runs_root


def facilitate_drill(options: argparse.Namespace) -> int:
    """Open the facilitator's screen, or do one thing at once.

    Raises:
        MobiusError: there is no such drill, or it cannot be led.
    """
    name = options.inject
    directory = run_by_name(runs_root(), name) if name else drill_under_way()
    if options.fault or options.worsen or options.heal or options.hint:
        return asyncio.run(_at_once(directory, options))
    if options.json or is_plain(requested=options.plain):
        raise UsageError(
            "--inject opens a screen; without one it takes --fault NAME, --worsen "
            "NAME, --heal NAME or --hint TEXT, and does that at once"
        )
    settings = screens.load_screen_settings(options)

    return screens.open_facilitator(directory, settings)


async def _at_once(directory: RunDirectory, options: argparse.Namespace) -> int:
    """Inject, worsen, heal and hint as the command line asks, in this order."""
    asked: list[tuple[Act, str]] = [("inject", each) for each in options.fault or ()]
    asked += [("worsen", options.worsen)] if options.worsen else []
    asked += [("heal", options.heal)] if options.heal else []
    viewer = Viewer(directory)
    try:
        facilitator = Facilitator(viewer, partial(intend, viewer))
        for act, fault in [(act, facilitator.fault(name)) for act, name in asked]:
            await facilitator.act(act, fault)
            narrate(f"{fault.name} is {DONE[act]}; the team is told at the end")
        if options.hint:
            await facilitator.hint(options.hint)
            narrate("the team sees the hint now")
    finally:
        await viewer.close()
    return OK
