"""Opening the screens, keeping them open over errands, and the exit code at the end."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

from textual.screen import Screen

from mobius_tui.run.fault import fault
from mobius_tui.run.follow import Follower
from mobius_tui.run.intents import Intent
from mobius_tui.run.starter import Briefing
from mobius_tui.run.viewer import Viewer
from mobius_tui.tui import environment, terminal_title
from mobius_tui.tui.app import MobiusApp
from mobius_tui.tui.commands import remap
from mobius_tui.tui.errand import Away
from mobius_tui.tui.opening import Openings
from mobius_tui.tui.settings import Settings
from mobius_tui.tui.terminal import fitted


def show(first: Screen[None], settings: Settings) -> int:
    """Run the app on a screen, and anew after each errand; returns the exit code.

    Raises:
        FaultError: the app came to a fault of its own.
    """
    encoding = getattr(sys.__stderr__, "encoding", None) or "utf-8"
    settings = fitted(settings, os.environ, encoding)
    remap(settings.keys)
    screens: Sequence[Screen[None]] = (first,)
    news = ""
    while True:
        app = MobiusApp(*screens, settings=settings, news=news)
        result = app.run()
        if settings.title:
            _give_title_back()
        if app.crash is not None:
            raise fault(app.crash, app.left_behind) from app.crash
        if not isinstance(result, Away) or app.return_code:
            code = result if isinstance(result, int) else 0
            return app.return_code or code
        news = result.errand.run()
        screens = [make() for make in result.pages]


def _give_title_back() -> None:
    with suppress(OSError):  # the terminal may be gone
        print(terminal_title.RESTORE, end="", file=sys.__stderr__, flush=True)


def _openings() -> Openings:
    return Openings(repaints=environment.repaints(os.environ))


def open_library(settings: Settings) -> int:
    """Show the library; returns the exit code."""
    return show(_openings().library(), settings)


def open_briefing(
    briefing: Briefing,
    settings: Settings,
    *,
    auto: Intent | None,
    answers: Mapping[str, str],
) -> int:
    """Show a briefing, and the run that begins with it; returns the exit code.

    Args:
        briefing: what is known before the run.
        settings: the person's.
        auto: sent as soon as the run has begun.
        answers: by variable; the person may change them.
    """
    return show(_openings().briefing(briefing, auto=auto, answers=answers), settings)


def open_run(follower: Follower, settings: Settings, *, auto: Intent | None) -> int:
    """Show a run that has begun, and that was read; returns the exit code."""
    viewer = Viewer(follower.directory, follower)
    return show(_openings().run(viewer, is_new=False, auto=auto), settings)
