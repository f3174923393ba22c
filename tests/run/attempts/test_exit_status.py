"""Exit statuses in words, as real programs end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mobius_tui.run.attempts.exit_status import exit_code_text


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
