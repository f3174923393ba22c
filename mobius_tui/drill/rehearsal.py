"""A rehearsal: a site or a team's staging that is broken, and restored afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mobius_tui.drill import injection_log, own_staging
from mobius_tui.drill.faults import Fault
from mobius_tui.drill.faults.fault_combinations import environment_of
from mobius_tui.drill.orphaned_sites import reap_orphans
from mobius_tui.drill.own_staging import OwnFault
from mobius_tui.drill.site import drill_site as sites
from mobius_tui.drill.site.site_files import Kind
from mobius_tui.errors import RunError, UsageError
from mobius_tui.run.client.run_briefing import Briefing, prepare_briefing
from mobius_tui.run.storage.state_home import private_folder
from mobius_tui.runbook.library.loader import load
from mobius_tui.runbook.library.runbook_files import find_runbook
from mobius_tui.runbook.model.runbook import Runbook

_GUARDS: list[subprocess.Popen[bytes]] = []
"""Guards that this process started: they outlive it, and are reaped if they do not."""


@contextmanager
def rehearsal(
    runbook: str,
    fault: Fault,
    *,
    seed: int,
    given: Mapping[str, str],
    keep: bool,
    send: bool = False,
    besides: Sequence[Fault] = (),
    kind: Kind = "real",
    environment: str | None = None,
) -> Iterator[Briefing]:
    """A broken site, and the briefing of a run against it.

    A guard process takes the site down when neither this process nor a host of the
    run needs it any more; a crash of either changes nothing about that.

    Args:
        runbook: a bundled runbook's id, or a file.
        fault: what breaks.
        seed: equal seeds make equal sites.
        given: values of `--var`; they win over the site's own.
        keep: whether the site's files stay.
        send: whether its messages go to the channels' own addresses.
        besides: what breaks beside the fault, and after it.
        kind: what the site is like.
        environment: which one it is about; as the faults say without it.

    Raises:
        MobiusError: the runbook, a variable or the site cannot be.
    """
    book = load(find_runbook(runbook))
    root = sites.sites_root()
    private_folder(root)
    reap_orphans(root)
    started = datetime.now(UTC)
    folder = root / f"{started:%Y-%m-%dT%H-%M-%S}-{os.getpid()}"
    prepare_briefing(book, given=given)
    watch = guard(folder.resolve(), os.getpid(), keep=keep)
    site = sites.build_site(
        folder,
        seed=seed,
        started=started,
        kind=kind,
        environment=environment or environment_of((fault, *besides)),
    )
    sites.claim_site(site.root, watch)
    if keep:
        (site.root / "run" / "kept").touch()
    for each in (fault, *besides):
        each.inject(site)
        injection_log.note_fault(site.root, each.name, time.time())
    known = {
        name: value
        for name, value in sites.drill_variables(site).items()
        if name in book.variables
    }
    around = sites.environment(site)
    yield prepare_briefing(
        book,
        given={**known, **given},
        workdir=site.root,
        mode="drill",
        site=str(site.root),
        sink=None if send else site.sink,
        pages=send,
        path=around.pop("PATH"),
        home_and_tmpdir=around,
    )


def guard(root: Path, pid: int, *, keep: bool) -> int:
    """Start the process that takes a site down when nobody needs it; gives its pid.

    Args:
        root: the site's folder.
        pid: the process that needs it until a run is begun.
        keep: whether the site's files stay.
    """
    process = subprocess.Popen(
        [
            *(sys.executable, "-P", "-m", "mobius_tui.drill.site_guard"),
            *(str(root), str(pid), "keep" if keep else "remove"),
        ],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _GUARDS.append(process)
    return process.pid


@contextmanager
def own_rehearsal(
    runbook: str,
    chosen: Sequence[OwnFault],
    *,
    all_faults: Sequence[OwnFault],
    given: Mapping[str, str],
    profile: str | None,
    workdir: Path | None,
    send: bool,
) -> Iterator[Briefing]:
    """A staging that is broken, and the briefing of a run against it.

    A guard process keeps the score and heals what the run did not repair, when neither
    this process nor a host of the run needs the staging any more.

    Args:
        runbook: a bundled runbook's id, or a file.
        chosen: what breaks.
        all_faults: what a facilitator may inject besides.
        given: values of `--var`.
        profile: the name of a profile.
        workdir: where commands run; as in any run without it.
        send: whether messages go to the channels' own addresses.

    Raises:
        MobiusError: it cannot be; or the staging is not well before it is broken.
    """
    book = load(find_runbook(runbook))
    briefing = prepare_briefing(
        book,
        given=given,
        profile=profile,
        workdir=workdir,
        mode="drill",
        pages=send,
    )
    _refuse_protected(book, briefing)
    root = sites.sites_root()
    private_folder(root)
    reap_orphans(root)
    folder = root / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}-{os.getpid()}"
    env = {**os.environ, **{k: value for k, (value, _) in briefing.values.items()}}
    own_staging.make_staging(folder, all_faults, env=env, workdir=briefing.workdir)
    folder = folder.resolve()
    sites.claim_site(folder, guard(folder, os.getpid(), keep=False))
    try:
        _break(folder, chosen)
    except BaseException:
        own_staging.heal_remaining(folder)
        sites.remove_site(folder, keep=False)
        raise
    yield replace(briefing, site=str(folder))


def _refuse_protected(book: Runbook, briefing: Briefing) -> None:
    if briefing.protected:
        others = ", ".join(book.profiles) or "none"
        raise UsageError(
            f"{briefing.environment} is protected, and a drill breaks what it is made "
            f"on; take another with --profile (this runbook has: {others})"
        )


def _break(root: Path, chosen: Sequence[OwnFault]) -> None:
    """See that all is well, break it, and see that this shows.

    Raises:
        RunError: one of the three is not so.
    """
    site, faults = own_staging.site_at(root), own_staging.faults_at(root)
    for own in chosen:
        ill = faults[own.name].proof(site)
        if ill:
            raise RunError(f"the staging is not well before the drill: {ill[0]}")
    for own in chosen:
        injection_log.note_fault(root, own.name, time.time())
        faults[own.name].inject(site)
        own_staging.await_shown(faults[own.name], site, own.timeout)
