"""What must not be told of secrets: one policy for hosts, keepers and reports. Pure.

A secret is looked for as it is, and in the forms in which programs pass it on: its
lines alone, however they are indented; in base64, also within something longer; and as
a part of a URL.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
SHORTEST = 6
"""Characters from which a form of a secret, and a secret within a value that is kept,
is taken for it; a whole secret is redacted however short it is."""
WRAPPED = 76
"""Characters of a line that programs break base64 into."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets.

    Args:
        text: any.
        secrets: their values.
    """
    for literal in literals(secrets):
        if literal in text:
            text = text.replace(literal, REDACTED)
    return text


def holds(text: str, secrets: Iterable[str]) -> bool:
    """Whether a text that is kept as it is holds a secret of some length."""
    return any(len(each) >= SHORTEST and each in text for each in literals(secrets))


def literals(secrets: Iterable[str]) -> tuple[str, ...]:
    """What must not be told where these values must not, the longest first."""
    return _literals(tuple(secrets))


@lru_cache(maxsize=8)
def _literals(secrets: tuple[str, ...]) -> tuple[str, ...]:
    found = {secret for secret in secrets if secret}
    for secret in secrets:
        found |= {form for form in _forms(secret) if len(form) >= SHORTEST}
    return tuple(sorted(found, key=lambda form: (-len(form), form)))


def _forms(secret: str) -> Iterator[str]:
    pieces = {secret, secret.strip(), *(row.strip() for row in secret.splitlines())}
    for piece in pieces:
        if len(piece) >= SHORTEST:
            yield piece
            yield quote(piece, safe="", errors="replace")
            yield quote(piece, errors="replace")
            yield quote_plus(piece, errors="replace")
    if len(secret.strip()) >= SHORTEST:
        yield from _in_base64(secret.strip())


def _in_base64(secret: str) -> Iterator[str]:
    """What stands in base64 of anything that holds it, by where in it that begins."""
    data = secret.encode("utf-8", "surrogateescape")
    for before in range(3):
        whole = b64encode(bytes(before) + data).decode()
        # What stands for bytes beside it, too, is another with each of these.
        first = (0, 2, 3)[before]
        last = len(whole) - (0, 3, 2)[(before + len(data)) % 3]
        stem = whole[first:last]
        for form in {stem, stem.replace("+", "-").replace("/", "_")}:
            yield form
            if before == 0 and len(form) > WRAPPED:
                for at in range(0, len(form), WRAPPED):
                    yield form[at : at + WRAPPED]
