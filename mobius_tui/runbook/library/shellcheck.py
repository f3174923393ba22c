"""Asking ShellCheck, if it is installed; never waiting for it, never failing by it."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from mobius_tui.runbook.lint.external_findings import ExternalFinding, ExternalRequest

LIMIT = 15.0
"""Seconds for the scripts of one runbook; ShellCheck takes one for a long script."""
MOST = 8 << 20
"""Bytes of its answer that are read: some 20,000 findings."""
_LEFT_OUT = ("2009", "2086", "2115", "2164")
"""Our own rules look for the first three; the fourth does not know that every script
here ends at its first failure."""
_FINDINGS = (0, 1)
"""What it exits with where it understood everything: no findings, and some."""


def find_shellcheck() -> ShellCheck | None:
    """ShellCheck as the `lint` extra brings it, or as PATH has it; None without."""
    beside = Path(sys.executable).with_name("shellcheck")
    program = str(beside) if os.access(beside, os.X_OK) else shutil.which("shellcheck")
    return ShellCheck(program) if program else None


class ShellCheck:
    """One ShellCheck, and what was wrong with it."""

    def __init__(self, program: str, limit: float = LIMIT) -> None:
        """Name the program, and how many seconds it may take for a runbook."""
        self._program = program
        self._limit = limit
        self.trouble = ""
        """Why its findings are left out, in words; empty where it answered."""

    def __call__(
        self, asked: tuple[ExternalRequest, ...]
    ) -> tuple[ExternalFinding, ...]:
        """What it says of scripts; nothing, and `trouble`, where it does not answer."""
        if self.trouble:
            return ()
        found: list[ExternalFinding] = []
        deadline = time.monotonic() + self._limit
        with tempfile.TemporaryDirectory(prefix="mobius-tui-lint-") as folder:
            try:
                for dialect in dict.fromkeys(each.dialect for each in asked):
                    chosen = {n: a for n, a in enumerate(asked) if a.dialect == dialect}
                    found += self._answers(Path(folder), dialect, chosen, deadline)
            except (OSError, ValueError, RecursionError, _ShellCheckError) as error:
                self.trouble = f"{self._program} is left out: {error}"
                return ()
        return tuple(found)

    def _answers(
        self,
        folder: Path,
        dialect: str,
        asked: dict[int, ExternalRequest],
        deadline: float,
    ) -> list[ExternalFinding]:
        for index, each in asked.items():
            # Surrogates cannot come from a file; but nothing may fail here.
            text = each.script.encode("utf-8", "replace")
            (folder / str(index)).write_bytes(text + b"\n")
        command = [
            *(self._program, "--format=json1", "--norc", "--severity=warning"),
            *(f"--shell={dialect}", f"--exclude={','.join(_LEFT_OUT)}", "--"),
            *(str(index) for index in asked),
        ]
        data = _output(command, folder, deadline)
        answer = json.loads(data)
        comments = answer["comments"] if isinstance(answer, dict) else None
        if not isinstance(comments, list):
            raise _ShellCheckError(
                "its answer is not understood; is it older than 0.7?"
            )
        return [said for each in comments if (said := _said(each, asked)) is not None]


class _ShellCheckError(Exception):
    """It took too long, said too much, or something else than findings."""


def _said(comment: Any, asked: dict[int, ExternalRequest]) -> ExternalFinding | None:
    """One finding; None for what is none."""
    if not isinstance(comment, dict):
        return None
    file, message = comment.get("file"), comment.get("message")
    line, column, code = (comment.get(key) for key in ("line", "column", "code"))
    if not (isinstance(line, int) and isinstance(column, int)):
        return None
    if not isinstance(code, int) or not 1000 <= code <= 9999:
        return None
    if not isinstance(message, str) or not (isinstance(file, str) and file.isdigit()):
        return None
    if int(file) not in asked:
        return None
    return ExternalFinding(
        index=int(file), line=line, column=column, code=f"SC{code}", message=message
    )


def _output(command: list[str], folder: Path, deadline: float) -> bytes:
    """What a program prints; it is gone by the deadline, and all that it began."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        data = _read(process.stdout.fileno(), deadline)
        status = process.wait(max(0.0, deadline - time.monotonic()))
    except BaseException as error:
        # It was not waited for yet, so that its number is nobody else's.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if isinstance(error, subprocess.TimeoutExpired):
            raise _ShellCheckError("it does not end") from None
        raise
    finally:
        process.stdout.close()
    if status not in _FINDINGS:
        raise _ShellCheckError(f"it exits with {status}; is it older than 0.7?")
    return data


def _read(descriptor: int, deadline: float) -> bytes:
    data = bytearray()
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([descriptor], [], [], left)[0]:
            raise _ShellCheckError("it takes too long")
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            return bytes(data)
        data += chunk
        if len(data) > MOST:
            raise _ShellCheckError("it does not stop talking")
