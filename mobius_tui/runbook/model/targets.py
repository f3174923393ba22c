"""Targets: the hosts that steps run on, and the rollout of a step in batches. Pure."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, get_args

from msgspec import Struct

from mobius_tui.runbook.model.check_kinds import Count
from mobius_tui.runbook.model.keys import (
    BY_VARIABLE,
    FOR_PEOPLE,
    Counted,
    Duration,
    HostShare,
    Inner,
    Key,
    OneOf,
    Other,
    Text,
    Texts,
    Whole,
    text_matching,
    whole_number,
)
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
MAX_PARALLEL = 64
"""Steps that run side by side at most: each has a keeper, a process of its own."""
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
BATCH_SIZE_PATTERN = re.compile(r"[1-9]\d{0,3}|[1-9]\d?%|100%")
"""The size of a batch: a number of hosts, or a share of all."""
ACCOUNT_PATTERN = re.compile(r"[a-z_][a-z0-9_-]{0,31}\$?")
"""A user of a host, as `useradd` takes it."""
CONNECT_TIMEOUT = Duration("1s", "2m")
"""ssh counts whole seconds. What is not there in two minutes is not there: it holds its
batch for as long as all tries take."""
HEALTHY = Duration("1s", "24h")
BATCH = Other(
    {
        "type": "array",
        "items": text_matching(BATCH_SIZE_PATTERN.pattern),
        "minItems": 1,
    }
)
HOSTS = "[targets.NAME] with `hosts`, and `hosts = 'NAME'` on its steps (format 2)"
"""What to write where other tools name hosts."""
PARALLEL = Key(
    Other({"anyOf": [{"type": "boolean"}, whole_number(1, MAX_PARALLEL), BY_VARIABLE]}),
    "how many rows run side by side, from 2 to 64, or `true`: to write it says that "
    "none touches what another does; with `hosts`, at how many of these it runs at the "
    'same time, at most 50, or `"${name}"`',
    quiet=True,
    like="forks throttle max_parallel concurrency",
)
MAX_FAILED = Key(
    HostShare('a number of hosts or a share of all, such as "2" or "5%"'),
    "how many rows, or hosts, may fail: the others go on, and the step is warned; when "
    "more have, no further one begins, and the step has failed; 0 without it; of hosts "
    'a share such as `"5%"`, or `"${name}"`, too',
    quiet=True,
    like="max_fail_percentage max_errors",
    write='`max_failed = "5%"`',
)
"""Of rows as of hosts."""
_AT_ONCE = Whole(1, MAX_RUNS_AT_ONCE)


class Target(Struct, frozen=True, kw_only=True):
    """A `[targets.NAME]`: hosts by their names for ssh, or of an inventory."""

    name: str
    title: Annotated[
        str, Key(Text(), "what people call them", like="description label name")
    ] = ""
    hosts: Annotated[
        tuple[str, ...],
        Key(
            Texts(least=1),
            "names for ssh, of which `~/.ssh/config` says the rest, "
            'ranges and exclusions: `["web-[001:120]", "!web-017"]`; with '
            '`inventory`, its patterns: `["web", "!db", "&rack1"]`',
            required=True,
            like="host names nodes servers members group groups",
        ),
    ] = ()
    """Names and ranges, and `!` before what is taken out of them; with `inventory`,
    patterns of Ansible's: groups, hosts, `*`, `!` and `&`."""
    inventory: Annotated[
        str,
        Key(
            Text(some=True),
            "an Ansible inventory, a file, a directory or a script beside "
            "the runbook; read by `ansible-inventory`",
        ),
    ] = ""
    first: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "hosts that go before all others, in batches of their own",
            like="canary canaries",
        ),
    ] = ()
    at_most: Annotated[
        int,
        Key(
            Whole(1, MAX_HOSTS),
            "how many hosts are no mistake, {usual}; more are an error",
            like="limit max maximum max_hosts",
        ),
    ] = MAX_HOSTS
    connect_timeout: Annotated[
        str,
        Key(
            CONNECT_TIMEOUT,
            "how long a connection to one of them may take, from "
            '`"1s"` to `"2m"`; {usual} without it',
            like="connection_timeout timeout",
        ),
    ] = "5s"
    tries: Annotated[
        int,
        Key(
            Whole(1, MAX_TRIES),
            "how often a host that does not answer is asked until it "
            "counts as not reached, from 1 to 10; {usual} without it, after "
            "pauses of 1, 5 and 15 seconds",
            like="retries connection_attempts attempts",
        ),
    ] = TRIES
    ssh_config: Annotated[
        str,
        Key(
            Text(some=True),
            "a file beside the runbook that ssh reads in place of "
            "`~/.ssh/config`: a team's `ProxyJump`",
            like="ssh_args proxy_jump proxyjump jump bastion",
        ),
    ] = ""
    """ssh's configuration for these hosts, a file from the runbook's folder; empty for
    the person's own."""
    claims_in: Annotated[
        tuple[str, ...],
        Key(
            Texts(least=1),
            "folders on the hosts for [claims](#claims-on-hosts), tried "
            'in order: `["~", "/dev/shm"]`; the home of who logs in, '
            "{usual}, without it",
        ),
    ] = HOME_ONLY
    """Folders on the hosts: the first that can be written in has a run's claim."""
    ignore_vars: Annotated[
        tuple[str, ...],
        Key(
            Texts(),
            "variables of the inventory that ssh need not follow",
            see="what-ssh-follows-of-an-inventory",
        ),
    ] = ()

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

    same_hosts: Annotated[
        int | None,
        Key(
            _AT_ONCE,
            "how many runs may be at one of its hosts at once, from 1 to "
            "16; any number without it",
        ),
    ] = None
    same_folder: Annotated[
        int | None, Key(_AT_ONCE, "how many may work in one folder (`workdir`)")
    ] = None
    same_runbook: Annotated[
        int | None,
        Key(
            _AT_ONCE,
            "how many of this runbook there may be: of a file of this "
            "name in this folder, whatever it says now",
        ),
    ] = None


class Between(Struct, frozen=True, kw_only=True):
    """The condition for the next batch: nothing, a person, or health."""

    healthy: Annotated[
        str,
        Key(
            HEALTHY,
            "how long every probe that counts must have been well, and "
            "each has looked since the batch ended; no data is not well",
            required=True,
        ),
    ] = ""
    """How long every probe that counts must have been well; empty for no such wait."""
    within: Annotated[
        str, Key(FOR_PEOPLE, "how long that is waited for until a person is wanted")
    ] = "15m"
    person: bool = False
    """Whether a person lets the next batch begin."""


class HostRollout(Struct, frozen=True, kw_only=True):
    """`hosts` of a step: its target, its batches, and how failures are treated."""

    target: Annotated[
        str,
        Key(
            Text(some=True),
            "the name of a target: the step runs on each of its hosts",
            name="hosts",
            like="host target targets node nodes server delegate_to",
            write=HOSTS,
        ),
    ]
    become: Annotated[
        str,
        Key(
            Other(text_matching(f"(?:{ACCOUNT_PATTERN.pattern})?")),
            "the user that it runs as there, by `sudo -n`; without it, who logs in",
            like="sudo become_user user run_as",
            write="`sudo -n` in the script, or `become` with `hosts`",
        ),
    ] = ""
    batch: Annotated[
        tuple[str, ...],
        Key(
            BATCH,
            "the sizes of the batches, numbers of hosts or shares of all: "
            '`["1", "25%", "100%"]`; the last one repeats; {usual} without it',
            like="serial batches",
            write='`batch = ["1", "25%", "100%"]`',
        ),
    ] = ("100%",)
    parallel: Annotated[Count, Key(Counted(1, MAX_HOSTS_AT_ONCE))] = 25
    """How many hosts it runs at, at the same time."""
    between: Annotated[
        Between,
        Key(
            Inner((Between,), ("string", "object")),
            'what is waited for between two batches: `"none"`, '
            '`"person"`, or `{ healthy = "2m", within = "15m" }`',
        ),
    ] = Between()
    max_failed: Annotated[str, MAX_FAILED] = "0"
    """How many hosts, or which share, may have failed: others still begin, and the
    step is warned."""
    on_unreachable: Annotated[
        OnUnreachable,
        Key(
            OneOf(ON_UNREACHABLE),
            "what a host counts for that cannot be reached: {usual} (the "
            'default), `"skip"`, or `"ask"`',
        ),
    ] = "fail"
    engine: Annotated[
        Engine,
        Key(
            OneOf(ENGINES),
            'what brings the script there: {usual}, or `"ansible"` for '
            "hosts that ssh does not reach",
        ),
    ] = "ssh"

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
