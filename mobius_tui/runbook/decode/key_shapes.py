"""Shapes of values, as JSON schemas for editors: what the table of keys is made of.

A shape refuses no value that the decoder takes. `check` is the judge of the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

Shape = Mapping[str, Any]
"""A JSON schema of a value; `required`, if it is true, says that the key must be there.

Where a table or a list of tables is allowed, its keys are those of its own name in
`KEYS`.
"""


def required(shape: Shape) -> Shape:
    """The shape of a key that a table never lacks."""
    return {**shape, "required": True}


def integer(least: int, most: int) -> Shape:
    """A whole number, from one to another, both included."""
    return {"type": "integer", "minimum": least, "maximum": most}


def one_of(*values: str | int) -> Shape:
    """One of some values."""
    return {"enum": list(values)}


def form(pattern: str) -> Shape:
    """A text that matches a pattern as a whole."""
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def filled(*forms: re.Pattern[str]) -> Shape:
    """A text of one of some forms, or with `${name}` to be filled in."""
    pattern = "|".join(form.pattern for form in forms)
    return {"type": "string", "pattern": rf"^(?:{pattern})$|\$\{{"}


_COMPARED: Shape = {
    "type": ["string", "array"],
    "items": {"type": "string", "minLength": 1},
    "minItems": 1,
}
_GUARD: Shape = {"$ref": "#/definitions/guard"}
GUARD: Shape = {
    "type": "object",
    "properties": {
        "not": {"anyOf": [_GUARD, _COMPARED]},
        "any": {"anyOf": [{"type": "array", "items": _GUARD}, _COMPARED]},
        "all": {"anyOf": [{"type": "array", "items": _GUARD}, _COMPARED]},
    },
    "additionalProperties": _COMPARED,
}
"""A guard, which may have others in it."""
