"""Checks as probes see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mobius_tui.errors import RunError
from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.checks.run_check import make_probe_look
from mobius_tui.runbook.model.check_kinds import (
    Check,
    DnsCheck,
    FileCheck,
    PortCheck,
    RunCheck,
    SqlCheck,
)
from tests.health.servers import closed_port

NO_CLIENT = SqlCheck(query="select 1", url="mysql://", is_=("1",))


@pytest.mark.parametrize(
    ("check", "state", "reason"),
    [
        (FileCheck(path="."), "ok", ""),
        (FileCheck(path="gone"), "failed", "gone does not exist"),
        (RunCheck(script="exit 3"), "failed", "exit code 3"),
        (RunCheck(script="", shell=("no-such",)), "no data", "not started: No such"),
        (PortCheck(at="${gone}:1"), "no data", "gone has no value yet"),
        (PortCheck(at="a..b:1"), "failed", "a..b:1: unknown host"),
        (DnsCheck(name="a..b", at="127.0.0.1:1"), "failed", "'a..b' can be no name"),
        (NO_CLIENT, "no data", "mysql or mariadb is not on PATH; install it"),
    ],
)
async def test_what_could_not_be_looked_at_is_no_failure(
    ctx: CheckContext, tmp_path: Path, check: Check, state: str, reason: str
) -> None:
    if check is NO_CLIENT:
        ctx = CheckContext(workdir=tmp_path, env={"PATH": str(tmp_path)}, fill=str)
    verdict = await make_probe_look(lambda _: ctx)(check)
    assert verdict.state == state
    assert verdict.reason.startswith(reason)


async def test_a_refusal_says_something_of_the_service(ctx: CheckContext) -> None:
    at = f"127.0.0.1:{closed_port()}"
    verdict = await make_probe_look(lambda _: ctx)(PortCheck(at=at))
    assert (verdict.state, verdict.reason) == ("failed", f"{at}: refused")


async def test_a_variable_without_a_value() -> None:
    def no_value(_: Check) -> CheckContext:
        raise RunError("x has no value yet")

    verdict = await make_probe_look(no_value)(FileCheck(path="."))
    assert (verdict.state, verdict.reason) == ("no data", "x has no value yet")
