"""Where a phase or step stands in the text of a runbook, however that was edited."""

from __future__ import annotations

import re
from typing import Literal

_HEADER = re.compile(r"[ \t]*\[{1,2}[ \t]*([\w.\" -]+?)[ \t]*\]{1,2}[ \t]*(?:#.*)?")
_ID = re.compile(r"[ \t]*id[ \t]*=[ \t]*[\"']([a-z0-9-]+)[\"'][ \t]*(?:#.*)?")
_INCLUDE = re.compile(r"[ \t]*include[ \t]*=[ \t]*[\"']([^\"'#]+)#([a-z0-9-]+)[\"'].*")

Part = Literal["phase", "phase.step"]


def line_of(text: str, part: Part, name: str) -> int | None:
    """The line of the header of a phase or step, from 1; `None` if it is not there.

    It reads line by line, as a person does, so that a text with a mistake somewhere
    else has its places, too.
    """
    header, at = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        if (found := _HEADER.fullmatch(line)) is not None:
            header, at = found[1], number
        elif header == part and (found := _ID.fullmatch(line)) and found[1] == name:
            return at
    return None


def included_files(text: str) -> tuple[str, ...]:
    """The files that a runbook includes phases of, each once."""
    found = (_INCLUDE.fullmatch(line) for line in text.split("\n"))
    return tuple(dict.fromkeys(match[1] for match in found if match is not None))
