"""The frames between a keeper and the viewer attached to its terminal.

Over `terminal.sock` in the attempt's directory go frames, both ways: a byte that says
what it is, two bytes of length (big-endian), and so many bytes.

| from | frame | what it holds |
|---|---|---|
| viewer | HELLO | its terminal's size, type and name, and whether to take over |
| viewer | INPUT | what was typed |
| viewer | SIZE | the terminal's new size |
| keeper | BUSY | who is at it already, seconds since it came, since it typed |
| keeper | OUTPUT | what the step printed |
| keeper | DETACHED | words: why this viewer is no longer at it; the keeper hangs up |
| keeper | ENDED | nothing: the step has ended, and `exit` says how |

One viewer at a time is at a terminal. A connection that ends without a word means that
the other side died. The keeper runs bare: nothing is imported here.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

SOCKET = "terminal.sock"
"""The socket's name in the attempt's directory."""

HELLO = b"H"
INPUT = b"I"
SIZE = b"S"
BUSY = b"B"
OUTPUT = b"O"
DETACHED = b"L"
ENDED = b"E"
KINDS = HELLO + INPUT + SIZE + BUSY + OUTPUT + DETACHED + ENDED

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
        """The frames that are whole now: their kind, and what they hold.

        Raises:
            ValueError: this is no such conversation.
        """
        self._held += data
        while len(self._held) >= HEADER_BYTES:
            kind, size = (
                self._held[:1],
                int.from_bytes(self._held[1:HEADER_BYTES], "big"),
            )
            if kind not in KINDS or size > LARGEST_FRAME:
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
        ValueError: it is no size.
    """
    rows, columns = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    if len(data) < 4 or not rows or not columns:
        raise ValueError("it is no terminal's size")
    return rows, columns


class AttachHello:
    """What a viewer says first: which terminal it brings."""

    def __init__(
        self,
        size: "tuple[int, int]",
        *,
        term: str = "",
        colour: str = "",
        who: str = "",
        takes_over: bool = False,
    ) -> None:
        """Say it.

        Args:
            size: rows and columns.
            term: its TERM.
            colour: its COLORTERM.
            who: the terminal's name, for another who wants it.
            takes_over: whether who is at the step's terminal already must go.
        """
        self.size, self.term, self.colour = size, term, colour
        self.who, self.takes_over = who, takes_over

    def encode(self) -> bytes:
        """As HELLO holds it."""
        fields = (self.term, self.colour, self.who)
        words = "\0".join(word.replace("\0", "")[:256] for word in fields)
        flag = b"1" if self.takes_over else b"0"
        return pack_size(*self.size) + flag + words.encode("utf-8", "replace")

    @classmethod
    def decode(cls, data: bytes) -> "AttachHello":
        """As `encode` wrote it.

        Raises:
            ValueError: it is no such thing.
        """
        size = unpack_size(data)
        term, colour, who = data[5:].decode("utf-8", "replace").split("\0")
        return cls(
            size, term=term, colour=colour, who=who, takes_over=data[4:5] == b"1"
        )
