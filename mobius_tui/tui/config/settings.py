"""The person's settings: theme, keys, and what the terminal shows."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

OWN_THEME_NAMES = (
    "mobius-dark",
    "mobius-light",
    "mobius-contrast",
    "mobius-blue-orange",
    "mobius-ansi",
)
"""The names of our own themes, all of which a person can choose.

For a person who has chosen none, the first one is taken where the terminal has many
colours, the last one where it has few or none.
"""
TEXTUAL_THEME_NAMES = (
    "ansi-dark",
    "ansi-light",
    "atom-one-dark",
    "atom-one-light",
    "catppuccin-frappe",
    "catppuccin-latte",
    "catppuccin-macchiato",
    "catppuccin-mocha",
    "dracula",
    "flexoki",
    "gruvbox",
    "monokai",
    "nord",
    "rose-pine",
    "rose-pine-dawn",
    "rose-pine-moon",
    "solarized-dark",
    "solarized-light",
    "textual-dark",
    "textual-light",
    "tokyo-night",
)
"""Textual's own, which it need not be imported to know."""
THEME_NAMES = OWN_THEME_NAMES + TEXTUAL_THEME_NAMES


class Settings(Struct, frozen=True, kw_only=True):
    """The settings of config.toml, or their defaults."""

    theme: str | None = None
    """A theme's name; `None` to choose by what the terminal can show."""
    ascii: bool | None = None
    """Whether only ASCII is drawn; `None` to choose by what the terminal can show."""
    bell: bool = True
    """Whether the bell rings on a failure and at the end of a run."""
    title: bool = True
    """Whether the terminal's title shows the state of the run."""
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The person's keys by command id; the others keep theirs."""


DEFAULT_SETTINGS = Settings()
"""The settings where there is no config.toml."""
