"""HTML and SVG out of texts: whatever is no markup of ours is escaped. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

VOID = frozenset({"meta", "hr"})
"""Elements without an end."""


@dataclass(frozen=True, slots=True)
class Markup:
    """Text that is markup already; only this module makes it."""

    text: str


Child = Markup | str | None


def tag(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """An element.

    Args:
        name: its name.
        children: what is in it; a `str` is text, and `None` nothing.
        attributes: `class_` is `class`, `aria_label` is `aria-label`; one that is
            `None` is left out, and a number has one decimal at most.
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{joined(children).text}</{name}>")


def joined(children: Iterable[Child]) -> Markup:
    """Several in a row."""
    return Markup("".join(map(_text, children)))


def _text(child: Child) -> str:
    if child is None:
        return ""
    return child.text if isinstance(child, Markup) else escape(child)


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escape(value)
    return f"{value:.1f}".removesuffix(".0")


def style(css: str) -> Markup:
    """A style sheet of ours; it holds nothing that a run says."""
    return Markup(f"<style>{css}</style>")


def rows(parts: Iterable[Markup]) -> str:
    """Elements, one a line, so that a difference between two reports can be read."""
    return "\n".join(part.text for part in parts)
