"""Drafts: what was typed in dialogs closed unanswered or refused, for the next time."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mobius_tui.tui.screen_state import Draft, DraftKey


class Drafts:
    """The drafts of one screen."""

    def __init__(self, kept: Mapping[DraftKey, Draft] = MappingProxyType({})) -> None:
        """Begin with those that were kept before.

        Args:
            kept: of the screen as it was before it went away.
        """
        self._kept = dict(kept)

    @property
    def kept(self) -> Mapping[DraftKey, Draft]:
        """All drafts that are stored now, by dialog."""
        return MappingProxyType(dict(self._kept))

    def take(self, key: DraftKey | None) -> Draft:
        """Remove and return the draft of a dialog; empty where there is none.

        Args:
            key: the dialog's; `None` for one whose text is not kept.
        """
        return self._kept.pop(key, {}) if key is not None else {}

    def keep(self, drafts: Mapping[DraftKey, Draft]) -> bool:
        """Keep drafts for when their dialogs are opened again; whether there is any.

        What was typed since in the same dialog is newer, and stays.
        """
        typed = {key: draft for key, draft in drafts.items() if draft}
        self._kept = {**typed, **self._kept}
        return bool(typed)
