"""What a terminal, a parser of markup or a reader could be made to obey or to miss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

ESC, BEL, ST = b"\x1b", b"\x07", b"\x1b\\"

_CSI = {
    "clear": b"2J",
    "home": b"H",
    "up": b"99A",
    "erase line": b"2K",
    "scroll": b"5;1r",
    "insert mode": b"4h",
    "hide the cursor": b"?25l",
    "the other screen": b"?1049l",
    "mouse off": b"?1003l",
    "paste marks off": b"?2004l",
    "synchronised for ever": b"?2026h",
    "80 columns": b"?3l",
    "soft reset": b"!p",
    "repeat": b"9999b",
    "insert lines": b"9999L",
    "window away": b"2t",
    "window small": b"8;1;1t",
    "title away": b"23;0t",
    "print the screen": b"i",
    "keys": b">31u",
    "blink": b"5m",
    "hidden": b"8m",
    "private colour": b">4;2m",
    "huge": b"1;" * 400 + b"m",
    "margin": b"?69h",
    "nested": b"\x1b[31m",
}
_QUERIES = {
    "attributes": b"[c",
    "second attributes": b"[>c",
    "third attributes": b"[=c",
    "version": b"[>q",
    "status": b"[5n",
    "place": b"[6n",
    "size in cells": b"[18t",
    "size in dots": b"[14t",
    "title": b"[21t",
    "icon": b"[20t",
    "keys": b"[?u",
    "mode": b"[?2026$p",
    "checksum": b"[1;1;1;1;9;9*y",
    "setting": b"P$qm\x1b\\",
    "termcap": b"P+q544e\x1b\\",
    "foreground": b"]10;?\x07",
    "background": b"]11;?\x1b\\",
    "palette": b"]4;1;?\x07",
    "clipboard": b"]52;c;?\x07",
    "font": b"]50;?\x07",
    "attributes of old": b"Z",
    "pictures": b"_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\",
}
_OSC = {
    "title": b"0;owned",
    "icon": b"1;owned",
    "folder": b"7;file://evil/",
    "link": b"8;;http://evil/",
    "notice": b"9;owned",
    "progress": b"9;4;1;50",
    "colours": b"4;0;rgb:ff/ff/ff",
    "reset colours": b"104",
    "clipboard": b"52;c;cm0gLXJmIC8=",
    "selection": b"52;p;cm0gLXJmIC8=",
    "shell marks": b"133;A",
    "another notice": b"777;notify;a;b",
    "iTerm file": b"1337;File=name=eA==;inline=1:AAAA",
    "iTerm shell": b"1337;SetUserVar=x=eA==",
    "iTerm focus": b"1337;StealFocus",
    "log file": b"46;/tmp/owned",
}
_TEXTS = {
    "right to left": "rm \u202egnp.exe",
    "embedding": "\u202aa\u202b b\u202c",
    "isolates": "\u2066a\u2067b\u2068c\u2069",
    "marks of direction": "a\u200eb\u200fc\u061c",
    "zero width": "pro\u200bduction",
    "joiners": "a\u200cb\u200dc\u2060d",
    "byte order mark": "\ufeffa",
    "soft hyphen": "pro\xadduction",
    "variation": "a\ufe01b\ufe0f\ufe0f",
    "tags": "a\U000e0041\U000e007f",
    "fillers": "\u3164\uffa0\u115f\u1160",
    "line separators": "a\u2028b\u2029c\x85d",
    "interlinear": "\ufff9a\ufffab\ufffb",
    "noncharacters": "\ufdd0\ufffe\uffff\U0010ffff",
    "piled up": "e" + "\u0301" * 400,
    "a mark alone": "\u0301",
    "music": "\U0001d173\U0001d17a",
    "a flag": "\U0001f1e9\U0001f1ea",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a tone alone": "\U0001f3fb",
    "wide at the edge": "世" * 121,
    "no letters": "\ue000\uf8ff",
    "look-alikes": "ргоductіоn",
    "closing markup": "[/]",
    "closing nothing": "[/x] [/bold]",
    "an action": "[@click=app.quit]go[/]",
    "a link of markup": "[link=http://evil]go[/link]",
    "bold for ever": "[bold red on white",
    "an emoji by name": ":skull: :smile:",
    "a variable": "[$error]x[/] $HOME ${run.id}",
    "brackets": "[[[]]] \\[x] [0;31m",
    "html": "<script>alert(1)</script><img src=x onerror=y>",
    "closing html": "--></pre></textarea><!--",
    "markdown": "[x](javascript:alert(1)) ![x](http://evil) `` ` ``` \n# x",
    "a mention": "@everyone <!channel> <@U1> [x](mailto:y)",
    "a template": "{{x}} {% x %} #{x} %(x)s %n {0.__class__}",
    "a formula": "=cmd|' /C calc'!A0",
    "quotes": "'\"`$(id)`;id|id&id>x",
    "an exit": "\n~.\n+++ATH0\r",
    "a prompt": "\r\x1b[2K[sudo] password for ana: ",
    "progress": "10 %\r50 %\r\r100 %\r",
    "back over": "safe\b\b\b\bevil",
    "form feed": "a\fb\vc",
    "tabs": "\t\ta\tb",
}
_BYTES = {
    "overlong slash": b"\xc0\xaf",
    "overlong ESC": b"\xc0\x9b[31m \xe0\x80\x9b[2J",
    "overlong NUL": b"\xc0\x80",
    "five bytes": b"\xf8\x88\x80\x80\x80",
    "too high": b"\xf4\x90\x80\x80",
    "surrogates": b"\xed\xa0\x80\xed\xb0\x80",
    "cut character": b"\xe2\x82",
    "cut by ESC": b"\xe2\x82\x1b[2J",
    "continuation alone": b"\x80\xbf",
    "UTF-16": "\ufeffevil".encode("utf-16-le"),
    "Latin-1": b"caf\xe9 \xa0\xad",
    "NUL within": b"a\0b\0\0c",
    "all of NUL": b"\0" * 200,
    "a long line": b"x" * 70_000,
    "a long line of ESC": b"\x1b[" * 4_000,
    "a string without end": b"\x1b]0;" + b"x" * 4_000,
    "many colours": b"\x1b[38;5;1mx\x1b[0m" * 500,
    "a start of paste": b"\x1b[200~y\r\x1b[201~",
    "an end of paste": b"\x1b[201~y\r",
    "keys": b"\x1bOP\x1b[A\x1b[24~\r",
    "a mouse": b"\x1b[<0;5;5M\x1b[<0;5;5m",
    "other letters": b"\x0e lqk \x0f \x1b(0 \x1b)B",
    "reset": b"\x1bc",
    "align": b"\x1b#8",
    "keypad": b"\x1b= \x1b>",
    "next line": b"\x1bE \x1bM \x1bD",
    "saved": b"\x1b7 \x1b8",
    "application": b"\x1b_Gf=24;AAAA\x1b\\",
    "privacy": b"\x1b^x\x1b\\",
    "start of string": b"\x1bXx\x1b\\",
    "sixel": b"\x1bPq#0;2;0;0;0~-\x1b\\",
    "macro": b"\x1bP1;1;1!zAAAA\x1b\\",
    "tmux within": b"\x1bPtmux;\x1b\x1b]52;c;eA==\x07\x1b\\",
    "screen within": b"\x1bP\x1b]0;x\x07\x1b\\",
    "split colour": b"\x1b[3\n1m \x1b\n[31m",
}


def _made() -> Iterator[tuple[str, bytes]]:
    for code in (*range(0x20), 0x7F):
        yield f"C0 {code:02X}", b"a%cb" % code
    for code in range(0x80, 0xA0):
        yield f"C1 {code:02X} as text", f"a{chr(code)}b".encode()
        yield f"C1 {code:02X} as a byte", b"a%cb" % code
    for name, tail in _CSI.items():
        yield f"CSI {name}", ESC + b"[" + tail
        yield f"8-bit CSI {name}", b"\xc2\x9b" + tail
    for name, tail in _OSC.items():
        yield f"OSC {name}", ESC + b"]" + tail + BEL
        yield f"OSC {name}, ST", ESC + b"]" + tail + ST
    for name, tail in _QUERIES.items():
        yield f"query {name}", ESC + tail
    for name, text in _TEXTS.items():
        yield name, text.encode()
    yield from _BYTES.items()


PAYLOADS: Mapping[str, bytes] = dict(_made())
"""By name; `text` makes of one what a journal or a variable can hold."""


def text(payload: bytes, *, whole: bool = True) -> str:
    """A payload as the text that Python makes of a file's name, or of an argument.

    Args:
        payload: the bytes.
        whole: with NUL and newlines, which many places refuse.
    """
    found = payload.decode("utf-8", "surrogateescape")
    return found if whole else found.replace("\0", "").replace("\n", " ")
