"""Decoding `[var.NAME]` and `[profile.NAME]`: names, kinds and values."""

from __future__ import annotations

import datetime
from types import MappingProxyType

from mobius_tui.runbook.decode.value_readers import (
    read_fields,
    read_pattern,
    warn_of_backslash,
)
from mobius_tui.runbook.model.actions import chosen_text
from mobius_tui.runbook.model.keys import VARIABLE_NAME_PATTERN
from mobius_tui.runbook.model.runbook import Profile, ValueKind, Variable
from mobius_tui.runbook.model.value_kinds import (
    KINDS,
    TRUE_FALSE,
    bounds_problem,
    value_problem,
)
from mobius_tui.runbook.text.names import did_you_mean, is_reserved
from mobius_tui.runbook.text.regex_cost import max_search_length
from mobius_tui.runbook.toml.table_reader import TomlTable
from mobius_tui.structs import replace


def variable_name_problem(name: str) -> str | None:
    """The problem of a variable's name; `None` if there is none."""
    if not VARIABLE_NAME_PATTERN.fullmatch(name):
        return "a variable's name is made of letters, digits and _"
    if is_reserved(name):
        return f"`{name}` means something to shells or to this program; take another"
    return None


def read_variables(root: TomlTable) -> dict[str, tuple[Variable, TomlTable]]:
    """The `[var.NAME]` tables by name."""
    found: dict[str, tuple[Variable, TomlTable]] = {}
    for name, table in root.tables_by_name("var"):
        problem = variable_name_problem(name)
        if problem is not None:
            table.report(problem)
        found[name] = (_variable(name, table), table)
    return found


def _variable(name: str, table: TomlTable) -> Variable:
    kind = _kind(table)
    given = read_fields(table, Variable, but=("pattern", "from_run"))
    choices = given["choices"]
    if kind == "bool" and not choices:
        given["choices"] = TRUE_FALSE
    variable = Variable(
        name=name,
        **given,
        default=_value_text(table, "default"),
        kind=kind,
        least=_bound(table, "min"),
        most=_bound(table, "max"),
        pattern=_cheap_pattern(table),
        from_run=(
            read_value_command(table, "from_run")
            if table.has_since(2, "from_run")
            else ""
        ),
    )
    _report_sources(variable, choices, table)
    wrong = bounds_problem(variable)
    if wrong:
        table.report(wrong, *table.present_keys("min", "max")[:1])
        return replace(variable, least="", most="")  # no value can be held to them
    _report_choices(variable, choices, table)
    _report_default(variable, table)
    return variable


def _kind(table: TomlTable) -> ValueKind:
    if not table.has_since(2, "kind"):
        return ""
    text = table.text("kind")
    if text not in KINDS:
        near = did_you_mean(text, KINDS)
        table.report(f"`kind` is one of {', '.join(KINDS)}{near}", "kind")
        return ""
    return text


def _bound(table: TomlTable, key: str) -> str:
    """`min` or `max`: a number, a duration or a day."""
    if not table.has_since(2, key):
        return ""
    words = 'a bound, such as 1, "10s" or 2026-11-24'
    value = table.value(key, (int, str, datetime.date), words)
    return "" if value is None else str(value)


def _cheap_pattern(table: TomlTable) -> str:
    """`match`; empty, and reported, if the pattern may take too long."""
    if not table.has_since(2, "match"):
        return ""
    text = read_pattern(table, "match", filled=False) or ""
    if text and not max_search_length(text):
        words = "`match` may take for ever: write it without a group that is repeated"
        table.report(f"{words}, a lookaround or a backreference", "match")
        return ""
    return text


def read_value_command(table: TomlTable, key: str) -> str:
    """The bash script whose output gives values; reported if it is empty."""
    script = table.text(key, lines=True)
    if not script.strip():
        table.report(f"`{key}` is an empty script", key)
    warn_of_backslash(table, key)
    return script


def _report_sources(
    variable: Variable, choices: tuple[str, ...], table: TomlTable
) -> None:
    """Report keys for the source of a value that exclude each other, or are unused."""
    if variable.from_run and variable.from_file:
        table.report("a value is from one place: `from_run` or `from_file`", "from_run")
    if variable.from_file and not variable.secret:
        words = "`from_file` is for a secret; `from_run = 'cat FILE'` reads any other"
        table.report(words, "from_file")
    if variable.is_fetched and variable.ask:
        words = "it is got when a step first needs it, and not asked for"
        table.report(words, "ask")
    if variable.record and variable.secret:
        table.report("a secret is never on record", "record")
    if variable.is_listed and choices:
        table.report("`from_run` lists what can be chosen: no `choices`", "choices")


def _report_choices(
    variable: Variable, choices: tuple[str, ...], table: TomlTable
) -> None:
    """Report choices that are no value of the kind."""
    free = Variable(
        name=variable.name,
        kind=variable.kind,
        least=variable.least,
        most=variable.most,
        pattern=variable.pattern,
    )
    for index, choice in enumerate(choices):
        if problem := value_problem(free, choice):
            table.report(problem, "choices", index)


def _report_default(variable: Variable, table: TomlTable) -> None:
    default = variable.default
    if default is None:
        return
    if variable.choices and not variable.many and default not in variable.choices:
        table.report(f"`default` is not one of `choices` of {variable.name}", "default")
    elif problem := value_problem(variable, default):
        table.report(problem, "default")
    if variable.secret:
        words = "a secret's `default` stands in the file for all to read"
        table.warn("secret-default", f"{words}; use `from_env`", "default")
    if "${" in default:
        words = "a `default` is taken as it is, with no `${}` filled in"
        table.warn("default-not-filled", words, "default")


def read_profiles(root: TomlTable) -> dict[str, tuple[Profile, TomlTable]]:
    """The `[profile.NAME]` tables by name."""
    found: dict[str, tuple[Profile, TomlTable]] = {}
    for name, table in root.tables_by_name("profile"):
        values = {
            key: _value_text(table, key) or ""
            for key in table.keys()  # noqa: SIM118 - a Table is no mapping
        }
        profile = Profile(name=name, values=MappingProxyType(values))
        found[name] = (profile, table)
    return found


_PLAIN = (str, int, bool, datetime.date)


def _value_text(table: TomlTable, key: str) -> str | None:
    """A value as a variable has it; `None` if it is not given.

    In format 2 it may be a number, `true`, a day, or a list of several values.
    """
    if table.format < 2 or not table.has(key):
        return table.optional_text(key, lines=True)
    words = "a text in quotes, a whole number, true or false, a day, or a list of them"
    value = table.value(key, (*_PLAIN, list), words)
    if value is None:
        return None
    if not isinstance(value, list):
        return _plain_text(table, value, words, key)
    parts = (_plain_text(table, part, words, key, n) for n, part in enumerate(value))
    return chosen_text(parts)


def _plain_text(table: TomlTable, value: object, words: str, *path: str | int) -> str:
    """One value as a text; reported if it is of another type."""
    if isinstance(value, str):
        table.check_text(value, *path, lines=True, filled=False)
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, _PLAIN):
        table.report(f"`{path[0]}` is {words}", *path)
    return str(value)
