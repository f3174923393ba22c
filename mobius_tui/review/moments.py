"""Moments of a run, as a person writes them. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from mobius_tui.errors import UsageError

MARGIN = 86400.0
"""Seconds before and after a run that may still be spoken of: a deployment before it,
a call from a customer after it."""
_AFTER = re.compile(r"\+(?:(\d+):)?(\d+):(\d\d)")
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?")


def moment(text: str, *, began: float, ended: float) -> float:
    """The moment that a text means, in seconds since 1970.

    Args:
        text: `+1:20` after the beginning; a time of day, on the first day of the run
            on which it is not before the beginning; or a date and a time. Without a
            zone it is local, as the screens show it.
        began: when the run began, in seconds since 1970.
        ended: when it ended.

    Raises:
        UsageError: it means none, or one that is far from the run.
    """
    found = _meant(text, began)
    if found is None:
        raise UsageError(
            f"{text!r} is no time; write 2026-11-24T13:45:05Z, 13:45:05 or +1:20"
        )
    if not began - MARGIN <= found <= ended + MARGIN:
        span = f"from {_shown(began)} to {_shown(ended)}"
        raise UsageError(f"{text!r} is more than a day away from the run, {span}")
    return found


def _meant(text: str, began: float) -> float | None:
    after = _AFTER.fullmatch(text)
    if after is not None:
        hours, minutes, seconds = (int(part or 0) for part in after.groups())
        return began + hours * 3600 + minutes * 60 + seconds
    try:
        if _CLOCK.fullmatch(text):
            return _on_its_day(text, began)
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _on_its_day(text: str, began: float) -> float:
    """A time of day: the first that is not before the run's beginning."""
    first = datetime.fromtimestamp(began).astimezone()
    hour, minute, *rest = (int(part) for part in text.split(":"))
    second = rest[0] if rest else 0
    found = first.replace(hour=hour, minute=minute, second=second, microsecond=0)
    # The second in which it began is told without its fraction.
    if found.timestamp() < int(began):
        found += timedelta(days=1)
    return found.timestamp()


def _shown(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="seconds")
