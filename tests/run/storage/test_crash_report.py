"""A fault of the program's own, in one line and a private file."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

from mobius_tui.errors import EXIT_INTERNAL_ERROR
from mobius_tui.run.storage.crash_report import crash_folder, report_unexpected_error


def broken() -> ValueError:
    password = "hunter2"
    try:
        raise ValueError("no\nway \x1b[31m" + "x" * 5000)
    except ValueError as error:
        assert password
        return error


def test_a_fault_is_one_line_and_a_private_file_without_values() -> None:
    found = report_unexpected_error(broken(), "the run goes on")
    assert found.exit_code == EXIT_INTERNAL_ERROR
    words = str(found)
    assert words.startswith("it stopped because of a fault of its own: ValueError: no⏎")
    assert "; the run goes on; details are in " in words
    assert "\n" not in words
    assert "\x1b" not in words
    assert len(words) < 600
    [log] = crash_folder().iterdir()
    assert words.endswith(str(log))
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(crash_folder().stat().st_mode) == 0o700
    text = log.read_text()
    assert "in broken" in text
    assert text.count("hunter2") == 0


def test_a_fault_is_told_where_no_file_can_be_written(state_home: Path) -> None:
    state_home.mkdir()
    (state_home / "mobius-tui").write_text("in the way")
    words = str(report_unexpected_error(broken()))
    assert "no file, for it could not be written" in words


def test_no_command_ends_in_a_traceback() -> None:
    script = (
        "import sys; from mobius_tui import cli\n"
        "from mobius_tui.commands.past_runs import runs\n"
        "def broken(options): raise KeyError('nobody foresaw it')\n"
        "runs.do = broken\n"
        "sys.exit(cli.main(['runs']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == EXIT_INTERNAL_ERROR
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("mobius-tui: it stopped because of a fault of its own: Key")
    assert "Traceback" not in line
