"""Sends a screen's intents to the host of a run, and hands on what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from textual.widget import Widget

from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.intents.action import Action
from mobius_tui.tui.messages import Answered
from mobius_tui.tui.screen_state import Draft, DraftKey


class IntentSender:
    """Sends actions, each once at a time, and reports each answer to the page."""

    def __init__(self, viewer: Viewer, page: Widget) -> None:
        self._viewer = viewer
        self._page = page
        self._pending: list[Action] = []

    def send(
        self, action: Action, typed: Mapping[DraftKey, Draft] = MappingProxyType({})
    ) -> None:
        """Send an action, unless the same one is on its way.

        Args:
            action: what is wanted.
            typed: what the person typed for it.
        """
        if action not in self._pending:
            self._pending.append(action)
            work = self._wait_for_answer(action, typed)
            self._page.run_worker(work, name="send", exit_on_error=False)

    def is_on_its_way(self, action: Action) -> bool:
        """Whether an action was sent, and the page has not taken its answer yet."""
        return action in self._pending

    def is_busy_with(self, step: str) -> bool:
        """Whether an action on a step is on its way: what is shown of it is old."""
        return any(getattr(each, "step", None) == step for each in self._pending)

    def settle(self, action: Action) -> None:
        """The page has taken the answer, and shows what came of it."""
        self._pending.remove(action)

    async def _wait_for_answer(
        self, action: Action, typed: Mapping[DraftKey, Draft]
    ) -> None:
        try:
            reply = await self._viewer.send_intent(action)
        except BaseException:
            self.settle(action)
            raise
        self._page.post_message(Answered(action, reply, typed))
