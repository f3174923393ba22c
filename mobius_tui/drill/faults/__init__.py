"""Ways to break a drill site, for real."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mobius_tui.drill.faults.environment_faults import UPKEEP
from mobius_tui.drill.faults.fault import Fault
from mobius_tui.drill.faults.release_faults import RELEASES
from mobius_tui.drill.faults.rollback_faults import OBSTACLES

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {fault.name: fault for fault in (*RELEASES, *UPKEEP, *OBSTACLES)}
)
"""Every fault, by its name."""

__all__ = ["FAULTS", "Fault"]
