"""`service`: every unit is in one of the wanted states."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.run.checks.subprocesses import run
from mobius_tui.runbook.model_check import ServiceCheck


async def states(names: tuple[str, ...], ctx: Context) -> Mapping[str, str]:
    """What `systemctl` says of units: `active`, `inactive`; empty where it does not.

    Args:
        names: of the units; none is an option.
        ctx: the run.

    Raises:
        OSError: it cannot be run.
    """
    ended = await run(("systemctl", "is-active", *names), ctx)
    found = [state.strip() for state in ended.tail.split("\n")[:-1]]
    if len(found) != len(names):
        return {}
    return dict(zip(names, found, strict=True))


async def look(check: ServiceCheck, ctx: Context) -> Sight:
    """Ask `systemctl` once."""
    for name in check.names:
        if not name or name.startswith("-"):
            return saw(held=False, detail=f"{name!r} is no name of a unit")
    try:
        ended = await run(("systemctl", "is-active", *check.names), ctx)
    except FileNotFoundError as error:
        if error.filename != "systemctl":
            raise
        return saw(held=False, detail="there is no systemctl on PATH to ask")
    states = ended.tail.split("\n")[:-1]
    if len(states) != len(check.names):
        said = ended.trouble or ended.words
        return saw(held=False, detail=f"systemctl does not say: {said}")
    pairs = list(zip(check.names, (state.strip() for state in states), strict=True))
    wrong = [f"{name} is {state}" for name, state in pairs if state not in check.state]
    if wrong:
        wanted = " or ".join(check.state)
        return saw(held=False, detail=f"{', '.join(wrong)}; wanted {wanted}")
    return saw(
        held=True, detail=", ".join(f"{name} is {state}" for name, state in pairs)
    )
