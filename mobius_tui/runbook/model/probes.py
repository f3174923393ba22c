"""The health section of a runbook: probes and triggers; loopback URLs."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct, field

from mobius_tui.runbook.model.check_kinds import (
    Check,
    Comparisons,
    HttpStatus,
    Json,
    SqlCheck,
)


class Figure(Struct, frozen=True, kw_only=True):
    """A figure that a service reports about itself, by JSON pointer."""

    at: str
    """RFC 6901 pointer into the probe's answer."""
    unit: Literal["ms", "s", "fraction"] = "fraction"


class Probe(Struct, frozen=True, kw_only=True):
    """A `[[health.probe]]`: what is requested, and which answers are healthy."""

    id: str
    url: str = ""
    """Empty if `check` says what is looked at."""
    check: Check | None = None
    hosts: str = ""
    """The target on whose hosts the check is made; empty for this machine."""
    title: str = ""
    timeout: str = "4s"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    status: HttpStatus = 200
    json: Mapping[str, Json] = field(default_factory=dict)
    pointers: Mapping[str, Comparisons] = field(default_factory=dict)
    """What the answer has at JSON pointers; `json` in TOML, too."""
    contains: str | None = None
    ca: str | None = None
    """A file of certificates to trust in place of the system's."""
    redirects: int = 0
    """How many redirects are followed."""
    trigger: bool = True
    """Whether its checks count toward the triggers."""
    error_rate: Figure | None = None
    p95: Figure | None = None

    @property
    def asked_url(self) -> str:
        """A URL whose host is the machine that the probe asks; `localhost` if local.

        A probe by a check without a URL has `tcp://` and the check's address.
        """
        if self.check is None:
            return self.url
        if isinstance(self.check, SqlCheck):
            return self.check.url or _HERE
        at = getattr(self.check, "at", None)
        return _HERE if at is None else f"tcp://{at}"


_HERE = "http://localhost"


class SuccessRate(Struct, frozen=True, kw_only=True):
    """Fires when fewer than `below` of the last `window` checks were ok."""

    below: float = 0.70
    min_checks: int = 5
    window: int = 60


class P95Latency(Struct, frozen=True, kw_only=True):
    """Fires when P95 was above the limit at `for_checks` checks in a row.

    A P95 that the probe measures itself is that of the last `window` checks at most.
    """

    above: str = "5s"
    for_checks: int = 5
    window: int = 20


class ErrorRate(Struct, frozen=True, kw_only=True):
    """Fires when the error rate was above the limit at `for_checks` in a row."""

    above: float = 0.05
    for_checks: int = 5


class Triggers(Struct, frozen=True, kw_only=True):
    """`[health.trigger]`: only the rules that it names are on."""

    consecutive_failures: int | None = None
    success_rate: SuccessRate | None = None
    p95_latency: P95Latency | None = None
    error_rate: ErrorRate | None = None
    then: str | None = None
    """The phase that an armed trigger begins."""
    grace: str = "10s"
    """The countdown during which a person can stop it."""


class Health(Struct, frozen=True, kw_only=True):
    """`[health]`: the probes, their interval and the triggers."""

    every: str = "5s"
    hosts_every: str = "15s"
    """From look to look at a host, for the probes that have some."""
    witness: tuple[str, ...] = ()
    """`host:port` addresses; if none answers, failed checks count as no data."""
    unwell: str = ""
    """What to do where health is not well as a run ends; empty for no word of it."""
    probes: tuple[Probe, ...] = ()
    trigger: Triggers = field(default_factory=Triggers)

    @property
    def host_probes(self) -> tuple[Probe, ...]:
        """The probes that look at hosts, each host by one connection for all."""
        return tuple(probe for probe in self.probes if probe.hosts)


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine.

    Args:
        url: filled in; an unfilled name counts as another machine.
    """
    try:
        host = (urlsplit(url).hostname or "").removesuffix(".")
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
