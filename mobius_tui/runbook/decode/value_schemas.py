"""JSON schemas of values, for editors: what the table of keys is made of.

A schema refuses no value that the decoder takes. `check` is the judge of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ValueSchema = Mapping[str, Any]
"""A JSON schema of a value; `required`, if it is true, says that the key must be there.

Where a table or a list of tables is allowed, its keys are those of its own name in
`KEYS`.
"""


def required(schema: ValueSchema) -> ValueSchema:
    """The schema of a key that a table never lacks."""
    return {**schema, "required": True}


def integer(least: int, most: int) -> ValueSchema:
    """A whole number, from one to another, both included."""
    return {"type": "integer", "minimum": least, "maximum": most}


BY_VARIABLE: ValueSchema = {"type": "string", "pattern": r"\$\{"}
"""A text with the variable that gives a value of another type."""


def count(least: int, most: int) -> ValueSchema:
    """A whole number, or the variable that gives it."""
    return {"anyOf": [integer(least, most), BY_VARIABLE]}


def one_of(*values: str | int) -> ValueSchema:
    """One of some values."""
    return {"enum": list(values)}


def text_matching(pattern: str) -> ValueSchema:
    """A text that matches a pattern as a whole."""
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def text_or_template(*forms: re.Pattern[str]) -> ValueSchema:
    """A text of one of some forms, or with `${name}` to be filled in."""
    pattern = "|".join(form.pattern for form in forms)
    return {"type": "string", "pattern": rf"^(?:{pattern})$|\$\{{"}


_COMPARED: ValueSchema = {
    "type": ["string", "array"],
    "items": {"type": "string", "minLength": 1},
    "minItems": 1,
}
_GUARD: ValueSchema = {"$ref": "#/definitions/guard"}
GUARD: ValueSchema = {
    "type": "object",
    "properties": {
        "not": {"anyOf": [_GUARD, _COMPARED]},
        "any": {"anyOf": [{"type": "array", "items": _GUARD}, _COMPARED]},
        "all": {"anyOf": [{"type": "array", "items": _GUARD}, _COMPARED]},
    },
    "additionalProperties": _COMPARED,
}
"""A guard, which may have others in it."""
