"""Tracks the modes that a program sets in a terminal, and what it printed last.

The keeper replays both to a viewer that attaches later: a program sets a mode once, and
not again for another terminal. The viewer tracks modes to reset its own terminal.
"""

import re

TAIL_BYTES = 65536
"""Bytes of output that are retained for later viewers."""

_MODES = re.compile(
    rb"\x1b\[\?(?P<numbers>[0-9;]{1,64})(?P<way>[hl])|\x1b(?P<keypad>[=>])"
    rb"|\x1b\[(?P<keys>>[0-9;]{0,64}[um]|<[0-9]{0,4}u)|\x1b(?P<reset>c)"
)
"""Sequences that set or reset private modes, the keypad or a key protocol, or reset
all."""
_UNFINISHED = re.compile(rb"\x1b(\[([?<>][0-9;]{0,64})?)?\Z")
"""The beginning of a sequence, at the end of a read."""
_SEQUENCE = re.compile(
    rb"(\x1b\[[0-9;:]*[@A-HJ-MPSTXZ`adefgmrsu]|\x1b[78DEM]|\x1b[()][0AB])"
    rb"|\x1b[PX\]^_][^\x07\x1b]*(?:\x07|\x1b\\|\Z)"  # a string: a title, a query
    rb"|\x1b(?:\[[0-?]*[ -/]*[@-~]?|[ -/]*[0-~]?)"  # any other sequence
    rb"|\xc2[\x80-\x9f]"  # the same in one character
    rb"|[\x00-\x06\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]"  # controls; 0x05 wants an answer
)
"""Control sequences. The first group only draws; others may query the terminal, or set
a mode."""

ALTERNATE_SCREEN = frozenset({47, 1047, 1049})
"""The modes of the second screen, which full-screen programs draw on."""
KEYPAD = -1
"""The keypad's mode: it has a sequence of its own, and no number."""
HIGHEST_MODE = 10_000
"""Private modes from here on are in no terminal; they are not tracked."""
KEY_PROTOCOL_DEPTH = 32
"""Levels of the key protocol that are tracked; terminals have fewer."""


SEQUENCE_END = b"\x18\x1b\\"
"""Ends a sequence, or a string, that was not sent to its end."""
PLAIN_STATE_SEQUENCE = (
    b"\x1b[>4m"  # keys are told as ever
    b"\x1b(B\x0f"  # letters are letters
    b"\x1b7\x1b[r\x1b8"  # all of the screen scrolls; the cursor stays
    b"\x1b>\x1b[4l\x1b[?7h"  # no keypad, no insertion; long lines wrap
    b"\x1b[0m\x1b[?25h\x1b[0 q"  # no colour; the cursor shows, in its own shape
)


class TerminalModes:
    """The private modes that a stream of output has set."""

    def __init__(self) -> None:
        self.on: dict[int, None] = {}
        """Those that are set now, in the order in which they were."""
        self.off: set[int] = set()
        """Modes that were reset; kept because terminals have some of them set by
        default."""
        self.key_protocols: list[bytes] = []
        """The stack of key protocol levels that the program has set."""
        self._held = b""

    @property
    def full_screen(self) -> bool:
        """Whether it draws on the second screen."""
        return not ALTERNATE_SCREEN.isdisjoint(self.on)

    def track_output(self, data: bytes) -> "list[tuple[bool, bytes]]":
        """Track the modes in more output, and return the output without them.

        Returns:
            Pieces of the output, each preceded by whether it went to the second screen.
            The beginning of an unfinished sequence is kept for the next call.
        """
        data = self._held + data
        begun = _UNFINISHED.search(data)
        cut = begun.start() if begun else len(data)
        data, self._held = data[:cut], data[cut:]
        pieces, place = [], 0
        for match in _MODES.finditer(data):
            pieces.append((self.full_screen, data[place : match.start()]))
            self._apply_sequence(match)
            place = match.end()
        pieces.append((self.full_screen, data[place:]))
        return pieces

    def _apply_sequence(self, match: "re.Match[bytes]") -> None:
        if match["reset"]:
            self.on.clear()
            self.off.clear()
            self.key_protocols.clear()
        elif match["keypad"]:
            self._set_mode(KEYPAD, on=match["keypad"] == b"=")
        elif match["keys"]:
            self._apply_key_protocol(match["keys"])
        else:
            for number in match["numbers"].split(b";"):
                if number:
                    self._set_mode(int(number), on=match["way"] == b"h")

    def _apply_key_protocol(self, parameters: bytes) -> None:
        """Apply one of two key protocols: xterm's ends in m, kitty's in u."""
        if parameters.endswith(b"m"):
            self.key_protocols = [
                each for each in self.key_protocols if not each.endswith(b"m")
            ]
        if parameters.startswith(b">"):
            self.key_protocols = [
                *self.key_protocols[1 - KEY_PROTOCOL_DEPTH :],
                parameters,
            ]
        else:
            count = int(parameters[1:-1].partition(b";")[0] or b"1")
            kitty = [
                place
                for place, each in enumerate(self.key_protocols)
                if each.endswith(b"u")
            ]
            for place in reversed(kitty[max(0, len(kitty) - count) :]):
                del self.key_protocols[place]

    def _set_mode(self, mode: int, *, on: bool) -> None:
        if mode >= HIGHEST_MODE:
            return
        self.on.pop(mode, None)
        self.off.discard(mode)
        if on:
            self.on[mode] = None
        else:
            self.off.add(mode)

    def restore_sequence(self) -> bytes:
        """The sequence that sets a terminal to these modes."""
        off = b"".join(_mode_sequence(mode, on=False) for mode in sorted(self.off))
        on = b"".join(_mode_sequence(mode, on=True) for mode in self.on)
        return off + on + b"".join(b"\x1b[" + each for each in self.key_protocols)

    def reset_sequence(self) -> bytes:
        """The sequence that resets a terminal, whatever was set in it."""
        kitty = sum(each.endswith(b"u") for each in self.key_protocols)
        away = b"\x1b[<%du" % kitty if kitty else b""
        plain = [mode for mode in self.on if mode not in ALTERNATE_SCREEN]
        away += b"".join(_mode_sequence(mode, on=False) for mode in plain)
        away += b"".join(
            _mode_sequence(mode, on=False)
            for mode in self.on
            if mode in ALTERNATE_SCREEN
        )
        return SEQUENCE_END + away + PLAIN_STATE_SEQUENCE


def _mode_sequence(mode: int, *, on: bool) -> bytes:
    if mode == KEYPAD:
        return b"\x1b=" if on else b"\x1b>"
    return b"\x1b[?%d%c" % (mode, b"h" if on else b"l")


class TerminalHistory:
    """What to show to a viewer that attaches later."""

    def __init__(self) -> None:
        self.modes = TerminalModes()
        self._tail = bytearray()

    def feed(self, data: bytes) -> None:
        """Follow more output; what full-screen programs draw is not retained."""
        for full_screen, piece in self.modes.track_output(data):
            if not full_screen:
                self._tail += piece
        if len(self._tail) > 2 * TAIL_BYTES:
            del self._tail[:-TAIL_BYTES]

    def replay(self) -> bytes:
        """The bytes that bring another terminal into the state of the program's.

        A full-screen program must redraw by itself. No query is among the bytes: the
        program would take a terminal's answer for typed keys.
        """
        if self.modes.full_screen:
            return self.modes.restore_sequence() + b"\x1b[2J\x1b[H"
        tail = bytes(self._tail[-TAIL_BYTES:])
        if len(self._tail) > TAIL_BYTES:
            tail = tail[tail.find(b"\n") + 1 :]
        drawn = _SEQUENCE.sub(lambda found: found[1] or b"", tail)
        return self.modes.restore_sequence() + drawn
