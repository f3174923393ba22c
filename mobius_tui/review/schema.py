"""The shape of a report in JSON, as it comes with the program."""

from __future__ import annotations

from importlib.resources import files


def schema() -> str:
    """The JSON Schema of what `as_json` writes."""
    return files("mobius_tui.review").joinpath("report.schema.json").read_text("utf-8")
