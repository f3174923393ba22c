"""Trying every check: on a broken site before a run, and on its wreck afterwards."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.drill import injected
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.judging import judge
from mobius_tui.drill.looking import kept_looks, look_before
from mobius_tui.drill.seen import subjects, together
from mobius_tui.drill.site import Site, drill_variables, environment
from mobius_tui.run.directory import runs_root
from mobius_tui.run.events import RunEnded
from mobius_tui.run.plan import Plan
from mobius_tui.run.starter import Briefing, prepare
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.model import ProcessCheck, ServiceCheck
from tests.tui.runs import BEGAN, ROLLBACK, MadeRun

PACE = "200ms"
"""How often a probe is asked here; in a drill, each second."""


def briefing(site: Site) -> Briefing:
    around = environment(site)
    return prepare(
        load(ROLLBACK),
        given={**drill_variables(site), "probe_every": PACE},
        workdir=site.root,
        mode="drill",
        site=str(site.root),
        path=around.pop("PATH"),
        places=around,
    )


def test_every_check_is_seen_red_by_a_broken_site_or_its_wreck(site: Site) -> None:
    """And so none of the rollback's checks is one that cannot fail."""
    FAULTS["bad-release"].inject(site)
    injected.keep(site.root, "bad-release", BEGAN)
    ready = briefing(site)
    look_before(ready, site, {"reason": "so"})
    before = {each.key: each for each in kept_looks(site.root) or ()}
    assert before["probe api"].red >= 3
    assert before["trigger api consecutive_failures"].red == 1
    assert before["trigger api p95_latency"].green == 1
    assert before["check detailed-health 0"].red == 1
    assert before["check services 0"].green == 1
    assert before["check inspect-backup 0"].green == 1, "the newest backup is intact"
    assert (site.root / "data" / "mobius.db").read_bytes()[:6] == b"SQLite"

    values = {name: value for name, (value, _) in ready.values.items()}
    run = MadeRun(
        runs_root(),
        ready.runbook,
        values=values,
        mode="drill",
        workdir=str(site.root),
        site=str(site.root),
        setting={"PATH": ready.path},
    )
    run.write(RunEnded(outcome="abandoned", reason="nobody came"), after=1)
    assert judge(run.directory, site.root).wrecked == (), "somebody wants the site"
    found = judge(run.directory, site.root, is_last=True)
    assert found.score.handled is False, "it was asked before it was a wreck"
    assert found.seen
    plan = Plan(ready.runbook)
    stopped = {
        f"check {step.id} {index}"
        for step in plan.steps.values()
        for index, check in enumerate(step.checks)
        if (isinstance(check, ServiceCheck) and "active" not in check.state)
        or (isinstance(check, ProcessCheck) and check.count == "0")
    }
    wrecked = {each.key: each for each in found.wrecked}
    green = {key for key, each in wrecked.items() if each.green}
    assert green == stopped, "only what wants a stopped service holds on a wreck"
    both = together((*found.seen, *found.wrecked))
    checks = {each.key for each in subjects(plan) if each.key.startswith("check ")}
    assert checks
    assert {key for key in checks if not both[key].red} == set()


def test_nobody_looked_at_a_site_of_which_nothing_is_kept(tmp_path: Path) -> None:
    assert kept_looks(tmp_path) is None
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "looks.json").write_text('[{"key": 1}]')
    assert kept_looks(tmp_path) is None
