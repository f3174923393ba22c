"""Ways to break a drill site, for real."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mobius_tui.drill.faults.fault import Fault
from mobius_tui.drill.faults.obstacles import OBSTACLES
from mobius_tui.drill.faults.releases import RELEASES
from mobius_tui.drill.faults.upkeep import UPKEEP

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {fault.name: fault for fault in (*RELEASES, *UPKEEP, *OBSTACLES)}
)
"""Every fault, by its name."""

__all__ = ["FAULTS", "Fault"]
