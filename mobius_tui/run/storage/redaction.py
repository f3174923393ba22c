"""Redacts secrets, in every form: one policy for hosts, keepers and reports. Pure.

A secret is redacted as it is, however short, and in the forms that programs give it:
URL-encoded, base64, quoted. What is kept of an intent or an event goes through
`without_secrets`, field by field.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache, lru_cache
from json import dumps
from re import split, sub
from typing import Any, TypeVar, get_args, get_type_hints
from urllib.parse import quote, quote_plus, unquote, urlsplit

from mobius_tui.errors import RunError
from mobius_tui.run.events.secret_rule import SecretRule
from mobius_tui.structs import replace

T = TypeVar("T")

REDACTED = "[redacted]"
MIN_ENCODED_CHARS = 6
"""Characters that an encoded form or a part of a secret must have to be redacted.
Shorter ones occur everywhere by chance."""
BASE64_LINE_WIDTHS = (76, 64)
"""Characters per line into which `base64` and `openssl` break base64."""


def redact(text: str, secrets: Iterable[str]) -> str:
    """A text without secrets.

    Args:
        text: any.
        secrets: their values.
    """
    return _redacted(text, secret_literals(secrets))


def _redacted(text: str, literals: Iterable[str]) -> str:
    for literal in literals:
        if literal in text:
            text = text.replace(literal, REDACTED)
    return text


def holds_secret(text: str, secrets: Iterable[str]) -> bool:
    """Whether a text holds a secret, and so cannot be recorded as it is."""
    return any(each in text for each in secret_literals(secrets))


def without_secrets(
    record: T,
    secrets: Iterable[str],
    rule_of: Callable[[str], SecretRule],
    *,
    is_known: Callable[[str], bool],
    secret_names: Iterable[str] = (),
) -> T:
    """An intent or an event as it may be kept: every text in every field is looked at.

    Args:
        record: an intent or an event.
        secrets: their values.
        rule_of: gives the rule of a field, by its name.
        is_known: whether a text is a name that the run has anyway, such as a step's id:
            a short secret may be in it by chance.
        secret_names: the names of secret variables.

    Raises:
        RunError: a field holds a secret, and cannot be kept without it.
    """
    literals, own = secret_literals(secrets), frozenset(secret_names)

    def harmless(text: str, name: str, *, words: bool) -> str:
        if not any(each in text for each in literals) or is_known(text):
            return text
        if words:
            return _redacted(text, literals)
        raise RunError(f"{name}: this holds the value of a secret, and is kept")

    def walked(value: Any, name: str, rule: SecretRule) -> Any:
        if isinstance(value, str) and not isinstance(value, Enum):
            return harmless(value, name, words=rule is SecretRule.WORDS)
        if isinstance(value, tuple):
            return tuple(walked(each, name, rule) for each in value)
        if isinstance(value, Mapping):
            return {
                harmless(key, name, words=rule is SecretRule.WORDS): each
                if rule is SecretRule.ANSWERS and key in own
                else walked(each, key, rule)
                for key, each in value.items()
            }
        return value

    changed: dict[str, Any] = {}
    kind: Any = type(record)
    for name in _fields_with_texts(kind):
        value, rule = getattr(record, name), rule_of(name)
        if rule is not SecretRule.COMPARED and value:
            found = walked(value, name, rule)
            if found != value:
                changed[name] = found
    return replace(record, **changed) if changed else record  # type: ignore[type-var]


@cache
def _fields_with_texts(kind: Any) -> tuple[str, ...]:
    """The fields of a class that may hold any text, rather than one of some."""
    hints = get_type_hints(kind)
    return tuple(name for name, hint in hints.items() if _may_hold_text(hint))


def _may_hold_text(hint: Any) -> bool:
    return hint is str or any(map(_may_hold_text, get_args(hint)))


def short_secret_notices(secrets: Mapping[str, str]) -> Iterator[str]:
    """Notices, before a run, of secrets so short that many texts hold them by chance.

    Args:
        secrets: their values, by name.
    """
    for name, value in secrets.items():
        if 0 < len(value) < MIN_ENCODED_CHARS:
            yield (
                f"the secret {name} has fewer than {MIN_ENCODED_CHARS} characters: "
                "whatever is "
                f"shown has {REDACTED} in their place, and no value may hold them"
            )


def secret_url_parts(*urls: str) -> set[str]:
    """What to redact of a secret URL: all of it, and its parts.

    Args:
        urls: one, in each way in which it may be written.
    """
    secret: set[str] = set()
    for url in urls:
        parsed = urlsplit(url)
        target = parsed.path + (f"?{parsed.query}" if parsed.query else "")
        texts = (target, parsed.path, unquote(target), unquote(parsed.path))
        parts = {*texts, *(part for text in texts for part in split("[/?&=]", text))}
        parts |= {parsed.username or "", unquote(parsed.username or "")}
        secret |= {part for part in parts if len(part) >= MIN_ENCODED_CHARS}
        secret |= {url, parsed.password or "", unquote(parsed.password or "")}
    return secret - {""}


def secret_literals(secrets: Iterable[str]) -> tuple[str, ...]:
    """The texts to redact for these secrets, the longest first."""
    return _literals(tuple(secrets))


@lru_cache(maxsize=8)
def _literals(secrets: tuple[str, ...]) -> tuple[str, ...]:
    texts = {secret for secret in secrets if secret}
    for secret in secrets:
        texts |= {
            form for form in _encoded_forms(secret) if len(form) >= MIN_ENCODED_CHARS
        }
    return tuple(sorted(texts, key=lambda form: (-len(form), form)))


def _encoded_forms(secret: str) -> Iterator[str]:
    pieces = {secret, secret.strip(), *(row.strip() for row in secret.splitlines())}
    for piece in pieces:
        if len(piece) >= MIN_ENCODED_CHARS:
            yield piece
            yield from _url_forms(piece)
            for is_ascii in (True, False):
                form = dumps(piece, ensure_ascii=is_ascii)[1:-1]
                yield form
                yield form.replace("/", "\\/")  # as PHP's json_encode has it
    if len(secret.strip()) >= MIN_ENCODED_CHARS:
        yield from _base64_forms(secret.strip())


def _url_forms(text: str) -> Iterator[str]:
    """A text URL-encoded; some programs write the hexadecimal digits in lower case."""
    for form in (
        quote(text, safe="", errors="replace"),
        quote(text, errors="replace"),
        quote_plus(text, errors="replace"),
    ):
        yield form
        yield sub("%[0-9A-F]{2}", lambda found: found[0].lower(), form)


def _base64_forms(secret: str) -> Iterator[str]:
    """The parts of a secret's base64 that do not depend on what surrounds it.

    One for each of the three byte offsets.
    """
    data = secret.encode("utf-8", "surrogateescape")
    for before in range(3):
        whole = b64encode(bytes(before) + data).decode()
        # Characters that encode bits of the neighbouring bytes, too, are cut off.
        first = (0, 2, 3)[before]
        last = len(whole) - (0, 3, 2)[(before + len(data)) % 3]
        stem = whole[first:last]
        for form in {stem, stem.replace("+", "-").replace("/", "_")}:
            yield form
            for width in BASE64_LINE_WIDTHS if before == 0 else ():
                for at in range(0, len(form), width):
                    yield form[at : at + width]
