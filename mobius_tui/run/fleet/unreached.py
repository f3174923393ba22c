"""Why a host was not reached, in words, from what ssh printed."""

from __future__ import annotations

from collections.abc import Iterable

from mobius_tui.run.fleet.transport import Transport
from mobius_tui.sanitize import line

LONGEST_REASON = 200
"""Characters."""
SSH_LOST = 255
"""The exit status of ssh itself, where it does not reach a host, or no more."""
_MEANINGS = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is another than the one in known_hosts: find out why first",
    ),
    (
        "you have requested strict checking",
        "its host key is in no known_hosts: look at it by hand with `{way}`",
    ),
    (
        "Host key verification failed",
        "its host key is not the known one: look at it by hand with `{way}`",
    ),
    (
        "Permission denied (",
        "it lets nobody in with our keys: try by hand with `{way}`",
    ),
    (
        "sudo: a password is required",
        "sudo wants a password there: allow it without one, or leave `become` out",
    ),
)
"""What ssh and sudo print, and what it means; the first that is found counts."""


def unreached_reason(noise: Iterable[str], code: int, transport: Transport) -> str:
    """Why a conversation ended without an answer, as one line for a person.

    Args:
        noise: the last lines of standard error; anything.
        code: the exit status of the child process.
        transport: the way to the host.
    """
    lines = [line(each.strip()) for each in noise]
    for sign, meaning in _MEANINGS:
        if any(sign in each for each in lines):
            return meaning.format(way=transport.description)
    if lines:
        return lines[-1][:LONGEST_REASON]
    silent = f"`{transport.description}` ended with {code}, and said nothing"
    return (
        f"no answer came, or the line broke: {silent}" if code == SSH_LOST else silent
    )
