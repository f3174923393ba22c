"""A run as JSON, and the schema of it, `report.schema.json`. Pure."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, get_args, get_type_hints

from msgspec import Struct

from mobius_tui.review.run_report import ActionItemId, EpochSeconds, RunReport
from mobius_tui.run.events.journal_entry import utc_timestamp
from mobius_tui.runbook.prose.prose_model import Prose


def report_schema() -> str:
    """The JSON Schema of what `report_as_json` writes."""
    return files("mobius_tui.review").joinpath("report.schema.json").read_text("utf-8")


JSON_REPORT_FORMAT = 1
"""The number of the shape; a change that breaks a reader raises it."""


def report_as_json(report: RunReport) -> str:
    """The report for programs; moments are UTC times, durations are seconds."""
    tree = {"format": JSON_REPORT_FORMAT, **_plain(report)}
    return json.dumps(tree, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    """A value as JSON has it; moments become times."""
    if isinstance(value, Prose):
        return value.filled
    if isinstance(value, ActionItemId):
        return str(value)
    if isinstance(value, Struct):
        return {
            name: (_utc_time if is_moment else _plain)(getattr(value, name))
            for name, is_moment in _fields(type(value)).items()
        }
    if isinstance(value, type):
        return value.__name__  # a kind of event
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return round(value, 6)
    return value


@cache
def _fields(of: type) -> dict[str, bool]:
    """The fields of a class, and whether each is a moment in time."""
    hints = get_type_hints(of, include_extras=True)
    return {
        name: EpochSeconds in (hint, *get_args(hint)) for name, hint in hints.items()
    }


def _utc_time(at: float | None) -> str | None:
    return None if at is None else utc_timestamp(at)
