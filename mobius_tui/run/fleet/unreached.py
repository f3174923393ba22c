"""Why a host was not reached, by what ssh and sudo print. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

from msgspec import Struct

from mobius_tui.run.events.fleet_events import HostKeyProblem
from mobius_tui.sanitize import line

MAX_UNREACHED_REASON_LENGTH = 200
"""Characters."""
SSH_ERROR_EXIT_STATUS = 255
"""The exit status of ssh itself, where it does not reach a host, or no more."""


class UnreachedKind(StrEnum):
    """Why a host was not reached, in a word."""

    CHANGED_KEY = "changed key"
    UNKNOWN_KEY = "unknown key"
    NO_SUCH_NAME = "no such name"
    TIMED_OUT = "timed out"
    REFUSED = "refused"
    """Every other reason: nobody is let in, no ssh here, no shell there."""


HOST_KEY_PROBLEMS: dict[UnreachedKind, HostKeyProblem] = {
    UnreachedKind.CHANGED_KEY: "changed",
    UnreachedKind.UNKNOWN_KEY: "unknown",
}
"""The reasons that are an answer: to ask again would not change them."""
_SIGNS: Sequence[tuple[str, UnreachedKind, str]] = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        UnreachedKind.CHANGED_KEY,
        "its host key is another than the one in known_hosts: find out why first",
    ),
    (
        "REVOKED HOST KEY DETECTED",
        UnreachedKind.CHANGED_KEY,
        "its host key is revoked: find out why first",
    ),
    (
        "you have requested strict checking",
        UnreachedKind.UNKNOWN_KEY,
        "its host key is in no known_hosts: look at it by hand with `{way}`",
    ),
    (
        "Host key verification failed",
        UnreachedKind.UNKNOWN_KEY,
        "its host key is not the known one: look at it by hand with `{way}`",
    ),
    (
        "Permission denied (",
        UnreachedKind.REFUSED,
        "it lets nobody in with our keys: try by hand with `{way}`",
    ),
    (
        "sudo: a password is required",
        UnreachedKind.REFUSED,
        "sudo wants a password there: allow it without one, or leave `become` out",
    ),
    ("Could not resolve hostname", UnreachedKind.NO_SUCH_NAME, ""),
    ("Name or service not known", UnreachedKind.NO_SUCH_NAME, ""),
    ("timed out", UnreachedKind.TIMED_OUT, ""),
    ("not responding", UnreachedKind.TIMED_OUT, ""),
    ("No route to host", UnreachedKind.TIMED_OUT, ""),
    ("Network is unreachable", UnreachedKind.TIMED_OUT, ""),
)
"""What is printed, and what it means; the first that is found counts. Without words,
what is printed says it best."""


class Unreached(Struct, frozen=True, kw_only=True):
    """Why a host was not reached."""

    kind: UnreachedKind
    words: str
    """On one line, for a person."""

    @property
    def host_key(self) -> HostKeyProblem | None:
        """What is wrong with its host key; `None` where nothing is."""
        return HOST_KEY_PROBLEMS.get(self.kind)


def unreached(said: Iterable[str], code: int, way: str) -> Unreached:
    """Why a conversation ended without an answer.

    Args:
        said: the last lines that were printed; anything.
        code: the exit status of the child process.
        way: what a person types to go there, such as `ssh web-1`.
    """
    lines = [text for each in said if (text := line(each.strip()))]
    for sign, kind, words in _SIGNS:
        found = next((each for each in lines if sign in each), "")
        if found:
            told = words.format(way=way) or found[:MAX_UNREACHED_REASON_LENGTH]
            return Unreached(kind=kind, words=told)
    if lines:
        return Unreached(
            kind=UnreachedKind.REFUSED, words=lines[-1][:MAX_UNREACHED_REASON_LENGTH]
        )
    silent = f"`{way}` ended with {code}, and said nothing"
    if code == SSH_ERROR_EXIT_STATUS:
        silent = f"no answer came, or the line broke: {silent}"
    return Unreached(kind=UnreachedKind.REFUSED, words=silent)
