"""A terminal that answers what it is asked, and knows which control bytes are ours."""

from __future__ import annotations

import re
import time
from typing import Any

from tests.acceptance.terminal import Terminal

ANSWERS: tuple[tuple[re.Pattern[bytes], bytes], ...] = tuple(
    (re.compile(query), answer)
    for query, answer in (
        (
            rb"(?:\x1b\[|\xc2\x9b)0?c|\x1bZ",
            b"\x1b[?64;1;2;6;9;15;16;17;18;21;22;28;29c",
        ),
        (rb"\x1b\[>0?c", b"\x1b[>41;390;0c"),
        (rb"\x1b\[=0?c", b"\x1bP!|00000000\x1b\\"),
        (rb"\x1b\[>0?q", b"\x1bP>|XTerm(390)\x1b\\"),
        (rb"\x1b\[5n", b"\x1b[0n"),
        (rb"\x1b\[6n", b"\x1b[7;9R"),
        (rb"\x1b\[18t", b"\x1b[8;36;120t"),
        (rb"\x1b\[14t", b"\x1b[4;720;960t"),
        (rb"\x1b\[2[01]t", b"\x1b]ly\r\x1b\\"),
        (rb"\x1b\[\?u", b"\x1b[?0u"),
        (rb"\x1bP\$q", b"\x1bP1$r0m\x1b\\"),
        (rb"\x1bP\+q", b"\x1bP1+r544e=79\x1b\\"),
        (rb"\x1b\](?:1[01]|4;\d+|50|52;c);\?", b"\x1b]11;rgb:yyyy/yyyy/yyyy\x1b\\"),
        (rb"\x1b_G", b"\x1b_Gi=31;OK\x1b\\"),
        (rb"\x1b\[\?2026\$p", b"\x1b[?2026;2$y"),
        (rb"\x1b\[\?2048\$p", b"\x1b[?2048;0$y"),
    )
)
"""What xterm and its kind type when asked, where the title is `y` and Enter."""

OURS = re.compile(
    rb"\x1b\[[0-9;:]*m|\x1b\[\d*;?\d*H|\x1b\[\d*[ABCDGJKd]|\x1b\[\?\d+[hl]"
    rb"|\x1b\[\?20(?:26|48)\$p|\x1b\[>\d+u|\x1b\[<u|\x1b\[2[23];0t"
    rb"|\x1b\]22;[a-z-]*(?:\x07|\x1b\\)|\x1b\]0;[^\x00-\x1f\x7f]*\x07|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\x1b[78]|\r\n|\r|\n"
)
"""The control bytes that our screens and lines send; a title and a copy end in BEL."""
BELL = b"\x07"
_RAW = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Answering(Terminal):
    """A terminal as programs find it: it types what it is asked for."""

    def __init__(self, *words: str, **how: Any) -> None:
        super().__init__(*words, **how)
        self.answered: list[bytes] = []
        """The questions that are not ours, which nobody may have sent."""
        self._asked = 0

    def read(self, seconds: float = 0.05) -> bool:
        came = super().read(seconds)
        fresh = bytes(self.raw[self._asked :])
        for query, answer in ANSWERS:
            for found in query.finditer(fresh):
                if b"20" not in found[0]:
                    self.answered.append(found[0])
                self.child.send(answer)
        # A question may be cut by the end of what came: it is looked at again.
        cut = fresh.rfind(b"\x1b")
        self._asked += cut if 0 <= len(fresh) - cut < 8 and cut >= 0 else len(fresh)
        return came

    def not_ours(self) -> str:
        """What it was sent that is not ours, with what is around it."""
        whole = bytes(self.raw)
        whole = whole[: whole.rfind(b"\x1b")] if self.child.isalive() else whole
        rest = OURS.sub(b"", whole).replace(BELL, b"", 3)
        text = rest.decode("utf-8", "replace")
        found = _RAW.search(text)
        if found is None:
            return ""
        return repr(text[max(0, found.start() - 60) : found.start() + 60])

    def calm(self, seconds: float = 0.3) -> None:
        """Wait until nothing comes for a while, or only what a clock draws."""
        deadline = time.monotonic() + 3
        while self.read(seconds) and time.monotonic() < deadline:
            pass
