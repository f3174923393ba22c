"""Keys of a runbook's file: each is declared once, at the field of the model.

    timeout: Annotated[str, Key(TIMEOUT, "the limit of one look")] = "10s"

The decoder, the schema for editors, the tables of the reference, the limits and the
hints for keys of other tools are made of these declarations. A field without one is in
no file. How a kind of value is read is said by `decode/value_readers.py`.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import cache
from inspect import get_annotations
from typing import Any, ClassVar

from msgspec import Struct

from mobius_tui.runbook.text.units import DURATION, SIZE, parse_duration, parse_size
from mobius_tui.structs import AbstractStruct, defaults_of, replace

ValueSchema = Mapping[str, Any]
"""A JSON schema of a value. It refuses no value that the decoder takes."""

FORMATS = (1, 2)
"""The formats of a runbook that this program reads."""
MAX_ID_CHARS = 64
"""An id is part of names of files, which have 255 bytes at most."""
ID_PATTERN = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{MAX_ID_CHARS - 1}}}")
VARIABLE_NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
ADDRESS_PATTERN = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^:\s/\[\]]+):(\d{1,5})")
PERCENT_PATTERN = re.compile(r"\d{1,2}(\.\d{1,3})?%")
URL_PATTERN = re.compile(r"https?://[^\s/]+\S*")

MONTH = "720h"
"""The longest time of most keys: nobody attends a run for that long, so a longer one
has a wrong unit."""


def text_matching(pattern: str) -> ValueSchema:
    """The schema of a text that matches a pattern as a whole."""
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def text_or_template(*forms: re.Pattern[str]) -> ValueSchema:
    """The schema of a text of one of some forms, or with `${name}` to be filled in."""
    pattern = "|".join(form.pattern for form in forms)
    return {"type": "string", "pattern": rf"^(?:{pattern})$|\$\{{"}


def whole_number(least: int, most: int) -> ValueSchema:
    """The schema of a whole number between two others, both included."""
    return {"type": "integer", "minimum": least, "maximum": most}


BY_VARIABLE: ValueSchema = {"type": "string", "pattern": r"\$\{"}
"""A text with the variable that gives a value of another type."""
SOME_TEXT: ValueSchema = {"type": "string", "minLength": 1}


class Kind(Struct, frozen=True, metaclass=AbstractStruct):
    """What the value of a key is: base of all kinds."""

    missing: ClassVar[Any] = None
    """What a required key counts as where it is missing or wrong."""

    @property
    @abstractmethod
    def schema(self) -> ValueSchema:
        """The schema of its values."""


class Text(Kind, frozen=True):
    """A text; an absent one is the field's default."""

    lines: bool = False
    """Whether it may have tabs and line ends."""
    filled: bool = False
    """Whether `${name}` in it is filled in."""
    shown: bool = True
    """Whether it is shown or sent, so that it must have no secret."""
    some: bool = False
    """Whether an editor refuses an empty one."""
    missing: ClassVar[Any] = ""

    @property
    def schema(self) -> ValueSchema:
        """A text."""
        return SOME_TEXT if self.some else {"type": "string"}


class Form(Kind, frozen=True):
    """A text of a certain form, or with `${name}` to be filled in."""

    pattern: re.Pattern[str]
    words: str
    """What it is, after its key: `is 64 hexadecimal digits`."""
    fits: Callable[[str], object] | None = None
    """What it must be, too, beyond the pattern."""
    shown: bool = True
    instead: str = "a text in quotes"
    """What it is instead of a value of another type."""
    missing: ClassVar[Any] = ""

    @property
    def schema(self) -> ValueSchema:
        """A text that matches, or a template."""
        return text_or_template(self.pattern)


def _is_address(text: str) -> bool:
    match = ADDRESS_PATTERN.fullmatch(text)
    return match is not None and 0 < int(match[1]) < 65536


ADDRESS = Form(ADDRESS_PATTERN, 'is "host:port"', _is_address)
URL = Form(URL_PATTERN, "begins with http:// or https://")


class Flag(Kind, frozen=True):
    """`true` or `false`."""

    missing: ClassVar[Any] = False

    @property
    def schema(self) -> ValueSchema:
        """A boolean."""
        return {"type": "boolean"}


class Limited(Kind, frozen=True):
    """A text with a unit, which is held to limits when it is read and filled in."""

    least: str
    """In the syntax of a runbook."""
    most: str
    too: ClassVar[tuple[str, str]]
    """What one is called that is over the most, and below the least."""

    @abstractmethod
    def measure(self, text: str) -> float:
        """The seconds of a duration, or the bytes of a size.

        Raises:
            TooLongError: it is a duration of over a year.
            ValueError: it is none.
        """

    @property
    def limits(self) -> str:
        """The limits in words."""
        return f"from {self.least} to {self.most}"


class Duration(Limited, frozen=True):
    """A duration such as `"1h30m"`."""

    too: ClassVar[tuple[str, str]] = ("long", "short")
    missing: ClassVar[Any] = "5m"

    def measure(self, text: str) -> float:
        """Seconds."""
        return parse_duration(text)

    @property
    def schema(self) -> ValueSchema:
        """A text with units of time, or a template."""
        return {**text_or_template(DURATION), "minLength": 1}


class Size(Limited, frozen=True):
    """A size such as `"1GiB"`."""

    too: ClassVar[tuple[str, str]] = ("large", "small")
    missing: ClassVar[Any] = "0B"

    def measure(self, text: str) -> float:
        """Bytes."""
        return parse_size(text)

    @property
    def schema(self) -> ValueSchema:
        """A text with a unit, or a template."""
        return text_or_template(SIZE)


class AnySize(Kind, frozen=True):
    """A size without limits; or a share, too."""

    share: bool = False
    """Whether it may be a share such as `"10%"`."""
    missing: ClassVar[Any] = "0B"

    @property
    def schema(self) -> ValueSchema:
        """A text with a unit, or a template."""
        return text_or_template(SIZE, *((PERCENT_PATTERN,) if self.share else ()))


class Whole(Kind, frozen=True):
    """A whole number between two others, both included."""

    least: int
    most: int
    missing: ClassVar[Any] = 1

    @property
    def schema(self) -> ValueSchema:
        """An integer."""
        return whole_number(self.least, self.most)


class Counted(Kind, frozen=True):
    """A whole number between two others, or the variable that gives it."""

    least: int
    most: int
    missing: ClassVar[Any] = 1

    @property
    def schema(self) -> ValueSchema:
        """An integer, or a template."""
        return {"anyOf": [whole_number(self.least, self.most), BY_VARIABLE]}


HOST_SHARE_PATTERN = re.compile(r"\d{1,4}|\d{1,2}%|100%")
"""A number of hosts, or a share of all; none, too."""


class HostShare(Kind, frozen=True):
    """A number of hosts, a share of all, or the variable that gives it."""

    words: str
    """What it is, for whoever wrote something else."""

    @property
    def schema(self) -> ValueSchema:
        """An integer, a text with `%`, or a template."""
        return {"anyOf": [whole_number(0, 9999), text_or_template(HOST_SHARE_PATTERN)]}


class Fraction(Kind, frozen=True):
    """A number from 0 to 1."""

    @property
    def schema(self) -> ValueSchema:
        """A number."""
        return {"type": "number", "minimum": 0, "maximum": 1}


class OneOf(Kind, frozen=True):
    """One of a few words; a required one counts as the last where it is missing."""

    words: tuple[str, ...]

    @property
    def schema(self) -> ValueSchema:
        """An enumeration."""
        return {"enum": list(self.words)}


class Texts(Kind, frozen=True):
    """A list of texts, each on one line."""

    filled: bool = False
    least: int = 0
    """How many there are at least."""
    missing: ClassVar[Any] = ()

    @property
    def schema(self) -> ValueSchema:
        """An array."""
        found = {"type": "array", "items": SOME_TEXT}
        return {**found, "minItems": self.least} if self.least else found


class NamedTexts(Kind, frozen=True):
    """A table of texts, of any names."""

    filled: bool = True
    shown: bool = True

    @property
    def schema(self) -> ValueSchema:
        """An object of texts."""
        return {"type": "object", "additionalProperties": {"type": "string"}}


class Pattern(Kind, frozen=True):
    """A regular expression."""

    filled: bool = True
    missing: ClassVar[Any] = ""

    @property
    def schema(self) -> ValueSchema:
        """A text."""
        return {"type": "string"}


class ExitCodes(Kind, frozen=True):
    """A list of exit codes."""

    @property
    def schema(self) -> ValueSchema:
        """An array of small numbers."""
        return {"type": "array", "items": whole_number(0, 255)}


class Interpreter(Kind, frozen=True):
    """The program that runs a script, and its arguments."""

    @property
    def schema(self) -> ValueSchema:
        """An array of texts."""
        return {"type": "array", "items": SOME_TEXT}


class Compared(Kind, frozen=True):
    """A comparison as in `when`, or a list of them."""

    missing: ClassVar[Any] = ()

    @property
    def schema(self) -> ValueSchema:
        """A value, or an array of values."""
        return {"type": ["string", "number", "boolean", "array"]}


class Other(Kind, frozen=True):
    """What a function of the decoder reads for this key alone."""

    of: ValueSchema

    @property
    def schema(self) -> ValueSchema:
        """The schema that the declaration gives."""
        return self.of


Part = type[Struct] | Mapping[str, "Key"]
"""A class whose fields have keys; or keys that are no field's, by their names."""


class Inner(Kind, frozen=True):
    """A table within the table, a list of tables, or both, with keys of its own."""

    parts: tuple[Part, ...]
    """What has its keys."""
    types: tuple[str, ...] = ("object",)
    """What stands in the file: `object`, `array`; `string` for a short form."""

    @property
    def schema(self) -> ValueSchema:
        """Of its type; what is in it, its own keys say."""
        return {"type": self.types[0] if len(self.types) == 1 else list(self.types)}


ANY_VALUE = Other({"type": ["string", "number", "boolean", "array"]})
"""A value of a variable: dates are no JSON, and an editor takes them for texts."""
ANY_NAMES = Other({"type": "object", "additionalProperties": True})
STATUS = Other(
    {
        **whole_number(100, 599),
        "type": ["integer", "array"],
        "items": whole_number(100, 599),
        "minItems": 1,
    }
)
"""A status of HTTP, or a list of them."""
VARIABLE_NAME = Other(text_matching(f"(?:{VARIABLE_NAME_PATTERN.pattern})?"))
"""The name of a variable that a key declares."""
_COMPARED: ValueSchema = {
    "type": ["string", "array"],
    "items": SOME_TEXT,
    "minItems": 1,
}
_GUARD: ValueSchema = {"$ref": "#/definitions/guard"}
_GUARDS = {"anyOf": [{"type": "array", "items": _GUARD}, _COMPARED]}
GUARD = Other(
    {
        "type": "object",
        "properties": {
            "not": {"anyOf": [_GUARD, _COMPARED]},
            "any": _GUARDS,
            "all": _GUARDS,
        },
        "additionalProperties": _COMPARED,
    }
)
"""A guard, which may have others in it."""
ID = Other(text_matching(f"(?:{ID_PATTERN.pattern})?"))
"""An id, which a title may make."""


class Key(Struct, frozen=True):
    """How a field is written in a file, and what is said of it."""

    kind: Kind
    says: str = ""
    """What it means, as its row in the reference has it: Markdown, without whether it
    is required and which format brought it. `{usual}` is its default; without that, the
    default follows. Empty for one of two fields of the same key."""
    name: str = ""
    """Its name in the file, if that is not the field's."""
    since: int = 1
    """The format that brought it."""
    required: bool = False
    limited_as: str = ""
    """The name that its limits go by, where another key has its own name."""
    may_lack: bool = False
    """Whether some tables do without it though it is required."""
    quiet: bool = False
    """Whether its default goes without saying."""
    like: str = ""
    """What other tools call it, with blanks between."""
    write: str = ""
    """What to write in place of those; if empty, the key."""
    see: str = ""
    """The anchor in the reference where more is said."""
    usual: Any = None
    """What it is where a file says nothing: a field's own default, and for a required
    one what its kind says."""

    @property
    def meaning(self) -> str:
        """What it means, is by default and wants: Markdown, in a line."""
        usual = "" if self.required else _in_toml(self.usual)
        says = self.says.replace("{usual}", f"`{usual}`")
        if usual and says == self.says and not self.quiet:
            says += f", `{usual}`"
        since = f"; format {self.since}" if self.since > 1 else ""
        return f"{'required: ' if self.required else ''}{says}{since}"


def _in_toml(value: object) -> str:
    """A default as a file has it; empty for one that says nothing."""
    match value:
        case bool() | None | "" | ():
            return ""
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(_in_toml, value))}]"
        case int() | float():
            return str(value)
        case _:
            return ""


def keys_of(part: Part) -> Mapping[str, Key]:
    """The declarations of a part, by the names of its fields, in order.

    A key without a name of its own has the field's, without a `_` at its end.
    """
    return _keys_of_class(part) if isinstance(part, type) else part


@cache
def _keys_of_class(part: type[Struct]) -> Mapping[str, Key]:
    found: dict[str, Key] = {}
    hints, defaults = get_annotations(part), defaults_of(part)
    for field in part.__struct_fields__:
        for key in getattr(hints[field], "__metadata__", ()):
            if isinstance(key, Key):
                usual = key.kind.missing
                if not key.required:
                    usual = defaults.get(field, usual)
                name = key.name or field.rstrip("_")
                found[field] = replace(key, name=name, usual=usual)
    return found


# Limits that several keys share.

EVERY = Duration("100ms", "24h")
"""A look is a request, or a process, and a line that is synced to the disk: ten in a
second are as many as tell more than fewer would."""
TIMEOUT = Duration("10ms", MONTH)
"""No process is started, and no answer comes over a network, in less."""
LATENCY = Duration("1ms", "24h")
"""What answers in less than a millisecond is measured no closer than that."""
WHILE = Duration("100ms", MONTH)
"""Health is judged ten times a second: nothing shorter can be watched or waited for."""
FOR_PEOPLE = Duration("1s", MONTH)
"""A person has to read, to think and to type."""
MAX_OUTPUT = Size("4KiB", "1TiB")
"""One read (256 KiB at most) rotates the output of a step with `follow` once for each
limit in it: with a smaller limit the keeper would do little else."""

NAMED = "name label heading"
"""What other tools call a title."""
DESCRIBED = "description desc doc docs notes comment help"
"""What other tools call a reason."""
