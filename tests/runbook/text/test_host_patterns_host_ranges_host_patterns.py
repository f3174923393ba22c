"""Patterns that name some of the hosts there are."""

from __future__ import annotations

import pytest

from mobius_tui.runbook.text.host_patterns import BadHostError, select_hosts

HOSTS = ("web-1", "web-2", "web-3", "db-1", "fd00::1")
GROUPS = {"web": HOSTS[:3], "db": ("db-1",), "rack1": ("web-1", "db-1"), "none": ()}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("all", "web-1 web-2 web-3 db-1 fd00::1"),
        ("*", "web-1 web-2 web-3 db-1 fd00::1"),
        ("db:web", "web-1 web-2 web-3 db-1"),
        ("db,web", "web-1 web-2 web-3 db-1"),
        ("web:!web-2", "web-1 web-3"),
        ("!web-2:web", "web-1 web-3"),
        ("web:&rack1", "web-1"),
        ("&rack1:web", "web-1"),
        ("!web", "db-1 fd00::1"),
        ("web-?", "web-1 web-2 web-3"),
        ("ra*", "web-1 db-1"),
        ("web-[2:3]", "web-2 web-3"),
        ("web-[2:9]:!web-3", "web-2"),
        ("fd00::1", "fd00::1"),
        ("fd00::1,db", "db-1 fd00::1"),
        (" web , ! web-1 ", "web-2 web-3"),
        ("web:!all", ""),
    ],
)
def test_a_pattern_names_hosts_in_their_order(pattern: str, names: str) -> None:
    assert list(select_hosts((pattern,), HOSTS, GROUPS)) == names.split()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "an empty part"),
        ("web:", "an empty part"),
        ("web:!", "an empty part"),
        ("wab", "`wab` names no host; did you mean"),
        ("web:!wab", "`wab` names no host"),
        ("none", "`none` names no host"),
        ("~web.*", "no regular expressions"),
        ("web[0]", "a range is [FIRST:LAST]"),
        ("x" * 5000, "4096 characters at most"),
    ],
)
def test_what_names_nothing_is_told(pattern: str, words: str) -> None:
    with pytest.raises(BadHostError, match=words.replace("[", r"\[")):
        select_hosts((pattern,), HOSTS, GROUPS)


def test_several_patterns_are_one() -> None:
    patterns = ("web", "db", "!web-2:web-3", "&rack1:web-2")
    assert select_hosts(patterns, HOSTS, GROUPS) == ("web-1", "db-1")
