"""The `port`, `tls` and `http` checks.

They load httpx, so `run_check` loads them only where such a check is made.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from datetime import UTC, datetime

from mobius_tui.health import response_body
from mobius_tui.health.connection import (
    connect,
    connection_failure,
    split_address,
    try_connect,
)
from mobius_tui.health.http_client import (
    new_http_client,
    send_request,
    trust_store,
    url_without_secrets,
)
from mobius_tui.health.probe import wrong_status
from mobius_tui.run.checks.blocking_io import run_in_thread
from mobius_tui.run.checks.context import CheckContext, CheckResult, check_result
from mobius_tui.runbook.model.check_kinds import HttpCheck, PortCheck, TlsCheck
from mobius_tui.runbook.model.limits import bounded_count, bounded_duration
from mobius_tui.runbook.text.units import duration_in_words

_DAY = 86400


async def check_port(check: PortCheck, ctx: CheckContext) -> CheckResult:  # noqa: ARG001
    """Make a `port` check once. Only a refusal shows that a port is closed."""
    split_address(check.at)
    failure = await try_connect(
        check.at, bounded_duration(check.repeat.timeout, "timeout")
    )
    if failure is None:
        lacking = ", wanted it closed" if check.closed else ""
        return check_result(
            held=not check.closed, detail=f"{check.at} accepts connections{lacking}"
        )
    if check.closed and failure.words == "refused":
        return check_result(held=True, detail=f"{check.at} refuses connections")
    lacking = ", which does not show that it is closed" if check.closed else ""
    detail = f"{check.at}: {failure.words}{lacking}"
    return check_result(held=False, detail=detail, could_not_look=failure.is_local)


async def check_tls(check: TlsCheck, ctx: CheckContext) -> CheckResult:
    """Make a `tls` check once: the certificate, which must be trusted, too."""
    host, number = split_address(check.at)
    within = bounded_duration(check.repeat.timeout, "timeout")
    ca = str(ctx.path(check.ca)) if check.ca is not None else None
    try:
        tls = await run_in_thread(lambda _: trust_store(ca))
    except OSError as error:
        return check_result(
            held=False,
            detail=f"cannot read the certificates in {ca}: {error.strerror}",
            could_not_look=True,
        )
    try:
        async with asyncio.timeout(within):
            until = await _valid_until(host, number, tls, check.server_name or host)
    except TimeoutError:
        return check_result(
            held=False,
            detail=f"{check.at}: timed out after {duration_in_words(within)}",
        )
    except (OSError, ExceptionGroup) as error:
        failure = connection_failure(error)
        words = failure.words if failure is not None else str(error)
        return check_result(
            held=False,
            detail=f"{check.at}: {words}",
            could_not_look=failure is not None and failure.is_local,
        )
    days = int((until - time.time()) // _DAY)
    wanted = bounded_count(check.min_days, "min_days")
    held = days >= wanted
    lacking = "" if held else f", wanted {wanted}"
    named = "" if check.server_name is None else f" for {check.server_name}"
    day = datetime.fromtimestamp(until, tz=UTC).date().isoformat()
    return check_result(
        held=held,
        detail=f"the certificate of {check.at}{named} is valid for {days} days, "
        f"until {day}{lacking}",
    )


async def _valid_until(host: str, port: int, tls: ssl.SSLContext, name: str) -> float:
    """When the certificate of a server ends, in seconds since 1970.

    Args:
        host: where it is.
        port: its port.
        tls: what is trusted.
        name: the name that is asked for, and that must be in the certificate.

    Raises:
        OSError: the name has no address, or the certificate cannot be trusted.
        ExceptionGroup: there is no connection; it holds each address's error.
    """
    connection = await connect(host, port)
    try:
        _, writer = await asyncio.open_connection(
            sock=connection, ssl=tls, server_hostname=name
        )
        certificate = writer.get_extra_info("ssl_object").getpeercert()
        writer.transport.abort()
        return ssl.cert_time_to_seconds(certificate["notAfter"])
    finally:
        connection.close()


def http_subject(check: HttpCheck) -> str:
    """What an `http` check asks for, in a few words."""
    return f"{check.method} {url_without_secrets(check.url)}"


async def check_http(check: HttpCheck, ctx: CheckContext) -> CheckResult:
    """Make an `http` check once."""
    faster = check.faster_than
    limit = None if faster is None else bounded_duration(faster, "faster_than")
    subject = http_subject(check)
    ca = str(ctx.path(check.ca)) if check.ca is not None else None
    try:
        through = new_http_client(ca)
    except OSError as error:
        return check_result(
            held=False,
            detail=f"cannot read the certificates in {ca}: {error.strerror}",
            could_not_look=True,
        )
    async with through:
        answer = await send_request(
            through,
            url=check.url,
            method=check.method,
            headers=check.headers,
            within=bounded_duration(check.repeat.timeout, "timeout"),
        )
    if answer.problem:
        return check_result(
            held=False,
            detail=f"{subject}: {answer.problem}",
            could_not_look=answer.failed_locally,
        )
    took = f"{answer.ms:.0f} ms"
    wrong = wrong_status(answer, check.status)
    if wrong:
        return check_result(held=False, detail=f"{subject} {wrong} (in {took})")
    answered = f"{subject} answered {answer.status} in {took}"
    document = response_body.parse_json(answer.body)
    wrong = response_body.body_mismatch(
        answer.body, document, check.json, check.contains, check.pointers
    )
    if wrong:
        return check_result(held=False, detail=f"{answered}, but {wrong}")
    if limit is not None and answer.ms >= limit * 1000:
        return check_result(
            held=False,
            detail=f"{answered}, wanted faster than {duration_in_words(limit)}",
        )
    values = response_body.pointer_values(document, check.pointers)
    return check_result(held=True, detail=f"{answered}{', ' * bool(values)}{values}")
