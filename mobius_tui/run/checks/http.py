"""`http`: a URL answers as it should."""

from __future__ import annotations

from mobius_tui.health import body
from mobius_tui.run.checks.context import Context, Sight, saw
from mobius_tui.runbook.limits import seconds
from mobius_tui.runbook.model_check import HttpCheck
from mobius_tui.runbook.units import in_words


async def look(check: HttpCheck, ctx: Context) -> Sight:
    """Ask once."""
    # These bring httpx, a fifth of a host's start; many runs ask nobody.
    from mobius_tui.health.ask import ask, client, shown
    from mobius_tui.health.probe import wrong_status

    faster = check.faster_than
    limit = None if faster is None else seconds(faster, "faster_than")
    subject = f"{check.method} {shown(check.url)}"
    ca = str(ctx.path(check.ca)) if check.ca is not None else None
    try:
        through = client(ca)
    except OSError as error:
        return saw(
            held=False, detail=f"cannot read the certificates in {ca}: {error.strerror}"
        )
    async with through:
        answer = await ask(
            through,
            url=check.url,
            method=check.method,
            headers=check.headers,
            within=seconds(check.repeat.timeout, "timeout"),
        )
    if answer.problem:
        return saw(held=False, detail=f"{subject}: {answer.problem}")
    took = f"{answer.ms:.0f} ms"
    wrong = wrong_status(answer, check.status)
    if wrong:
        return saw(held=False, detail=f"{subject} {wrong} (in {took})")
    said = f"{subject} answered {answer.status} in {took}"
    wrong = body.mismatch(
        answer.body, body.parse(answer.body), check.json, check.contains
    )
    if wrong:
        return saw(held=False, detail=f"{said}, but {wrong}")
    if limit is not None and answer.ms >= limit * 1000:
        return saw(held=False, detail=f"{said}, wanted faster than {in_words(limit)}")
    return saw(held=True, detail=said)
