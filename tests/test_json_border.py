"""How deep JSON may be: as deep on every Python, and wherever it is read from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mobius_tui.health.response_body import MISSING, parse_json
from mobius_tui.json_border import MAX_DEPTH, json_as, malformed_text, read_json
from tests.growth import UNEVEN, growth

READ: list[Callable[[bytes], Any]] = [read_json, lambda data: json_as(Any, data)]
DEEPEST = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
TOO_DEEP = [
    b"[" + DEEPEST + b"]",
    b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1),
    b'[{"a":' * MAX_DEPTH,
    b"[" * 1_000_000,
]
SHALLOW = [
    DEEPEST,
    b"[" + b"[1]," * (2 * MAX_DEPTH) + b"1]",
    b'["' + b"[{" * (2 * MAX_DEPTH) + b'"]',
    b'["\\"' + b"[{" * (2 * MAX_DEPTH) + b'\\\\"]',
]


def called_deep(read: Callable[[bytes], Any], data: bytes, calls: int) -> Any:
    return called_deep(read, data, calls - 1) if calls else read(data)


@pytest.mark.parametrize("calls", [0, 500])
@pytest.mark.parametrize("read", READ)
def test_what_is_nested_too_deeply_is_refused(
    read: Callable[[bytes], Any], calls: int
) -> None:
    for data in TOO_DEEP:
        with pytest.raises(ValueError, match="nested") as error:
            called_deep(read, data, calls)
        assert malformed_text(error.value) == "it is nested too deeply"
    for data in SHALLOW:
        assert called_deep(read, data, calls) is not None


def test_an_open_text_is_read_once() -> None:
    """Else each quote in it would be taken for the beginning of another one."""

    def read(length: int) -> None:
        with pytest.raises(ValueError, match="Unterminated"):
            read_json(b"[" + b"[]," * MAX_DEPTH + b'"' + b'\\"' * length)

    assert growth(read, 20_000) < UNEVEN


def test_so_it_is_in_an_answer_of_a_service() -> None:
    assert [parse_json(data) for data in TOO_DEEP] == [MISSING] * len(TOO_DEEP)
    assert parse_json(DEEPEST) is not MISSING
