"""Finding what looks like a password, a token or a key in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_VALUE = r"[^\s\"'`$<>{}()\[\]|;&,*•]"
_FORMATS = (
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,255}\b"
    r"|\bgithub_pat_\w{22,255}\b"
    r"|\bglpat-[\w-]{20,255}\b"
    r"|\bxox[abeprs]-[A-Za-z0-9-]{10,255}\b"
    r"|\bsk-[A-Za-z0-9_-]{20,255}\b"
    r"|\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,2000}\.[\w-]{8,2000}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----"
    r"|https://hooks\.slack\.com/services/\w+/\w+/\w+"
    r"|https://[\w.-]{1,100}\.webhook\.office\.com/webhookb2/[\w@/-]{20,500}"
    r"|\bAIza[\w-]{35}\b"
)
"""Tokens with a recognizable format."""
_NAMED_VALUE = (
    rf"(?i)(?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key)"
    rf"[\"']?(?:=|:[ \t]|[ \t]*=[ \t]*|(?<=--password)[ \t]+|(?<=--token)[ \t]+)[\"']?"
    rf"(?P<value>{_VALUE}{{6,200}})"
)
"""A value after a name such as `password`."""
_BEARER = (
    rf"(?i)authorization:[ \t]*(?:bearer|basic|token)[ \t]+(?P<value>{_VALUE}{{8,500}})"
)
_IN_URL = (
    r"\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@\"'$]{1,100}:(?P<value>[^\s/@\"'$]{3,100})@"
)
_HARMLESS = (
    r"(?i)(?:x{3,}|\*+|\.{3,}|…|changeme|example|placeholder|true|false|none|null"
    r"|required|prompt|stdin|file|env)\b.*|.*/run/secrets/.*|/.*|\d{1,5}[smhd]?"
)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled when a text is searched: every command imports this module.

    They take 2 ms, and few texts are searched.
    """
    return re.compile(pattern)


def find_secrets(text: str) -> Iterator[tuple[int, int]]:
    """The spans (start, end) in a text that look like secrets."""
    for match in _compiled(_FORMATS).finditer(text):
        yield match.start(), match.end()
    harmless = _compiled(_HARMLESS)
    for pattern in (_NAMED_VALUE, _BEARER, _IN_URL):
        for match in _compiled(pattern).finditer(text):
            if not harmless.fullmatch(match["value"]) and _is_mixed(match["value"]):
                yield match.start("value"), match.end("value")


def _is_mixed(value: str) -> bool:
    """Whether it has letters and other characters, unlike most plain words."""
    letters = sum(char.isalpha() for char in value)
    return 0 < letters < len(value)


def mask_secrets(line: str) -> str:
    """A line with its secrets masked, of the same length."""
    for start, end in find_secrets(line):
        line = line[:start] + "•" * (end - start) + line[end:]
    return line
