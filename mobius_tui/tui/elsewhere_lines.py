"""What is said of a run that wants somebody, where another screen is shown."""

from __future__ import annotations

from math import ceil

from textual.content import Content

from mobius_tui import sanitize
from mobius_tui.run.elsewhere import Elsewhere
from mobius_tui.runbook.units import clock
from mobius_tui.tui.theme import Role, assemble

Part = tuple[str, Role]


def elsewhere_lines(
    runs: tuple[Elsewhere, ...], *, now: float, key: str
) -> tuple[Content, ...]:
    """Two lines about the most urgent one; none where there is none.

    Args:
        runs: the most urgent first.
        now: seconds since 1970.
        key: the name of the key that opens it.
    """
    if not runs:
        return ()
    first = runs[0]
    drill = "DRILL · " if first.mode == "drill" else ""
    place = f" ▸ {first.environment}" if first.environment else ""
    name = sanitize.line(f"{drill}{first.title}{place}")
    words = "ROLLBACK" if first.watch.begun is not None else "TRIGGER FIRED"
    head = Content.styled(f" {words} ", "bold reverse $error")
    reason = sanitize.line(_reason(first))
    more = f" · and {len(runs) - 1} more" if len(runs) > 1 else ""
    return (
        head
        + assemble((f" in another run: {name}", "strong"), (f": {reason}", "plain")),
        assemble(
            *_becomes(first, now),
            (" · ", "muted"),
            (key, "key"),
            (f" opens that run{more}", "plain"),
        ),
    )


def _reason(run: Elsewhere) -> str:
    watch = run.watch
    if watch.begun is not None:
        return watch.begun.reason
    if watch.countdown is not None:
        return watch.countdown.alarm.reason
    return watch.alarms[0].reason


def _becomes(run: Elsewhere, now: float) -> tuple[Part, ...]:
    """What happens there, or does not."""
    watch = run.watch
    if watch.begun is not None:
        if watch.goes:
            return (("The rollback goes on by itself", "accent"),)
        return (("The rollback wants a person", "bad"),)
    if watch.countdown is None:
        if watch.armed:
            return (("Armed: it begins once the trigger fires again", "bad"),)
        return (("Nothing begins by itself", "strong"),)
    left = watch.countdown.ends - now
    if left > 0:
        return (
            (
                f"The rollback begins in {clock(ceil(left))}, or as soon as it can",
                "bad",
            ),
        )
    return (("The rollback begins as soon as it can", "bad"),)
