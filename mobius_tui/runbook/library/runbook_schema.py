"""The JSON schema of runbooks, by which an editor completes, checks and explains keys.

It is made of the table of keys beside the decoder; what a key means is said by its row
in the format's reference.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from mobius_tui.runbook.decode.key_table import ALIASES, KEYS
from mobius_tui.runbook.decode.value_schemas import GUARD, ValueSchema
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.toml.runbook_source import write_source

SCHEMA_NAME = "mobius-runbook.schema.json"
"""The file beside a runbook that its first line names."""
SCHEMA_LINE = f"#:schema ./{SCHEMA_NAME}\n"
"""The first line of a runbook, which tells an editor where its schema is."""

_UNKNOWN: ValueSchema = {"not": {"title": "unknown key"}}
"""The schema of no value: unlike `false`, editors report it at the key alone."""
_DEFINITIONS = {"phase.step": "step"}
"""Large tables that the schema uses in several places, with their definition's name."""
_HEADER = re.compile(
    r"^\| key of (?:the file|`\[+([\w.]+)\]+`) \|.*\n\|[-|]+\|\n", re.MULTILINE
)
_CELLS = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_SEE_BELOW = re.compile(r"[;,] \[see [^\]]*\]\([^)]*\)")


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
        "definitions": {"guard": GUARD, **shared},
    }


def _table(place: str) -> dict[str, Any]:
    """The schema of a table."""
    keys = KEYS[place]
    found: dict[str, Any] = {
        "type": "object",
        "properties": {key: _property(place, key) for key in keys},
        "additionalProperties": _UNKNOWN,
    }
    wanted = [key for key, schema in keys.items() if schema.get("required")]
    return {**found, "required": wanted} if wanted else found


def _property(place: str, key: str) -> dict[str, Any]:
    """The schema of the value of a key, and what the key means."""
    found = {
        name: part for name, part in KEYS[place][key].items() if name != "required"
    }
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
    meaning = key_meanings().get((place, key))
    return {"description": meaning, **found} if meaning else found


def _of_types(table: dict[str, Any], types: str | list[str]) -> dict[str, Any]:
    """The schema of a table, a list of such tables, or both, and a text for each."""
    given = [types] if isinstance(types, str) else types
    own = {**table, "type": types} if "object" in given else {"type": types}
    if "array" not in given:
        return own
    single = [each for each in given if each != "array"]
    return {**own, "items": {**table, "type": single or "object"}}


@cache
def key_meanings() -> Mapping[tuple[str, str], str]:
    """What each key means, by its table and its name, as the reference says.

    The reference has tables whose head names a table of runbooks: "key of
    `[[phase.step]]`". A row is of one key, or of several: of that table, or of one
    within (`retry.every`); `KIND.every` is of every kind of check.
    """
    text = (bundled_folder() / "README.md").read_text(encoding="utf-8")
    found: dict[tuple[str, str], str] = {}
    for header in _HEADER.finditer(text):
        rows = text[header.end() :].partition("\n\n")[0]
        for names, meaning in _rows(rows):
            for name in names:
                for place, key in _places(header[1] or "", name):
                    found.setdefault((place, key), meaning)
    return found


def _rows(rows: str) -> Iterator[tuple[list[str], str]]:
    """The keys of each row, and what they mean."""
    for row in rows.splitlines():
        cells = [cell.strip() for cell in _CELLS.split(row.strip("| "))]
        meaning = _LINK.sub(r"\1", _SEE_BELOW.sub("", cells[1])).replace("\\|", "|")
        if len(cells) > 2 and cells[2]:
            meaning += f"\n\nDefault: {cells[2]}"
        yield re.findall(r"`([^`]+)`", cells[0]), meaning


def _places(outer: str, name: str) -> Iterator[tuple[str, str]]:
    """The tables that the name in a row stands for, each with the key."""
    inner, _, key = name.rpartition(".")
    if inner == "KIND":
        for place in KEYS:
            if place.rpartition(".")[0] == outer:
                yield place, key
        return
    yield f"{outer}.{inner}".strip("."), key
