"""What ssh prints, as a reason."""

from __future__ import annotations

import pytest

from mobius_tui.run.fleet.unreached import (
    MAX_UNREACHED_REASON_LENGTH,
    UnreachedKind,
    unreached,
)

WAY = "ssh web-1"
CHANGED = """@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@
Host key verification failed.
"""


@pytest.mark.parametrize(
    ("noise", "says"),
    [
        (["ssh: connect to host a port 22: Connection refused"], "Connection refused"),
        (
            [
                "No host key is known for a and you have requested strict checking.",
                "Host key verification failed.",
            ],
            "in no known_hosts: look at it by hand with `ssh web-1`",
        ),
        (
            ["@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @", "more"],
            "another than the one in known_hosts",
        ),
        (["root@a: Permission denied (publickey)."], "lets nobody in with our keys"),
        (["sudo: a password is required"], "sudo wants a password"),
        ([], "no answer came, or the line broke: `ssh web-1` ended with 255"),
    ],
)
def test_a_reason_says_what_to_do(noise: list[str], says: str) -> None:
    assert says in unreached(noise, 255, WAY).words


def test_what_ended_by_itself_is_no_line_that_broke() -> None:
    reason = unreached([], -9, WAY).words
    assert reason == "`ssh web-1` ended with -9, and said nothing"


def test_a_reason_is_short_and_harmless() -> None:
    reason = unreached(["\x1b]0;t\x07" + "é\u202e" * 500], 1, WAY).words
    assert len(reason) <= MAX_UNREACHED_REASON_LENGTH
    assert not {"\x1b", "\x07", "\u202e"} & {*reason}


@pytest.mark.parametrize(
    ("said", "kind", "host_key"),
    [
        (CHANGED, UnreachedKind.CHANGED_KEY, "changed"),
        (
            *("@ WARNING: REVOKED HOST KEY DETECTED! @", UnreachedKind.CHANGED_KEY),
            "changed",
        ),
        ("Host key verification failed.\r\n", UnreachedKind.UNKNOWN_KEY, "unknown"),
        (
            "ssh: Could not resolve hostname x: Name or service not known",
            *(UnreachedKind.NO_SUCH_NAME, None),
        ),
        (
            "ssh: connect to host x port 22: Connection timed out",
            *(UnreachedKind.TIMED_OUT, None),
        ),
        (
            "ssh: connect to host x port 22: Connection refused",
            *(UnreachedKind.REFUSED, None),
        ),
        ("Welcome\nops@x: Permission denied (publickey).", UnreachedKind.REFUSED, None),
    ],
)
def test_a_reason_is_of_a_kind_and_a_key_is_an_answer(
    said: str, kind: UnreachedKind, host_key: str | None
) -> None:
    found = unreached(said.splitlines(), 255, WAY)
    assert (found.kind, found.host_key) == (kind, host_key)
