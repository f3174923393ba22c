"""Targets: their hosts, and the batches of these."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobius_tui.runbook.model.targets import (
    Target,
    cut_into_batches,
    named_hosts,
    share_or_count,
)


def test_those_that_go_first_are_at_the_beginning() -> None:
    hosts = ("a[1:4]", "!a3")
    target = Target(name="a", hosts=hosts, first=("a4", "a2"))
    assert named_hosts(target) == ("a4", "a2", "a1")


@pytest.mark.parametrize(
    ("batch", "count", "first", "sizes"),
    [
        (("100%",), 5, 0, [5]),
        (("1", "25%", "100%"), 120, 1, [1, 30, 89]),
        (("2",), 5, 0, [2, 2, 1]),
        (("10%",), 5, 0, [1, 1, 1, 1, 1]),
        (("100%",), 5, 2, [2, 3]),
        (("1", "3"), 8, 2, [1, 1, 3, 3]),
        (("2", "100%"), 5, 1, [1, 2, 2]),
        (("50",), 5, 5, [5]),
    ],
)
def test_the_sizes_of_batches(
    batch: tuple[str, ...], count: int, first: int, sizes: list[int]
) -> None:
    hosts = [f"h{n}" for n in range(count)]
    found = cut_into_batches(batch, hosts, hosts[:first])
    assert [len(each) for each in found] == sizes


@given(
    batch=st.lists(st.sampled_from(["1", "3", "7", "1%", "25%", "60%"]), min_size=1),
    count=st.integers(0, 60),
    first=st.integers(0, 60),
)
def test_every_host_is_in_one_batch_and_the_first_ones_are_among_themselves(
    batch: list[str], count: int, first: int
) -> None:
    hosts = [f"h{n}" for n in range(count)]
    early = set(hosts[:first])
    found = cut_into_batches(batch, hosts, hosts[:first])
    assert [host for each in found for host in each] == hosts
    assert all(each for each in found)
    assert all(set(each) <= early or not set(each) & early for each in found)


def test_a_share_is_rounded_down() -> None:
    assert [share_or_count(text, 30) for text in ("2", "5%", "100%")] == [2, 1, 30]
