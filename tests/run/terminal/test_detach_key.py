"""The one key that is not for the program."""

from __future__ import annotations

import pytest

from mobius_tui.run.terminal.detach_key import REPEAT_LIMIT, DetachKeyFilter


@pytest.mark.parametrize(
    "key", [b"\x1d", b"\x1b[93;5u", b"\x1b[93;5:1u", b"\x1b[27;5;93~"]
)
def test_it_takes_its_person_away(key: bytes) -> None:
    keys = DetachKeyFilter()
    assert keys.feed(b"ab" + key, 1.0) == b"ab"
    keys.check_time(1.0 + REPEAT_LIMIT / 2)
    assert not keys.is_detached
    keys.check_time(1.0 + REPEAT_LIMIT)
    assert keys.is_detached


def test_twice_it_is_the_programs() -> None:
    keys = DetachKeyFilter()
    assert keys.feed(b"\x1d", 1.0) == b""
    assert keys.feed(b"\x1dmore", 1.1) == b"\x1dmore"
    keys.check_time(9.0)
    assert not keys.is_detached


def test_what_is_typed_after_it_is_nobodys() -> None:
    keys = DetachKeyFilter()
    assert keys.feed(b"a\x1dq", 1.0) == b"a"
    assert keys.is_detached
