"""What the host and the fleet process say to each other: a JSON object a line.

Down its standard input go orders, the first of them a `StepOrder`; up its standard
output come reports. Values and secrets go by the orders alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from mobius_tui.errors import RunError
from mobius_tui.run.fleet.transport import Destination, LocalRoute, Route, SshRoute

LONGEST_LINE = 64 << 20
"""Bytes of an order: scripts and values are in it."""
RETRY_PAUSES = (1.0, 5.0, 15.0)
"""Seconds before the second and later tries of a host that does not answer.

An sshd that holds a grudge (PerSourcePenalties) refuses for some 20 seconds.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepOrder:
    """One attempt of a step: what is the same for all of its hosts."""

    run: str
    """The run's id, which names its claims on the hosts."""
    step: str
    """The step's id."""
    folder: str
    """The attempt's folder, absolute; outputs go to `hosts/NAME/output` in it."""
    route: Route
    host_count: int
    """Hosts of the step; of up to 50 the connections are shared."""
    script: str
    """Lies on the hosts' disks while the run goes on, so it holds no secret."""
    shell: tuple[str, ...] = ("sh",)
    """What runs the script, whose path is its last argument."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The script's environment on each host, with secrets."""
    secrets: tuple[str, ...] = ()
    """What is redacted from outputs, in every form, by as many `*`."""
    timeout: float | None = None
    """Seconds, for each host; `None` for no limit."""
    grace: float = 5.0
    """Seconds between SIGTERM and SIGKILL."""
    max_output: int = 1 << 20
    """Bytes of output, for each host."""
    width: int = 25
    """Hosts that are asked at the same time."""
    retry_pauses: tuple[float, ...] = RETRY_PAUSES
    clock_offset: float = 0.0
    """Seconds that the run's time is ahead of this machine's."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostOrder(Destination):
    """One host of an order."""

    attempt: int = 1
    """From 1; of this step on this host, and never used for another start. In one
    folder, another one follows only where the last was void or unreachable."""
    earlier: tuple[int, ...] = ()
    """Attempts before it whose end is not known (unreachable, unknown). They are given
    up on the host first; if one had begun, its end is the answer. One that has ended,
    is void, or that a person has settled, does not belong here."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Environment of this host alone, over that of the step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BeginHosts:
    """Run the script on these; each durable in the journal before this is said."""

    hosts: tuple[HostOrder, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AttachHosts:
    """Say what became of these, and show what runs on to its end."""

    hosts: tuple[HostOrder, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class StopHosts:
    """Stop these, or all that were named so far; who has not begun never will."""

    names: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetWidth:
    """How many hosts are asked at the same time, from now on."""

    width: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CleanHosts:
    """Remove the claims of the run on these, as it is over."""

    hosts: tuple[HostOrder, ...]


Order = StepOrder | BeginHosts | AttachHosts | StopHosts | SetWidth | CleanHosts


class HostState(StrEnum):
    """How a host stands with the step."""

    RUNNING = "running"
    """The host has claimed the attempt."""
    OK = "ok"
    CHANGED = "changed"
    """As `ok`; a playbook says that it changed something."""
    FAILED = "failed"
    """The script ended with a status that is not 0, or was stopped: see the cause."""
    UNREACHABLE = "unreachable"
    """It never answered, or refused; no proof that nothing ran: see `earlier`."""
    UNKNOWN = "unknown"
    """It began, or may have, and its end is not known; `attach` may tell later."""
    VOID = "void"
    """It did not run and never will under this number: may be begun as another."""
    CLEANED = "cleaned"
    """Its claims are removed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HostReport:
    """How a host stands now. All but `running` are the end of an order."""

    host: str
    state: HostState
    attempt: int = 0
    """That was asked for."""
    exit: int | None = None
    """The script's status; a signal N is 128 + N. `None`: it did not end."""
    cause: str = ""
    """exited, stopped, timed out, output full, output lost."""
    bytes: int = 0
    """Of the output that is here."""
    sha256: str = ""
    """Of the output that is here, at the end."""
    spans_sha256: str = ""
    """Of when it came, at the end."""
    reason: str = ""
    """In words, of an end that is not ok; cleaned and short."""
    of_attempt: int | None = None
    """An earlier attempt whose end this is."""


_ORDERS: Mapping[str, type[Order]] = {
    "step": StepOrder,
    "begin": BeginHosts,
    "attach": AttachHosts,
    "stop": StopHosts,
    "width": SetWidth,
    "clean": CleanHosts,
}
_WORDS = {kind: word for word, kind in _ORDERS.items()}
_ROUTES: Mapping[str, type[Route]] = {"ssh": SshRoute, "local": LocalRoute}


def encode_order(order: Order) -> bytes:
    """An order as a line, with its newline."""
    data = asdict(order)
    if isinstance(order, StepOrder):
        kind = "ssh" if isinstance(order.route, SshRoute) else "local"
        data["route"] = {"kind": kind, **data["route"]}
    return _line({"do": _WORDS[type(order)], **data})


def decode_order(text: bytes) -> Order:
    """The order of a line.

    Raises:
        RunError: it is none.
    """
    try:
        data = _object(text)
        kind = _ORDERS[data.pop("do")]
        if kind is StepOrder:
            route = data.pop("route")
            data["route"] = _made(_ROUTES[route.pop("kind")], route)
        elif kind in (BeginHosts, AttachHosts, CleanHosts):
            data["hosts"] = [_made(HostOrder, each) for each in data["hosts"]]
        order: Order = _made(kind, data)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # The line itself is not shown: it may hold secrets.
        raise RunError(
            f"a line is no order of the fleet process ({type(error).__name__})"
        ) from error
    return order


def encode_report(report: HostReport) -> bytes:
    """A report as a line, with its newline; what is empty is left out."""
    data = {k: v for k, v in asdict(report).items() if v not in ("", None)}
    return _line(data)


def decode_report(text: bytes) -> HostReport:
    """The report of a line.

    Raises:
        RunError: it is none.
    """
    try:
        data = _object(text)
        data["state"] = HostState(data["state"])
        report: HostReport = _made(HostReport, data)
    except (ValueError, TypeError, KeyError) as error:
        raise RunError(
            f"the fleet process said what is no report: {text[:80]!r}"
        ) from error
    return report


def _line(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"


def _object(text: bytes) -> dict[str, Any]:
    data = json.loads(text)
    if not isinstance(data, dict):
        raise TypeError("no object")
    return data


def _made(kind: type[Any], data: Mapping[str, Any]) -> Any:
    """A dataclass of an object; lists become tuples."""
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in data.items()})
