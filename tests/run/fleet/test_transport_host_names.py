"""Names that may be given to ssh, and parts of paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.transport import (
    MAX_PATH_PART_LENGTH,
    check_host_name,
    name_as_path_part,
)


@pytest.mark.parametrize(
    "name",
    ["web-1", "deploy@web-1.example.org", "10.0.0.1", "fe80::1%eth0", "u_1", "a" * 253],
)
def test_names_of_hosts(name: str) -> None:
    assert check_host_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "-oProxyCommand=x", "-l", "--", "a b", "a;b", "$(a)", "a\nb", "a@-b"),
        *("-a@b", "a@b@c", "ssh://a", "../a", ".", "\x1b[2J", "a/b", "é", "a" * 254),
        "web-1\n",
    ],
)
def test_a_name_that_could_be_an_option_or_worse_is_refused(name: str) -> None:
    with pytest.raises(RunError, match="is no name of a host") as error:
        check_host_name(name)
    assert "\x1b" not in str(error.value)


@given(st.text(max_size=200), st.text(max_size=200))
def test_a_part_of_a_path_leads_nowhere_and_is_one_name_alone(a: str, b: str) -> None:
    part = name_as_path_part(a)
    assert 0 < len(part) <= MAX_PATH_PART_LENGTH
    assert "/" not in part
    assert part.isascii()
    assert not part.startswith((".", "-")) or a.startswith("-")
    assert (part == name_as_path_part(b)) == (a == b)
