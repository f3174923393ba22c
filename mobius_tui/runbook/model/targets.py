"""Targets: the hosts that steps run on, and the rollout of a step in batches. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from msgspec import Struct

from mobius_tui.runbook.text.host_patterns import (
    BadHostError,
    expand_range,
    first_duplicate,
    select_hosts,
)

MAX_HOSTS = 1000
"""Hosts of a target at most."""
MAX_HOSTS_AT_ONCE = 50
"""Hosts at which a step runs at the same time at most: each has an ssh."""
MAX_WATCHED_HOSTS = 200
"""Hosts that probes look at, of all targets together: each look is a connection."""
MAX_FOLLOWED = 20
"""Hosts of a step with `follow` at most: each has its line on the screen."""

TRIES = 4
"""How often a host that does not answer is asked, where its target says nothing."""
MAX_TRIES = 10
MAX_RUNS_AT_ONCE = 16
"""Runs that `[limits]` may allow at once; more are as good as no limit."""
HOME_ONLY = ("~",)
"""Where a host has the claims of a run, where its target says nothing: in the home of
who logs in."""
MAX_CLAIM_PLACES = 8

OnUnreachable = Literal["fail", "skip", "ask"]
"""What a host that cannot be reached counts for."""
ON_UNREACHABLE: tuple[OnUnreachable, ...] = get_args(OnUnreachable)
Engine = Literal["ssh", "ansible"]
"""What brings a script to a host."""
ENGINES: tuple[Engine, ...] = get_args(Engine)


class Target(Struct, frozen=True, kw_only=True):
    """A `[targets.NAME]`: hosts by their names for ssh, or of an inventory."""

    name: str
    title: str = ""
    hosts: tuple[str, ...] = ()
    """Names and ranges, and `!` before what is taken out of them; with `inventory`,
    patterns of Ansible's: groups, hosts, `*`, `!` and `&`."""
    inventory: str = ""
    """An Ansible inventory: a file, a directory or a script, from the runbook's folder;
    empty where `hosts` are names for ssh."""
    first: tuple[str, ...] = ()
    """Hosts that go before all others, in this order."""
    at_most: int = MAX_HOSTS
    """The most hosts that it may have; more are refused as a mistake."""
    connect_timeout: str = "5s"
    """How long a connection to one of its hosts may take."""
    tries: int = TRIES
    """How often a host that does not answer is asked, until it cannot be reached."""
    ssh_config: str = ""
    """ssh's configuration for these hosts, a file from the runbook's folder; empty for
    the person's own."""
    claims_in: tuple[str, ...] = HOME_ONLY
    """Folders on the hosts: the first that can be written in has a run's claim."""
    ignore_vars: tuple[str, ...] = ()
    """Variables of the inventory that ssh need not follow."""

    @property
    def claims_in_words(self) -> str:
        """Where its hosts have claims; empty for their homes alone."""
        return "" if self.claims_in == HOME_ONLY else ", else ".join(self.claims_in)

    @property
    def title_or_name(self) -> str:
        """What people call it."""
        return self.title or self.name


class RunsAtOnce(Struct, frozen=True, kw_only=True):
    """`[limits]`: how many runs of this machine may be at the same thing at once.

    `None` for any number. A limit of a runbook counts the runs whose runbooks have it.
    """

    same_hosts: int | None = None
    same_folder: int | None = None
    same_runbook: int | None = None


class Between(Struct, frozen=True, kw_only=True):
    """The condition for the next batch: nothing, a person, or health."""

    healthy: str = ""
    """How long every probe that counts must have been well; empty for no such wait."""
    within: str = "15m"
    """How long that is waited for until a person is wanted."""
    person: bool = False
    """Whether a person lets the next batch begin."""


class HostRollout(Struct, frozen=True, kw_only=True):
    """`hosts` of a step: its target, its batches, and how failures are treated."""

    target: str
    """The name of a target."""
    become: str = ""
    """The user that it runs as there, by `sudo -n`; empty for who logs in."""
    batch: tuple[str, ...] = ("100%",)
    """The sizes of the batches, as numbers or shares of all; the last repeats."""
    parallel: int = 25
    """How many hosts it runs at, at the same time."""
    between: Between = Between()
    max_failed: str = "0"
    """How many hosts, or which share, may have failed: others still begin, and the
    step is warned."""
    on_unreachable: OnUnreachable = "fail"
    engine: Engine = "ssh"

    @property
    def has_batches(self) -> bool:
        """Whether not all hosts are one batch."""
        return self.batch != ("100%",)


def share_or_count(text: str, of: int) -> int:
    """A number as it is, or a share of a number, rounded down: `"5%"` of 30 is 1."""
    if text.endswith("%"):
        return int(text[:-1]) * of // 100
    return int(text)


def cut_into_batches(
    batch: Sequence[str], hosts: Sequence[str], first: Iterable[str] = ()
) -> tuple[tuple[str, ...], ...]:
    """The hosts in batches, in order.

    A share is at least one host. Those that go first are in batches of their own: a
    size that they do not fill is used again for the others.

    Args:
        batch: the sizes.
        hosts: all hosts in order, those that go first at the beginning.
        first: the hosts that go first.
    """
    early = set(first) & set(hosts)
    found: list[tuple[str, ...]] = []
    begin = which = 0
    while begin < len(hosts):
        size = max(1, share_or_count(batch[which], len(hosts)))
        end = min(begin + size, len(hosts))
        is_cut = begin < len(early) < end
        end = len(early) if is_cut else end
        found.append(tuple(hosts[begin:end]))
        begin = end
        which = which if is_cut else min(which + 1, len(batch) - 1)
    return tuple(found)


def named_hosts(target: Target) -> tuple[str, ...]:
    """The hosts of a target without an inventory, those that go first at the beginning.

    Raises:
        BadHostError: an entry is no name; one is there twice; or none is left.
    """
    added = (entry for entry in target.hosts if not entry.startswith("!"))
    names = tuple(name for entry in added for name in expand_range(entry))
    if twice := first_duplicate(names):
        raise BadHostError(f"`{twice}` is there twice")
    for entry in target.hosts:
        if entry.startswith("!"):
            out = frozenset(select_hosts((entry[1:],), names))
            names = tuple(name for name in names if name not in out)
    return hosts_in_order(target, names)


def hosts_in_order(target: Target, names: Sequence[str]) -> tuple[str, ...]:
    """The hosts of a target in the order in which they go.

    Raises:
        BadHostError: there is none, or too many, or one that goes first is none of
            them.
    """
    if not names:
        raise BadHostError("no host is left")
    if len(names) > target.at_most:
        raise BadHostError(f"{len(names)} hosts; `at_most` is {target.at_most}")
    there = set(names)
    for name in target.first:
        if name not in there:
            raise BadHostError(f"`{name}` goes `first`, and is none of the hosts")
    early = dict.fromkeys(target.first)
    return (*early, *(name for name in names if name not in early))
