"""Where the hosts of a run were: on which machines, in which epochs."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from mobius_tui.run.events.journal_entry import Entry
from mobius_tui.run.events.run_events import HostStarted
from mobius_tui.run.storage.place import Place

_MACHINE_CHARS = 12
"""Digits of a machine's id that tell it from others for a person."""


def host_places(entries: Iterable[Entry]) -> tuple[str, ...]:
    """`epoch 1: 2 hosts on jump-1 (machine 4f1c…)`: a text for each change of place.

    Hosts of earlier versions did not say where they were, and are left out.

    Args:
        entries: the run's, in order.
    """
    started = (each.event for each in entries if isinstance(each.event, HostStarted))
    known = [
        (each.epoch or 1, place.name, place.machine)
        for each in started
        if each.place is not None
        for place in (Place.of_mapping(each.place),)
    ]
    found = []
    for (epoch, name, machine), same in groupby(known):
        count = len(list(same))
        hosts = "1 host" if count == 1 else f"{count} hosts"
        where = f"{name} (machine {machine[:_MACHINE_CHARS]})"
        found.append(f"epoch {epoch}: {hosts} on {where}")
    return tuple(found)
