"""Ways to break a drill site, for real."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mobius_tui.drill.faults.environment_faults import ENVIRONMENT_FAULTS
from mobius_tui.drill.faults.fault import Fault
from mobius_tui.drill.faults.release_faults import RELEASE_FAULTS
from mobius_tui.drill.faults.rollback_faults import OBSTACLES

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {fault.name: fault for fault in (*RELEASE_FAULTS, *ENVIRONMENT_FAULTS, *OBSTACLES)}
)
"""Every fault of a site that is no fleet, by its name.

`fleet_faults.FLEET_FAULTS` has those of a fleet.
"""

__all__ = ["FAULTS", "Fault"]
