"""The protocol between the run's host and its fleet process: a JSON object a line.

Orders go to its standard input, the first of them a `StepOrder`; reports come from its
standard output. Here a *host* is one of the machines of a step. Values and secrets are
in orders alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from msgspec import field, to_builtins

from mobius_tui.errors import RunError
from mobius_tui.json_border import JsonObject, json_as
from mobius_tui.run.events.fleet_events import HostKeyProblem
from mobius_tui.run.fleet.transport import Destination, Route
from mobius_tui.runbook.model.targets import TRIES

MAX_ORDER_BYTES = 128 << 20
"""Bytes of an order: scripts and values are in it, and 16 files of 1 MiB each, of which
JSON has a byte that is no text in six characters."""
RETRY_PAUSES = (1.0, 5.0, 15.0)
"""Seconds before the second and later tries of a host that does not answer.

An sshd with PerSourcePenalties may refuse this machine for some 20 seconds.
"""


class _Order(JsonObject, frozen=True, kw_only=True, tag_field="do"):
    """What the host asks for."""


class StepOrder(_Order, frozen=True, kw_only=True, tag="step"):
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
    files: Mapping[str, str] = field(default_factory=dict)
    """By name, what lies beside the script; see `ClaimRequest.files`."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The script's environment on each host, with secrets."""
    secrets: tuple[str, ...] = ()
    """What is redacted from outputs, in every form, by as many `*`."""
    timeout: float | None = None
    """Seconds, for each host; `None` for no limit."""
    grace: float = 5.0
    """Seconds between SIGTERM and SIGKILL."""
    max_output: int = 1 << 20
    """Bytes of output that are kept, for each host."""
    width: int = 25
    """Hosts that are asked at the same time."""
    tries: int = TRIES
    """How often a host is asked that has not answered yet."""
    retry_pauses: tuple[float, ...] = RETRY_PAUSES
    """Seconds before the second try and the later ones; the last one repeats. A host
    that has claimed the attempt is asked after each of them, whatever `tries` says."""
    clock_offset: float = 0.0
    """Seconds that the run's time is ahead of this machine's."""


class OrderedHost(Destination, frozen=True, kw_only=True):
    """One host of an order."""

    attempt: int = 1
    """The number of the claim: see `attempt_hosts.claim_number`. From 1, and never used
    for another start of this step on this host. Within one attempt's folder, a second
    number is used only after the first ended void or unreachable."""
    earlier: tuple[int, ...] = ()
    """Numbers of earlier claims whose end is not known (unreachable, unknown). They are
    given up on the host first; if one had begun, its end is the answer. Claims that
    have ended, are void, or were settled by a person do not belong here."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Environment of this host alone, over that of the step."""


class BeginHosts(_Order, frozen=True, kw_only=True, tag="begin"):
    """Run the script on these hosts; sent once their start is durably journaled."""

    hosts: tuple[OrderedHost, ...]


class AttachHosts(_Order, frozen=True, kw_only=True, tag="attach"):
    """Report the state of these hosts, and follow those that run to their end."""

    hosts: tuple[OrderedHost, ...]


class StopHosts(_Order, frozen=True, kw_only=True, tag="stop"):
    """Stop these hosts, or all of earlier orders; what has not begun is given up."""

    names: tuple[str, ...] | None = None


class SetParallelHosts(_Order, frozen=True, kw_only=True, tag="width"):
    """How many hosts are asked at the same time, from now on."""

    width: int


class KnowSecrets(_Order, frozen=True, kw_only=True, tag="secrets"):
    """Redact these from now on, in place of those of `StepOrder`."""

    secrets: tuple[str, ...]


class CleanHosts(_Order, frozen=True, kw_only=True, tag="clean"):
    """Remove the claims of the run on these hosts, once the run is over."""

    hosts: tuple[OrderedHost, ...]


Order = (
    StepOrder
    | BeginHosts
    | AttachHosts
    | StopHosts
    | SetParallelHosts
    | KnowSecrets
    | CleanHosts
)


class ReportedState(StrEnum):
    """The state of one host in the step, as the fleet process reports it."""

    RUNNING = "running"
    """The host has claimed the attempt."""
    OK = "ok"
    CHANGED = "changed"
    """As `ok`; a playbook says that it changed something."""
    FAILED = "failed"
    """The script ended with a status that is not 0, or was stopped: see the cause."""
    UNREACHABLE = "unreachable"
    """It never answered, or refused; yet the script may have run.

    See `OrderedHost.earlier`.
    """
    UNKNOWN = "unknown"
    """It began, or may have, and its end is not known; `AttachHosts` may find it later.
    """
    VOID = "void"
    """It did not run and never will under this number; another number may be begun."""
    CLEANED = "cleaned"
    """Its claims are removed."""


class HostReport(JsonObject, frozen=True, kw_only=True):
    """The state of a host now. Any state but `running` is the last for its order."""

    host: str
    state: ReportedState
    attempt: int = 0
    """The number of the claim that was ordered, as `OrderedHost.attempt`."""
    exit: int | None = None
    """The script's status; a signal N is 128 + N. `None`: it did not end."""
    cause: str = ""
    """exited, stopped, timed out; of claims of earlier versions output full, output
    lost."""
    bytes: int = 0
    """Of the output that is here."""
    sha256: str = ""
    """Of the output that is here, at the end."""
    spans_sha256: str = ""
    """Of the file `spans`, which says when the output came; at the end."""
    reason: str = ""
    """Why it did not end ok, or what else is to be said, in words.

    Of an ok host that output is missing; of a running one the playbook's task, or why
    the connection broke. Sanitized, at most a line.
    """
    of_attempt: int | None = None
    """The number of an earlier claim, if this is the end of that one."""
    host_key: HostKeyProblem | None = None
    """What is wrong with its host key, if that is why it was not reached."""


def encode_order(order: Order) -> bytes:
    """An order as a line, with its newline."""
    return _encode_json_line(to_builtins(order, enc_hook=dict))


def decode_order(text: bytes) -> Order:
    """Decode an order from a line.

    Raises:
        RunError: the line is not a valid order.
    """
    try:
        order: Order = json_as(Order, text)  # type: ignore[arg-type]
    except ValueError as error:
        # The line itself is not shown: it may hold secrets.
        raise RunError(
            f"a line is no order of the fleet process ({type(error).__name__})"
        ) from None
    return order


def encode_report(report: HostReport) -> bytes:
    """A report as a line, with its newline; what is empty is left out."""
    said: Mapping[str, Any] = to_builtins(report)
    return _encode_json_line({k: v for k, v in said.items() if v not in ("", None)})


def decode_report(text: bytes) -> HostReport:
    """Decode a report from a line.

    Raises:
        RunError: the line is not a valid report.
    """
    try:
        return json_as(HostReport, text)
    except ValueError as error:
        raise RunError(
            f"the fleet process said what is no report: {text[:80]!r}"
        ) from error


def _encode_json_line(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode() + b"\n"
