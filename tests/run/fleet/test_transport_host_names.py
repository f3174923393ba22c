"""Names that may be given to ssh, and parts of paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.transport import (
    MAX_PATH_PART_LENGTH,
    Destination,
    SshRoute,
    check_host_name,
    name_as_path_part,
    transport_to,
)
from mobius_tui.runbook.text.host_patterns import host_name_problem
from tests.table import each_row

NAMES = ["web-1", "web-1.example.org", "10.0.0.1", "fe80::1", "u_1", "a" * 253]
NO_NAMES = [
    *("", "-oProxyCommand=x", "-l", "--", "a b", "a;b", "$(a)", "a\nb", "a@-b"),
    *("-a@b", "a@b@c", "ssh://a", "../a", ".", "\x1b[2J", "a/b", "é", "a" * 254),
    *("web-1\n", "deploy@web-1", "fe80::1%eth0", "fe80::1%$(id)"),
]


@each_row("name", [*NAMES, *NO_NAMES])
def test_what_a_runbook_may_name_is_what_ssh_is_given(name: str) -> None:
    """One definition, wherever a name comes from."""
    is_name = name in NAMES
    assert bool(host_name_problem(name)) != is_name
    if is_name:
        assert check_host_name(name) == name
        assert transport_to(Destination(name=name), SshRoute(), None).argv[-2] == name
        return
    with pytest.raises(RunError) as error:
        check_host_name(name)
    assert str(error.value).isprintable()


def test_a_user_before_a_name_is_said_where_it_belongs() -> None:
    with pytest.raises(RunError, match=r"the user is set in ~/\.ssh/config"):
        check_host_name("deploy@web-1")


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_part_of_a_path_leads_nowhere_and_is_one_name_alone(a: str, b: str) -> None:
    part = name_as_path_part(a)
    assert 0 < len(part) <= MAX_PATH_PART_LENGTH
    assert "/" not in part
    assert part.isascii()
    assert not part.startswith((".", "-")) or a.startswith("-")
    assert (part == name_as_path_part(b)) == (a == b)
