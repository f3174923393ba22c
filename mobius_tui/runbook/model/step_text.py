"""Steps and checks in words, for the dry run, the briefing and the detail pane."""

from __future__ import annotations

import re

from mobius_tui.runbook.model.actions import Run
from mobius_tui.runbook.model.check_kinds import (
    Check,
    ChecksumCheck,
    DiskCheck,
    FileCheck,
    HttpCheck,
    MemoryCheck,
    OutputCheck,
    PortCheck,
    ProcessCheck,
    Repeat,
    RunCheck,
    ServiceCheck,
    TlsCheck,
)

_LINT_COMMENT = re.compile(
    r"^\s*#[ \t]*(?:lint:[ \t]*ignore|shellcheck )[^\n]*(?:\n|\Z)", re.MULTILINE
)
EFFECTS = {"read": "reads", "change": "changes", "destroy": "DESTROYS"}
"""The words for an effect on screen."""


def check_in_words(check: Check) -> str:
    """The condition of a check as text: `GET http://…/health = 200, 3 in a row`."""
    return _claim(check) + _repeat(check.repeat)


def _claim(check: Check) -> str:
    match check:
        case HttpCheck():
            extra = f", faster than {check.faster_than}" if check.faster_than else ""
            extra += ", with the right body" if check.json or check.contains else ""
            return f"{check.method} {check.url} = {check.status}{extra}"
        case ProcessCheck():
            return f"processes matching {check.match}: {check.count}"
        case ServiceCheck():
            return f"{', '.join(check.names)} {' or '.join(check.state)}"
        case ChecksumCheck():
            return f"SHA-256 of {check.file} as {check.sums or check.sha256} says"
        case FileCheck():
            return _file(check)
        case PortCheck():
            return f"{check.at} {'closed' if check.closed else 'open'}"
        case TlsCheck():
            return f"certificate of {check.at} valid for {check.min_days} days"
        case DiskCheck():
            return f"{check.free} free on {check.path}"
        case MemoryCheck():
            return f"{check.free} of memory free"
        case RunCheck():
            first, *_ = script_without_lint_comments(
                check.script
            ).strip().splitlines() or [""]
            return f"`{first}` succeeds"
        case OutputCheck():
            if check.match is not None:
                return f"a line of its output matches {check.match}"
            return f"no line of its output matches {check.not_}"


def _file(check: FileCheck) -> str:
    if check.absent:
        return f"{check.path} is absent"
    parts = [f"same as {check.same_as}"] if check.same_as else []
    parts += [f"mode {check.mode}"] if check.mode else []
    parts += [f"newer than {check.newer_than}"] if check.newer_than else []
    parts += [f"at least {check.min_size}"] if check.min_size else []
    return f"{check.path} {', '.join(parts) or 'exists'}"


def _repeat(repeat: Repeat) -> str:
    words = ""
    if repeat.consecutive > 1:
        words += f", {repeat.consecutive} in a row"
    if repeat.limit > repeat.consecutive:
        words += f", {repeat.limit} looks at most"
    if repeat.limit > 1:
        words += f", every {repeat.every}"
    return words


def script_without_lint_comments(script: str) -> str:
    """A script without the comments that are for lint.

    In a script with a here-document, only those at its beginning are removed: others
    may be part of the document.
    """
    first = _LINT_COMMENT.match(script)
    while first is not None:
        script = script[first.end() :]
        first = _LINT_COMMENT.match(script)
    return script if "<<" in script else _LINT_COMMENT.sub("", script)


def command_in_words(action: Run) -> str:
    """The program that runs a script: `bash`, or what `shell` says."""
    return " ".join(action.shell) if action.shell else "bash"
