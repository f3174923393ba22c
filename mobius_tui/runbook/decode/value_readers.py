"""Reading values with a syntax: ids, durations, patterns, URLs, JSON comparisons."""

from __future__ import annotations

import json
import math
import re
import shlex
import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from mobius_tui.runbook.model import limits
from mobius_tui.runbook.model.check_kinds import Comparisons, Count, HttpStatus, Json
from mobius_tui.runbook.model.guard_comparison import (
    comparison_problem,
    parse_comparison,
)
from mobius_tui.runbook.text import units
from mobius_tui.runbook.text.template_text import is_template, template_names
from mobius_tui.runbook.toml.derived_keys import derived_title, id_of, title_of
from mobius_tui.runbook.toml.table_reader import TomlTable, kind_in_words

MAX_ID_CHARS = 64
"""An id is part of names of files, which have 255 bytes at most."""
ID_PATTERN = re.compile(rf"[a-z0-9][a-z0-9-]{{0,{MAX_ID_CHARS - 1}}}")
VARIABLE_NAME_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")

ADDRESS_PATTERN = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^:\s/\[\]]+):(\d{1,5})")
PERCENT_PATTERN = re.compile(r"\d{1,2}(\.\d{1,3})?%")
COUNT_PATTERN = re.compile(r"(?:>=|<=|==|!=|>|<)?\s*\d{1,9}")
FILE_MODE_PATTERN = re.compile(r"0?[0-7]{3,4}")
SHA256_PATTERN = re.compile(r"[0-9A-Fa-f]{64}")
URL_PATTERN = re.compile(r"https?://[^\s/]+\S*")

_Text = TypeVar("_Text", str, None)


def read_id(table: TomlTable, key: str = "id") -> str:
    """An id: lower-case letters, digits and `-`; empty if it is missing or wrong.

    In format 2 it may be left out: the title makes it.
    """
    if key == "id" and table.format >= 2 and key not in table.node:
        return _derived_id(table)
    table.require(key)
    text = table.text(key)
    if text and not ID_PATTERN.fullmatch(text):
        table.report(f"an `{key}` {id_rule(text)}, such as my-step-2", key)
        return ""
    return text


def id_rule(text: str) -> str:
    """What an id must be that a text is not, in words.

    Args:
        text: what does not match `ID_PATTERN`.
    """
    if len(text) > MAX_ID_CHARS:
        return f"has at most {MAX_ID_CHARS} characters, not {len(text)}"
    return "is made of a-z, 0-9 and -"


def _derived_id(table: TomlTable) -> str:
    """The id that a table's title makes; reported if it makes none."""
    found = id_of(table.node)
    if found and ID_PATTERN.fullmatch(found):
        return found
    if is_untitled_by_mistake(table):
        return ""
    if title_of(table.node):
        table.report("this title has no letter for an `id`: give it one", "title")
    elif "use" in table.node:
        table.report("a step with `use` wants an `id` or a `title` of its own", "use")
    else:
        table.report(f"`id` is missing in {table.name()}, and a title to make it of")
    return ""


def is_untitled_by_mistake(table: TomlTable) -> bool:
    """Whether a step's title would follow from what is reported for itself.

    That is a `run` or `manual` that is no text, and a `use` of no step.
    """
    lost = "use" in table.node and table.base is None
    makers = (table.node.get(key, "") for key in ("run", "manual"))
    return lost or not all(isinstance(each, str) for each in makers)


def part_id(table: TomlTable) -> str:
    """The id of a phase or a step, and no report; empty if it has none."""
    if table.format >= 2:
        return id_of(table.node)
    own = table.node.get("id")
    return own if isinstance(own, str) else ""


def read_step_title(table: TomlTable) -> str:
    """The title of a step; in format 2 its script or its task may make it."""
    if table.format >= 2 and not table.has("title"):
        owner = table if table.base is None else table.base
        if found := derived_title({**owner.node, **table.node}):
            table.check_text(found, "title", lines=False, filled=False)
            return found
    if "title" not in table.node and is_untitled_by_mistake(table):
        return ""
    table.require("title")
    return table.text("title", filled=True)


def read_duration(table: TomlTable, key: str, default: _Text) -> str | _Text:
    """A duration such as `"1h30m"`, or a text that will be one once filled in."""
    text = _text_with_unit(table, key, '"500ms", "10s" or "1h30m"')
    if text is None:
        return default
    if is_template(text):
        return text
    try:
        units.parse_duration(text)
    except units.TooLongError:
        pass  # for how long it may be, its key says
    except ValueError:
        table.report(f'`{key}` is a duration: write "500ms", "10s" or "1h30m"', key)
        return default
    return _bounded(table, key, text, default, limits.bounded_duration)


def _bounded(
    table: TomlTable,
    key: str,
    text: str,
    default: _Text,
    measure: Callable[[str, str], float],
) -> str | _Text:
    """A duration or a size that its key allows."""
    try:
        measure(text, key)
    except ValueError as error:
        table.report(str(error), key)
        return default
    return text


def read_count(
    table: TomlTable, key: str, default: int, *, limits_key: str = ""
) -> Count:
    """A count within its limits, or a text with the variable that gives it.

    Args:
        table: the table.
        key: its key.
        default: returned if it is missing or wrong.
        limits_key: the key of its limits in `COUNTS`, where it is another.
    """
    if isinstance(table.node.get(key), str):
        text = table.text(key, filled=True)
        if is_template(text):
            return text
        words = "a whole number, without quotes, or a variable: "
        table.report(f'`{key}` is {words}"${{NAME}}"', key)
        return default
    return table.integer(key, default, *limits.COUNTS[limits_key or key])


def read_size(
    table: TomlTable, key: str, default: _Text, *, share: bool = False
) -> str | _Text:
    """A size such as `"1GiB"`; with `share`, also a percentage such as `"10%"`."""
    text = _text_with_unit(table, key, '"512KiB", "200MB" or "1GiB"')
    if text is None:
        return default
    if is_template(text) or (share and PERCENT_PATTERN.fullmatch(text)):
        return text
    try:
        units.parse_size(text)
    except ValueError:
        percent = ', or a share such as "10%"' if share else ""
        words = f'write "512KiB", "200MB" or "1GiB"{percent}'
        table.report(f"`{key}` is a size: {words}", key)
        return default
    if key not in limits.LIMITS:
        return text
    return _bounded(table, key, text, default, limits.bounded_size)


def _text_with_unit(table: TomlTable, key: str, examples: str) -> str | None:
    """The text of a value with a unit, or None if it is missing or no text."""
    if not table.has(key):
        return None
    if table.value(key, (str,), f"a text with a unit, {examples}") is None:
        return None
    return table.text(key, filled=True)


def read_pattern(table: TomlTable, key: str, *, filled: bool = True) -> str | None:
    """A regular expression, or None if it is not given, or is none.

    Args:
        table: the table.
        key: its key.
        filled: whether `${name}` in it is filled in.
    """
    text = table.optional_text(key, filled=filled)
    if text is None:
        return None
    warn_of_backslash(table, key)
    if not (filled and is_template(text)):
        try:
            with warnings.catch_warnings(action="ignore"):
                re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            table.report(f"`{key}` is no regular expression: {error}", key)
            return None
    return text


def warn_of_backslash(table: TomlTable, key: str) -> None:
    r"""Warn of a `\` in a script or pattern, which TOML takes for an escape."""
    raw = table.raw(key)
    if raw.startswith('"') and "\\" in raw:
        words = 'in "…" TOML takes each \\ as the start of an escape'
        remedy = "write scripts and patterns in ''' or '"
        table.warn("toml-escape", f"`{key}`: {words}; {remedy}", key)


def read_fraction(table: TomlTable, key: str, default: float) -> float:
    """A number from 0 to 1."""
    words = "a fraction from 0 to 1, such as 0.05"
    value = table.value(key, (int, float), words)
    if value is None:
        return default
    if not 0 <= value <= 1:
        table.report(f"`{key}` is {words}", key)
        return default
    return float(value)


def read_exit_codes(
    table: TomlTable, key: str, default: tuple[int, ...]
) -> tuple[int, ...]:
    """A list of exit codes."""
    values = table.value(key, (list,), "a list of exit codes, such as [0, 3]")
    if values is None:
        return default
    for index, value in enumerate(values):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not 0 <= value <= 255:
            table.report("an exit code is a number from 0 to 255", key, index)
            return default
    return tuple(values)


def read_http_status(table: TomlTable) -> HttpStatus:
    """`status`: a status of HTTP; in format 2 a list, of which each is right."""
    owner = table.owner("status")
    if not isinstance(owner.node.get("status"), list):
        return table.integer("status", 200, 100, 599)
    if not table.has_since(2, "status", "a list"):
        return 200
    values = owner.node["status"]
    if not values:
        table.report("`status` is empty: no answer would be right", "status")
    for index, value in enumerate(values):
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not 100 <= value <= 599:
            table.report("a status is a number from 100 to 599", "status", index)
            return 200
    return values[0] if len(values) == 1 else tuple(values)


def read_interpreter(table: TomlTable) -> tuple[str, ...]:
    """`shell`: the program that runs a script, and its arguments.

    `${}` in them is an error, as nothing is filled in; but not after `-c` or `-e`,
    where it is code.
    """
    found = table.text_list("shell")
    for index, word in enumerate(found):
        names = template_names(word)
        if names and (not index or found[index - 1] not in ("-c", "-e")):
            words = "nothing is filled in here; the values are in the environment"
            remedy = f"write {_through_bash(found)}, where $0 is the script"
            table.report(f"{words}: {remedy}", "shell", index)
    return found


def _through_bash(argv: tuple[str, ...]) -> str:
    """The arguments as an example that lets bash fill them in."""
    parts = [
        f'"{word}"' if template_names(word) else shlex.quote(word) for word in argv
    ]
    script = '"$0"'
    if "-" in argv:  # what a program calls its input is the script's place
        parts[argv.index("-")] = script
    else:
        parts.append(script)
    return f"""["bash", "-c", '{" ".join(parts)}']"""


def read_url(table: TomlTable, key: str = "url", *, shown: bool = True) -> str:
    """An http or https URL, or a text that will be one once filled in.

    Args:
        table: the table.
        key: its key.
        shown: whether it is shown or sent, so that it must have no secret.
    """
    words = "begins with http:// or https://"
    return _shaped(table, key, URL_PATTERN.fullmatch, words, shown=shown)


def read_address(table: TomlTable, key: str) -> str:
    """A `host:port`."""
    return _shaped(table, key, _is_address, 'is "host:port"')


def is_address(text: str) -> bool:
    """Whether a text is `host:port`, or has a name that is still to be filled in."""
    return is_template(text) or bool(_is_address(text))


def _is_address(text: str) -> bool:
    match = ADDRESS_PATTERN.fullmatch(text)
    return match is not None and 0 < int(match[1]) < 65536


def read_count_comparison(table: TomlTable, key: str, default: str) -> str:
    """A count to satisfy, such as `>=1`."""
    if table.has(key) and table.value(key, (str,), 'a text, such as ">=1"') is None:
        return default
    words = 'is a comparison, such as ">=1", "<3" or "0"'
    return _shaped(table, key, COUNT_PATTERN.fullmatch, words) or default


def read_file_mode(table: TomlTable, key: str) -> str | None:
    """Octal permissions."""
    words = 'is octal, such as "0755"'
    return (
        _shaped(table, key, FILE_MODE_PATTERN.fullmatch, words)
        if table.has(key)
        else None
    )


def read_sha256(table: TomlTable, key: str) -> str | None:
    """64 hexadecimal digits."""
    words = "is 64 hexadecimal digits"
    return (
        _shaped(table, key, SHA256_PATTERN.fullmatch, words) if table.has(key) else None
    )


def _shaped(
    table: TomlTable,
    key: str,
    fits: Callable[[str], object],
    words: str,
    *,
    shown: bool = True,
) -> str:
    """A text that must have a certain form, unless it is still to be filled in."""
    text = table.text(key, filled=True, shown=shown)
    if table.has(key) and not is_template(text) and not fits(text):
        table.report(f"`{key}` {words}", key)
    return text


def read_one_of(
    table: TomlTable, key: str, choices: tuple[str, ...], default: str
) -> str:
    """One of a few words."""
    text = table.text(key, default)
    if text not in choices:
        table.report(f"`{key}` is one of {', '.join(choices)}", key)
        return default
    return text


_COMPARISON = 'a comparison, such as "> 3", "ok" or 5, or a list of them'


def read_comparisons(table: TomlTable, key: str) -> Comparisons:
    """Comparisons as in `when`; several are a list, of which one is enough."""
    if not table.has(key):
        return ()
    return _comparisons(table, table.owner(key).node[key], key)


def read_pointers(table: TomlTable, key: str) -> Mapping[str, Comparisons]:
    """What a JSON document must have at some pointers: comparisons as in `when`."""
    node = table.value(key, (dict,), 'a table, such as { "/queue/depth" = "< 100" }')
    if node == {}:
        table.report(f"`{key}` is empty: nothing would be compared", key)
    for name in node or {}:
        if not name.startswith("/"):
            remedy = f'write a JSON pointer, such as "/{name.replace(".", "/")}"'
            table.report(f"`{name}` is none: {remedy}", key, name)
    return _at_pointers(table, node or {}, key)


def read_json_body(
    table: TomlTable, key: str
) -> tuple[Mapping[str, Json], Mapping[str, Comparisons]]:
    """What a JSON answer must have: equal values by name, comparisons by pointer.

    A pointer begins with `/`; in format 1 that is a name like any other.
    """
    node = table.value(key, (dict,), 'a table, such as { status = "ok" }') or {}
    compared = {}
    if table.owner(key).format >= 2:
        compared = {name: node[name] for name in node if name.startswith("/")}
    equal = {
        name: _frozen(table, value, key, name)
        for name, value in node.items()
        if name not in compared
    }
    return MappingProxyType(equal), _at_pointers(table, compared, key)


def _at_pointers(
    table: TomlTable, node: Mapping[str, Any], key: str
) -> Mapping[str, Comparisons]:
    found = {
        pointer: _comparisons(table, value, key, pointer)
        for pointer, value in node.items()
    }
    return MappingProxyType(found)


def _comparisons(table: TomlTable, value: Any, *path: str | int) -> Comparisons:
    """The comparisons of one value or of a list; reports values that are none."""
    if value == []:
        table.report("an empty list compares nothing", *path)
    if isinstance(value, list):
        return tuple(
            text
            for index, each in enumerate(value)
            for text in _comparison(table, each, *path, index)
        )
    return _comparison(table, value, *path)


def _comparison(table: TomlTable, value: Any, *path: str | int) -> Comparisons:
    match value:
        case str():
            table.check_text(value, *path, lines=False, filled=True)
        case bool() | int():
            return (f"= {json.dumps(value)}",)
        case float() if math.isfinite(value):
            return (f"= {json.dumps(value)}",)
        case _:
            words = f"{_COMPARISON}, not {kind_in_words(value)}"
            table.report(f"this is {words}", *path)
            return ()
    if is_template(value):
        # Whatever is filled in is the value itself, also if it looks like `> 3`.
        return (f"= {value}" if parse_comparison(value).is_plain else value,)
    problem = comparison_problem(value)
    if problem:
        table.report(problem, *path)
    return (value,)


def _frozen(table: TomlTable, value: Any, *path: str | int) -> Json:
    """A TOML value as JSON; reports types that JSON does not have."""
    match value:
        case dict():
            return MappingProxyType(
                {key: _frozen(table, inner, *path, key) for key, inner in value.items()}
            )
        case list():
            return tuple(
                _frozen(table, inner, *path, index) for index, inner in enumerate(value)
            )
        case str():
            table.check_text(value, *path, lines=True, filled=True)
            return value
        case bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            table.report("JSON has no dates, times, inf or nan", *path)
            return None
