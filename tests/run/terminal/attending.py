"""A terminal step without a host, and people at their own pseudo-terminals."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pexpect

from mobius_tui.run.attempts.attempt_files import (
    ScriptEnd,
    read_process_group,
    read_script_end,
)
from mobius_tui.run.attempts.launcher import BASH, LaunchSpec, launch_keeper
from mobius_tui.run.storage.run_directory import AttemptDirectory, RunDirectory
from mobius_tui.run.storage.socket_path import connect_socket
from mobius_tui.run.terminal import frames
from tests.run.running import end_child
from tests.waiting import PATIENCE, wait_for

AWAY = "\x1d"
DRIVER = """
import sys
from pathlib import Path
from mobius_tui.run.storage.run_directory import RunDirectory
from mobius_tui.run.terminal.attach import attach_terminal
words = attach_terminal(RunDirectory(Path(sys.argv[1])), "s", 1, "1.1 Step")
print("RETURNED", words, flush=True)
"""


class TerminalStep:
    """One attempt at a `tty` script, and who is at its terminal."""

    def __init__(self, root: Path) -> None:
        self.run = RunDirectory(root)
        self.run.steps.mkdir(parents=True)
        self.people: list[Person] = []
        self.child: subprocess.Popen[bytes] | None = None

    @property
    def attempt(self) -> AttemptDirectory:
        return self.run.attempt("s", 1)

    def start(
        self,
        script: str,
        *,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> None:
        base = {
            name: value
            for name, value in os.environ.items()
            if name not in ("TERM", "COLORTERM", "LINES", "COLUMNS")
        }
        spec = LaunchSpec(
            argv=BASH,
            env={**base, "RUNBOOK_OUTPUT": str(self.attempt.outputs), **(env or {})},
            cwd="/",
            umask=0o022,
            timeout=timeout,
            max_output=1 << 30,
            rotate=False,
            secrets=lambda: secrets,
            tty=True,
        )
        self.child = launch_keeper(self.attempt, script, spec, sys.stderr.fileno())

    def come(self, *, rows: int = 24, columns: int = 80, **env: str) -> Person:
        """Somebody comes; returns when what is typed counts."""
        person = Person(self.run.path, rows=rows, columns=columns, env=env)
        self.people.append(person)
        person.sees("1.1 Step has this terminal now. Ctrl+] comes back")
        person.sees("\r\n")
        return person

    def knock(self) -> socket.socket:
        """A connection to the keeper that says nothing yet."""
        found: list[socket.socket] = []

        def answered() -> bool:
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                found.append(
                    connect_socket(self.attempt.path / frames.TERMINAL_SOCKET_NAME)
                )
            return bool(found)

        wait_for(answered)
        return found[0]

    def end(self) -> ScriptEnd:
        assert self.child is not None
        assert self.child.wait(PATIENCE) == 0
        end = read_script_end(self.attempt)
        assert end is not None
        return end

    def close(self) -> None:
        for person in self.people:
            person.close()
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            try:
                self.child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


class Person:
    """Somebody at a pseudo-terminal, who goes to the step's."""

    def __init__(
        self, run: Path, *, rows: int, columns: int, env: Mapping[str, str]
    ) -> None:
        self.child = pexpect.spawn(
            sys.executable,
            ["-c", DRIVER, str(run)],
            dimensions=(rows, columns),
            env={**os.environ, "TERM": "xterm-256color", **env},
            timeout=PATIENCE,
        )
        self.child.delaybeforesend = None

    def sees(self, words: str | bytes) -> bytes:
        """Wait until the terminal was sent something; returns what came before it."""
        text = words.encode() if isinstance(words, str) else words
        self.child.expect_exact(text)
        return bytes(self.child.before)

    def types(self, keys: str) -> None:
        self.child.send(keys)

    def is_told(self, words: str) -> str:
        """Wait until it is back; what it was told must have these words."""
        self.sees("RETURNED ")
        self.child.expect(pexpect.EOF)
        told = self.child.before.decode()
        assert words in told, told
        return str(told)

    def over(self) -> int:
        self.child.expect(pexpect.EOF)
        wait_for(lambda: not self.child.isalive())
        if self.child.exitstatus is None:
            return -int(self.child.signalstatus or 0)
        return int(self.child.exitstatus)

    def close(self) -> None:
        if self.child.isalive():
            end_child(self.child)


def group_of(step: TerminalStep) -> int:
    wait_for(lambda: read_process_group(step.attempt))
    pid = read_process_group(step.attempt)
    assert pid
    return pid
