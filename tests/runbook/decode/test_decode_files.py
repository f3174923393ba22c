"""`files`: what it takes, what it is part of, what is refused with which remedy."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from mobius_tui.runbook.library.loader import examine, load
from mobius_tui.runbook.model.files_in_scripts import files_in_script, files_of_step
from mobius_tui.runbook.model.runbook import SourceFile, runbook_digest
from mobius_tui.runbook.model.runbook_diff import diff_runbooks, step_digests

BOOK = """format = 2
[runbook]
id = "x"
title = "X"
files = ["tools/find-backup", "tools/site.conf"]
[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "find"
title = "Find"
effect = "read"
run = 'find-backup --env "a"'
[[phase.step]]
id = "other"
title = "Other"
effect = "read"
run = "uptime"
"""
SHARED = """format = 2
files = ["tools/find-backup"]
[[phase]]
id = "q"
title = "Q"
[[phase.step]]
id = "find"
title = "Find"
effect = "read"
run = "find-backup"
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A runbook with two files beside it."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "find-backup").write_text("#!/bin/sh\nls\n")
    (tmp_path / "tools" / "site.conf").write_text("port = 1\n")
    path = tmp_path / "x.toml"
    path.write_text(BOOK)
    return path


def errors(path: Path, files: str = "", within: str = BOOK) -> list[str]:
    """The errors of a runbook whose `files` are these."""
    lines = within.split("\n")
    at = next(n for n, each in enumerate(lines) if each.startswith("files = "))
    if files:
        lines[at] = f"files = {files}"
    path.write_text("\n".join(lines))
    runbook, problems = examine(path)
    wrong = [each for each in problems if each.severity == "error"]
    assert (runbook is None) == bool(wrong)
    assert all((each.file, each.line) == (str(path), at + 1) for each in wrong)
    return [each.message for each in wrong]


def test_files_are_read_with_the_runbook(book: Path) -> None:
    runbook = load(book)
    assert [each.name for each in runbook.files] == [
        "tools/find-backup",
        "tools/site.conf",
    ]
    program, config = runbook.files
    assert (program.base_name, program.is_program) == ("find-backup", True)
    assert not config.is_program
    assert runbook.sources[1:] == runbook.files
    assert program.in_words.startswith("find-backup (2 lines, sha256 ")


def test_a_changed_file_is_a_changed_runbook_and_a_changed_step(book: Path) -> None:
    before = load(book)
    (book.parent / "tools" / "find-backup").write_text("#!/bin/sh\nls -l\n")
    after = load(book)
    assert runbook_digest(before.sources) != runbook_digest(after.sources)
    old, new = step_digests(before), step_digests(after)
    assert [name for name in new if old[name] != new[name]] == ["find"]
    (change,) = diff_runbooks(before, after)
    assert (change.kind, change.part, change.name) == (
        "edited",
        "file",
        "tools/find-backup",
    )
    assert {"-    ls", "+    ls -l"} <= set(change.lines)


def test_a_runbook_without_files_has_the_digests_that_it_had(book: Path) -> None:
    book.write_text("\n".join(r for r in BOOK.split("\n") if "files =" not in r))
    runbook = load(book)
    assert runbook.files == ()
    assert [each.name for each in runbook.sources] == ["x.toml"]


def test_what_is_included_brings_its_files(book: Path) -> None:
    (book.parent / "shared.toml").write_text(SHARED)
    head = BOOK.split("files =")[0]
    book.write_text(head + '[[phase]]\ninclude = "shared.toml#q"\n')
    runbook = load(book)
    assert [each.name for each in runbook.files] == ["tools/find-backup"]
    assert [each.name for each in runbook.sources] == [
        *("x.toml", "shared.toml", "tools/find-backup"),
    ]


def test_files_at_the_top_are_for_a_file_without_a_head(book: Path) -> None:
    book.write_text(BOOK.replace("format = 2", 'format = 2\nfiles = ["tools/a"]'))
    _, problems = examine(book)
    assert [each.message for each in problems if each.severity == "error"] == [
        "`files` stands in [runbook], where a file has that"
    ]


def test_format_1_has_no_files(book: Path) -> None:
    (found,) = errors(book, within=BOOK.replace("format = 2", "format = 1"))
    assert "`files` is of format 2" in found or "format = 2" in found


@pytest.mark.parametrize(
    "name",
    [
        *("../find-backup", "/etc/passwd", "tools/../x", "~/x", ".hidden", "-x"),
        *(
            "tools/-x",
            "a b",
            "a\\\\nb",
            "a/",
            "a//b",
            "./a",
            "é",
            "a;b",
            "$x",
            "*",
            ".",
        ),
        "a" * 65,
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(book: Path, name: str) -> None:
    (found,) = errors(book, f'["{name}"]')
    assert "leads down from this file" in found


def test_a_name_has_one_line(book: Path) -> None:
    assert "line end" in errors(book, '["a\\nb"]')[0]


def test_what_is_no_file_is_refused_with_its_place(book: Path, tmp_path: Path) -> None:
    tools = book.parent / "tools"
    (tools / "folder").mkdir()
    os.mkfifo(tools / "fifo")
    (tools / "big").write_bytes(b"#!/bin/sh\n" + bytes(2 << 20))
    (tools / "gone").symlink_to("nowhere")
    (tools / "loop").symlink_to("loop")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.write_text("#!/bin/sh\n")
    (tools / "out").symlink_to(outside)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tools / "socket"))
    for name, words in {
        "missing": "there is no such file",
        "folder": "is a directory; name the file in it",
        "fifo": "is a pipe",
        "socket": "is a socket",
        "big": "is larger than 1 MiB",
        "gone": "there is no such file",
        "loop": "",
        "out": f"leads out of {book.parent}; put a copy of it there",
    }.items():
        (found,) = errors(book, f'["tools/{name}"]')
        assert found.startswith(f"{tools / name}: "), found
        assert words in found
    listener.close()


def test_a_link_within_the_folder_is_followed(book: Path) -> None:
    (book.parent / "tools" / "other").symlink_to("find-backup")
    assert errors(book, '["tools/other"]') == []


def test_an_unreadable_file_is_refused(book: Path) -> None:
    if os.geteuid() == 0:
        path = book.parent / "tools" / "find-backup" / "below"
        (found,) = errors(book, '["tools/find-backup/below"]')
        assert found == f"{path}: cannot be read: Not a directory"
        return
    (book.parent / "tools" / "find-backup").chmod(0)
    (found,) = errors(book)
    assert "Permission denied" in found


def test_more_than_sixteen_are_refused(book: Path) -> None:
    names = [f"f{n}" for n in range(17)]
    for name in names:
        (book.parent / name).write_text("x")
    assert errors(book, str(names[:16])) == []
    assert errors(book, str(names)) == ["more than 16 files"]


def test_two_of_one_name_are_refused(book: Path) -> None:
    (book.parent / "find-backup").write_text("x")
    (found,) = errors(book, '["tools/find-backup", "find-backup"]')
    assert found.startswith("tools/find-backup is called `find-backup`, too; steps ")


def test_no_file_is_called_as_a_word_of_bash_or_a_known_program(book: Path) -> None:
    listing = subprocess.run(
        ("bash", "-c", "compgen -b; compgen -k"),
        capture_output=True,
        text=True,
        check=True,
    )
    names = {each for each in listing.stdout.split() if each[0].isalpha()}
    shadowed = [*sorted(names), "ls", "kubectl", "systemctl"]
    for some in (shadowed[at : at + 15] for at in range(0, len(shadowed), 15)):
        assert errors(book, str(some)) == [
            f"`{name}` is a command already; call the file otherwise" for name in some
        ]


def named(script: str, *files: SourceFile) -> list[str]:
    """The files that a script names, by name."""
    return [each.name for each in files_in_script(script, files)]


def test_a_script_names_files_by_name_and_by_their_folder() -> None:
    tool = SourceFile(name="t/find-backup", data=b"#!/bin/sh\n. common.sh\n")
    common = SourceFile(name="t/common.sh", data=b"x() { :; }\n")
    conf = SourceFile(name="nginx.conf", data=b"")
    files = (tool, common, conf)
    assert named("find-backup --env x", *files) == ["t/find-backup", "t/common.sh"]
    assert named('x=$(find-backup) || "common.sh"', tool, conf) == ["t/find-backup"]
    assert named('cp "$RUNBOOK_FILES/nginx.conf" /x', *files) == ["nginx.conf"]
    assert named('cp "${RUNBOOK_FILES}"/nginx.conf /x', *files) == ["nginx.conf"]
    assert named("cat /etc/nginx/nginx.conf ./find-backup my-find-backup", *files) == []
    assert named("find-backup2 find-backup.txt", *files) == []
    everything = [each.name for each in files]
    assert named('cp "$RUNBOOK_FILES/$name" /x', *files) == everything


def test_a_file_finds_another_beside_itself() -> None:
    tool = SourceFile(name="a", data=b'#!/bin/sh\n. "$(dirname "$0")/b.sh"\n')
    other = SourceFile(name="b.sh", data=b"")
    assert named("a", tool, other) == ["a", "b.sh"]


def test_a_step_names_files_in_all_that_it_runs(book: Path) -> None:
    steps = """
effect = "change"
check.run = "find-backup --quick"
undo = "cp $RUNBOOK_FILES/site.conf /x"
when = { check.run = "find-backup" }
"""
    book.write_text(
        BOOK.removesuffix('effect = "read"\nrun = "uptime"\n')
        + 'run = "uptime"\n'
        + steps
    )
    runbook = load(book)
    by_id = {step.id: step for step in runbook.steps()}
    found = {
        name: [each.base_name for each in files_of_step(step, runbook.files)]
        for name, step in by_id.items()
    }
    assert found["other"] == ["find-backup"]
    assert found[next(name for name in by_id if by_id[name].undo_of)] == ["site.conf"]


@pytest.mark.parametrize(
    ("data", "is_program", "is_shell"),
    [
        (b"#!/bin/bash\n", True, True),
        (b"#!/usr/bin/env bash\nls\n", True, True),
        (b"#!/usr/bin/env -S bash -eu\nls\n", True, True),
        (b"#! /bin/sh -e\n", True, True),
        (b"#!/usr/bin/env python3\n", True, False),
        (b"#!/opt/bash-tools/python\n", True, False),
        (b"#!/usr/bin/fish\n", True, False),
        (b"\x7fELF\x02", True, False),
        (b"# a comment\nls\n", False, False),
        (b"", False, False),
        (b"#!/bin/sh\n\xff", True, False),
    ],
)
def test_what_a_file_is_its_first_bytes_say(
    data: bytes, *, is_program: bool, is_shell: bool
) -> None:
    file = SourceFile(name="x", data=data)
    assert file.is_program is is_program
    assert (file.shell_script is not None) is is_shell


def test_what_is_called_must_be_a_program(book: Path) -> None:
    book.write_text(BOOK.replace('"uptime"', '"x=$(site.conf --port)"'))
    _, problems = examine(book)
    (wrong,) = [each for each in problems if each.severity == "error"]
    lines = book.read_text().split("\n")
    assert wrong.line == lines.index('run = "x=$(site.conf --port)"') + 1
    assert wrong.message.startswith("`site.conf` is called, and is no program: it does")
    book.write_text(BOOK.replace('"uptime"', "'cat \"$RUNBOOK_FILES/site.conf\"'"))
    assert [each for each in examine(book)[1] if each.severity == "error"] == []
