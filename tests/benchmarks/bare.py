"""A bare Textual app: the floor of what any app of Textual's costs."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Static


class Bare(App[None]):
    """One word; `q` quits."""

    BINDINGS = [("q", "quit", "Quit")]  # noqa: RUF012 - as Textual declares it

    def compose(self) -> ComposeResult:
        yield Static("Ready.")


if __name__ == "__main__":
    Bare().run()
