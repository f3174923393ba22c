"""`mobius-tui drill`: a runbook, on a site that is truly broken."""

from __future__ import annotations

from mobius_tui.commands import demo
from mobius_tui.commands.options import variables
from mobius_tui.errors import OK, UsageError

TYPE_CHECKING = False  # as in `cli`
if TYPE_CHECKING:
    import argparse


def add_options(drill: argparse.ArgumentParser) -> None:
    """Add what `drill` takes."""
    drill.add_argument("runbook", nargs="?", default="mobius-rollback")
    drill.add_argument("--fault", default="bad-release", help="what breaks; or: list")
    drill.add_argument("--seed", type=int, default=0, help="equal seeds, equal sites")
    words = "send its messages to the real channels, marked [DRILL]"
    drill.add_argument("--send", action="store_true", help=words)
    demo.add_options(drill)


def do(options: argparse.Namespace) -> int:
    """Rehearse, or list what can break."""
    from mobius_tui.commands.speaking import say
    from mobius_tui.drill.faults import FAULTS

    if options.fault == "list":
        for fault in FAULTS.values():
            say(f"{fault.name:16} {fault.title}")
        return OK
    return rehearse(
        options, options.runbook, options.fault, options.seed, send=options.send
    )


def rehearse(
    options: argparse.Namespace,
    runbook: str,
    fault_name: str,
    seed: int,
    *,
    send: bool = False,
) -> int:
    """Build a site, break it, and run the runbook against it."""
    from mobius_tui.commands.playing import answers_in, go
    from mobius_tui.commands.speaking import tell
    from mobius_tui.drill.faults import FAULTS
    from mobius_tui.drill.rehearse import rehearsal

    fault = FAULTS.get(fault_name)
    if fault is None:
        known = ", ".join(FAULTS)
        raise UsageError(f"--fault {fault_name}: there is no such fault; try: {known}")
    if options.auto and options.manual is None:
        options.manual = "tick"
    answers = answers_in(options.answers or fault.answers)
    tell("building a small MOBIUS of its own, and breaking it …")
    with rehearsal(
        runbook,
        fault,
        seed=seed,
        given=variables(options.var),
        keep=options.keep,
        send=send,
    ) as briefing:
        code = go(options, briefing, answers)
        if options.keep:
            tell(f"the site is kept in {briefing.site}")
        return code
