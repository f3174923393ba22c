"""`${name}` in a text: the names in it, and the text with their values."""

from __future__ import annotations

import re
from collections.abc import Callable

_TEMPLATE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}")
_OPENING = re.compile(r"\$\$\{|\$\{")


def template_names(text: str) -> tuple[str, ...]:
    """The names that are filled in in a text, in order, each once.

    `$${` stands for a literal `${`, and names nothing.
    """
    found = (match[1] for match in _TEMPLATE.finditer(text))
    return tuple(dict.fromkeys(name for name in found if name is not None))


def is_template(text: str) -> bool:
    """Whether a text contains `${`."""
    return "${" in text


def broken_template(text: str) -> str | None:
    """The first `${` of a text that begins no name, with what follows it; or None."""
    for opening in _OPENING.finditer(text):
        if opening[0] == "${" and not _TEMPLATE.match(text, opening.start()):
            return text[opening.start() : opening.start() + 20].split("\n")[0]
    return None


def fill(text: str, lookup: Callable[[str], str]) -> str:
    """The text with each `${name}` replaced by `lookup(name)`, and `$${` by `${`.

    Exceptions of `lookup`, for unknown names, are passed on. Values are not filled in
    again: a `${x}` in a value stays.
    """

    def value(match: re.Match[str]) -> str:
        name: str | None = match[1]
        return "${" if name is None else lookup(name)

    return _TEMPLATE.sub(value, text)


def replace_name(text: str, name: str, new: str) -> str:
    """The text with `new` in place of each `${name}`; nothing else is filled in."""
    return _TEMPLATE.sub(lambda match: new if match[1] == name else match[0], text)


def without_templates(text: str) -> str:
    """A text in which nothing is filled in: it comes out of `fill` as it is here."""
    return text.replace("${", "$${")


def unknown_value(name: str) -> str:
    """What stands in a text for people where a name has no value yet."""
    return f"‹{name}›"


def title_of_unknown_run(title: str) -> str:
    """A title where no run is in question: none of its names has a value."""
    return fill(title, unknown_value) if is_template(title) else title
