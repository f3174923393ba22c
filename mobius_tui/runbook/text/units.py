"""Durations and sizes, as runbooks spell them: `"1h30m"`, `"500ms"`, `"1GiB"`.

As numbers, durations are in seconds and sizes in bytes.
"""

from __future__ import annotations

import re
import time

DURATION = re.compile(
    r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?(?:(\d+)ms)?", re.ASCII
)
YEAR_SECONDS = 366 * 86400.0
"""Seconds: the longest duration; a longer one is a typing error."""
MAX_DURATION_TEXT = 20
"""Characters in which a duration of a year, or any size, can be written."""
_AGE = re.compile(r"(\d{1,6})([dw])")
_DAYS = {"d": 1, "w": 7}
DAY_SECONDS = 86400.0
"""Seconds."""
SIZE = re.compile(r"(\d+(?:\.\d+)?)(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)")
_BYTES = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}


class TooLongError(ValueError):
    """A duration of more than a year."""


def parse_duration(text: str) -> float:
    """Parse a duration such as `"1h30m"` or `"500ms"`, to seconds.

    Raises:
        TooLongError: it is longer than a year.
        ValueError: it is no duration; the message shows the form of one.
    """
    found = DURATION.fullmatch(text)
    if found is None or not text:
        raise ValueError(
            f'{text[:40]!r} is no duration; write "500ms", "10s" or "1h30m"'
        )
    if len(text) > MAX_DURATION_TEXT:
        raise TooLongError(f"{text[:40]!r} is longer than a year")
    hours, minutes, secs, millis = found.groups()
    length = (
        int(hours or 0) * 3600
        + int(minutes or 0) * 60
        + float(secs or 0)
        + int(millis or 0) / 1000
    )
    if length > YEAR_SECONDS:
        raise TooLongError(f"{text!r} is longer than a year")
    return length


def age_in_seconds(text: str) -> float:
    """Parse an age such as `"30d"`, `"2w"` or `"12h"`, to seconds.

    Raises:
        ValueError: it is no age.
    """
    found = _AGE.fullmatch(text)
    return (
        parse_duration(text)
        if found is None
        else int(found[1]) * _DAYS[found[2]] * DAY_SECONDS
    )


def duration_literal(duration: float) -> str:
    """Whole seconds in the syntax of a runbook: `"45s"`, `"2m"`, `"1h30m"`."""
    minutes, secs = divmod(round(duration), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (secs, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"


def parse_size(text: str) -> int:
    """Parse a size such as `"1GiB"` or `"200MB"`, to bytes.

    Raises:
        ValueError: it is no size; the message shows the form of one.
    """
    found = SIZE.fullmatch(text) if len(text) <= MAX_DURATION_TEXT else None
    if found is None:
        raise ValueError(f'{text[:40]!r} is no size; write "512KiB", "200MB" or "1GiB"')
    return int(float(found[1]) * _BYTES[found[2]])


def duration_in_words(duration: float) -> str:
    """A duration for a person: `0.4 s`, `42 s`, `3 min 20 s`, `2 h 5 min`."""
    duration = max(0.0, duration)  # of a journal whose clock was set back
    if duration < 10:
        return f"{duration:.1f} s".replace(".0 s", " s")
    whole = round(duration)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def ago_in_words(duration: float) -> str:
    """How long ago something was: `just now`, `5 min ago`, `3 h ago`, `3 days ago`."""
    if duration < 60:
        return "just now"
    if duration < 3600:
        return f"{duration / 60:.0f} min ago"
    if duration < 48 * 3600:
        return f"{duration / 3600:.0f} h ago"
    return f"{duration / 86400:.0f} days ago"


def size_in_words(count: float) -> str:
    """A size for a person: `512 B`, `1.5 KiB`, `20 GiB`."""
    units = ["B", "KiB", "MiB", "GiB", "TiB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        del units[0]
    return f"{count:.1f}".removesuffix(".0") + f" {units[0]}"


def clock_duration(duration: float) -> str:
    """A duration for a column: `0:42`, `12:05`, `1:02:03`."""
    whole = max(0, int(duration))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def measured_duration(duration: float) -> str:
    """A duration that is over, for a column: `0:42`; under a second `0.4 s`."""
    if duration == 0 or duration >= 1:
        return clock_duration(duration)
    return f"{duration:.1f} s" if duration >= 0.05 else "<0.1 s"


def local_time(at: float, now: float, *, seconds: bool = False) -> str:
    """The local time of day; with its date if that is not today.

    Args:
        at: seconds since 1970.
        now: seconds since 1970.
        seconds: whether they are told.

    Returns:
        `03:12`, or `24 Nov 03:12`; with seconds `03:12:07`.
    """
    day, today = time.localtime(at), time.localtime(now)
    form = "%H:%M:%S" if seconds else "%H:%M"
    return time.strftime(form if day[:3] == today[:3] else f"%d %b {form}", day)
