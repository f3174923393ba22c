"""The frames between a keeper and the viewer attached to its terminal.

Frames go both ways over `terminal.sock` in the attempt's directory: one byte for the
kind, two bytes for the length (big-endian), and as many bytes of content.

| from | frame | what it holds |
|---|---|---|
| viewer | HELLO | its terminal's size, type and name, and whether to take over |
| viewer | INPUT | what was typed |
| viewer | SIZE | the terminal's new size |
| keeper | BUSY | the attached viewer's terminal; seconds since it came and typed |
| keeper | OUTPUT | what the step printed |
| keeper | DETACHED | why this viewer is detached, in words; the keeper hangs up |
| keeper | ENDED | nothing: the step has ended, and `exit` says how |

One viewer at a time is attached to a terminal. A connection that ends without DETACHED
or ENDED means that the other side died. Keepers start without the package's other
modules, so nothing is imported here.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

TERMINAL_SOCKET_NAME = "terminal.sock"
"""The socket's name in the attempt's directory."""

HELLO = b"H"
INPUT = b"I"
SIZE = b"S"
BUSY = b"B"
OUTPUT = b"O"
DETACHED = b"L"
ENDED = b"E"
FRAME_KINDS = HELLO + INPUT + SIZE + BUSY + OUTPUT + DETACHED + ENDED

HEADER_BYTES = 3
"""Bytes before a frame's content."""
LARGEST_FRAME = 16384
"""Bytes of a frame's content at most: a screen is drawn in a few thousand."""


def encode_frames(kind: bytes, data: bytes = b"") -> bytes:
    """The frame, or frames, that carry some bytes."""
    parts = [
        data[at : at + LARGEST_FRAME] for at in range(0, len(data), LARGEST_FRAME)
    ] or [b""]
    return b"".join(kind + len(part).to_bytes(2, "big") + part for part in parts)


class FrameReader:
    """Takes frames out of what a socket gives, wherever reads split them."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> "Iterator[tuple[bytes, bytes]]":
        """The frames that are complete now: the kind and the content of each.

        Raises:
            ValueError: the bytes are not frames of this protocol.
        """
        self._held += data
        while len(self._held) >= HEADER_BYTES:
            kind, size = (
                self._held[:1],
                int.from_bytes(self._held[1:HEADER_BYTES], "big"),
            )
            if kind not in FRAME_KINDS or size > LARGEST_FRAME:
                raise ValueError("it does not speak as a terminal's other end does")
            if len(self._held) < HEADER_BYTES + size:
                return
            part = self._held[HEADER_BYTES : HEADER_BYTES + size]
            self._held = self._held[HEADER_BYTES + size :]
            yield kind, part


def pack_size(rows: int, columns: int) -> bytes:
    """A terminal's size, as HELLO and SIZE hold it."""
    return b"".join(min(max(n, 1), 0xFFFF).to_bytes(2, "big") for n in (rows, columns))


def unpack_size(data: bytes) -> "tuple[int, int]":
    """Rows and columns, as `pack_size` wrote them.

    Raises:
        ValueError: the bytes are not a size.
    """
    rows, columns = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    if len(data) < 4 or not rows or not columns:
        raise ValueError("it is no terminal's size")
    return rows, columns


class AttachHello:
    """The content of HELLO, a viewer's first frame: its terminal."""

    def __init__(
        self,
        size: "tuple[int, int]",
        *,
        term: str = "",
        colour: str = "",
        who: str = "",
        takes_over: bool = False,
    ) -> None:
        """Describe a viewer's terminal.

        Args:
            size: rows and columns.
            term: its TERM.
            colour: its COLORTERM.
            who: the terminal's name, shown to a person who wants to take over.
            takes_over: whether to detach the viewer that is attached already.
        """
        self.size, self.term, self.colour = size, term, colour
        self.who, self.takes_over = who, takes_over

    def encode(self) -> bytes:
        """Encode it as the content of HELLO."""
        fields = (self.term, self.colour, self.who)
        words = "\0".join(word.replace("\0", "")[:256] for word in fields)
        flag = b"1" if self.takes_over else b"0"
        return pack_size(*self.size) + flag + words.encode("utf-8", "replace")

    @classmethod
    def decode(cls, data: bytes) -> "AttachHello":
        """Decode the content of HELLO.

        Raises:
            ValueError: the bytes are not what `encode` makes.
        """
        size = unpack_size(data)
        term, colour, who = data[5:].decode("utf-8", "replace").split("\0")
        return cls(
            size, term=term, colour=colour, who=who, takes_over=data[4:5] == b"1"
        )
