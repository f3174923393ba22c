"""Trying every check: on a broken site before a run, and on its wreck afterwards."""

from __future__ import annotations

from pathlib import Path

from mobius_tui.drill import injected
from mobius_tui.drill.faults import FAULTS
from mobius_tui.drill.judging import judge
from mobius_tui.drill.looking import kept_looks, look_after, look_before
from mobius_tui.drill.seen import Sighting, subjects, together
from mobius_tui.drill.site import Site, drill_variables, environment
from mobius_tui.run.briefing import Briefing, prepare
from mobius_tui.run.events import RunEnded
from mobius_tui.run.follow import Follower
from mobius_tui.run.home import runs_root
from mobius_tui.run.plan import Plan
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.library import bundled
from mobius_tui.runbook.model import Runbook
from mobius_tui.runbook.model_check import ProcessCheck, ServiceCheck
from tests.tui.runs import BEGAN, ROLLBACK, MadeRun

PACE = "100ms"
"""How often a probe is asked here; in a drill, each second."""


def briefing(site: Site, book: Runbook) -> Briefing:
    around = environment(site)
    values = {**drill_variables(site), "probe_every": PACE}
    return prepare(
        book,
        given={k: v for k, v in values.items() if k in book.variables},
        workdir=site.root,
        mode="drill",
        site=str(site.root),
        path=around.pop("PATH"),
        places=around,
    )


def drilled(site: Site, book: Runbook) -> MadeRun:
    """A drill on a site that nobody worked on."""
    ready = briefing(site, book)
    run = MadeRun(
        runs_root(),
        book,
        values={name: value for name, (value, _) in ready.values.items()},
        mode="drill",
        workdir=str(site.root),
        site=str(site.root),
        setting={"PATH": ready.path},
    )
    run.write(RunEnded(outcome="abandoned", reason="nobody came"), after=1)
    return run


def before(site: Site, book: Runbook) -> dict[str, Sighting]:
    """What is seen on a site as it is."""
    look_before(briefing(site, book), site, {"reason": "so"})
    return {each.key: each for each in kept_looks(site.root) or ()}


def wants_it_stopped(book: Runbook) -> set[str]:
    """The checks that hold on a wreck: those that a service has been stopped."""
    return {
        f"check {step.id} {index}"
        for step in book.steps()
        for index, check in enumerate(step.checks)
        if (isinstance(check, ServiceCheck) and "active" not in check.state)
        or (isinstance(check, ProcessCheck) and check.count == "0")
    }


def test_no_check_of_a_bundled_runbook_is_one_that_cannot_fail(site: Site) -> None:
    """Each is red on a broken site or on its wreck; the wreck comes last."""
    FAULTS["bad-release"].inject(site)
    injected.keep(site.root, "bad-release", BEGAN)
    books = [load(path) for path in bundled()]
    seen = {book.id: before(site, book) for book in books}

    rollback = before(site, load(ROLLBACK))
    assert rollback["probe api"].red >= 3
    assert rollback["trigger api consecutive_failures"].red == 1
    assert rollback["trigger api p95_latency"].green == 1
    assert rollback["check detailed-health 0"].red == 1
    assert rollback["check services 0"].green == 1
    assert rollback["check inspect-backup 0"].green == 1, "the newest backup is intact"
    assert (site.root / "data" / "mobius.db").read_bytes()[:6] == b"SQLite"

    run = drilled(site, load(ROLLBACK))
    assert judge(run.directory, site.root).wrecked == (), "somebody wants the site"
    found = judge(run.directory, site.root, is_last=True)
    assert found.score.handled is False, "it was asked before it was a wreck"
    assert found.seen
    green = {each.key for each in found.wrecked if each.green}
    assert green == wants_it_stopped(load(ROLLBACK))

    for book in books:
        wreck = look_after(Follower(drilled(site, book).directory), site)
        both = together((*seen[book.id].values(), *wreck))
        checks = {
            each.key: each.name
            for each in subjects(Plan(book))
            if each.key.startswith("check ") and each.kind != "output"
        }
        unseen = [name for key, name in checks.items() if not both[key].red]
        assert unseen == [], book.id


def test_nobody_looked_at_a_site_of_which_nothing_is_kept(tmp_path: Path) -> None:
    assert kept_looks(tmp_path) is None
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "looks.json").write_text('[{"key": 1}]')
    assert kept_looks(tmp_path) is None
