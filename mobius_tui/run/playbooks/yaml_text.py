"""Texts for Ansible, as YAML that it takes as they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from mobius_tui.errors import RunError


def unsafe_text(text: str, name: str) -> str:
    """A text as a scalar that Ansible never takes for a template.

    `{{ … }}` in a value would be executed on this machine: a value may be what a step
    printed.

    Args:
        text: any.
        name: what it is, for an error.

    Raises:
        RunError: it has bytes that are no text.
    """
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise RunError(f"{name} has bytes that are no UTF-8, which Ansible cannot take")
    return f'!unsafe "{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    code = ord(character)
    if character in '"\\' or not 0x20 <= code < 0x7F:
        return f"\\U{code:08x}"
    return character


def unsafe_mapping(texts: Mapping[str, str], indent: str = "") -> str:
    """Texts by their names, a line each.

    Raises:
        RunError: one has bytes that are no text.
    """
    rows = []
    for name, text in texts.items():
        key = "".join(map(_escaped, name))
        rows.append(f'{indent}"{key}": {unsafe_text(text, name)}\n')
    return "".join(rows)
