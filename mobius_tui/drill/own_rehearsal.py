"""A rehearsal on a team's own staging, broken by their own commands."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mobius_tui.drill import injected, stage
from mobius_tui.drill import site as sites
from mobius_tui.drill.own_faults import OwnFault
from mobius_tui.drill.rehearse import guard
from mobius_tui.drill.sweep import reap_orphans
from mobius_tui.errors import RunError, UsageError
from mobius_tui.run.briefing import Briefing, prepare
from mobius_tui.run.home import private_folder
from mobius_tui.runbook.decode import load
from mobius_tui.runbook.library import find
from mobius_tui.runbook.model import Runbook


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
    book = load(find(runbook))
    briefing = prepare(
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
    stage.make(folder, all_faults, env=env, workdir=briefing.workdir)
    folder = folder.resolve()
    sites.own(folder, guard(folder, os.getpid(), keep=False))
    try:
        _break(folder, chosen)
    except BaseException:
        stage.settle(folder)
        sites.remove(folder, keep=False)
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
    site, faults = stage.site_at(root), stage.faults_at(root)
    for own in chosen:
        ill = faults[own.name].proof(site)
        if ill:
            raise RunError(f"the staging is not well before the drill: {ill[0]}")
    for own in chosen:
        injected.keep(root, own.name, time.time())
        faults[own.name].inject(site)
        stage.await_shown(faults[own.name], site, own.timeout)
