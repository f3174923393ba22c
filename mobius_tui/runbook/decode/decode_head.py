"""Decoding `[runbook]`, `[[contact]]`, `[[message]]`, `[[channel]]`, `[commands]`."""

from __future__ import annotations

import datetime
import re
from typing import Any, cast

from mobius_tui.runbook.decode.include import IncludedFiles
from mobius_tui.runbook.decode.value_readers import read_fields, read_id
from mobius_tui.runbook.effects.command_effects import (
    MAX_ADDED_LINES,
    BadLineError,
    parse_table_line,
)
from mobius_tui.runbook.model.runbook import Channel, Contact, Message, Runbook
from mobius_tui.runbook.toml.table_reader import TomlTable


def read_head(root: TomlTable) -> dict[str, Any]:
    """The fields of `Runbook` in the `[runbook]` table."""
    table = root.table("runbook")
    if table is None:
        if not root.has("runbook"):
            root.report("[runbook] is missing, with its `id` and `title`")
        return {"id": "", "title": ""}
    given = read_fields(table, Runbook, but=("review",))
    return {
        **given,
        "id": read_id(table),
        "updated": _date(table, "updated"),
        "review": _review(table),
        "workdir": given["workdir"] or ".",
    }


def _review(table: TomlTable) -> str | None:
    """The runbook that the end of a run proposes."""
    name = table.optional_text("review")
    if name is not None and not RUNBOOK_REFERENCE.fullmatch(name):
        words = "the id of a bundled runbook, or a FILE.toml beside this one"
        table.report(f"`review` is {words}", "review")
    return name


def _date(table: TomlTable, key: str) -> datetime.date | None:
    words = "a date without quotes, such as 2026-11-24"
    value = table.value(key, (datetime.date,), words)
    if isinstance(value, datetime.datetime):
        table.report(f"`{key}` is {words}, not a time", key)
        return None
    return cast("datetime.date | None", value)


RUNBOOK_REFERENCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}")
"""The id of a runbook, or the bare name of a file."""


def read_contacts(
    root: TomlTable, includes: IncludedFiles | None = None
) -> tuple[Contact, ...]:
    """The `[[contact]]` tables; `include` in one stands for those of that file."""
    present: list[Contact] = []
    others: tuple[Contact, ...] = ()
    for table in root.tables("contact"):
        if includes is not None and table.has("include"):
            other = includes.file(table)
            others += () if other is None else read_contacts(other)
            continue
        present.append(Contact(**read_fields(table, Contact)))
    return merge_contacts(tuple(present), others)


def merge_contacts(
    present: tuple[Contact, ...], others: tuple[Contact, ...]
) -> tuple[Contact, ...]:
    """Some contacts, and those of another file whose roles are not among them."""
    roles = {contact.role for contact in present}
    return present + tuple(contact for contact in others if contact.role not in roles)


def read_messages(root: TomlTable) -> dict[str, tuple[Message, TomlTable]]:
    """The `[[message]]` tables by id."""
    found: dict[str, tuple[Message, TomlTable]] = {}
    for table in root.tables("message"):
        message = Message(id=read_id(table), **read_fields(table, Message))
        if message.id in found:
            table.report(f"a second message `{message.id}`", "id")
        found[message.id] = (message, table)
    return found


def read_channels(root: TomlTable) -> dict[str, tuple[Channel, TomlTable]]:
    """The `[[channel]]` tables by id."""
    found: dict[str, tuple[Channel, TomlTable]] = {}
    for table in root.tables("channel"):
        channel = Channel(id=read_id(table), **read_fields(table, Channel))
        if channel.id in found:
            table.report(f"a second channel `{channel.id}`", "id")
        found[channel.id] = (channel, table)
    return found


def read_command_lines(root: TomlTable) -> dict[str, object]:
    """The lines of `[commands]`, in a runbook or in config.toml.

    Raises:
        TooManyProblemsError: there are too many problems now.
    """
    table = root.table("commands")
    if table is None:
        return {}
    found: dict[str, object] = {}
    for pattern in table.keys():  # noqa: SIM118 - a Table is no mapping
        says = table.node[pattern]
        try:
            parse_table_line(pattern, says)
        except BadLineError as error:
            table.report(str(error), pattern)
            continue
        found[pattern] = says
    if len(found) > MAX_ADDED_LINES:
        root.report(f"more than {MAX_ADDED_LINES} lines in [commands]", "commands")
    return found
