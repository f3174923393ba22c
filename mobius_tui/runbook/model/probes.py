"""The health section of a runbook: probes and triggers; loopback URLs."""

from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Struct, field

from mobius_tui.runbook.model.check_kinds import (
    ASKED_URL,
    CA,
    CHECK_TABLE,
    CONTAINS,
    HEADERS,
    HTTP_STATUS,
    JSON_BODY,
    METHOD,
    POINTERS,
    Check,
    Comparisons,
    HttpStatus,
    Json,
    SqlCheck,
)
from mobius_tui.runbook.model.keys import (
    ADDRESS,
    EVERY,
    ID,
    LATENCY,
    NAMED,
    TIMEOUT,
    URL,
    Duration,
    Flag,
    Fraction,
    Inner,
    Key,
    OneOf,
    Other,
    Text,
    Whole,
    text_matching,
)

CHECKS = Whole(1, 10_000)
"""A window or count of checks: more would take days."""
HOSTS_EVERY = Duration("10s", "1h")
"""A host that refuses somebody may hold it against them for some seconds, so that who
asks more often than that is not let in any more."""
GRACE = Duration("0s", "24h")
"""A rollback that waits longer for somebody to hold it comes too late for anyone."""
_REPORTED = "a figure that the service reports itself"


def _unit(says: str, *units: str) -> Mapping[str, Key]:
    return {"unit": Key(OneOf(units), f"the unit of the figure: {says}", "unit")}


class Figure(Struct, frozen=True, kw_only=True):
    """A figure that a service reports about itself, by JSON pointer."""

    at: Annotated[
        str,
        Key(
            Other(text_matching("(?:/[\\s\\S]*)?")),
            "the JSON pointer to the figure, `/requests/p95_ms`",
            required=True,
        ),
    ]
    """RFC 6901 pointer into the probe's answer."""
    unit: Literal["ms", "s", "fraction"] = "fraction"


ERROR_RATE_UNITS = _unit("`fraction`, from 0 to 1", "fraction")
P95_UNITS = _unit("`ms` or `s`", "ms", "s")
"""The units of each figure; without `unit`, it has the first."""


class Probe(Struct, frozen=True, kw_only=True):
    """A `[[health.probe]]`: what is requested, and which answers are healthy."""

    id: Annotated[
        str, Key(ID, "its name, `${health.ID}`; in format 2 the title makes it")
    ]
    url: Annotated[
        str,
        Key(
            URL,
            "the address that is asked; required without `check`",
            like=ASKED_URL,
        ),
    ] = ""
    """Empty if `check` says what is looked at."""
    check: Annotated[
        Check | None,
        Key(
            Inner(CHECK_TABLE),
            "one check by which it looks, in place of `url`",
            since=2,
            see="more-checks-format-2",
        ),
    ] = None
    hosts: Annotated[
        str,
        Key(
            Text(some=True),
            "the name of a target: `check.service` or `check.process` is "
            "looked at on each of its hosts",
            since=2,
            see="more-checks-format-2",
        ),
    ] = ""
    """The target on whose hosts the check is made; empty for this machine."""
    title: Annotated[
        str, Key(Text(filled=True), "what it is called on the screens", like=NAMED)
    ] = ""
    timeout: Annotated[
        str,
        Key(
            TIMEOUT,
            "the limit of one check, {usual}: above the limit on P95, and "
            "not longer than `every`",
        ),
    ] = "4s"
    method: Annotated[str, METHOD] = "GET"
    headers: Annotated[Mapping[str, str], HEADERS] = field(default_factory=dict)
    status: Annotated[HttpStatus, HTTP_STATUS] = 200
    json: Annotated[Mapping[str, Json], JSON_BODY] = field(default_factory=dict)
    pointers: Annotated[Mapping[str, Comparisons], POINTERS] = field(
        default_factory=dict
    )
    """What the answer has at JSON pointers; `json` in TOML, too."""
    contains: Annotated[str | None, CONTAINS] = None
    ca: Annotated[str | None, CA] = None
    redirects: Annotated[int, Key(Whole(0, 20), "how many redirects are followed")] = 0
    trigger: Annotated[
        bool, Key(Flag(), "`false`: it is shown, and kept out of the triggers")
    ] = True
    error_rate: Annotated[
        Figure | None, Key(Inner((Figure, ERROR_RATE_UNITS)), _REPORTED)
    ] = None
    p95: Annotated[Figure | None, Key(Inner((Figure, P95_UNITS)), _REPORTED)] = None

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

    below: Annotated[
        float, Key(Fraction(), "the share of good checks below which it fires")
    ] = 0.70
    min_checks: Annotated[int, Key(CHECKS, "the checks that there must be for it")] = 5
    window: Annotated[int, Key(CHECKS, "the last checks that count")] = 60


class P95Latency(Struct, frozen=True, kw_only=True):
    """Fires when P95 was above the limit at `for_checks` checks in a row.

    A P95 that the probe measures itself is that of the last `window` checks at most.
    """

    above: Annotated[str, Key(LATENCY, "the time above which it fires")] = "5s"
    for_checks: Annotated[
        int, Key(CHECKS, "the checks in a row for which it must be so")
    ] = 5
    window: Annotated[int, Key(CHECKS, "the last checks of which P95 is made")] = 20


class ErrorRate(Struct, frozen=True, kw_only=True):
    """Fires when the error rate was above the limit at `for_checks` in a row."""

    above: Annotated[
        float, Key(Fraction(), "the share of errors above which it fires")
    ] = 0.05
    for_checks: Annotated[
        int, Key(CHECKS, "the checks in a row for which it must be so")
    ] = 5


class Triggers(Struct, frozen=True, kw_only=True):
    """`[health.trigger]`: only the rules that it names are on."""

    consecutive_failures: Annotated[
        int | None, Key(CHECKS, "as many failed checks in a row")
    ] = None
    success_rate: Annotated[
        SuccessRate | None, Key(Inner((SuccessRate,)), "too few good checks")
    ] = None
    p95_latency: Annotated[
        P95Latency | None, Key(Inner((P95Latency,)), "answers that are too slow")
    ] = None
    error_rate: Annotated[
        ErrorRate | None, Key(Inner((ErrorRate,)), "too many errors")
    ] = None
    then: Annotated[
        str | None, Key(Text(), "the phase that an armed trigger begins")
    ] = None
    grace: Annotated[str, Key(GRACE, "the countdown in which a person can hold it")] = (
        "10s"
    )


class Health(Struct, frozen=True, kw_only=True):
    """`[health]`: the probes, their interval and the triggers."""

    every: Annotated[
        str,
        Key(
            EVERY,
            "the time between two checks of a probe",
            like="interval period frequency",
        ),
    ] = "5s"
    hosts_every: Annotated[
        str,
        Key(
            HOSTS_EVERY,
            "the time between two looks at the hosts of probes with "
            "`hosts`, from 10 s on: an sshd keeps out who asks more often "
            "than it likes",
            since=2,
        ),
    ] = "15s"
    witness: Annotated[
        tuple[str, ...],
        Key(
            Other({"type": "array", "items": ADDRESS.schema}),
            'addresses, `"host:port"`: where none of them answers, be it '
            "to refuse, the monitor is blind",
        ),
    ] = ()
    """`host:port` addresses; if none answers, failed checks count as no data."""
    unwell: Annotated[
        str,
        Key(
            Text(),
            "what to do where health is not well as a run ends, in a "
            "sentence, as it is written here: *a restart may be enough*; "
            "the end of each run with probes says how health is then",
            since=2,
        ),
    ] = ""
    """What to do where health is not well as a run ends; empty for no word of it."""
    probes: Annotated[
        tuple[Probe, ...],
        Key(Inner((Probe,), ("array",)), "what is asked again and again", name="probe"),
    ] = ()
    trigger: Annotated[
        Triggers, Key(Inner((Triggers,)), "when a rollback is to begin")
    ] = field(default_factory=Triggers)

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
