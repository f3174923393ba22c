"""What goes over a border of this process as JSON: how it is read, and its limits.

Journals, health files, sockets and pipes hold what other versions wrote, and what
anybody may have. `msgspec` reads it into the classes that say what there may be;
nothing is taken for another type than it is.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    TypeVar,
    get_args,
    get_type_hints,
)

import msgspec
from msgspec import ValidationError

MAX_EXACT_INT = 1 << 53
"""Integers up to here are exact in every JSON implementation."""
YEAR_9999 = 253_370_764_800.0
"""Seconds since 1970: times beyond it have no date."""
MAX_DEPTH = 100
"""Arrays and objects within each other that are read, whichever Python reads them.

What is written here has fewer than ten. Parsers of their own have a limit each: of all
calls that go on (Python 3.11), or of the C stack (3.12 and newer).
"""
_BRACKETS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
"""A bracket, or a whole text: an open one goes to the end, so no byte is read twice."""
_MAX_FLOAT = 1.7976931348623157e308
_EXACT = msgspec.Meta(ge=-MAX_EXACT_INT, le=MAX_EXACT_INT)
_BELOW_EXACT = msgspec.Meta(gt=-MAX_EXACT_INT, lt=MAX_EXACT_INT)
_DATED = msgspec.Meta(ge=0, lt=int(YEAR_9999))
_SPAN = msgspec.Meta(gt=-int(YEAR_9999), lt=int(YEAR_9999))

Integer = Annotated[int, _EXACT]
"""An integer that is exact in every JSON implementation; no bool is one."""
Number = Annotated[int, _EXACT] | Annotated[float, _EXACT]
"""A number of at most `MAX_EXACT_INT` in size: neither infinity nor NaN."""
FiniteNumber = (
    Annotated[int, _BELOW_EXACT]
    | Annotated[float, msgspec.Meta(ge=-_MAX_FLOAT, le=_MAX_FLOAT)]
)
"""A number of any size; neither infinity nor NaN."""
Moment = Annotated[int, _DATED] | Annotated[float, _DATED]
"""Seconds since 1970 that have a date."""
Span = Annotated[int, _SPAN] | Annotated[float, _SPAN]
"""Seconds between two such moments."""

T = TypeVar("T")
_OMITTED = msgspec.Meta(description="left out where it is null")
OmittedIfNone = Annotated[T | None, _OMITTED]
"""A field that is left out of a line where it is `None`, so that older versions, which
do not know it, can read all other lines. Its default is `None`."""

if TYPE_CHECKING:
    MemberOf = Annotated[T, None]
else:

    class MemberOf:
        """Type of a field for some members of an enumeration, as a `Literal` has them.

        msgspec knows no such type: it reads any member, and `require_member` refuses
        the others.
        """

        def __class_getitem__(cls, literal: Any) -> Any:
            return Annotated[type(get_args(literal)[0]), literal]


def require_member(value: object, literal: Any, field: str) -> None:
    """Refuse a value of a field that is none of those that a `Literal` names.

    Raises:
        ValidationError: it is one.
    """
    if value not in get_args(literal):
        raise invalid_field(field)


def invalid_field(name: str) -> ValidationError:
    """The error that a field has a value that it cannot have, as msgspec words it."""
    return ValidationError(f"Invalid value - at `$.{name}`")


class JsonObject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what is read of JSON: a key that is no field of its class is an error."""


def require_depth(data: bytes) -> None:
    """Refuse JSON in UTF-8 that has more than `MAX_DEPTH` values within each other.

    Raises:
        ValueError: it has.
    """
    if data.count(b"[") + data.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _BRACKETS.finditer(data):
        if found[0] in b"[{":
            depth += 1
        elif found[0] in b"]}":
            depth -= 1
        if depth > MAX_DEPTH:
            raise ValueError("it is nested too deeply")


def read_json(data: bytes) -> Any:
    """The value that JSON in UTF-8 says.

    Lone surrogates are let through, as names of files may have them; so are NaN and
    infinity, which no type of ours takes.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
    """
    require_depth(data)
    try:
        return msgspec.json.decode(data)
    except ValueError:
        # The standard library takes lone surrogates, and has words for people.
        return json.loads(data.decode("utf-8", "surrogatepass"))


def json_as(kind: type[T], data: bytes) -> T:
    """The value of a class that JSON in UTF-8 says.

    Raises:
        ValueError: it is no JSON, is nested too deeply, or says no such value; see
            `malformed_text`.
    """
    require_depth(data)
    try:
        value: T = _decoder(kind).decode(data)  # type: ignore[arg-type]
    except ValueError:
        value = msgspec.convert(read_json(data), kind)
    return value


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def json_fields(value: msgspec.Struct) -> dict[str, Any]:
    """The fields of a value as they are written, in their order."""
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    for name in _omitted_if_none(type(value)):
        if fields[name] is None:
            del fields[name]
    return fields


@cache
def _omitted_if_none(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(
        name
        for name, hint in hints.items()
        if any(each is _OMITTED for each in getattr(hint, "__metadata__", ()))
    )


_PLACE = re.compile(r"`\$\.?([^.\[`]*)[^`]*`\Z", re.DOTALL)
_OF_FIELD = re.compile(
    r"Object (missing required|contains unknown) field `(.*?)`( - at .*)?\Z", re.DOTALL
)
MAX_SHOWN_CHARS = 80
"""Characters of a wrong name that an error shows."""


def malformed_field(error: ValidationError) -> str:
    """The field of the outermost object that an error is about; empty for none."""
    found = _OF_FIELD.match(str(error))
    if found and not found[3]:
        return found[2]
    found = _PLACE.search(str(error))
    return found[1] if found else ""


def malformed_text(error: BaseException) -> str:
    """What is wrong with data that could not be decoded, in words for a person."""
    match error:
        case ValidationError():
            return _invalid_text(error)
        case UnicodeError():
            return "it is not UTF-8"
        case KeyError():
            return f"it lacks {', '.join(map(str, error.args)) or 'a field'}"
        case _:
            text = f"{error}".strip()
            return text[:1].lower() + text[1:] if text else "it is of another form"


def _invalid_text(error: ValidationError) -> str:
    field = json.dumps(malformed_field(error)[:MAX_SHOWN_CHARS])
    found = _OF_FIELD.match(str(error))
    if found and not found[3]:
        if found[1] == "missing required":
            return f"it lacks {found[2]}"
        return f"it has {field}, which this version does not know"
    return f"{field} cannot be that" if field != '""' else "it is no object"
