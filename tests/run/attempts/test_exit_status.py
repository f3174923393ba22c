"""Exit statuses in words, as real programs end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mobius_tui.run.attempts.attempt_files import ScriptEndCause, read_script_end
from mobius_tui.run.attempts.exit_status import exit_code_text
from mobius_tui.run.storage.run_directory import AttemptDirectory


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 1", "exit 1: the command says that it failed"),
        ("no-such-command-here", "exit 127: a command was not found"),
        ("./plain", "exit 126: a file was found but is not executable"),
        ("timeout 0.01 sleep 60", "exit 124"),
        ("kill -9 $$", "ended by SIGKILL (killed; perhaps memory ran out)"),
        ("bash -c 'kill -9 $$'; exit $?", "exit 137: a command was ended by SIGKILL"),
        ("kill -SEGV $$", "ended by SIGSEGV (it crashed)"),
        ("kill -35 $$", "ended by signal 35"),
        ("exit 255", "as `ssh` does without a connection"),
        ("exit 200", "exit 200: the command says that it failed"),
    ],
)
def test_each_end_is_told_in_words(tmp_path: Path, script: str, words: str) -> None:
    (tmp_path / "plain").write_text("true\n")
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False
    )
    assert words in exit_code_text(done.returncode)


def test_an_end_that_nobody_knows_is_no_record(tmp_path: Path) -> None:
    attempt = AttemptDirectory(tmp_path)
    for cause in ScriptEndCause:
        attempt.exit.write_text(f"cause={cause}\ncode=0\nbytes=7\nend\n")
        end = read_script_end(attempt)
        assert end is not None
        assert (end.cause, end.code, end.bytes) == (cause, 0, 7)
    attempt.exit.write_text("cause=vanished\ncode=0\nbytes=7\nend\n")
    assert read_script_end(attempt) is None
