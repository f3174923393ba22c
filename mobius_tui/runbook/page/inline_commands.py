"""A command that stands in a sentence: `Restart it with systemctl restart web`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mobius_tui.runbook.page.programs import PROGRAMS, is_command

_LEADS_IN = re.compile(
    r"(?:^|\b(?:run|running|execute|executing|use|using|with|via|by|command|do|type|"
    r"enter|issue|try|then)\b[^.;]{0,40})[ \t:]*$",
    re.IGNORECASE,
)


def inline_command(text: str, codes: Sequence[str]) -> str:
    """The command that a sentence wants to be run; empty where it wants none.

    It is the only code of the sentence, ends it, and words such as `run` lead in to it.
    """
    if len(codes) != 1 or "\n" in codes[0]:
        return ""
    command = codes[0].strip()
    before, _, after = text.rpartition(codes[0])
    if after.strip(" .:;") or not is_command(command) or " " not in command:
        return ""
    if command.split()[0] not in PROGRAMS and "/" not in command.split()[0]:
        return ""
    return command if _LEADS_IN.search(before.rstrip("`\"' ")) is not None else ""
