"""What an attempt said last: its last line, and its last line on stderr."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from mobius_tui.run.directory import AttemptDirectory
from mobius_tui.run.regular import regular
from mobius_tui.run.traces import last_line
from mobius_tui.sanitize import SGR, collapse

_SPAN = struct.Struct("<QQQ")
"""Offset; length in the low 56 bits and the stream above them; nanoseconds."""
_STDERR = 2
_LOOK_BACK = 2048
"""Spans from the end that are searched for the last one of stderr."""
_PIECE = 4096
"""Bytes of stderr that are read at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """The last words of an attempt; empty where there are none."""

    last: str = ""
    error: str = ""
    """The last line on stderr."""


def said(attempt: AttemptDirectory) -> Said:
    """What an attempt said last, without colours."""
    return Said(
        last=_plain(last_line(attempt.output)),
        error=_plain(_last_error(attempt.output, attempt.spans)),
    )


def _plain(words: str) -> str:
    return SGR.sub("", collapse(words)).strip()


def _last_error(output: Path, spans: Path) -> str:
    """The last line with something on it that came from stderr."""
    try:
        with regular(spans) as file:
            size = file.seek(0, os.SEEK_END)
            whole = size - size % _SPAN.size
            file.seek(max(0, whole - _LOOK_BACK * _SPAN.size))
            records = list(_SPAN.iter_unpack(file.read(whole - file.tell())))
        with regular(output) as file:
            return _backwards(file, records)
    except OSError:
        return ""


def _backwards(file: BufferedReader, records: list[tuple[int, int, int]]) -> str:
    """Join the newest pieces of stderr until they hold a whole line."""
    text = b""
    for offset, packed, _ in reversed(records):
        length, stream = packed & ((1 << 56) - 1), packed >> 56
        if stream != _STDERR:
            continue
        file.seek(offset + max(0, length - _PIECE))
        text = file.read(min(length, _PIECE)) + text
        lines = text.decode("utf-8", "replace").split("\n")
        found = [line for line in lines if line.strip()]
        if len(found) > 1 or len(text) >= _PIECE:
            return found[-1] if found else ""
    lines = text.decode("utf-8", "replace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), "")
