"""`mobius-tui drill --inject`: whoever leads a drill that is under way."""

from __future__ import annotations

from mobius_tui.errors import OK, UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse

    from mobius_tui.run.events.drill_events import FacilitatorAct
    from mobius_tui.run.storage.run_directory import RunDirectory


def add_facilitator_options(drill: argparse.ArgumentParser) -> None:
    """Add what a facilitator takes."""
    drill.add_argument(
        "--inject",
        nargs="?",
        const="",
        metavar="RUN",
        help="lead a drill that is under way, the newest without RUN: a screen beside "
        "the team's own; with --fault, --worsen, --heal or --hint that at once",
    )
    drill.add_argument(
        "--worsen", metavar="FAULT", help="with --inject: make a fault worse"
    )
    drill.add_argument(
        "--heal", metavar="FAULT", help="with --inject: put right what it broke"
    )
    drill.add_argument(
        "--hint", metavar="TEXT", help="with --inject: tell the team something"
    )


def facilitate_drill(options: argparse.Namespace) -> int:
    """Open the facilitator's screen, or do one thing at once.

    Raises:
        MobiusError: there is no such drill, or it cannot be led.
    """
    import asyncio

    from mobius_tui.commands.support.command_options import is_plain
    from mobius_tui.commands.support.run_frontend import load_screen_settings
    from mobius_tui.drill.drill_facilitator import drill_under_way
    from mobius_tui.run.storage.run_index import run_by_name
    from mobius_tui.run.storage.state_home import runs_root

    name = options.inject
    directory = run_by_name(runs_root(), name) if name else drill_under_way()
    if options.fault or options.worsen or options.heal or options.hint:
        return asyncio.run(_at_once(directory, options))
    if options.json or is_plain(asked=options.plain):
        raise UsageError(
            "--inject opens a screen; without one it takes --fault NAME, --worsen "
            "NAME, --heal NAME or --hint TEXT, and does that at once"
        )
    settings = load_screen_settings(options)
    from mobius_tui.tui.main import open_facilitator

    return open_facilitator(directory, settings)


async def _at_once(directory: RunDirectory, options: argparse.Namespace) -> int:
    """Do what the command line asks for, in this order, and say so."""
    from functools import partial

    from mobius_tui.commands.support.command_output import narrate
    from mobius_tui.drill.drill_facilitator import DONE, Facilitator
    from mobius_tui.plain import intend
    from mobius_tui.run.client.viewer import Viewer

    asked: list[tuple[FacilitatorAct, str]] = [
        ("inject", each) for each in options.fault or ()
    ]
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
