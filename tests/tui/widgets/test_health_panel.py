"""What the health panel says when all is not well: since when, and what was done."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.content import Content

from mobius_tui.health.health_record import CheckState, MachineSample, ProbeResult
from mobius_tui.structs import replace
from mobius_tui.tui.presenters.health_view import MachineView
from mobius_tui.tui.widgets import health_panel
from mobius_tui.tui.widgets.health_figures import machine_lines
from tests.tui import scenes
from tests.tui.runs import MadeRun, Time, hosted, made, opened, rollback, until, words


@pytest.mark.parametrize("size", [(160, 45), (120, 36)])
async def test_it_says_the_last_good_moment_and_for_how_long_it_has_been_bad(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.running(tmp_path)
    async with hosted(run), opened(run, size=size) as (_, pilot):
        assert "last ok 13:45:56, bad for 2:07" in words(pilot)


async def test_at_80_columns_the_last_good_moment_stands_in_the_folded_panel(
    tmp_path: Path,
) -> None:
    run = scenes.running(tmp_path)
    async with hosted(run), opened(run, size=(80, 24)) as (_, pilot):
        shown = words(pilot)
        assert "API health is failing for 2:07" in shown
        assert "✖ api  503  last ok 13:45:56  ok 57%" in shown


@pytest.mark.parametrize("size", [(160, 45), (120, 36)])
async def test_it_marks_where_a_changing_step_runs(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.running(tmp_path)
    async with hosted(run), opened(run, size=size) as (_, pilot):
        [row] = [line for line in words(pilot).splitlines() if " steps " in line]
        assert "├─ 3.2 ─▶" in row or "├─ 3.2 ▶" in row


async def test_a_step_that_only_reads_is_not_marked(tmp_path: Path) -> None:
    run = scenes.assessed(tmp_path)
    run.health(scenes.checks(run, failing=0))
    async with hosted(run), opened(run) as (screen, _):
        assert screen.health is not None
        assert screen.health.spans == ()


async def test_what_is_new_is_laid_out_once_and_not_for_its_height_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scenes.running(tmp_path)
    time = Time(run.at)
    laid: list[int] = []

    def noted(machine: MachineView, width: int, *, stacked: bool) -> list[Content]:
        laid.append(width)
        return machine_lines(machine, width, stacked=stacked)

    async with hosted(run), opened(run, size=(120, 36), time=time) as (_, pilot):
        monkeypatch.setattr(f"{health_panel.__name__}.machine_lines", noted)
        time.pass_(1)
        run.health([MachineSample(at=time.at, mono=time.at, cpu=97.0)])
        await until(pilot, lambda: "97%" in words(pilot))
    assert len(laid) == 1


def blind(tmp_path: Path, *, before: str) -> MadeRun:
    run = rollback(tmp_path)
    for each in before + "---":
        run.at += 5
        state = {"o": "ok", "f": "failed", "-": "no data"}[each]
        reason = "" if each == "o" else "this machine has no route to that network"
        check = ProbeResult(
            at=run.at,
            mono=run.at,
            probe="api",
            state=state,  # type: ignore[arg-type]
            reason=reason,
        )
        run.health([check])
    return run


@pytest.mark.parametrize(
    ("before", "since"), [("oo", "last ok 13:45:15 · "), ("", "never ok so far · ")]
)
async def test_no_data_is_unknown_in_words(
    tmp_path: Path, before: str, since: str
) -> None:
    run = blind(tmp_path, before=before)
    async with hosted(run), opened(run, time=Time(run.at)) as (_, pilot):
        shown = words(pilot)
    assert "? API health: no data: this machine has no route to that" in shown
    assert "? api  unknown" in shown
    assert f"{since}this machine has no route" in shown
    assert "no data" in shown
    assert "● api" not in shown


async def test_a_zoomed_panel_has_a_taller_chart(tmp_path: Path) -> None:
    run = scenes.running(tmp_path)
    async with hosted(run), opened(run) as (_, pilot):
        before = words(pilot).count("█")
        await pilot.press("3", "z")
        assert words(pilot).count("█") > 2 * before


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
@pytest.mark.parametrize("reason", ["TLS: certificate has expired", "refused"])
async def test_a_failure_reads_as_what_it_is(
    tmp_path: Path, size: tuple[int, int], reason: str
) -> None:
    run = scenes.assessed(tmp_path)
    run.health(scenes.checks(run, failing=0))
    bad = ProbeResult(at=run.at, mono=1.0, probe="api", state="failed", reason=reason)
    run.health([bad])
    async with hosted(run), opened(run, size=size) as (_, pilot):
        assert reason in words(pilot)


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("ok", "", "● door  ok  holds"),
        ("failed", "refused", "✖ door  failing  does not hold"),
        ("no data", "no client", "? door  unknown  no answer"),
    ],
)
async def test_a_probe_by_a_check_holds_or_does_not(
    tmp_path: Path, state: CheckState, reason: str, said: str
) -> None:
    path = tmp_path / "book.toml"
    path.write_text(
        "format = 2\n[runbook]\ntitle = 'R'\n[[step]]\nrun = 'true'\n"
        "[[health.probe]]\nid = 'door'\ncheck.port = 'db:1'\n"
    )
    run = made(tmp_path, path, {})
    run.health(
        [ProbeResult(at=run.at, mono=1.0, probe="door", state=state, reason=reason)]
    )
    async with hosted(run), opened(run) as (_, pilot):
        assert said in words(pilot)
        assert reason in words(pilot)


OF_HOSTS = """format = 2
[runbook]
title = "R"
[targets.web]
hosts = ["web-[01:20]"]
[health]
[[health.probe]]
id = "workers"
hosts = "web"
check.process = "worker"
[[health.probe]]
id = "nginx"
hosts = "web"
check.service = "nginx"
[[step]]
title = "Look"
run = "true"
"""


def of_hosts(tmp_path: Path, **results: tuple[CheckState, str, str]) -> MadeRun:
    """A run with two probes of hosts, and what they found: state, summary, reason."""
    path = tmp_path / "book.toml"
    path.write_text(OF_HOSTS)
    run = made(tmp_path, path, {})
    for probe, (state, summary, reason) in results.items():
        run.health(
            [
                ProbeResult(
                    at=run.at,
                    mono=1.0,
                    probe=probe,
                    state=state,
                    summary=summary,
                    reason=reason,
                )
            ]
        )
    return run


async def test_a_probe_of_hosts_has_one_line_and_the_worst_is_the_first(
    tmp_path: Path,
) -> None:
    run = of_hosts(
        tmp_path,
        workers=("ok", "20/20 ok", ""),
        nginx=(
            "failed",
            "18/20 active, web-07 failed, web-11 no data",
            "web-07: nginx is failed; web-11: \x1b[2Jrefused",
        ),
    )
    async with hosted(run), opened(run) as (_, pilot):
        rows = [row.strip("│ ") for row in words(pilot).splitlines()]
    [bad] = [n for n, row in enumerate(rows) if "✖ nginx  failing" in row]
    assert rows[bad].endswith(
        "✖ nginx  failing  18/20 active, web-07 failed, web-11 no data"
    )
    assert rows[bad + 1].endswith("never ok so far, bad for 0:00")
    assert rows[bad + 2].endswith("web-07: nginx is failed")
    assert rows[bad + 3].endswith("web-11: ␛[2Jrefused")
    assert rows[bad + 4].endswith("● workers  ok  20/20 ok")
    assert not any("p95" in row for row in rows), "a look at hosts has no latency"


async def test_in_a_narrow_column_what_hosts_say_has_a_line_of_its_own(
    tmp_path: Path,
) -> None:
    summary = "18/20 active, web-07 and web-08 failed"
    run = of_hosts(tmp_path, nginx=("failed", summary, "web-07 and web-08: gone"))
    async with hosted(run), opened(run, size=(160, 45)) as (_, pilot):
        shown = words(pilot)
    assert "✖ nginx  failing" in shown
    assert f"failing  {summary}" not in shown
    assert "18/20 active, web-07 and web-08" in shown


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_host_that_is_not_reached_is_unknown_and_never_ok(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    """At its first look without an answer: the next one is a while away."""
    lost = "19/20 ok, web-07 no data"
    run = of_hosts(
        tmp_path, nginx=("ok", "20/20 active", ""), workers=("ok", "20/20 ok", "")
    )
    run.at += 15
    run.health(
        [
            ProbeResult(
                at=run.at,
                mono=1.0,
                probe="workers",
                state="no data",
                summary=lost,
                reason="web-07: refused",
            )
        ]
    )
    async with hosted(run), opened(run, size=size, time=Time(run.at)) as (_, pilot):
        shown = words(pilot)
    word = "  unknown" if size[0] > 80 else ""
    assert f"? workers{word}  {lost}" in shown
    assert "● workers" not in shown


async def test_hosts_that_nobody_has_looked_at_are_said_to_be_that(
    tmp_path: Path,
) -> None:
    run = of_hosts(tmp_path, nginx=("ok", "20/20 active", ""))
    async with hosted(run), opened(run) as (_, pilot):
        assert "? workers  not looked yet" in words(pilot)


@pytest.mark.parametrize(
    ("size", "shown"), [((160, 45), True), ((120, 36), True), ((80, 24), False)]
)
async def test_services_stand_beside_the_processes(
    tmp_path: Path, size: tuple[int, int], shown: bool
) -> None:
    run = scenes.fresh(tmp_path)
    units = {"mobius-api": "active", "mobius-worker": "failed"}
    run.health([MachineSample(at=run.at, mono=1.0, cpu=1.0, services=units)])
    async with hosted(run), opened(run, size=size) as (_, pilot):
        seen = words(pilot)
        assert "✖ mobius-worker failed" in seen, "bad news has room everywhere"
        assert ("● mobius-api active" in seen) is shown


SIZED = [(160, 45), (120, 36), (80, 24)]


@pytest.mark.parametrize("size", SIZED)
async def test_figures_of_our_own_checks_are_said_to_be_that(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.assessed(tmp_path)
    run.health(scenes.checks(run, failing=0))
    async with hosted(run), opened(run, size=size) as (_, pilot):
        shown = words(pilot)
    assert "reported" not in shown
    assert ("ours p50 4" if size[0] > 80 else "p95 of our checks 5") in shown
    if size[0] > 80:
        assert "P95 of our checks 0 of 5" in shown
        assert "errors of our checks 0 of 5" in shown


@pytest.mark.parametrize("size", SIZED)
async def test_figures_that_the_service_reports_come_first(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    run = scenes.assessed(tmp_path)
    for check in scenes.checks(run, failing=0):
        if isinstance(check, ProbeResult):
            check = replace(check, p95_ms=6004.0, error_rate=0.12)
        run.health([check])
    async with hosted(run), opened(run, size=size) as (_, pilot):
        shown = words(pilot)
    if size[0] > 80:
        assert "reported  p95 6004 ms  errors 12%" in shown
        assert "ours p50 4" in shown
        assert "P95 5 of 5 FIRED" in shown
        assert "errors 5 of 5 FIRED" in shown
    else:
        assert "p95 6004" in shown
    assert "P95 of our checks" not in shown


async def test_no_figure_stands_without_its_name_at_any_width(tmp_path: Path) -> None:
    run = scenes.failed(tmp_path)
    async with hosted(run), opened(run, size=(120, 36)) as (screen, _):
        health = screen.health
        assert health is not None
        for width in range(health_panel.WIDE_CELLS, 90):
            found = health_panel.health_lines(
                health, width=width, height=None, compact=False
            )
            (row,) = (line for line in found if line.plain.startswith("✖ api"))
            assert row.cell_length <= width
            assert row.plain.endswith("ok 57%"), width
