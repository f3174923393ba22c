"""The banner over everything: what fired, what becomes of it, and what can be done."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.health.health_record import ProbeResult
from mobius_tui.run.client.viewer import Viewer
from mobius_tui.run.events.mode_and_outcome import Mode
from mobius_tui.run.events.watch_events import WatchArmed
from mobius_tui.run.watch.other_runs import OtherRun
from mobius_tui.structs import replace
from mobius_tui.tui.presenters.run_presenter import RunPresenter
from mobius_tui.tui.presenters.run_view import RunView
from mobius_tui.tui.widgets.banners import alarm_text, other_runs_lines
from mobius_tui.tui.widgets.health_figures import trigger_lines
from tests.tui import scenes
from tests.tui.runs import MadeRun, hosted


def looked(
    run: MadeRun, viewer: Viewer | None = None, *, after: float = 0.0
) -> RunView:
    viewer = viewer or Viewer(run.directory)
    viewer.follower.poll()
    return RunPresenter(viewer).run_view_at(run.at + after, None)


def becomes(view: RunView) -> str:
    _, second = alarm_text(view)
    return second.plain


def failed_check(run: MadeRun) -> ProbeResult:
    return ProbeResult(
        at=run.at + 1, mono=1e6, probe="api", state="failed", status=503, ms=4.0
    )


async def test_unarmed_it_says_what_can_be_done(tmp_path: Path) -> None:
    run = scenes.fired(tmp_path)
    async with hosted(run):
        assert becomes(looked(run)) == (
            "Nothing begins by itself · B begins the rollback · a arms it"
        )


async def test_its_keys_are_in_sight_on_the_narrowest_screen(tmp_path: Path) -> None:
    run = scenes.fired(tmp_path)
    async with hosted(run):
        view = looked(run)
        said = {
            width: alarm_text(view, key_prefix=prefix, width=width)[1]
            for width, prefix in ((38, ""), (39, "Esc"), (58, ""), (200, ""))
        }
    assert said[200].plain == becomes(view)
    assert all(line.cell_length <= width for width, line in said.items())
    assert said[58].plain == "Nothing begins by itself · B roll back · a arm"
    assert said[38].plain == "not armed · B roll back · a arm"
    assert said[39].plain == "not armed · Esc B roll back · Esc a arm"


async def test_armed_after_it_fired_it_says_what_the_countdown_waits_for(
    tmp_path: Path,
) -> None:
    run = scenes.fired(tmp_path)
    viewer = Viewer(run.directory)
    run.write(WatchArmed(confirmed=True), after=4)
    async with hosted(run):
        assert becomes(looked(run, viewer)) == (
            "Armed: counts anew, 0 of 3 failures; then the rollback in 10s"
            " · a disarms it"
        )
        run.health([failed_check(run)])
        view = looked(run, viewer, after=2)
        assert "counts anew, 1 of 3 failures" in becomes(view)
        began = view.state.began
        assert began is not None
        elsewhere = OtherRun(
            directory=run.directory,
            title=began.title,
            environment="",
            mode=Mode.INCIDENT,
            watch=view.state.watch,
        )
        _, other = other_runs_lines((elsewhere,), now=view.now, key="o")
        assert "Armed: it begins once the trigger fires again" in other.plain


async def test_what_fired_and_is_counted_anew_is_not_said_to_fire_now(
    tmp_path: Path,
) -> None:
    run = scenes.fired(tmp_path)
    viewer = Viewer(run.directory)
    assert "3 of 3 failures FIRED" in "\n".join(meters(looked(run, viewer)))
    run.write(WatchArmed(confirmed=True), after=4)
    shown = "\n".join(meters(looked(run, viewer)))
    assert "0 of 3 failures (fired)" in shown
    assert "0 of 3 failures FIRED" not in shown


def meters(view: RunView) -> list[str]:
    return [line.plain for line in trigger_lines(view.meters, 76)]


async def test_a_rollback_that_waits_says_what_it_is_judged_by(tmp_path: Path) -> None:
    run = scenes.countdown(tmp_path)
    async with hosted(run):
        assert "B begins it now" in becomes(looked(run))
        assert becomes(looked(run, after=60)) == (
            "The rollback waits for the next check; 5 good ones drop it · H holds it"
        )


async def test_no_way_is_named_that_the_host_refuses(tmp_path: Path) -> None:
    run = scenes.fired_meanwhile(tmp_path)
    async with hosted(run):
        view = looked(run)
        assert becomes(view) == (
            "Nothing begins by itself · 3.2 Restore the backup is running · a arms it"
        )
        blocked = replace(view.plan.runbook, blocking=("2.1 cannot fail",))
        view.plan.runbook = blocked
        assert "arms it" not in becomes(view)
    assert becomes(looked(run)).endswith("is running"), "no host, no way"
