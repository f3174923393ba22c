"""A file of format 1 becomes one of format 2, and means the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mobius_tui.cli import main
from mobius_tui.errors import EXIT_OK, InternalError, RunbookError, UsageError
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import bundled_folder
from mobius_tui.runbook.library.runbook_rewriting import upgrade_file
from mobius_tui.runbook.model.runbook_diff import step_digests
from tests.paths import TESTS

OLD = """format = 1   # the first
[runbook]
id = "x"
title = "X"
[[phase]]
id = "p"
title = "P"
step = [{ id = "a", title = "A", run = "ls" }, { id = "b", title = "B", run = "rm x" }]
[[phase]]
id = "q"
title = "Q"
[[phase.step]]
id = "c"
title = "C"  # stays
run = '''
df -h
'''
[[phase.step]]
id = "d"
title = "D"
use = "c"
[[phase.step]]
id = "e"
title = "E"
run = "htop"
tty = true
[[phase.step]]
id = "f"
title = "F"
run = "systemctl restart f"
[[phase.step]]
id = "g"
title = "G"
effect = "read"
run = "uptime"
"""
NEW = (
    OLD.replace("format = 1 ", "format = 2 ")
    .replace('title = "A", run', 'title = "A", effect = "change", run')
    .replace('title = "B", run', 'title = "B", effect = "change", run')
    .replace("run = '''", "effect = \"change\"\nrun = '''")
)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_only_what_format_2_reads_otherwise_is_written(
    tmp_path: Path, end: str, mark: bytes
) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(mark + OLD.replace("\n", end).encode())
    before = load(path)
    found = upgrade_file(path)
    assert found is not None
    assert found.data == mark + NEW.replace("\n", end).encode()
    assert [each[1:] for each in found.written_effects] == [
        ("a", "change"),
        ("b", "change"),
        ("c", "change"),
    ]
    path.write_bytes(found.data)
    assert step_digests(load(path)) == step_digests(before)
    assert upgrade_file(path) is None


def test_a_written_effect_is_named_at_its_line_in_the_new_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    steps = "".join(
        f'[[phase.step]]\nid = "{each}"\ntitle = "T"\nrun = "ls"\n' for each in "abc"
    )
    head = 'format = 1\n[runbook]\nid = "x"\ntitle = "X"\n'
    path = tmp_path / "x.toml"
    path.write_text(f'{head}[[phase]]\nid = "p"\ntitle = "P"\n{steps}')
    assert main(["upgrade", str(path)]) == EXIT_OK
    rows = path.read_text().splitlines()
    said = capfd.readouterr()
    named = re.findall(r"x\.toml:(\d+): `(\w)`", said.out + said.err)
    assert [(rows[int(number)], step) for number, step in named] == [
        (f'id = "{step}"', step) for step in "abc"
    ]


FILES = [
    *sorted(bundled_folder().glob("*.toml")),
    TESTS / "runbook" / "data" / "rollback.toml",
]


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_every_runbook_here_can_be_upgraded(file: Path, tmp_path: Path) -> None:
    for each in file.parent.glob("*.toml"):
        (tmp_path / each.name).write_bytes(each.read_bytes())
    path = tmp_path / file.name
    old = path.read_text()
    found = upgrade_file(path)
    if found is None:
        assert "\nformat = 2" in f"\n{old}"
        return
    path.write_bytes(found.data)
    assert upgrade_file(path) is None
    lines, stated = (
        path.read_text().split("\n"),
        {each[2] for each in found.written_effects},
    )
    written = [f'effect = "{effect}"' for effect in stated]
    added = [n for n, line in enumerate(lines) if line in written]
    assert len(added) >= len(found.written_effects)
    kept = [line for line in lines if line not in written]
    before = [line for line in old.split("\n") if line not in written]
    assert kept == [line.replace("format = 1", "format = 2") for line in before]


@pytest.mark.parametrize("text", ["", "a = [", "format = 1\n[runbook]\n", "format = 9"])
def test_a_file_with_errors_stays_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text)
    with pytest.raises(RunbookError, match=r"x\.toml"):
        upgrade_file(path)
    assert path.read_text() == text


@pytest.mark.parametrize(
    "text",
    [
        "check.http = { url = 'http://x', json = { '/a' = 'b' } }",
        "run = 'ls'\n[[health.probe]]\nid='p'\nurl='http://x'\njson={ '/a' = 'b' }",
    ],
)
def test_what_format_2_would_take_for_a_pointer_is_left(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "x.toml"
    head = OLD.partition("[[phase]]")[0]
    phase = "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    path.write_text(head + phase + text)
    with pytest.raises(InternalError, match="in format 2 it would be another one"):
        upgrade_file(path)


@pytest.mark.parametrize(
    "text",
    [
        "check.http = { url = 'http://x', json = { '/a' = 'b' } }",
        "check.http.url = 'http://x'\ncheck.http.json.\"/a\" = 'b'",
        "run = 'ls'\n[[health.probe]]\nid='p'\nurl='http://x'\njson={ '/a' = 'b' }",
    ],
)
def test_what_format_2_would_take_for_a_pointer_is_left_in_an_included_file(
    tmp_path: Path, text: str
) -> None:
    path = tmp_path / "x.toml"
    phase = "[[phase]]\nid = 'p'\ntitle = 'P'\n[[phase.step]]\nid = 's'\ntitle = 'S'\n"
    path.write_text(f"format = 1\n{phase}{text}")
    with pytest.raises(UsageError, match=r"x\.toml:\d+: .* is a JSON pointer"):
        upgrade_file(path)
    path.write_text(f"format = 1\n{phase}{text}".replace("/a", "a"))
    assert upgrade_file(path) is not None


INHERITING = (
    OLD.partition("[[phase]]")[0]
    + """[[phase]]
id = "p"
title = "P"
[[phase.step]]
id = "a"
title = "A"
run = "rm a"
BASE
[[phase.step]]
id = "b"
title = "B"
use = "a"
OWN
"""
)


@pytest.mark.parametrize(
    ("base", "own", "written"),
    [
        ('effect = "read"', 'run = "rm b"', []),
        ('effect = "destroy"', 'run = "ls"', []),
        ("tty = true", 'run = "rm b"', [("a", "read")]),
        (
            "tty = true",
            'run = "pkill b"\ntty = false',
            [("a", "read"), ("b", "change")],
        ),
        ("", 'run = "htop"\ntty = true', [("a", "change"), ("b", "read")]),
        ("", "follow = true", [("a", "change"), ("b", "read")]),
        ("", 'run = "ls"', [("a", "change")]),
    ],
)
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_step_that_inherits_keeps_its_effect(
    tmp_path: Path, base: str, own: str, written: list[tuple[str, str]], is_whole: bool
) -> None:
    text = INHERITING.replace("BASE", base).replace("OWN", own)
    path, part = tmp_path / "x.toml", tmp_path / "part.toml"
    if not is_whole:
        part.write_text("format = 1\n[[phase]]" + text.partition("[[phase]]")[2])
        text = text.partition("[[phase]]")[0] + '[[phase]]\ninclude = "part.toml#p"\n'
    path.write_text(text)
    before = load(path)
    upgraded = path if is_whole else part
    found = upgrade_file(upgraded)
    assert found is not None
    assert [each[1:] for each in found.written_effects] == written
    upgraded.write_bytes(found.data)
    assert step_digests(load(path)) == step_digests(before)


def test_an_effect_of_another_file_is_inherited_or_asked_for(tmp_path: Path) -> None:
    head, _, phase = INHERITING.partition("[[phase]]")
    phase = phase.replace("BASE", 'effect = "destroy"').replace("OWN", 'run = "ls"')
    base, _, step = phase.rpartition("[[phase.step]]")
    other = f"[[phase]]\nid = 'q'\ntitle = 'Q'\n[[phase.step]]{step}"
    path, part = tmp_path / "x.toml", tmp_path / "part.toml"
    part.write_text(f"format = 1\n[[phase]]{base}")
    path.write_text(f"{head}[[phase]]\ninclude = 'part.toml#p'\n{other}")
    found = upgrade_file(path)
    assert found is not None
    assert found.written_effects == ()
    path.write_text(f"format = 1\n{other}")
    with pytest.raises(UsageError, match=r"x\.toml:5: .*write `effect` here"):
        upgrade_file(path)


def test_who_may_read_the_file_stays_who_may(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text(OLD)
    path.chmod(0o600)
    assert main(["upgrade", str(path)]) == EXIT_OK
    assert path.read_text() == NEW
    assert path.stat().st_mode & 0o777 == 0o600
