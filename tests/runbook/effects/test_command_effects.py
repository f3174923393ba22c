"""The table of commands: what it says of lines that people read, and its rules."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from mobius_tui.runbook.effects.command_effects import (
    CommandEntry,
    TableLine,
    bundled_commands,
)
from mobius_tui.runbook.effects.effect_judge import judge_script
from tests.paths import ROOT
from tests.table import each_row

DATA = Path(__file__).parent / "data"
LINES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (DATA / "judged_lines.toml").read_text()
)
EVERYDAY = (DATA / "everyday_lines.txt").read_text().splitlines()
PATTERN = re.compile(r"[*?[]")
PAGE = (ROOT / "docs" / "commands-held.md").read_text()


@each_row(
    ("line", "truth"),
    [(line, truth) for truth, section in LINES.items() for line in section["lines"]],
)
def test_a_line_is_judged_as_it_is(line: str, truth: str) -> None:
    found = judge_script(line)
    assert found.effect == truth, found.effects


@each_row("line", EVERYDAY)
def test_what_is_read_every_day_is_no_change(line: str) -> None:
    found = judge_script(line)
    assert found.effect == "read", found.effects


def entries() -> Iterator[tuple[str, CommandEntry]]:
    """The entries of programs, with a name of each, and not of other languages."""
    table = bundled_commands()
    for name in table.names():
        entry = table.find(name)
        assert entry is not None
        if ":" not in name.rstrip(":"):
            yield name, entry


def test_no_program_reads_whose_name_only_fits_a_pattern() -> None:
    assert not [
        name
        for name, entry in entries()
        if PATTERN.search(name.removeprefix("[").removeprefix("["))
        and any(line.effect == "read" for line in entry.lines)
    ]


def test_a_sub_command_that_stands_nowhere_changes() -> None:
    with_sub_commands = [name for name, each in entries() if each.has_sub_commands]
    assert len(with_sub_commands) > 150
    assert not [
        name
        for name in with_sub_commands
        if judge_script(f"{name} frobnicate now").effect == "read"
    ]


def test_an_option_that_stands_nowhere_changes_where_nobody_read_the_manual() -> None:
    calls = [
        f"{call} --frobnicate"
        for name, entry in entries()
        for line in entry.lines
        if line.effect == "read" and not (line.verified_by or line.also)
        if (call := call_of(name, line)) is not None
        if judge_script(call).effect == "read"
    ]
    assert len(calls) > 150
    assert not [call for call in calls if judge_script(call).effect == "read"]


def call_of(name: str, line: TableLine) -> str | None:
    """A call that a line matches; None if it takes more than its own words."""
    words = [name]
    for token in line.tokens:
        if token.values or token.kind == "keyed":
            return None
        if token.kind != "end":
            words.append(token.names[0].replace("*", "x"))
    return " ".join(words)


def test_it_is_told_what_the_lines_were_held_against() -> None:
    sources = {
        source
        for _, entry in entries()
        for line in entry.lines
        for source in (line.verified_by, line.words_verified_by)
        if source
    }
    assert sources
    untold = {
        each
        for each in sources
        if f"`{each}`" not in PAGE and not re.fullmatch(r"[\w.-]+\(\d\)", each)
    }
    assert not untold


def test_it_is_told_how_many_lines_were_held_against_something() -> None:
    told = re.search(
        r"(\d+) were held whole, (\d+) for their words, and (\d+) against nothing", PAGE
    )
    assert told is not None
    reads = list(reading_lines())
    words = sum(" words by " in effect for _, effect in reads)
    held = sum(" by " in effect for _, effect in reads) - words
    counts = held, words, len(reads) - held - words
    assert tuple(map(int, told.groups())) == counts


def test_it_is_told_of_each_line_that_was_held_against_nothing() -> None:
    section = PAGE.partition("## Held against nothing")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w.-]+)", section))
    alone = {
        pattern.split()[0].partition("|")[0]
        for pattern, effect in reading_lines()
        if " by " not in effect
    }
    assert len(alone) > 50
    assert not alone - named


def reading_lines() -> Iterator[tuple[str, str]]:
    """The patterns of programs that read, and what is said of them in the table."""
    table = tomllib.loads(
        (ROOT / "mobius_tui/runbook/effects/commands.toml").read_text()
    )
    for section in table.values():
        for pattern, value in section.items():
            effect = value if isinstance(value, str) else value.get("effect", "")
            is_program = ":" not in pattern.split()[0].rstrip(":")
            if is_program and effect.split(" ")[0] == "read":
                yield pattern, effect
