"""News for whoever looks elsewhere: the terminal's title, and whether to ring."""

from __future__ import annotations

from textual.message import Message


class Tidings(Message):
    """What the terminal's title is to be, and whether to ring."""

    def __init__(self, title: str, *, ring: bool) -> None:
        super().__init__()
        self.title = title
        self.ring = ring
