"""`port` and `tls`: what listens, and how long its certificate is valid."""

from __future__ import annotations

import asyncio
import ssl
import time
from datetime import UTC, datetime

from mobius_tui.health.reach import connect, reach, split_address
from mobius_tui.health.trouble import trouble
from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.run.checks.threads import in_thread
from mobius_tui.runbook.limits import seconds
from mobius_tui.runbook.model_check import PortCheck, TlsCheck
from mobius_tui.runbook.units import in_words

_DAY = 86400


async def port(check: PortCheck, ctx: Context) -> Sight:  # noqa: ARG001
    """Connect once. Only a refusal shows that a port is closed; silence does not."""
    split_address(check.at)
    found = await reach(check.at, seconds(check.repeat.timeout, "timeout"))
    if found is None:
        lacking = ", wanted it closed" if check.closed else ""
        return saw(
            held=not check.closed, detail=f"{check.at} accepts connections{lacking}"
        )
    if check.closed and found.words == "refused":
        return saw(held=True, detail=f"{check.at} refuses connections")
    lacking = ", which does not show that it is closed" if check.closed else ""
    return saw(held=False, detail=f"{check.at}: {found.words}{lacking}")


async def tls(check: TlsCheck, ctx: Context) -> Sight:
    """Look once at the certificate; it must be trusted, too."""
    from mobius_tui.health.ask import trusted as certificates  # with httpx, as `http`

    host, number = split_address(check.at)
    within = seconds(check.repeat.timeout, "timeout")
    ca = str(ctx.path(check.ca)) if check.ca is not None else None
    try:
        trusted = await in_thread(lambda _: certificates(ca))
    except OSError as error:
        return saw(
            held=False, detail=f"cannot read the certificates in {ca}: {error.strerror}"
        )
    try:
        async with asyncio.timeout(within):
            until = await _valid_until(host, number, trusted)
    except TimeoutError:
        return saw(held=False, detail=f"{check.at}: timed out after {in_words(within)}")
    except (OSError, ExceptionGroup) as error:
        found = trouble(error)
        words = found.words if found is not None else str(error)
        return saw(held=False, detail=f"{check.at}: {words}")
    days = int((until - time.time()) // _DAY)
    held = days >= check.min_days
    lacking = "" if held else f", wanted {check.min_days}"
    day = datetime.fromtimestamp(until, tz=UTC).date().isoformat()
    return saw(
        held=held,
        detail=f"the certificate of {check.at} is valid for {days} days, "
        f"until {day}{lacking}",
    )


async def _valid_until(host: str, number: int, trusted: ssl.SSLContext) -> float:
    """When the certificate of a server ends, in seconds since 1970.

    Raises:
        OSError: the name leads nowhere, or the certificate cannot be trusted.
        ExceptionGroup: there is no connection; it holds each address's error.
    """
    connection = await connect(host, number)
    try:
        _, writer = await asyncio.open_connection(
            sock=connection, ssl=trusted, server_hostname=host
        )
        certificate = writer.get_extra_info("ssl_object").getpeercert()
        writer.transport.abort()
        return ssl.cert_time_to_seconds(certificate["notAfter"])
    finally:
        connection.close()
