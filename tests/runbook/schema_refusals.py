"""What the schema for editors refuses in the text of a runbook."""

from __future__ import annotations

import datetime
import tomllib
from functools import cache
from typing import Any

from jsonschema import Draft7Validator

from mobius_tui.runbook.library.runbook_schema import runbook_schema


@cache
def validator() -> Any:
    return Draft7Validator(runbook_schema())


def as_json(value: Any) -> Any:
    """A TOML value as an editor gives it to a schema: a date is a text."""
    match value:
        case dict():
            return {key: as_json(inner) for key, inner in value.items()}
        case list():
            return [as_json(inner) for inner in value]
        case datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return value


def refusals(text: str) -> list[str]:
    """Each place of a text that the schema refuses, and why."""
    found = validator().iter_errors(as_json(tomllib.loads(text)))
    return [f"{each.json_path}: {each.message}" for each in found]
