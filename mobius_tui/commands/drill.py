"""`mobius-tui drill`: a runbook, on a site that is truly broken."""

from __future__ import annotations

import argparse

from mobius_tui.commands.support.command_output import print_data
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.faults.fleet_faults import FLEET_FAULTS
from mobius_tui.errors import EXIT_OK, UsageError


def do(options: argparse.Namespace) -> int:
    """Start a drill, or list the faults."""
    if options.inject is None:
        acts = (options.worsen, options.heal, options.hint)
        if any(each is not None for each in acts):
            raise UsageError("--worsen, --heal and --hint: only with --inject")
    if options.inject is None and options.inject_cmd is None:
        if options.profile or options.workdir:
            raise UsageError("--profile and --workdir: only with --inject-cmd")
        if options.fault == ["list"] and not options.matrix:
            for fault in FLEET_FAULTS.values():
                several = "" if fault.name in FAULTS else " (of several hosts)"
                print_data(f"{fault.name:18} {fault.title}{several}")
            return EXIT_OK
    # Only now: a list of the faults does not wait for all that a drill needs.
    from mobius_tui.commands.support.drill_start import start_drill

    return start_drill(options)
