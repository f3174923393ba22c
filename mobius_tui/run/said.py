"""What an attempt said last: its last line, and the one that tells what went wrong."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from mobius_tui.run.directory import AttemptDirectory
from mobius_tui.run.error_line import error_line, last_meaningful
from mobius_tui.run.regular import regular
from mobius_tui.sanitize import SGR, collapse, decode

_SPAN = struct.Struct("<QQQ")
"""Offset; length in the low 56 bits and the stream above them; nanoseconds."""
_STDERR = 2
_LOOK_BACK = 2048
"""Spans from the end that are searched for the last one of stderr."""
_PIECE = 1 << 14
"""Bytes of the end of stderr, or of an output, that are read at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """The last words of an attempt; empty where there are none."""

    last: str = ""
    error: str = ""
    """What tells what went wrong: on stderr the line that has the form of an error, or
    else the last one that says something; where stderr has none, one of that form."""


def said(attempt: AttemptDirectory) -> Said:
    """What an attempt said last, without colours."""
    errors = _lines(_end_of_errors(attempt.output, attempt.spans))
    printed = _lines(_end_of(attempt.output))
    error = error_line(errors) or last_meaningful(errors) or error_line(printed)
    return Said(
        last=next(filter(str.strip, reversed(printed)), "").strip(), error=error
    )


def _lines(end: bytes) -> list[str]:
    """The lines of the end of something; not what is left of one that is cut."""
    lines = [SGR.sub("", each) for each in collapse(decode(end)).split("\n")]
    return lines[1:] if len(end) >= _PIECE and len(lines) > 1 else lines


def _end_of(output: Path) -> bytes:
    try:
        with regular(output) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _PIECE))
            return file.read(_PIECE)
    except OSError:
        return b""


def _end_of_errors(output: Path, spans: Path) -> bytes:
    """The end of what came from stderr."""
    try:
        with regular(spans) as file:
            size = file.seek(0, os.SEEK_END)
            whole = size - size % _SPAN.size
            file.seek(max(0, whole - _LOOK_BACK * _SPAN.size))
            records = list(_SPAN.iter_unpack(file.read(whole - file.tell())))
        with regular(output) as file:
            return _backwards(file, records)
    except OSError:
        return b""


def _backwards(file: BufferedReader, records: list[tuple[int, int, int]]) -> bytes:
    """Join the newest pieces of stderr."""
    end = b""
    for offset, packed, _ in reversed(records):
        length, stream = packed & ((1 << 56) - 1), packed >> 56
        wanted = min(length, _PIECE - len(end))
        if stream != _STDERR or not wanted:
            continue
        file.seek(offset + length - wanted)
        end = file.read(wanted) + end
    return end
