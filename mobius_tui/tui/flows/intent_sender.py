"""Sends a screen's intents to the host of a run, and hands on what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from textual.widget import Widget

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.messages import Intent
from mobius_tui.tui.messages import Answered
from mobius_tui.tui.screen_state import Draft

_SENT_TEXTS = "It is on its way; its step shows what becomes of it."
DONE: Mapping[str, str] = {
    "note": "The note is on record.",
    "look": "Its checks are being made; what they see stands with the step.",
    "send": _SENT_TEXTS,
    "send again": _SENT_TEXTS,
}
"""What is told when a wish was granted, where the screen does not show it."""


class IntentSender:
    """Sends intents, each once at a time, and reports each answer to the page."""

    def __init__(self, viewer: Viewer, page: Widget) -> None:
        self._viewer = viewer
        self._page = page
        self._pending: set[tuple[object, ...]] = set()

    def send(
        self, intent: Intent, typed: Mapping[str, Draft] = MappingProxyType({})
    ) -> None:
        """Send an intent, unless the same one is on its way.

        Args:
            intent: what is wanted.
            typed: what the person typed for it, by the dialogs' headings.
        """
        same = (intent.wish, intent.step, intent.attempt, intent.phase, intent.text)
        if same not in self._pending:
            self._pending.add(same)
            work = self._wait_for_answer(intent, same, typed)
            self._page.run_worker(work, name="send", exit_on_error=False)

    async def _wait_for_answer(
        self, intent: Intent, same: tuple[object, ...], typed: Mapping[str, Draft]
    ) -> None:
        try:
            reply = await self._viewer.intend(intent)
        finally:
            self._pending.discard(same)
        self._page.post_message(Answered(intent, reply, typed))
