"""A file of the runbook is judged by what is in it, or by its line in `[commands]`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.runbook.effects.command_effects import bundled_commands
from mobius_tui.runbook.effects.effect_judge import judge_script
from mobius_tui.runbook.library.loader import examine
from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.runbook import SourceFile

READS = b"#!/bin/sh\nls\n"
CHANGES = b"#!/usr/bin/env bash\nf() { touch /x; }\nf\n"
DESTROYS = b'#!/bin/bash -e\ncat x\nrm -rf "$1"\n'


def found(script: str, data: bytes, **lines: str) -> list[tuple[str, str, bool]]:
    """The effect, the words and whether it is known of each command."""
    table = bundled_commands().extended(lines)
    table = table.with_files([SourceFile(name="t/find-backup", data=data)])
    effects = judge_script(script, table=table).effects
    return [(each.effect, each.source_text, each.known) for each in effects]


@pytest.mark.parametrize(
    "script",
    [
        "find-backup /x",
        "x=$(find-backup /x)",
        "sudo find-backup /x",
        "ls | xargs find-backup",
        "if find-backup; then uptime; fi",
        "f() { ls; }; find-backup",
    ],
)
def test_a_shell_script_is_read(script: str) -> None:
    assert found(script, READS) == []
    assert [each[:2] for each in found(script, CHANGES)] == [
        ("change", "find-backup: touch /x")
    ]
    assert [each[:2] for each in found(script, DESTROYS)] == [
        ("destroy", 'find-backup: rm -rf "$1"')
    ]


def test_its_functions_are_its_own_and_those_of_the_script_are_not_its() -> None:
    assert found("touch() { ls; }; find-backup", CHANGES) != []
    assert found("f() { ls; }; find-backup; f", b"#!/bin/sh\nf\n") == [
        ("change", "find-backup: f", False)
    ]


@pytest.mark.parametrize(
    "data",
    [b"#!/usr/bin/python3\nprint()\n", b"\x7fELF\0", b"ls\n", b"#!/bin/sh\n\xff"],
)
def test_what_cannot_be_read_is_a_change_that_is_not_known(data: bytes) -> None:
    assert found("find-backup -l", data) == [("change", "find-backup -l", False)]


def test_one_that_calls_itself_comes_to_an_end() -> None:
    assert found("find-backup", b"#!/bin/sh\nfind-backup\n")[-1][0] == "change"


def test_a_line_in_commands_counts_more() -> None:
    assert found("find-backup", DESTROYS, **{"find-backup": "read"}) == []
    python = b"#!/usr/bin/python3\n"
    assert found("find-backup", python, **{"find-backup": "read"}) == []


def test_another_of_that_name_is_not_it() -> None:
    assert found("./find-backup", READS) == [("change", "./find-backup", False)]


def test_a_step_has_the_effect_of_the_file_and_check_warns_of_a_lower_one(
    tmp_path: Path,
) -> None:
    folder = tmp_path
    path = folder / "x.toml"
    text = (
        'format = 2\n[runbook]\ntitle = "X"\nfiles = ["go-on"]\n{more}'
        '[[step]]\ntitle = "Go"\nrun = "go-on"\n'
    )

    def effect(data: bytes, more: str = "", step: str = "") -> tuple[str, list[str]]:
        (folder / "go-on").write_bytes(data)
        path.write_text(text.format(more=more) + step)
        book, problems = examine(path, thorough=True)
        assert book is not None
        action = book.steps()[0].action
        assert isinstance(action, Run)
        low = [each.message for each in problems if each.code == "effect-too-low"]
        return action.effect, low

    assert effect(READS) == ("read", [])
    assert effect(DESTROYS)[0] == "destroy"
    label, low = effect(DESTROYS, step='effect = "read"')
    assert label == "read"
    assert "`go-on: rm -rf" in low[0]
    python = b"#!/usr/bin/python3\n"
    said = '[commands]\n"go-on" = "read"\n'
    assert effect(python)[0] == "change"
    assert effect(python, said, 'effect = "read"') == ("read", [])
    assert effect(python, said) == ("read", [])
