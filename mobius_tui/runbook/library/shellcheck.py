"""Running ShellCheck, if it is installed, with a time limit and without errors."""

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

TIME_LIMIT = 15.0
"""Seconds for the scripts of one runbook; ShellCheck takes one for a long script."""
MAX_ANSWER = 8 << 20
"""Bytes of its answer that are read: some 20,000 findings."""
_EXCLUDED = ("2009", "2086", "2115", "2164")
"""Codes that are excluded: our own rules have the first three, and the fourth does not
know that every script here ends at its first failure."""
_EXIT_CODES = (0, 1)
"""Its exit codes without errors of its own: no findings, and some."""


def find_shellcheck() -> ShellCheck | None:
    """ShellCheck from the `lint` extra, or from PATH; None if there is none."""
    beside = Path(sys.executable).with_name("shellcheck")
    program = str(beside) if os.access(beside, os.X_OK) else shutil.which("shellcheck")
    return ShellCheck(program) if program else None


class ShellCheck:
    """An `ExternalLinter` that runs ShellCheck."""

    def __init__(self, program: str, limit: float = TIME_LIMIT) -> None:
        """Prepare to run it.

        Args:
            program: its path.
            limit: seconds for all scripts of a runbook.
        """
        self._program = program
        self._limit = limit
        self.problem = ""
        """Why its findings are missing; empty if it answered."""

    def __call__(
        self, requests: tuple[ExternalRequest, ...]
    ) -> tuple[ExternalFinding, ...]:
        """Its findings about scripts; if it fails, none, and `problem` says why."""
        if self.problem:
            return ()
        findings: list[ExternalFinding] = []
        deadline = time.monotonic() + self._limit
        with tempfile.TemporaryDirectory(prefix="mobius-tui-lint-") as folder:
            try:
                for dialect in dict.fromkeys(each.dialect for each in requests):
                    of_dialect = {
                        n: a for n, a in enumerate(requests) if a.dialect == dialect
                    }
                    findings += self._run(Path(folder), dialect, of_dialect, deadline)
            except (OSError, ValueError, RecursionError, _ShellCheckError) as error:
                self.problem = f"{self._program} is left out: {error}"
                return ()
        return tuple(findings)

    def _run(
        self,
        folder: Path,
        dialect: str,
        requests: dict[int, ExternalRequest],
        deadline: float,
    ) -> list[ExternalFinding]:
        for index, each in requests.items():
            # Surrogates cannot come from a file; but nothing may fail here.
            text = each.script.encode("utf-8", "replace")
            (folder / str(index)).write_bytes(text + b"\n")
        command = [
            *(self._program, "--format=json1", "--norc", "--severity=warning"),
            *(f"--shell={dialect}", f"--exclude={','.join(_EXCLUDED)}", "--"),
            *(str(index) for index in requests),
        ]
        data = _output(command, folder, deadline)
        answer = json.loads(data)
        comments = answer["comments"] if isinstance(answer, dict) else None
        if not isinstance(comments, list):
            raise _ShellCheckError(
                "its answer is not understood; is it older than 0.7?"
            )
        return [
            finding
            for each in comments
            if (finding := _finding(each, requests)) is not None
        ]


class _ShellCheckError(Exception):
    """It took too long, or its answer is too long or invalid."""


def _finding(
    comment: Any, requests: dict[int, ExternalRequest]
) -> ExternalFinding | None:
    """A finding from a comment of its answer; None if it is invalid."""
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
    if int(file) not in requests:
        return None
    return ExternalFinding(
        index=int(file), line=line, column=column, code=f"SC{code}", message=message
    )


def _output(command: list[str], folder: Path, deadline: float) -> bytes:
    """The output of a program, which is killed with its children at the deadline."""
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
    if status not in _EXIT_CODES:
        raise _ShellCheckError(f"it exits with {status}; is it older than 0.7?")
    return data


def _read(descriptor: int, deadline: float) -> bytes:
    data = bytearray()
    while True:
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not select.select([descriptor], [], [], remaining)[0]:
            raise _ShellCheckError("it takes too long")
        chunk = os.read(descriptor, 1 << 16)
        if not chunk:
            return bytes(data)
        data += chunk
        if len(data) > MAX_ANSWER:
            raise _ShellCheckError("it does not stop talking")
