"""A predicate that runs on a host: what its end is told by."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mobius_tui.run.attempts.host_checks import check_on_host
from mobius_tui.run.checks.context import CheckContext
from mobius_tui.run.fleet.transport import Destination, LocalRoute, transport_to
from mobius_tui.runbook.model.check_kinds import RunCheck


@pytest.mark.parametrize(
    ("script", "held", "detail"),
    [
        ("exit 22", False, "exit code 22"),
        ("echo oh >&2; exit 3", False, "exit code 3: oh"),
        ("echo far; exit 4", False, "exit code 4: far"),
        ("true", True, "exit code 0"),
    ],
)
async def test_only_what_the_script_printed_is_told_of(
    tmp_path: Path, script: str, held: bool, detail: str
) -> None:
    ctx = CheckContext(
        workdir=tmp_path, env={"PATH": os.environ["PATH"]}, fill=str, shell=("bash",)
    )
    way = LocalRoute(sites={"web-1": str(tmp_path)})
    transport = transport_to(Destination(name="web-1"), way, None)
    result = await check_on_host(RunCheck(script=script), ctx, transport, {})
    assert (result.held, result.detail) == (held, detail)


@pytest.mark.parametrize("name", ["script", "status", "look"])
async def test_a_variable_of_any_name_reaches_the_script(
    tmp_path: Path, name: str
) -> None:
    ctx = CheckContext(
        workdir=tmp_path, env={"PATH": os.environ["PATH"]}, fill=str, shell=("bash",)
    )
    way = LocalRoute(sites={"web-1": str(tmp_path)})
    transport = transport_to(Destination(name="web-1"), way, None)
    check = RunCheck(script=f'echo "${name}" >&2; exit 3')
    result = await check_on_host(check, ctx, transport, {name: "deploy it"})
    assert result.detail == "exit code 3: deploy it"
