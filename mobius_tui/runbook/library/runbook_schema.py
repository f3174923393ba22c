"""The JSON schema of runbooks, by which an editor completes, checks and explains keys.

It is made of the declarations of the keys.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mobius_tui.runbook.model.key_table import ALIASES, KEYS
from mobius_tui.runbook.model.keys import GUARD, Key, ValueSchema
from mobius_tui.runbook.toml.runbook_source import write_source

SCHEMA_NAME = "mobius-runbook.schema.json"
"""The file beside a runbook that its first line names."""
SCHEMA_LINE = f"#:schema ./{SCHEMA_NAME}\n"
"""The first line of a runbook, which tells an editor where its schema is."""

_UNKNOWN: ValueSchema = {"not": {"title": "unknown key"}}
"""The schema of no value: unlike `false`, editors report it at the key alone."""
_DEFINITIONS = {"phase.step": "step"}
"""Large tables that the schema uses in several places, with their definition's name."""
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def schema_text() -> str:
    """The schema, as a file has it."""
    return json.dumps(runbook_schema(), indent=1, ensure_ascii=False) + "\n"


def write_schema_beside(runbook: Path) -> bool:
    """Write the schema into the folder of a runbook, unless a file is there.

    Returns:
        Whether the file that is there now is this schema.

    Raises:
        UsageError: it cannot be written.
    """
    path, data = runbook.with_name(SCHEMA_NAME), schema_text().encode()
    if os.path.lexists(path):
        return path.is_file() and path.read_bytes() == data
    write_source(path, data, replace=False)
    return True


def runbook_schema() -> Mapping[str, Any]:
    """The schema of a runbook's file, of either format."""
    shared = {name: _table(place) for place, name in _DEFINITIONS.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$comment": "made by `mobius-tui schema`; `mobius-tui check` is the judge",
        "title": "mobius-tui runbook",
        **_table(""),
        "definitions": {"guard": GUARD.schema, **shared},
    }


def _table(place: str) -> dict[str, Any]:
    """The schema of a table."""
    keys = KEYS[place]
    found: dict[str, Any] = {
        "type": "object",
        "properties": {key: _property(place, key) for key in keys},
        "additionalProperties": _UNKNOWN,
    }
    wanted = [name for name, key in keys.items() if key.required and not key.may_lack]
    return {**found, "required": wanted} if wanted else found


def _property(place: str, key: str) -> dict[str, Any]:
    """The schema of the value of a key, and what the key means."""
    declared = KEYS[place][key]
    found = dict(declared.kind.schema)
    inner = f"{place}.{key}".lstrip(".")
    inner = ALIASES.get(inner, inner)
    if f"{inner}.NAME" in KEYS:
        found["additionalProperties"] = _table(f"{inner}.NAME")
    elif inner in _DEFINITIONS:
        found["items"] = {"$ref": f"#/definitions/{_DEFINITIONS[inner]}"}
    elif inner in KEYS:
        found.update(_of_types(_table(inner), found["type"]))
    elif f"{inner}.check" in ALIASES:  # a guard: its other keys are of any names
        looks = _table(ALIASES[f"{inner}.check"])
        either = {"anyOf": [looks, found["additionalProperties"]]}
        found["properties"] = {**found["properties"], "check": either}
    return {"description": plain_meaning(declared), **found}


def plain_meaning(key: Key) -> str:
    """What a key means, without links."""
    return _LINK.sub(r"\1", key.meaning)


def _of_types(table: dict[str, Any], types: str | list[str]) -> dict[str, Any]:
    """The schema of a table, a list of such tables, or both, and a text for each."""
    given = [types] if isinstance(types, str) else types
    own = {**table, "type": types} if "object" in given else {"type": types}
    if "array" not in given:
        return own
    single = [each for each in given if each != "array"]
    return {**own, "items": {**table, "type": single or "object"}}
