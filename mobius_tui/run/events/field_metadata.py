"""What is said of an event's field beside its type."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OMITTED_IF_NONE: Mapping[str, bool] = MappingProxyType({"omitted_if_none": True})
"""Metadata of a field that is left out of the journal's line where it is `None`, so
that older versions, which do not know it, can read all other lines."""
