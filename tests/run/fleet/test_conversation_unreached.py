"""What ssh prints, as a reason."""

from __future__ import annotations

import pytest

from mobius_tui.run.fleet.conversation import (
    MAX_UNREACHED_REASON_LENGTH,
    unreached_reason,
)
from mobius_tui.run.fleet.transport import Transport

WAY = Transport(argv=("ssh",), description="ssh web-1")


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
    assert says in unreached_reason(noise, 255, WAY)


def test_what_ended_by_itself_is_no_line_that_broke() -> None:
    reason = unreached_reason([], -9, WAY)
    assert reason == "`ssh web-1` ended with -9, and said nothing"


def test_a_reason_is_short_and_harmless() -> None:
    reason = unreached_reason(["\x1b]0;t\x07" + "é\u202e" * 500], 1, WAY)
    assert len(reason) <= MAX_UNREACHED_REASON_LENGTH
    assert not {"\x1b", "\x07", "\u202e"} & {*reason}
