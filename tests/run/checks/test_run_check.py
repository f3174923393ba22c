"""Any kind of check: filled in, bounded, and never an exception."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from mobius_tui.run.checks.context import (
    CheckContext,
    CheckResult,
    displayable_result,
    fill_check,
)
from mobius_tui.runbook.model.check_kinds import (
    Check,
    ChecksumCheck,
    DiskCheck,
    DnsCheck,
    FileCheck,
    HttpCheck,
    LogCheck,
    MemoryCheck,
    OutputCheck,
    PortCheck,
    ProcessCheck,
    Repeat,
    RunCheck,
    ServiceCheck,
    SqlCheck,
    TlsCheck,
)
from mobius_tui.structs import replace
from tests.run.checks.conftest import on_path, sight
from tests.waiting import PATIENCE

EVERY_KIND: tuple[Check, ...] = (
    HttpCheck(url="http://${gone}/"),
    ProcessCheck(match="${gone}"),
    ServiceCheck(names=("${gone}",)),
    ChecksumCheck(file="${gone}", sha256="0" * 64),
    FileCheck(path="${gone}"),
    PortCheck(at="${gone}:80"),
    TlsCheck(at="${gone}:443"),
    DnsCheck(name="${gone}"),
    DiskCheck(free="${gone}"),
    MemoryCheck(free="${gone}"),
    OutputCheck(match="${gone}"),
    LogCheck(file="${gone}", match="x"),
    RunCheck(script="true", repeat=Repeat(timeout="${gone}")),
    SqlCheck(query="select ${gone}", file="x", is_=("= 1",)),
)


@pytest.mark.parametrize("check", EVERY_KIND)
async def test_a_name_without_a_value_is_said(check: Check, ctx: CheckContext) -> None:
    seen = await sight(check, ctx)
    assert not seen.held
    assert seen.detail == "gone has no value yet"


def test_every_text_is_filled_in_but_a_script() -> None:
    check = HttpCheck(
        url="http://${x}/",
        headers={"A": "${x}"},
        json={"a": ({"b": "${x}"}, 1, True, None)},
        repeat=Repeat(timeout="${x}", attempts=3),
    )
    ready = fill_check(check, lambda text: text.replace("${x}", "value"))
    assert ready.url == "http://value/"
    assert ready.headers == {"A": "value"}
    assert ready.json == {"a": ({"b": "value"}, 1, True, None)}
    assert ready.repeat == Repeat(timeout="value", attempts=3)
    script = RunCheck(script="echo ${x}", shell=("sh", "${x}"))
    assert fill_check(script, lambda _: "value") == RunCheck(
        script="echo ${x}",
        shell=("sh", "${x}"),
        repeat=Repeat(every="value", timeout="value"),
    )


async def test_a_duration_that_is_none_is_said(ctx: CheckContext) -> None:
    seen = await sight(RunCheck(script="true", repeat=Repeat(timeout="${word}")), ctx)
    assert not seen.held
    assert "'well' is no duration" in seen.detail


@pytest.mark.parametrize(
    "check", [ProcessCheck(match="("), OutputCheck(match="["), OutputCheck(not_="*")]
)
async def test_a_broken_pattern_is_said(
    check: Check, ctx: CheckContext, tmp_path: Path
) -> None:
    (tmp_path / "output").write_text("x\n")
    seen = await sight(check, with_output(ctx, tmp_path / "output"))
    assert not seen.held
    assert seen.detail.startswith("not a pattern: ")


def with_output(ctx: CheckContext, output: Path) -> CheckContext:
    values = {name: getattr(ctx, name) for name in ctx.__struct_fields__}
    return CheckContext(**{**values, "output": output})


async def test_a_look_ends_at_its_time_out(
    ctx: CheckContext, program: Callable[[str, str], Path]
) -> None:
    folder = program("systemctl", "#!/bin/sh\nexec sleep 600\n")
    async with asyncio.timeout(PATIENCE):
        seen = await sight(
            ServiceCheck(names=("a", "b"), repeat=Repeat(timeout="200ms")),
            on_path(ctx, folder),
        )
    assert not seen.held
    assert seen.detail == "systemctl is-active a b: timed out after 0.2 s"


def test_a_long_detail_is_cut_and_kept_to_one_line() -> None:
    result = CheckResult(held=True, detail="a\nb\t" + "x" * 999)
    detail = displayable_result(result, str).detail
    assert detail.startswith("a b x")
    assert len(detail) == 300


async def test_no_half_of_a_secret_is_shown(ctx: CheckContext) -> None:
    redacting = replace(
        ctx, redact=lambda text: text.replace("hunter" * 9, "[redacted]")
    )
    script = f"echo {'x' * 260}{'hunter' * 9}"
    seen = await sight(RunCheck(script=script), redacting)
    assert seen.detail.endswith("x[redacted]")
