"""Parses what a terminal sends, so that nothing becomes a key that nobody pressed.

Textual's own parser tears an escape sequence that it does not know, that a slow line
delivers in pieces, or that lies in a pasted text, into its letters, and each of them
is then a key: a paste can answer a question, and so can what a terminal says to a
program that has just gone. Here a sequence is read to its end by the terminals' own
grammar (ECMA-48, and xterm's for strings); what is not known is passed over whole. A
byte that is no UTF-8 is shown as `�` and ends nothing.

Textual 8.2 gives a sequence up after 32 characters or `ESCAPE_DELAY`, and issues the
letters it has as keys (`XTermParser.parse`). Upstream needs: to read a sequence to its
end, and to drop one that means nothing; nothing else here would be left.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Generator, Iterable
from contextlib import suppress
from typing import Any

from textual import constants, events, messages
from textual._parser import ParseEOF, ParseTimeout, Peek1, Read1, TokenCallback
from textual._xterm_parser import (
    IS_ITERM,
    _re_cursor_position,
    _re_in_band_window_resize,
    _re_mouse_event,
    _re_terminal_mode_response,
)
from textual._xterm_parser import XTermParser as XTermParser
from textual.keys import Keys
from textual.message import Message

from mobius_tui import sanitize

ESC = "\x1b"
PASTE_START, PASTE_END = "\x1b[200~", "\x1b[201~"
"""What is sent around a pasted text."""
MAX_SEQUENCE_CHARACTERS = 64
"""Characters of a sequence that can mean something; a longer one means nothing."""
MAX_PASTE_CHARACTERS = 1 << 20
"""Characters of a pasted text that are taken, at most; the rest is dropped."""
STRING_TIMEOUT = 1.0
"""Seconds after which a string that has no end is given up: a person may have typed
what began it."""
_STRING_STARTS = "]P_^X"
"""What begins an answer in words, after Esc: OSC, DCS, APC, PM and SOS."""
_STRING_ENDS = "\x07\x18\x1a"
_PARAMETER, _FINAL = re.compile("[ -~]"), re.compile("[@-~]")
"""What a control sequence is made of, and what ends it."""
_Parse = Generator[Read1 | Peek1, str, Any]


class KeyParser(XTermParser):
    """Turns what comes from the terminal into events."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        super().__init__()

    @property
    def is_waiting(self) -> bool:
        """Whether what was read may still become something else, until `tick`."""
        return self._timeout_time is not None

    def read(self, data: bytes) -> Iterable[Message]:
        """The events of some bytes; a character may be torn between two calls.

        Args:
            data: as they came; empty ones do not end the input, though an empty text
                ends it in Textual's `feed`.
        """
        text = self._decoder.decode(data)
        return self.feed(text) if text else ()

    def parse(self, token_callback: TokenCallback[Message]) -> _Parse:
        """Read on and on; Textual's way to write a parser."""
        character = ""
        while True:
            try:
                character = character or (yield self.read1())
                if character == ESC:
                    character = yield from self._parse_escape(token_callback)
                else:
                    self._emit_keys(character, token_callback)
                    character = ""
            except ParseEOF:
                return

    def _parse_escape(self, emit: TokenCallback[Message]) -> _Parse:
        """Read what follows an Esc; returns a character that belongs to what is next.

        A lone Esc is the key: then nothing follows for a moment.
        """
        try:
            kind = yield self.read1(constants.ESCAPE_DELAY)
        except ParseTimeout:
            emit(events.Key("escape", ESC))
            return ""
        if kind == ESC:
            emit(events.Key("escape", ESC))
            return ESC
        if kind == "[":
            return (yield from self._parse_control(emit))
        if kind != "O" and kind not in _STRING_STARTS:
            self._emit_alt(kind, emit)
            return ""
        try:
            after = yield self.read1(STRING_TIMEOUT)
        except ParseTimeout:
            self._emit_alt(kind, emit)
            return ""
        if kind == "O":
            self._emit_sequence(f"{ESC}O{after}", emit)
        else:
            yield from self._skip_string(after)
        return ""

    def _parse_control(self, emit: TokenCallback[Message]) -> _Parse:
        """Parse a control sequence, and emit its event if it is known.

        However long its end takes: no key is begun by what stands before it. Returns a
        character that no sequence holds, which belongs to what is next.
        """
        text = f"{ESC}["
        while True:
            character = yield self.read1()
            if character == "[" and text == f"{ESC}[":  # keys of Linux's console
                text += character
                character = yield self.read1()
            if not _PARAMETER.match(character):
                return character
            text += character if len(text) <= MAX_SEQUENCE_CHARACTERS else ""
            if _FINAL.match(character) or (character == "$" and text[2] != "?"):
                break  # rxvt ends keys with `$`
        if text == f"{ESC}[M":  # the mouse, as terminals told of it long ago
            for _ in range(3):
                text += yield self.read1()
        if text == PASTE_START:
            yield from self._parse_paste(emit)
        elif len(text) <= MAX_SEQUENCE_CHARACTERS:
            self._emit_sequence(text, emit)
        return ""

    def _parse_paste(self, emit: TokenCallback[Message]) -> _Parse:
        """Parse a pasted text to its end; invisible characters become visible."""
        pasted: list[str] = []
        tail = ""
        while tail != PASTE_END:
            character = yield self.read1()
            tail = (tail + character)[-len(PASTE_END) :]
            if len(pasted) < MAX_PASTE_CHARACTERS + len(PASTE_END):
                pasted.append(character)
        text = "".join(pasted).removesuffix(PASTE_END)[:MAX_PASTE_CHARACTERS]
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        emit(events.Paste(sanitize.clean(text, newlines=True)))

    def _skip_string(self, character: str) -> _Parse:
        """Skip a string sequence: an answer that nobody here asked for."""
        before = ""
        with suppress(ParseTimeout):
            while character not in _STRING_ENDS and (before, character) != (ESC, "\\"):
                before, character = character, (yield self.read1(STRING_TIMEOUT))

    def _emit_keys(
        self, text: str, emit: TokenCallback[Message], *, alt: bool = False
    ) -> bool:
        """Emit the keys of a character or sequence; returns whether there are any."""
        found = list(self._sequence_to_key_events(text, alt=alt))
        for key in found:
            if key.key != Keys.Ignore:
                emit(key)
        return bool(found)

    def _emit_alt(self, character: str, emit: TokenCallback[Message]) -> None:
        if not self._emit_keys(ESC + character, emit):
            self._emit_keys(character, emit, alt=True)

    def _emit_sequence(self, text: str, emit: TokenCallback[Message]) -> None:
        """Emit the event of a whole sequence; none for an unknown one."""
        try:
            found = self._event_of(text)
            if found is not None:
                emit(found)
            elif not _re_mouse_event.match(text):
                self._emit_keys(text, emit)
        except (ValueError, ArithmeticError):
            return  # numbers that no key, place or size has

    def _event_of(self, text: str) -> Message | None:
        """The event of a sequence that is no key."""
        if text == f"{ESC}[I":
            return events.AppFocus()
        if text == f"{ESC}[O":
            return events.AppBlur()
        if size := _re_in_band_window_resize.fullmatch(text):
            rows, columns, height, width = (
                int(each.partition(":")[0]) for each in size.groups()
            )
            resize = events.Resize.from_dimensions((columns, rows), (width, height))
            self.terminal_size, self.terminal_pixel_size = (
                resize.size,
                resize.pixel_size,
            )
            self.mouse_pixels = True
            return resize
        if place := _re_cursor_position.fullmatch(text):
            row, column = map(int, place.groups())
            return events.CursorPosition(column - 1, row - 1)
        if _re_mouse_event.match(text):
            return self.parse_mouse_code(text)
        if mode := _re_terminal_mode_response.fullmatch(text):
            return _mode_response(mode["mode_id"], int(mode["setting_parameter"]))
        return None


def _mode_response(mode: str, setting: int) -> Message | None:
    """The event for a terminal's answer to a query of Textual's driver."""
    if mode == "2026" and setting > 0:
        return messages.TerminalSupportsSynchronizedOutput()
    if mode == "2048" and constants.SMOOTH_SCROLL and not IS_ITERM:
        return messages.InBandWindowResize.from_setting_parameter(setting)
    return None
