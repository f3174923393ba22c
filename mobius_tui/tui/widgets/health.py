"""The health panel: each probe's state and figures, a chart, and the machine."""

from __future__ import annotations

from textual.app import RenderResult
from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from mobius_tui.tui.health_view import HealthView
from mobius_tui.tui.theme import Role, assemble
from mobius_tui.tui.widgets.health_lines import lines

LOW = 3
"""Content rows in which there is room for the worst news alone."""


class HealthPanel(Widget, can_focus=True):
    """Says the worst news in its title; as high as the screen gives it room for."""

    health: reactive[HealthView | None] = reactive(None, repaint=False)
    compact: reactive[bool] = reactive(False, layout=True)  # noqa: FBT003 - a default
    """Whether there is room for the worst news alone."""

    _rows = 0
    """How many it would have liked when it was last laid out."""

    def watch_health(self, health: HealthView | None) -> None:
        """Say the worst news in the border; lay out anew only for other rows."""
        if health is None:
            return
        wanted = self._wanted(self.size.width)
        self.refresh(layout=wanted != self._rows)
        self._rows = wanted
        role: Role = {"failing": "bad", "unknown": "warn", "ok": "good"}[
            health.condition
        ]  # type: ignore[assignment]
        if health.has_ended or not health.probes:
            role = "muted"
        glyph = {"bad": "✖ ", "warn": "? ", "good": "● "}.get(role, "")
        self.border_title = assemble(
            ("Health · ", role), (f"{glyph}{health.news}", role)
        )
        parts: list[tuple[str, Role]] = [(health.beat, "muted")] if health.beat else []
        if health.armed is not None and not health.has_ended:
            word = "auto-rollback ARMED" if health.armed else "auto-rollback not armed"
            parts += [(" · ", "muted")] * bool(parts)
            parts.append((word, "warn" if health.armed else "muted"))
        self.border_subtitle = assemble(*parts) if parts else None
        failing = health.condition == "failing" and not health.has_ended
        self.set_class(failing, "-failing")

    def render(self) -> RenderResult:
        """The lines for the room that there is."""
        if self.health is None:
            return Content("")
        width, height = self.size
        found = lines(
            self.health,
            width=width,
            height=height or None,
            compact=self.compact and height <= LOW,
        )
        return Content("\n").join(found[: height or None])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many rows as it would like."""
        del container, viewport
        return self._wanted(width)

    def _wanted(self, width: int) -> int:
        if self.health is None or width == 0:
            return 2
        found = lines(self.health, width=width, height=None, compact=self.compact)
        return max(1, len(found))
