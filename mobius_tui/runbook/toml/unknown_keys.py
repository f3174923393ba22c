"""Reporting unknown keys, with hints also for the keys of other tools."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mobius_tui.runbook.model.key_table import KEYS, place_of
from mobius_tui.runbook.model.targets import HOSTS
from mobius_tui.runbook.text.names import did_you_mean
from mobius_tui.runbook.toml.table_reader import TomlTable

_VARIABLES = "[var.NAME], a table for each variable"
_Words = tuple[tuple[str, str], ...]
_ELSEWHERE: Mapping[str, _Words] = {
    "": (
        ("name title id description owner", "in [runbook]"),
        (
            "tasks steps step jobs stages stage phases plays",
            "[[phase]], [[phase.step]]",
        ),
        ("vars variables variable inputs parameters params env", _VARIABLES),
        ("probes checks monitors healthcheck", "[[health.probe]]"),
    ),
    "runbook": (
        ("vars variables inputs parameters", _VARIABLES),
        ("hosts host targets", HOSTS),
    ),
    "phase": (
        ("host hosts targets", HOSTS),
        ("when if condition", "`when` on each step"),
        ("on_failure rescue", "`on_failure` on a step"),
    ),
    "phase.step": (
        (
            "action module task ansible uses_action",
            "`run`, `manual`, `message` or `choose`",
        ),
        ("interval delay period", "`every` in `retry`, or in the check"),
        (
            "ignore_errors continue_on_error allow_failure ignore_failure",
            '`on_failure = "continue"`',
        ),
        (
            "cwd chdir dir directory working_directory working_dir",
            "`cd DIR` in the script",
        ),
    ),
    "phase.step.check.sql": (
        ("password user", "`secrets` of the step, such as { PGPASSWORD = 'NAME' }"),
    ),
    "targets.NAME": (
        ("exclude except without", '`hosts = ["web-[1:9]", "!web-7"]`'),
        ("user port ssh_user ssh_port key", "in ~/.ssh/config, or in an inventory"),
    ),
}
"""Keys of other tools for which a table has no key, and what to write instead.

What it has one for, that key says itself.
"""


def equivalent_key(place: str, key: str) -> str | None:
    """This program's equivalent of a key that other runbook tools use.

    None if none is known.

    Args:
        place: the table, as `key_table.place_of` names it.
        key: the unknown key.
    """
    word = key.lower().replace("-", "_")
    own = KEYS.get(place, {}).values()
    found = [(each.like, each.write or f"`{each.name}`") for each in own]
    found += _ELSEWHERE.get(place, ())
    return next((ours for words, ours in found if word in words.split()), None)


def report_unknown_keys(tables: Iterable[TomlTable]) -> None:
    """Report each key that was never asked for; tables that were not read are skipped.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    for table in tuple(tables):
        if not table.read_keys:
            continue
        for key in table.node:
            if key not in table.read_keys:
                table.report(
                    f"unknown key `{key}` in {table.name()}{_hint(table, key)}", key
                )


def _hint(table: TomlTable, key: str) -> str:
    """A hint where the key belongs, or which one was intended."""
    below = table
    while below.parent is not None:
        if key in below.parent.read_keys:
            return f"; it belongs {_in_parent(below, table)}"
        below = below.parent
    for child in table.children.values():
        if key in child.read_keys:
            return f"; it belongs in {child.name()}{_long_form(table, child, key)}"
    ours = equivalent_key(place_of(table.path), key)
    return (
        f"; here that is {ours}" if ours else did_you_mean(key, sorted(table.read_keys))
    )


def _long_form(table: TomlTable, child: TomlTable, key: str) -> str:
    """How a table is written whose short form has no room for a key."""
    name = str(child.path[-1])
    if not isinstance(table.node.get(name), str) or len(child.node) != 1:
        return ""
    return f": `{name} = {{ {next(iter(child.node))} = …, {key} = … }}`"


def _in_parent(below: TomlTable, table: TomlTable) -> str:
    """The place of a key in an enclosing table, as text."""
    for header in (below, table):
        if header.path in header.document.positions.headers:
            return f"above {header.name()}"
    return f"to {below.parent.name()}" if below.parent is not None else ""
