"""Ranges of hosts, and what may be a host's name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.runbook.text.host_patterns import (
    BadHostError,
    expand_range,
    host_name_problem,
)


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("web", "web"),
        ("10.0.0.1", "10.0.0.1"),
        ("fd00::1", "fd00::1"),
        ("web-[1:3]", "web-1 web-2 web-3"),
        ("web-[08:11]", "web-08 web-09 web-10 web-11"),
        ("web-[098:101]", "web-098 web-099 web-100 web-101"),
        ("web-[0:10:5].example.org", *(["web-0.x web-5.x web-10.x"])),
        ("r[1:2]-n[01:02]", "r1-n01 r1-n02 r2-n01 r2-n02"),
    ],
)
def test_a_range_counts_as_it_is_written(entry: str, names: str) -> None:
    expected = names.replace(".x", ".example.org").split()
    assert list(expand_range(entry)) == expected


@given(st.text(max_size=300))
def test_what_is_a_name_is_no_option_no_path_and_no_code(text: str) -> None:
    if host_name_problem(text):
        return
    assert text.isascii()
    assert not text.startswith(("-", "."))
    assert not set(text) & set("/\\ \t\n\r\0;|&$`'\"<>(){}*?!~#=%@,[]")
    assert len(text) <= 253


@pytest.mark.parametrize(
    "text", ["", "-x", "a" * 254, "a\n", "a b", "x@y", "fe80::1%a"]
)
def test_what_is_no_name_is_told(text: str) -> None:
    assert host_name_problem(text)
    with pytest.raises(BadHostError):
        expand_range(text)
