"""The text of a new runbook: small, commented, and working as it stands."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.errors import UsageError
from mobius_tui.runbook.page.slugs import slug
from mobius_tui.runbook.values import SLUG

_PATTERN = Path(__file__).with_name("new-runbook.toml")


def checked_name(name: str) -> str:
    """A name that a runbook can have.

    Raises:
        UsageError: it is none; the message says which one is near it.
    """
    if SLUG.fullmatch(name) and not name.endswith("-"):
        return name
    near = slug(name.removesuffix(".toml"))
    hint = f"; try {near}" if near else ""
    raise UsageError(
        f"{name!r} is no name for a runbook: it is made of a-z, 0-9 and -, begins and "
        f"ends with one of the former, and has at most 64 of them{hint}"
    )


def new_text(name: str) -> str:
    """The text of a new runbook of that name."""
    title = name.replace("-", " ").capitalize()
    text = _PATTERN.read_text(encoding="utf-8")
    return text.replace("new-runbook", name).replace("New runbook", title)
