"""A run's own clock: it begins at the system's, and goes on whatever that is set to.

What a run tells of itself is in its time: a clock that is set by hours while it goes on
makes no step take less than nothing, and no approval or countdown end too soon.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache

from mobius_tui.health.beat import awake
from mobius_tui.run.entry import Entry
from mobius_tui.run.journal import Clock, boot_id
from mobius_tui.run.state import RunState

_this_boot = cache(boot_id)


def steady(
    last: Entry | None,
    *,
    wall: Callable[[], float] = time.time,
    mono: Callable[[], float] = awake,
    boot: str | None = None,
) -> Clock:
    """The clock of a host: its time never goes back, nor behind what was journaled.

    Args:
        last: the last entry of the journal; the run's time goes on from there.
        wall: the system's clock, which is asked once.
        mono: seconds that pass while the machine sleeps, too.
        boot: this boot of the machine; looked up where it is not given.
    """
    boot = _this_boot() if boot is None else boot
    began, at = mono(), wall()
    if last is not None and last.boot == boot:
        at = last.at + max(0.0, began - last.mono)
    elif last is not None:
        at = max(at, last.at)
    return Clock(wall=lambda: at + mono() - began, mono=mono, boot=boot)


def now_in(state: RunState) -> float:
    """What a run's clock shows now, to whoever reads it; seconds since 1970.

    Where the machine was started anew since, or is another, it is the system's.
    """
    if state.boot != _this_boot():
        return time.time()
    return state.at + max(0.0, awake() - state.mono)
