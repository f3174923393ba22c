"""A run as JSON, and the schema of it, `report.schema.json`. Pure."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from importlib.resources import files
from typing import Any

from mobius_tui.review.run_report import RunReport
from mobius_tui.run.events.journal_entry import utc_timestamp
from mobius_tui.runbook.prose.prose_model import Prose


def schema() -> str:
    """The JSON Schema of what `as_json` writes."""
    return files("mobius_tui.review").joinpath("report.schema.json").read_text("utf-8")


FORMAT = 1
"""The number of the shape; a change that breaks a reader raises it."""


def as_json(told: RunReport) -> str:
    """What is told of a run, for programs; times are UTC, durations are seconds."""
    said = {"format": FORMAT, **_plain(told)}
    return json.dumps(said, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it; moments become times."""
    if isinstance(value, Prose):
        return value.filled
    if is_dataclass(value):
        return {
            each.name: _utc_time(getattr(value, each.name))
            if str(each.type).startswith("Moment")
            else _plain(getattr(value, each.name))
            for each in fields(value)
        }
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return round(value, 6)
    return value


def _utc_time(at: float | None) -> str | None:
    return None if at is None else utc_timestamp(at)
